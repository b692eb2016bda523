/** The sectors that a flux capture decodes to, against those of the image that was made of it. Says where they differ, never which is right. */
import { APPLE_SECTOR_PLACES, type Media, type Range } from '../media/index.ts';
import type { FluxComparison, NotAgreeing } from '../package/index.ts';

const MOST_RANGES = 20_000;
/** Sectors read at once: whole tracks of every disk whose sectors may stand in another order. */
const WINDOW_SECTORS = 1024;
const APPLE_SECTORS = 16;
const ORDERS = { 'DOS 3.3': APPLE_SECTOR_PLACES.dos, ProDOS: APPLE_SECTOR_PLACES.prodos } as const;

/**
 * Apple II disks are numbered in two orders, and images of both kinds have one ending: the one in which more agrees is the image's.
 * @param unread ranges of the image that hold filler, besides those that it calls absent. @throws Fault as reading either medium.
 */
export async function compareSectors(
  flux: Media,
  image: Media,
  unread: readonly Range[],
  signal: AbortSignal | undefined,
): Promise<FluxComparison> {
  const { sectorSize } = flux;
  const size = Math.min(flux.size, image.size);
  const fluxLacks = await lackedBy(flux, size, sectorSize, []);
  const imageLacks = await lackedBy(image, size, sectorSize, unread);
  const compared = async (placed: (sector: number) => number): Promise<FluxComparison> => {
    const told = new Told(sectorSize, size);
    const { length: sectorCount } = fluxLacks;
    for (let first = 0; first < sectorCount; first += WINDOW_SECTORS) {
      signal?.throwIfAborted();
      const start = first * sectorSize;
      const length = Math.min(WINDOW_SECTORS * sectorSize, size - start);
      const [ours, theirs] = [await flux.read(start, length), await image.read(start, length)];
      for (let sector = first; sector < Math.min(first + WINDOW_SECTORS, sectorCount); sector++) {
        const place = placed(sector);
        const agree = (): boolean => {
          const [from, to] = [(sector - first) * sectorSize, (place - first) * sectorSize];
          return ours.subarray(from, from + sectorSize).equals(theirs.subarray(to, to + sectorSize));
        };
        told.take(place, verdict(fluxLacks[sector] === 1, imageLacks[place] === 1, agree));
      }
    }
    return { sectorSize, fluxSize: flux.size, imageSize: image.size, ...told.answer() };
  };
  const asFlux = await compared((sector) => sector);
  const own = flux.facts['sectorOrder'];
  if (!isApple(own) || fluxLacks.length % APPLE_SECTORS > 0) return asFlux;
  const sectorOrder = own === 'ProDOS' ? 'DOS 3.3' : 'ProDOS';
  const turned = await compared(turnedFrom(ORDERS[own], ORDERS[sectorOrder]));
  return turned.sectors.agreeing > asFlux.sectors.agreeing ? { ...turned, sectorOrder } : asFlux;
}

/** Counts, and remembers where the two do not agree. */
class Told {
  readonly #sectorSize: number;
  readonly #size: number;
  readonly #sectors: Record<'agreeing' | NotAgreeing, number>;
  readonly #ranges: { offset: number; length: number; what: NotAgreeing }[] = [];
  #isTruncated = false;

  constructor(sectorSize: number, size: number) {
    this.#sectorSize = sectorSize;
    this.#size = size;
    this.#sectors = { agreeing: 0, differing: 0, onlyInFlux: 0, onlyInImage: 0, inNeither: 0 };
  }

  take(sector: number, what: 'agreeing' | NotAgreeing): void {
    this.#sectors[what] += 1;
    if (what === 'agreeing') return;
    const offset = sector * this.#sectorSize;
    const length = Math.min(this.#sectorSize, this.#size - offset);
    const last = this.#ranges.at(-1);
    if (last?.what === what && last.offset + last.length === offset) last.length += length;
    else if (this.#ranges.length < MOST_RANGES) this.#ranges.push({ offset, length, what });
    else this.#isTruncated = true;
  }

  answer(): Pick<FluxComparison, 'sectors' | 'ranges' | 'isTruncated'> {
    return { sectors: this.#sectors, ranges: this.#ranges, isTruncated: this.#isTruncated };
  }
}

function verdict(fluxLacks: boolean, imageLacks: boolean, agree: () => boolean): 'agreeing' | NotAgreeing {
  if (fluxLacks) return imageLacks ? 'inNeither' : 'onlyInImage';
  if (imageLacks) return 'onlyInFlux';
  return agree() ? 'agreeing' : 'differing';
}

/** A 1 for each sector of the compared part that is not wholly in the medium. */
async function lackedBy(media: Media, size: number, sectorSize: number, unread: readonly Range[]): Promise<Uint8Array> {
  const lacked = new Uint8Array(Math.ceil(size / sectorSize));
  const mark = ({ offset, length }: Range): void => {
    if (length > 0) lacked.fill(1, Math.floor(offset / sectorSize), Math.ceil((offset + length) / sectorSize));
  };
  unread.forEach(mark);
  if (size > 0) for await (const extent of media.extents({ offset: 0, length: size })) if (extent.kind === 'absent') mark(extent);
  return lacked;
}

function isApple(order: unknown): order is keyof typeof ORDERS {
  return order === 'DOS 3.3' || order === 'ProDOS';
}

function turnedFrom(from: readonly number[], to: readonly number[]): (sector: number) => number {
  return (sector) => {
    const own = sector % APPLE_SECTORS;
    return sector - own + to.indexOf(from[own] ?? own);
  };
}
