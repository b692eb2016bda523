/** Blocks and directory of a CP/M disk, and how well a geometry fits it. */
import { layout, raw, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import type { RunList } from '../content.ts';
import { PagedReader } from '../paged.ts';
import { type CpmGeometry, geometriesFor } from './geometry.ts';

export const ENTRY_SIZE = 32;
export const RECORD = 128;
/** Records of one logical extent. */
export const EXTENT = 128;
export const EMPTY = 0xe5;
export const Kind = { Label: 0x20, Stamps: 0x21 } as const;
const MOST_USER = 31;

/** File control block on the disk (CP/M 2.2 Interface Guide; CP/M 3 Programmer's Guide). */
const extent = layout('CP/M directory entry', ENTRY_SIZE, {
  user: [0, u8],
  name: [1, raw(11)],
  extentLow: [12, u8],
  lastByteCount: [13, u8],
  extentHigh: [14, u8],
  recordCount: [15, u8],
  allocation: [16, raw(16)],
});

export interface Extent {
  /** Of the directory. */
  readonly index: number;
  readonly user: number;
  /** Eight and three, with the high bits that are attributes. */
  readonly name: Buffer;
  /** First logical extent of the file that it describes, and its records up to the last. */
  readonly firstExtent: number;
  readonly recordCount: number;
  readonly lastByteCount: number;
  readonly blocks: readonly number[];
}

export interface CpmDirectory {
  readonly bytes: Buffer;
  /** Of files, in order. */
  readonly extents: readonly Extent[];
  readonly deleted: readonly Extent[];
}

export class CpmDisk {
  readonly blockCount: number;
  readonly #reader: PagedReader;
  readonly #start: number;

  constructor(
    private readonly volume: ByteSource,
    readonly geometry: CpmGeometry,
  ) {
    const { sectorSize, sectorsPerTrack, trackCount, bootTrackCount, blockSize } = geometry;
    this.#reader = new PagedReader(volume);
    this.#start = bootTrackCount * sectorsPerTrack;
    this.blockCount = Math.floor(((trackCount - bootTrackCount) * sectorsPerTrack * sectorSize) / blockSize);
  }

  /** Blocks are counted in bytes of the entry, or in pairs of them where there are more than 256. */
  get hasWideNumbers(): boolean {
    return this.blockCount > 256;
  }

  get directoryBlockCount(): number {
    return Math.ceil((this.geometry.directoryEntryCount * ENTRY_SIZE) / this.geometry.blockSize);
  }

  /** Logical extents that one entry describes. */
  get extentsPerEntry(): number {
    return Math.max(1, ((this.hasWideNumbers ? 8 : 16) * this.geometry.blockSize) / (EXTENT * RECORD));
  }

  /** Byte of the image where a sector of the data area lies, counted from its first. */
  #placeOf(sector: number): number {
    const { sectorsPerTrack, sectorSize, skew } = this.geometry;
    const logical = this.#start + sector;
    const within = logical % sectorsPerTrack;
    return (logical - within + (skew?.[within] ?? within)) * sectorSize;
  }

  /** Adds `length` bytes from the first of a block on. */
  addTo(list: RunList, block: number, length: number): void {
    const { blockSize, sectorSize } = this.geometry;
    for (let done = 0; done < length; ) {
      const at = block * blockSize + done;
      const skip = at % sectorSize;
      const part = Math.min(sectorSize - skip, length - done);
      list.stored(this.#placeOf((at - skip) / sectorSize) + skip, part);
      done += part;
    }
  }

  /** The directory, put together of its sectors. */
  async directory(): Promise<CpmDirectory> {
    const { sectorSize, directoryEntryCount } = this.geometry;
    const size = directoryEntryCount * ENTRY_SIZE;
    const pieces: Buffer[] = [];
    for (let at = 0; at < size; at += sectorSize) {
      const place = this.#placeOf(at / sectorSize);
      if (place + sectorSize > this.volume.size) break;
      pieces.push(await this.#reader.read(place, sectorSize));
    }
    const bytes = Buffer.concat(pieces).subarray(0, size);
    const all = Array.from({ length: Math.floor(bytes.length / ENTRY_SIZE) }, (_, index) => this.#extentOf(bytes, index));
    return {
      bytes,
      extents: all.filter(({ user }) => user <= MOST_USER),
      deleted: all.filter((each) => each.user === EMPTY && this.#isPlausible(each)),
    };
  }

  #extentOf(bytes: Buffer, index: number): Extent {
    const e = extent.decode(bytes.subarray(index * ENTRY_SIZE, (index + 1) * ENTRY_SIZE));
    const number = (e.extentHigh & 63) * 32 + (e.extentLow & 31);
    const within = number % this.extentsPerEntry;
    const blocks = this.hasWideNumbers
      ? Array.from({ length: 8 }, (_, each) => e.allocation.readUInt16LE(each * 2))
      : [...e.allocation];
    return {
      index,
      user: e.user,
      name: e.name,
      firstExtent: number - within,
      recordCount: within * EXTENT + e.recordCount,
      lastByteCount: e.lastByteCount,
      blocks,
    };
  }

  /** Whether an entry can be one of this disk: a name, and blocks that it has. */
  #isPlausible({ name, blocks, recordCount }: Extent): boolean {
    if (recordCount > EXTENT * this.extentsPerEntry || !isName(name)) return false;
    return blocks.every((block) => block === 0 || (block >= this.directoryBlockCount && block < this.blockCount));
  }

  /** How many entries speak for this geometry; undefined where it can't be the disk's. */
  async score(): Promise<number | undefined> {
    const { bytes, extents } = await this.directory();
    const used = new Set<number>();
    let wrong = 0;
    let fitting = 0;
    for (const each of extents) {
      const blocks = each.blocks.filter((block) => block !== 0);
      const isOwn = blocks.every((block) => !used.has(block));
      for (const block of blocks) used.add(block);
      if (!isOwn || !this.#isPlausible(each)) wrong++;
      else if (blocks.length === Math.ceil((each.recordCount * RECORD) / this.geometry.blockSize)) fitting++;
    }
    for (let at = 0; at < bytes.length; at += ENTRY_SIZE) {
      const kind = bytes[at] ?? 0;
      if (kind === EMPTY || kind <= MOST_USER) continue;
      const isStamps = kind === Kind.Stamps && (at / ENTRY_SIZE) % 4 === 3;
      if (!isStamps && !(kind === Kind.Label && isName(bytes.subarray(at + 1, at + 12)))) wrong++;
    }
    const isBelievable = extents.length > 0 && wrong * 16 <= extents.length && fitting >= extents.length * 0.75;
    return isBelievable ? fitting * 2 - wrong * 8 : undefined;
  }
}

/** Printable, and padded with spaces at its end only. */
function isName(name: Buffer): boolean {
  const text = Buffer.from(name.map((byte) => byte & 0x7f)).toString('latin1');
  return /^[!-~]+ *$/.test(text.slice(0, 8)) && /^[!-~]* *$/.test(text.slice(8)) && !/[<>.,;:=?*[\]]/.test(text);
}

/** The geometry that most of the directory speaks for. */
export async function findDisk(volume: ByteSource): Promise<CpmDisk | undefined> {
  let best: { disk: CpmDisk; points: number } | undefined;
  for (const geometry of await geometriesFor(volume)) {
    const disk = new CpmDisk(volume, geometry);
    const points = await disk.score();
    if (points !== undefined && geometry.isTold) return disk;
    if (points !== undefined && points > (best?.points ?? 0)) best = { disk, points };
  }
  return best?.disk;
}
