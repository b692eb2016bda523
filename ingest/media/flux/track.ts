/** One track: its revolutions decoded until its sectors are good. Remembers what worked, since its neighbours will be alike. */
import { amigaSectors } from './amiga.ts';
import { type Cells, halved } from './cells.ts';
import { gcrSectors } from './gcr.ts';
import { fmSectors, mfmSectors } from './ibm.ts';
import { type Flux, TUNINGS, cellsOfFlux, shortestPeak } from './pll.ts';
import type { Encoding, Sector } from './sector.ts';

/** A track as its container has it. */
export interface RawTrack {
  readonly cylinder: number;
  readonly head: number;
  /** How many revolutions there are. */
  readonly revolutionCount: number;
  /** One of them, as flux or as cells; undefined where nothing is recorded. @throws Fault */
  read(revolution: number): Promise<Flux | Cells | undefined>;
}

type Decoder = (cells: Cells) => Sector[];
const DECODERS: readonly Decoder[] = [
  (cells) => [...mfmSectors(cells), ...amigaSectors(cells)],
  fmSectors,
  gcrSectors,
  (cells) => fmSectors(halved(cells)),
];

/** What the first decoder needs of the shortest frequent interval: two cells of MFM, one of FM or GCR. */
const CELLS_IN_PEAK = [2, 1, 1];

/** What one disk has taught so far, and how much more may be tried. */
export class Experience {
  decoder = 0;
  cellNs: number | undefined;

  /** @param budget flux changes and cells that may still be decoded: what a hostile file can cost. */
  constructor(public budget: number) {}

  /** False when the budget is spent. */
  spend(count: number): boolean {
    this.budget -= count;
    return this.budget >= 0;
  }
}

export class Track {
  /** By encoding and record; the first good reading stays. */
  readonly sectors = new Map<string, Sector>();
  /** Sectors of which two good readings differ. */
  readonly conflicts = new Set<string>();
  /** Anything recorded at all. */
  hasFlux = false;
  /** The container has it, and it could not be read from there. */
  isBroken = false;
  #tried = 0;

  constructor(
    readonly raw: RawTrack,
    private readonly experience: Experience,
  ) {}

  /** Whether another try may bring more. A track without any sector gets two. */
  get hasMore(): boolean {
    const tries = this.sectors.size === 0 ? Math.min(2, this.raw.revolutionCount) : this.raw.revolutionCount * TUNINGS.length;
    return this.#tried < tries && this.experience.budget > 0;
  }

  /** Decodes the next revolution; after the last, the first again with the next tuning. */
  async readOn(): Promise<void> {
    try {
      await this.#readNext();
    } catch (error) {
      this.isBroken = true;
      throw error;
    }
  }

  async #readNext(): Promise<void> {
    const count = this.raw.revolutionCount;
    const tuning = Math.floor(this.#tried / count);
    const revolution = await this.raw.read(this.#tried++ % count); // counted even if it throws, or it would be tried for ever
    if (revolution === undefined) return;
    if ('cells' in revolution) {
      this.#tried = count * TUNINGS.length; // cells are cells: no other tuning makes more of them
      this.hasFlux ||= revolution.length > 0;
      if (this.experience.spend(revolution.cells.length)) this.#take(this.#ofCells(revolution));
    } else {
      this.hasFlux ||= revolution.ownCount > 0;
      if (this.experience.spend(revolution.intervals.length)) this.#take(this.#ofFlux(revolution, tuning));
    }
  }

  /** Sectors by encoding, the most frequent first. */
  get encodings(): readonly (readonly [Encoding, readonly Sector[]])[] {
    const found = new Map<Encoding, Sector[]>();
    for (const sector of this.sectors.values()) found.set(sector.encoding, [...(found.get(sector.encoding) ?? []), sector]);
    return [...found].toSorted(([, a], [, b]) => b.length - a.length);
  }

  #ofCells(cells: Cells): Sector[] {
    const known = DECODERS[this.experience.decoder]?.(cells) ?? [];
    if (known.length > 0) return known;
    for (const [i, decode] of DECODERS.entries()) {
      const sectors = decode(cells);
      if (sectors.length === 0) continue;
      this.experience.decoder = i;
      return sectors;
    }
    return [];
  }

  #ofFlux(flux: Flux, tuningIndex: number): Sector[] {
    const tuning = TUNINGS[tuningIndex] ?? { period: 0, phase: 0 };
    const { decoder, cellNs } = this.experience;
    const known = cellNs === undefined ? [] : (DECODERS[decoder]?.(cellsOfFlux(flux, cellNs, tuning)) ?? []);
    if (known.length > 0) return known;
    const peak = shortestPeak(flux);
    if (peak === undefined) return [];
    for (const [i, divisor] of CELLS_IN_PEAK.entries()) {
      if (!this.experience.spend(flux.intervals.length)) return [];
      const sectors = DECODERS[i]?.(cellsOfFlux(flux, peak / divisor, tuning)) ?? [];
      if (sectors.length === 0) continue;
      this.experience.decoder = i;
      this.experience.cellNs = peak / divisor;
      return sectors;
    }
    return [];
  }

  #take(sectors: readonly Sector[]): void {
    for (const sector of sectors) {
      const key = keyOf(sector);
      const before = this.sectors.get(key);
      if (before?.data === undefined) this.sectors.set(key, sector.data === undefined && before !== undefined ? before : sector);
      else if (sector.data !== undefined && !before.data.equals(sector.data)) this.conflicts.add(key);
    }
  }
}

/** One sector of a track: a header of another cylinder is another sector. */
export function keyOf({ encoding, cylinder, head, record, size }: Omit<Sector, 'data' | 'isDeleted'>): string {
  return `${encoding} ${cylinder}.${head}.${record}.${size}`;
}
