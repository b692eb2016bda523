/** A Commodore disk: which blocks its tracks have, and its chains of blocks. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { BLOCKS_OF_1541, type ByteSource, type Range } from '../../media/index.ts';

export const BLOCK = 256;

/** A drive and the disks it makes. */
export interface Drive {
  readonly name: string;
  /** DOS version that its own disks carry. */
  readonly dos: string;
  readonly blocksOfTrack: readonly number[];
  /** Where the block that names the disk lies, with its mark, and the directory's first. */
  readonly header: Place;
  readonly mark: number;
  /** Bytes that it begins with: where the directory, or the block map, is. */
  readonly starts: readonly number[];
  readonly directory: Place;
  /** In the header block: name (16 bytes), id (2), DOS version (2). */
  readonly nameAt: number;
  readonly idAt: number;
  readonly dosAt: number;
}

export interface Place {
  readonly track: number;
  readonly sector: number;
}

/** @param zones `[last track, blocks]`. */
function zoned(...zones: readonly (readonly [lastTrack: number, blockCount: number])[]): number[] {
  const last = zones.at(-1)?.[0] ?? 0;
  return Array.from({ length: last }, (_, index) => zones.find(([end]) => index < end)?.[1] ?? 0);
}

const SIDE_1541 = BLOCKS_OF_1541.slice(0, 35);
const SIDE_8050 = zoned([39, 29], [53, 27], [64, 25], [77, 23]);
const of1541 = {
  dos: '2A',
  header: { track: 18, sector: 0 },
  mark: 0x41,
  starts: [18],
  directory: { track: 18, sector: 1 },
  nameAt: 0x90,
  idAt: 0xa2,
  dosAt: 0xa5,
};
const of8050 = {
  dos: '2C',
  header: { track: 39, sector: 0 },
  mark: 0x43,
  starts: [38, 0],
  directory: { track: 39, sector: 1 },
  nameAt: 0x06,
  idAt: 0x18,
  dosAt: 0x1b,
};

const DRIVES: readonly Drive[] = [
  { ...of1541, name: '1541', blocksOfTrack: SIDE_1541 },
  { ...of1541, name: '1541, 40 tracks', blocksOfTrack: BLOCKS_OF_1541.slice(0, 40) },
  { ...of1541, name: '1541, 42 tracks', blocksOfTrack: BLOCKS_OF_1541 },
  { ...of1541, name: '1571', blocksOfTrack: [...SIDE_1541, ...SIDE_1541] },
  { ...of1541, name: '2040', dos: '1', mark: 1, blocksOfTrack: zoned([17, 21], [24, 20], [30, 18], [35, 17]) },
  {
    name: '1581',
    dos: '3D',
    blocksOfTrack: zoned([80, 40]),
    header: { track: 40, sector: 0 },
    mark: 0x44,
    starts: [40, 3],
    directory: { track: 40, sector: 3 },
    nameAt: 0x04,
    idAt: 0x16,
    dosAt: 0x19,
  },
  { ...of8050, name: '8050', blocksOfTrack: SIDE_8050 },
  { ...of8050, name: '8250', blocksOfTrack: [...SIDE_8050, ...SIDE_8050] },
];

const blockCountOf = ({ blocksOfTrack }: Drive): number => blocksOfTrack.reduce((sum, count) => sum + count, 0);

/** By size, error codes behind the blocks or none; a smaller image can be a 1541's that was cut. */
export function drivesOf(size: number): readonly Drive[] {
  const exact = DRIVES.filter((drive) => size === blockCountOf(drive) * BLOCK || size === blockCountOf(drive) * (BLOCK + 1));
  return exact.length > 0 ? exact : DRIVES.slice(0, 1).filter((drive) => size < blockCountOf(drive) * BLOCK);
}

/** Bytes of a file in order, and why there are not more. */
export interface Chain {
  readonly pieces: readonly Range[];
  readonly size: number;
  readonly fault: Fault | undefined;
}

export class CbmDisk {
  readonly blockCount: number;
  readonly #measured = new Map<number, Omit<Chain, 'pieces'>>();
  /** Index of the first block of each track, from track 1. */
  readonly #starts: readonly number[];

  /** @param bytes the disk, as much of it as there is. */
  constructor(
    readonly drive: Drive,
    readonly bytes: Buffer,
  ) {
    let at = 0;
    this.#starts = drive.blocksOfTrack.map((count) => {
      at += count;
      return at - count;
    });
    this.blockCount = at;
  }

  /** Byte of the disk; undefined for a place that the disk does not have. */
  placeOf({ track, sector }: Place): number | undefined {
    const start = this.#starts[track - 1];
    return start === undefined || sector >= (this.drive.blocksOfTrack[track - 1] ?? 0) ? undefined : (start + sector) * BLOCK;
  }

  /** @throws Fault for a place that the disk, or the image, does not have. */
  block(place: Place): Buffer {
    const at = this.placeOf(place);
    if (at === undefined) throw noPlace(place);
    if (at + BLOCK > this.bytes.length) throw cutAway(place);
    return this.bytes.subarray(at, at + BLOCK);
  }

  /** Blocks one after the other: each begins with the place of the next, the last with 0 and the index of its last byte. */
  chain(first: Place): Chain {
    const pieces: Range[] = [];
    const seen = new Uint8Array(this.blockCount);
    let size = 0;
    for (let place = first; ; ) {
      const at = this.placeOf(place);
      if (at === undefined) return { pieces, size, fault: noPlace(place) };
      if (at + BLOCK > this.bytes.length) return { pieces, size, fault: cutAway(place) };
      if (seen[at / BLOCK] === 1) return { pieces, size, fault: circle(place) };
      seen[at / BLOCK] = 1;
      const [track = 0, sector = 0] = this.bytes.subarray(at, at + 2);
      const length = track === 0 ? Math.max(0, sector - 1) : BLOCK - 2;
      pieces.push({ offset: at + 2, length });
      size += length;
      if (track === 0) return { pieces, size, fault: undefined };
      place = { track, sector };
    }
  }

  /** Of a chain, without keeping where it lies. Each is walked once, however many names lead to it. */
  measure(first: Place): Omit<Chain, 'pieces'> {
    const key = first.track * BLOCK + first.sector;
    const known = this.#measured.get(key);
    if (known !== undefined) return known;
    const { size, fault } = this.chain(first);
    this.#measured.set(key, { size, fault });
    return { size, fault };
  }
}

/** The drive that a volume's header block and directory speak for. @returns undefined for none; `isSure` where the header has its mark. */
export async function findDrive(volume: ByteSource): Promise<{ drive: Drive; isSure: boolean } | undefined> {
  for (const drive of drivesOf(volume.size)) {
    const empty = new CbmDisk(drive, Buffer.alloc(0));
    const [header, directory] = [empty.placeOf(drive.header), empty.placeOf(drive.directory)];
    if (header === undefined || directory === undefined || directory + BLOCK > volume.size) continue;
    const head = await volume.read(header, BLOCK);
    const isSure = head[2] === drive.mark && drive.starts.every((byte, at) => head[at] === byte);
    const held = looksLikeDirectory(await volume.read(directory, BLOCK), empty);
    // Copy protection alters the mark; a 1541 lists such a disk all the same.
    if (held === 'no') continue;
    const isWhole = volume.size >= empty.blockCount * BLOCK;
    if (isWhole ? isSure || (held === 'filled' && drive.directory.track === 18) : isSure && held === 'filled')
      return { drive, isSure: isSure && isWhole };
  }
  return undefined;
}

export async function readDisk(volume: ByteSource, drive: Drive): Promise<CbmDisk> {
  const { blockCount } = new CbmDisk(drive, Buffer.alloc(0));
  return new CbmDisk(drive, await volume.read(0, Math.min(volume.size, blockCount * BLOCK)));
}

/** Whether a block can be one of a directory: its link, and eight entries of which each is empty or has a type and a place. */
function looksLikeDirectory(block: Buffer, disk: CbmDisk): 'no' | 'empty' | 'damaged' | 'filled' {
  const [track = 0, sector = 0] = block;
  if (track !== 0 && disk.placeOf({ track, sector }) === undefined) return 'no';
  let filled = 0;
  let wrong = 0;
  for (let at = 0; at < BLOCK; at += 32) {
    const type = block[at + 2] ?? 0;
    if (type === 0) continue;
    filled++;
    const place = { track: block[at + 3] ?? 0, sector: block[at + 4] ?? 0 };
    const hasPlace = place.track === 0 || disk.placeOf(place) !== undefined;
    const isType = (type & 0x0f) <= 6 && (type & 0x10) === 0;
    if (!isType || (!hasPlace && (type & 0x0f) !== 0)) wrong++;
  }
  if (filled === 0) return 'empty';
  return wrong === 0 ? 'filled' : wrong * 2 <= filled ? 'damaged' : 'no';
}

function noPlace({ track, sector }: Place): Fault {
  const message = `a chain of blocks leads to track ${track}, sector ${sector}, which the disk does not have; what comes after is lost`;
  return new Fault(FaultKind.Corrupt, 'cbm/place', message, { track, sector });
}

function cutAway({ track, sector }: Place): Fault {
  const message = `track ${track}, sector ${sector} is not in the image: it is cut; what comes after is lost`;
  return new Fault(FaultKind.Truncated, 'cbm/cut', message, { track, sector });
}

function circle({ track, sector }: Place): Fault {
  const message = `a chain of blocks comes back to track ${track}, sector ${sector}: it is damaged, or protected against listing`;
  return new Fault(FaultKind.Corrupt, 'cbm/loop', message, { track, sector });
}
