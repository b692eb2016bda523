/** The file allocation table: which cluster follows which. Read by the page, so that no volume's table must fit the memory. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type ByteSource, type Range, Recent } from '../../media/index.ts';
import { MOST_RUNS } from '../filesystems.ts';
import type { FatShape } from './boot.ts';

/** A multiple of 3, so that no FAT12 entry lies across two pages; and of 4. */
const PAGE = 3 * 64 * 1024;
const CACHE_SIZE = 8 * 1024 * 1024;

export const Next = { Free: 0, End: -1, Bad: -2, Broken: -3 } as const;

/** Clusters in their order, as ranges of the volume in bytes. */
export interface Chain {
  readonly ranges: readonly Range[];
  /** Why the chain ended before its end mark. */
  readonly fault: Fault | undefined;
}

export class FatTable {
  readonly #pages = new Recent<number, Buffer>(CACHE_SIZE);

  constructor(
    private readonly volume: ByteSource,
    private readonly shape: FatShape,
  ) {}

  isCluster(cluster: number): boolean {
    return cluster >= 2 && cluster < this.shape.clusterCount + 2;
  }

  /** In bytes of the volume. */
  placeOf(cluster: number): number {
    return this.shape.dataOffset + (cluster - 2) * this.shape.clusterSize;
  }

  /** @param most bytes that are wanted; the chain is not walked beyond. A circle is told once around, and as a fault. */
  async chain(first: number, most: number): Promise<Chain> {
    const { clusterSize, clusterCount } = this.shape;
    const wanted = Math.min(Math.ceil(most / clusterSize), clusterCount);
    const chain = await this.#walk(first, wanted);
    if (chain.circle === undefined) return chain;
    const once = await this.#onceAround(first, chain.circle);
    const { ranges } = await this.#walk(first, Math.min(once, wanted));
    return { ranges, fault: once < wanted ? circle(first, once) : undefined };
  }

  /** Of a directory: ends where a cluster was seen before, in this chain or another's. Adds its own to `seen`. */
  directory(first: number, most: number, seen: Set<number>): Promise<Chain> {
    return this.#walk(first, Math.min(Math.ceil(most / this.shape.clusterSize), this.shape.clusterCount), seen);
  }

  /** Ends with the length of a circle, in clusters, when it goes round in one (Brent's search). */
  async #walk(first: number, wanted: number, seen?: Set<number>): Promise<Chain & { circle: number | undefined }> {
    const { clusterSize, clusterCount } = this.shape;
    const ranges: { offset: number; length: number }[] = [];
    let cluster = first;
    let [mark, markAt, markUntil] = [0, 0, 1];
    let page: Buffer | undefined;
    let pageIndex = -1;
    for (let count = 0; count < wanted; count++) {
      if (!this.isCluster(cluster)) {
        const fault = count === 0 ? badStart(cluster, clusterCount) : brokenChain(cluster, count);
        return { ranges, fault, circle: undefined };
      }
      if (seen?.has(cluster) === true) return { ranges, fault: crossed(cluster), circle: undefined };
      seen?.add(cluster);
      if (cluster === mark) return { ranges, fault: undefined, circle: count - markAt };
      if (count === markUntil) [mark, markAt, markUntil] = [cluster, count, count * 2];
      const offset = this.placeOf(cluster);
      const last = ranges.at(-1);
      if (last !== undefined && last.offset + last.length === offset) last.length += clusterSize;
      else ranges.push({ offset, length: clusterSize });
      if (ranges.length > MOST_RUNS) break;
      const index = this.#pageOf(cluster);
      if (index !== pageIndex || page === undefined) {
        page = await this.#page(index);
        pageIndex = index;
      }
      const next = this.#entry(page, index, cluster);
      if (next === Next.End) return { ranges, fault: undefined, circle: undefined };
      if (next < 2) return { ranges, fault: brokenChain(next, count + 1), circle: undefined };
      cluster = next;
    }
    return { ranges, fault: undefined, circle: undefined };
  }

  /** How many clusters a chain has before it meets itself, the circle in it being `length` of them. */
  async #onceAround(first: number, length: number): Promise<number> {
    let ahead = first;
    for (let step = 0; step < length; step++) ahead = await this.next(ahead);
    let behind = first;
    let before = 0;
    for (; behind !== ahead; before++) [behind, ahead] = [await this.next(behind), await this.next(ahead)];
    return before + length;
  }

  /** What stands in the table for a cluster: the next one, or a `Next`. */
  async next(cluster: number): Promise<number> {
    if (!this.isCluster(cluster)) return Next.Broken;
    const index = this.#pageOf(cluster);
    return this.#entry(await this.#page(index), index, cluster);
  }

  #pageOf(cluster: number): number {
    return Math.floor((cluster * this.shape.bits) / 8 / PAGE);
  }

  #page(index: number): Promise<Buffer> {
    const { fatOffset, fatLength, activeFat } = this.shape;
    const start = index * PAGE;
    const length = Math.min(PAGE, fatLength - start);
    return this.#pages.get(index, length, () => this.volume.read(fatOffset + activeFat * fatLength + start, length));
  }

  #entry(page: Buffer, index: number, cluster: number): number {
    const { bits } = this.shape;
    const at = Math.floor((cluster * bits) / 8) - index * PAGE;
    if (bits === 12) {
      const two = (page[at] ?? 0) | ((page[at + 1] ?? 0) << 8);
      return meaning(cluster % 2 === 1 ? two >> 4 : two & 0xfff, 0xff0);
    }
    return bits === 16 ? meaning(page.readUInt16LE(at), 0xfff0) : meaning(page.readUInt32LE(at) & 0x0fff_ffff, 0x0fff_fff0);
  }
}

/** @param top the first of the sixteen values that are no cluster. */
function meaning(entry: number, top: number): number {
  if (entry < top) return entry === 1 ? Next.Broken : entry;
  if (entry - top === 7) return Next.Bad;
  return entry - top >= 8 ? Next.End : Next.Broken;
}

function crossed(cluster: number): Fault {
  const message = `the folder leads to cluster ${cluster}, which belongs to a folder that was listed already; what comes after is lost`;
  return new Fault(FaultKind.Corrupt, 'fat/crossed', message, { cluster });
}

function circle(first: number, count: number): Fault {
  const message = `the chain of clusters from ${first} on comes back to itself after ${count} of them; what comes after is lost`;
  return new Fault(FaultKind.Corrupt, 'fat/circle', message, { cluster: first, count });
}

function badStart(cluster: number, clusterCount: number): Fault {
  const message = `the file begins at cluster ${cluster}; there are clusters 2 to ${clusterCount + 1}`;
  return new Fault(FaultKind.Corrupt, 'fat/start', message, { cluster, clusterCount });
}

function brokenChain(next: number, count: number): Fault {
  const words = new Map<number, string>([
    [Next.Free, 'a free cluster'],
    [Next.Bad, 'a cluster marked bad'],
    [Next.Broken, 'no cluster'],
  ]);
  const message = `the chain of clusters leads to ${words.get(next) ?? `cluster ${next}`} after ${count} of them; what comes after is lost`;
  return new Fault(FaultKind.Corrupt, 'fat/chain', message, { count });
}
