/** The clusters of exFAT: which follows which (the table), and which are in use (the bitmap). Read by the page. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Range } from '../../media/index.ts';
import { MOST_RUNS } from '../filesystems.ts';
import { PAGE_SIZE, type Pages } from '../pages.ts';
import type { ExfatShape } from './boot.ts';

const END = 0xffff_ffff;
/** Of a chain that leads to itself. */
const MOST_SEEN = 4 * 1024 * 1024;

/** Where a file begins, and how it goes on. */
export interface Allocation {
  readonly firstCluster: number;
  /** Its clusters lie one after the other: the table says nothing of them. */
  readonly isContiguous: boolean;
}

/** Clusters in their order, as ranges of the volume. */
export interface Chain {
  readonly ranges: readonly Range[];
  /** Why it ended before its time. */
  readonly fault: Fault | undefined;
}

export class Clusters {
  /** Ranges of the volume that hold the bitmap; empty until the root folder tells. */
  bitmap: readonly Range[] = [];

  constructor(
    private readonly pages: Pages,
    private readonly shape: ExfatShape,
  ) {}

  isCluster(cluster: number): boolean {
    return cluster >= 2 && cluster < this.shape.clusterCount + 2;
  }

  placeOf(cluster: number): number {
    return this.shape.heapOffset + (cluster - 2) * this.shape.clusterSize;
  }

  /** Cluster that holds byte `offset` of the volume. */
  at(offset: number): number {
    return Math.floor((offset - this.shape.heapOffset) / this.shape.clusterSize) + 2;
  }

  /** @param size in bytes; Infinity to the end of the chain. */
  async chain({ firstCluster, isContiguous }: Allocation, size: number): Promise<Chain> {
    const { clusterSize, clusterCount } = this.shape;
    const wanted = Math.ceil(size / clusterSize);
    if (wanted === 0) return { ranges: [], fault: undefined };
    if (!this.isCluster(firstCluster)) return { ranges: [], fault: badStart(firstCluster, clusterCount) };
    if (isContiguous) {
      const count = Math.min(wanted, clusterCount + 2 - firstCluster);
      const fault = count < wanted ? brokenChain('the end of the volume', count) : undefined;
      return { ranges: [{ offset: this.placeOf(firstCluster), length: count * clusterSize }], fault };
    }
    return this.#linked(firstCluster, wanted, undefined);
  }

  /** @param seen clusters, when the chain is known to lead to itself: it ends where it does. */
  async #linked(first: number, wanted: number, seen: Set<number> | undefined): Promise<Chain> {
    const { clusterSize } = this.shape;
    const ranges: { offset: number; length: number }[] = [];
    let cluster = first;
    // Brent's way of finding a circle: one cluster is remembered, and another one each time the count has doubled.
    let remembered = 0;
    let index = -1;
    let page: Buffer = Buffer.alloc(0);
    for (let count = 1; ; count++) {
      const offset = this.placeOf(cluster);
      const last = ranges.at(-1);
      if (last !== undefined && last.offset + last.length === offset) last.length += clusterSize;
      else ranges.push({ offset, length: clusterSize });
      seen?.add(cluster);
      if (count >= wanted) return { ranges, fault: undefined };
      if (ranges.length >= MOST_RUNS) return { ranges, fault: brokenChain(`more than ${MOST_RUNS} places`, count) };
      if (Number.isInteger(Math.log2(count))) remembered = cluster;
      const at = this.#placeInTable(cluster);
      const wantedPage = Math.floor(at / PAGE_SIZE);
      if (wantedPage !== index) {
        index = wantedPage;
        page = at < this.pages.volume.size ? await this.pages.page(index) : Buffer.alloc(0);
      }
      const next = numberAt(page, at - index * PAGE_SIZE);
      if (next === END) return { ranges, fault: wanted === Infinity ? undefined : brokenChain('its end', count) };
      if (!this.isCluster(next)) return { ranges, fault: brokenChain(next === 0 ? 'a free cluster' : 'no cluster', count) };
      if (seen?.has(next) === true || (seen?.size ?? 0) >= MOST_SEEN) return { ranges, fault: brokenChain('itself', count) };
      if (next === remembered && seen === undefined) return this.#linked(first, wanted, new Set());
      cluster = next;
    }
  }

  /** What stands in the table for a cluster. */
  async next(cluster: number): Promise<number> {
    const at = this.#placeInTable(cluster);
    const index = Math.floor(at / PAGE_SIZE);
    return at < this.pages.volume.size ? numberAt(await this.pages.page(index), at - index * PAGE_SIZE) : 0;
  }

  /** Tables begin with a sector: none of their numbers lies across two pages. */
  #placeInTable(cluster: number): number {
    const { fatOffset, fatLength, activeFat } = this.shape;
    return fatOffset + activeFat * fatLength + cluster * 4;
  }

  /** As the bitmap says; in use where it says nothing. */
  async isFree(cluster: number): Promise<boolean> {
    let byte = (cluster - 2) >> 3;
    for (const { offset, length } of this.bitmap) {
      if (byte < length) {
        if (offset + byte >= this.pages.volume.size) return false;
        const [bits = 0xff] = await this.pages.read(offset + byte, 1);
        return ((bits >> ((cluster - 2) & 7)) & 1) === 0;
      }
      byte -= length;
    }
    return false;
  }
}

/** 0, which is a free cluster, past the end of the volume. */
function numberAt(page: Buffer, at: number): number {
  return at + 4 <= page.length ? page.readUInt32LE(at) : 0;
}

function badStart(cluster: number, clusterCount: number): Fault {
  const message = `it begins at cluster ${cluster}; there are clusters 2 to ${clusterCount + 1}`;
  return new Fault(FaultKind.Corrupt, 'exfat/start', message, { cluster, clusterCount });
}

function brokenChain(to: string, count: number): Fault {
  const message = `the chain of clusters leads to ${to} after ${count} of them; what comes after is lost`;
  return new Fault(FaultKind.Corrupt, 'exfat/chain', message, { count });
}
