/** A disk of Apple DOS: its table of contents, the sectors of its files. */
import { Fault, FaultKind, layout, u16le, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { SECTOR, type SectorOrder, slotsOf, TRACK } from './order.ts';

/** Track 17, sector 0 (Beneath Apple DOS, chapter 4). */
const contents = layout('table of contents of Apple DOS', SECTOR, {
  catalogueTrack: [0x01, u8],
  catalogueSector: [0x02, u8],
  release: [0x03, u8],
  volumeNumber: [0x06, u8],
  pairsPerList: [0x27, u8],
  trackCount: [0x34, u8],
  sectorsPerTrack: [0x35, u8],
  sectorSize: [0x36, u16le],
});

const CONTENTS_TRACK = 17;
const MOST_TRACKS = 50;
const PAIRS = 122;
const PAIRS_AT = 12;
/** Sectors of one file, holes too: its records can be numbered far beyond the disk. */
const MOST_SECTORS = 65_536;
/** Images with a few tracks more than DOS uses. */
const SPARE_TRACKS = 5;

export type Contents = ReturnType<typeof contents.decode>;

/** Undefined where no table of contents stands. */
export async function readContents(volume: ByteSource): Promise<Contents | undefined> {
  for (const sectorsPerTrack of [16, 13, 32]) {
    const at = CONTENTS_TRACK * sectorsPerTrack * SECTOR;
    if (at + SECTOR > volume.size) continue;
    const found = contents.decode(await volume.read(at, SECTOR));
    const size = (found.trackCount + SPARE_TRACKS) * sectorsPerTrack * SECTOR;
    const isShape = found.sectorsPerTrack === sectorsPerTrack && found.sectorSize === SECTOR && volume.size <= size;
    const isCount = found.trackCount > CONTENTS_TRACK && found.trackCount <= MOST_TRACKS && found.release <= 4;
    const isCatalogue =
      found.catalogueTrack > 0 && found.catalogueTrack < found.trackCount && found.catalogueSector < sectorsPerTrack;
    if (isShape && isCount && isCatalogue && found.pairsPerList === PAIRS) return found;
  }
  return undefined;
}

/** A file's sectors in order; undefined for one that was never written, between others that were. */
export interface SectorList {
  readonly sectors: readonly (number | undefined)[];
  readonly fault: Fault | undefined;
}

export class DosDisk {
  readonly #slots: readonly number[];
  readonly #measured = new Map<number, { sectorCount: number; first: number | undefined; fault: Fault | undefined }>();

  /** @param bytes as the image has them. */
  constructor(
    readonly contents: Contents,
    readonly bytes: Buffer,
    order: SectorOrder,
  ) {
    const { sectorsPerTrack } = contents;
    const same = Array.from({ length: sectorsPerTrack }, (_, sector) => sector);
    this.#slots = sectorsPerTrack === TRACK / SECTOR ? slotsOf('dos', order) : same;
  }

  /** Byte of the image; undefined for a place that the disk does not have. */
  placeOf(track: number, sector: number): number | undefined {
    const slot = this.#slots[sector];
    if (slot === undefined || track >= this.contents.trackCount) return undefined;
    return (track * this.contents.sectorsPerTrack + slot) * SECTOR;
  }

  /** @throws Fault for a place that the disk, or the image, does not have. */
  sector(track: number, sector: number): Buffer {
    const at = this.placeOf(track, sector);
    if (at !== undefined && at + SECTOR <= this.bytes.length) return this.bytes.subarray(at, at + SECTOR);
    const message = `track ${track}, sector ${sector} is named, and the ${at === undefined ? 'disk' : 'image'} does not have it`;
    throw new Fault(FaultKind.Corrupt, 'appledos/place', message, { track, sector });
  }

  /** Sectors of the catalogue in order. */
  catalogue(): { sectors: { at: number; bytes: Buffer }[]; fault: Fault | undefined } {
    const sectors: { at: number; bytes: Buffer }[] = [];
    const seen = new Set<number>();
    let [track, sector] = [this.contents.catalogueTrack, this.contents.catalogueSector];
    try {
      while (track !== 0) {
        const bytes = this.sector(track, sector);
        const at = this.placeOf(track, sector) ?? 0;
        if (seen.has(at)) return { sectors, fault: circle(track, sector) };
        seen.add(at);
        sectors.push({ at, bytes });
        [track, sector] = [bytes[1] ?? 0, bytes[2] ?? 0];
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { sectors, fault: error };
    }
    return { sectors, fault: undefined };
  }

  /** By the lists of tracks and sectors that begin at a place. Values are bytes of the image. */
  listAt(track: number, sector: number): SectorList {
    const sectors: (number | undefined)[] = [];
    const seen = new Set<number>();
    let used = 0;
    let fault: Fault | undefined;
    let [nextTrack, nextSector] = [track, sector];
    try {
      while (nextTrack !== 0 && sectors.length < MOST_SECTORS) {
        const list = this.sector(nextTrack, nextSector);
        const at = nextTrack * SECTOR + nextSector;
        if (seen.has(at)) throw circle(nextTrack, nextSector);
        seen.add(at);
        for (let pair = 0; pair < PAIRS; pair++) {
          const [dataTrack = 0, dataSector = 0] = list.subarray(PAIRS_AT + pair * 2, PAIRS_AT + pair * 2 + 2);
          const isHole = dataTrack === 0 && dataSector === 0;
          const place = isHole ? undefined : this.placeOf(dataTrack, dataSector);
          if (!isHole && place === undefined) fault ??= noSector(dataTrack, dataSector);
          // A place that can't be stands for a sector that is lost.
          sectors.push(isHole ? undefined : (place ?? Number.MAX_SAFE_INTEGER));
          if (!isHole) used = sectors.length;
        }
        [nextTrack, nextSector] = [list[1] ?? 0, list[2] ?? 0];
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      fault ??= error;
    }
    sectors.length = used;
    return { sectors, fault };
  }

  /** How many sectors a file has, and where its first is; each list is walked once, however many names lead to it. */
  measure(track: number, sector: number): { sectorCount: number; first: number | undefined; fault: Fault | undefined } {
    const key = track * SECTOR + sector;
    const known = this.#measured.get(key);
    if (known !== undefined) return known;
    const { sectors, fault } = this.listAt(track, sector);
    const measured = { sectorCount: sectors.length, first: sectors[0], fault };
    this.#measured.set(key, measured);
    return measured;
  }

  /** How well the disk fits together when read in this order: sectors of the catalogue and of lists that can be such. */
  score(): number {
    let points = 0;
    for (const { bytes } of this.catalogue().sectors) {
      points += this.#canLead(bytes) ? 1 : -4;
      for (let at = 11; at + 35 <= SECTOR; at += 35) {
        const [track = 0, sector = 0] = bytes.subarray(at, at + 2);
        if (track === 0 || track === 0xff) continue;
        const place = this.placeOf(track, sector);
        const list = place === undefined ? undefined : this.bytes.subarray(place, place + SECTOR);
        points += list !== undefined && list.length === SECTOR && this.#canLead(list) && this.#isList(list) ? 1 : -1;
      }
    }
    return points;
  }

  #canLead(bytes: Buffer): boolean {
    const [, track = 0, sector = 0] = bytes.subarray(0, 3);
    return track === 0 || this.placeOf(track, sector) !== undefined;
  }

  #isList(bytes: Buffer): boolean {
    let used = 0;
    for (let at = PAIRS_AT; at < SECTOR; at += 2) {
      const [track = 0, sector = 0] = bytes.subarray(at, at + 2);
      if (this.placeOf(track, sector) === undefined) return false;
      if (track !== 0) used++;
    }
    return used > 0;
  }
}

function circle(track: number, sector: number): Fault {
  const message = `a chain of sectors comes back to track ${track}, sector ${sector}: it is damaged, or protected against listing`;
  return new Fault(FaultKind.Corrupt, 'appledos/loop', message, { track, sector });
}

function noSector(track: number, sector: number): Fault {
  const message = `the file has a part at track ${track}, sector ${sector}, which the disk does not have; that part is lost`;
  return new Fault(FaultKind.Corrupt, 'appledos/sector', message, { track, sector });
}
