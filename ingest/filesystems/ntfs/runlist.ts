/** Mapping pairs: which clusters an attribute lies in. And what they hold: stored, sparse, or compressed in units. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Chunk, Range, Run } from '../../media/index.ts';
import { piecesOf, RunList } from '../content.ts';
import { AttributeFlag, type Extent, OutsideAt } from './attributes.ts';
import type { NtfsShape } from './boot.ts';
import { unpackLznt1 } from './lznt1.ts';
import { readU64 } from './numbers.ts';
import type { Attribute } from './record.ts';

/** In the place of a cluster number. */
const HOLE = -1;
const LOST = -2;

/** Clusters that lie one after the other, or nowhere. */
export interface Piece {
  /** First of them (LCN), or HOLE, or LOST where the volume has no such clusters. */
  readonly cluster: number;
  readonly clusterCount: number;
}

/** A run is one byte (lengths of the numbers in its halves), then length and distance; the distance is from the run before, signed. */
export function* piecesIn({ runs, firstCluster, lastCluster }: Extent, volumeClusters: number): Generator<Piece> {
  let cluster = 0;
  // An empty attribute ends at cluster -1, which reads as far too many.
  let left = lastCluster >= Number.MAX_SAFE_INTEGER ? 0 : lastCluster + 1 - firstCluster;
  for (let at = 0; left > 0; ) {
    const head = runs[at] ?? 0;
    const [lengthSize, distanceSize] = [head & 15, head >> 4];
    const end = at + 1 + lengthSize + distanceSize;
    if (head === 0 || lengthSize === 0 || lengthSize > 8 || distanceSize > 8 || end > runs.length) return;
    const clusterCount = Math.min(unsigned(runs, at + 1, lengthSize), left);
    if (clusterCount === 0) return;
    cluster += signed(runs, at + 1 + lengthSize, distanceSize);
    if (distanceSize === 0) yield { cluster: HOLE, clusterCount };
    else yield* inside(cluster, clusterCount, volumeClusters);
    left -= clusterCount;
    at = end;
  }
}

/**
 * Byte of the volume where an attribute lies that is not compressed and in one piece; -1 for any other, and where anything is odd.
 * @param size of the attribute, in bytes.
 */
export function onlyPlace({ bytes, at, length, flags }: Attribute, size: number, shape: NtfsShape, volumeSize: number): number {
  const { clusterSize, clusterCount } = shape;
  if (length < OutsideAt.end || (flags & AttributeFlag.Compressed) !== 0 || readU64(bytes, at + OutsideAt.firstCluster) !== 0)
    return -1;
  const runsAt = bytes.readUInt16LE(at + OutsideAt.runsOffset);
  const head = runsAt < OutsideAt.end || runsAt >= length ? 0 : (bytes[at + runsAt] ?? 0);
  const [lengthSize, distanceSize] = [head & 15, head >> 4];
  const isPlain = lengthSize > 0 && lengthSize <= 4 && distanceSize > 0 && distanceSize <= 6;
  if (!isPlain || runsAt + 1 + lengthSize + distanceSize > length) return -1;
  const count = unsigned(bytes, at + runsAt + 1, lengthSize);
  const cluster = signed(bytes, at + runsAt + 1 + lengthSize, distanceSize);
  const isWhole =
    readU64(bytes, at + OutsideAt.lastCluster) + 1 === count &&
    count * clusterSize >= size &&
    readU64(bytes, at + OutsideAt.initializedSize) >= size;
  const start = cluster * clusterSize;
  return isWhole && size > 0 && cluster >= 0 && cluster + count <= clusterCount && start + size <= volumeSize ? start : -1;
}

function* inside(cluster: number, clusterCount: number, volumeClusters: number): Generator<Piece> {
  const there = cluster < 0 ? 0 : Math.max(0, Math.min(clusterCount, volumeClusters - cluster));
  if (there > 0) yield { cluster, clusterCount: there };
  if (there < clusterCount) yield { cluster: LOST, clusterCount: clusterCount - there };
}

function unsigned(bytes: Buffer, at: number, width: number): number {
  let value = 0;
  for (let index = width - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}

function signed(bytes: Buffer, at: number, width: number): number {
  if (width === 0 || (bytes[at + width - 1] ?? 0) < 0x80) return unsigned(bytes, at, width);
  let complement = 0;
  for (let index = width - 1; index >= 0; index--) complement = complement * 256 + 255 - (bytes[at + index] ?? 0);
  return -1 - complement;
}

/** All pieces of an attribute in order; what lies between its extents, and is in none, is LOST. */
function* piecesOfAll(extents: readonly Extent[], volumeClusters: number): Generator<Piece> {
  let end = 0;
  for (const extent of extents.toSorted((a, b) => a.firstCluster - b.firstCluster)) {
    if (extent.firstCluster < end || !Number.isSafeInteger(extent.firstCluster)) continue;
    if (extent.firstCluster > end) yield { cluster: LOST, clusterCount: extent.firstCluster - end };
    end = extent.firstCluster;
    for (const piece of piecesIn(extent, volumeClusters)) {
      yield piece;
      end += piece.clusterCount;
    }
  }
}

/** Where the bytes of an attribute are. */
export interface Stored {
  readonly extents: readonly Extent[];
  readonly size: number;
  readonly isCompressed: boolean;
}

/** @throws Fault 'ntfs/compression-unit'; 'ntfs/runs' where not one cluster is told. */
export function runsOf(volume: ByteSource, shape: NtfsShape, { extents, size, isCompressed }: Stored): readonly Run[] {
  const first = extents.find(({ firstCluster }) => firstCluster === 0);
  const list = new RunList(volume, size);
  const valid = Math.min(size, first?.initializedSize ?? size);
  const pieces = piecesOfAll(extents, shape.clusterCount);
  if (isCompressed && first !== undefined && first.compressionUnit > 0)
    addUnits(list, new Units(volume, shape, first.compressionUnit), pieces, valid);
  else addPlain(list, shape, pieces, valid);
  if (list.end === 0 && valid > 0) throw noRuns();
  list.absent(valid - list.end);
  list.zero(size - list.end);
  return list.done();
}

function addPlain(list: RunList, { clusterSize }: NtfsShape, pieces: Iterable<Piece>, valid: number): void {
  for (const { cluster, clusterCount } of pieces) {
    const length = Math.min(clusterCount * clusterSize, valid - list.end);
    if (length <= 0) return;
    if (cluster === HOLE) list.zero(length);
    else if (cluster === LOST) list.absent(length);
    else list.stored(cluster * clusterSize, length);
  }
}

/** A unit without clusters is zeros, with all of them plain, and with fewer it is compressed. */
function addUnits(list: RunList, units: Units, pieces: Iterable<Piece>, valid: number): void {
  let unit: Piece[] = [];
  let filled = 0;
  const flush = (): void => {
    units.add(list, unit, valid);
    unit = [];
    filled = 0;
  };
  for (const { cluster, clusterCount } of pieces) {
    for (let taken = 0; taken < clusterCount && list.end < valid; ) {
      const left = clusterCount - taken;
      // Stretches of whole units go at once: holes can be immense.
      const whole = filled === 0 ? left - (left % units.clusterCount) : 0;
      const part = whole > 0 ? whole : Math.min(left, units.clusterCount - filled);
      unit.push({ cluster: cluster < 0 ? cluster : cluster + taken, clusterCount: part });
      filled += part;
      taken += part;
      if (filled >= units.clusterCount) flush();
    }
    if (list.end >= valid) return;
  }
  if (filled > 0) flush();
}

class Units {
  readonly clusterCount: number;
  readonly #size: number;

  constructor(
    private readonly volume: ByteSource,
    private readonly shape: NtfsShape,
    logarithm: number,
  ) {
    this.clusterCount = 2 ** Math.min(logarithm, 32);
    this.#size = this.clusterCount * shape.clusterSize;
    if (this.#size > MOST_UNIT) throw tooLargeUnit(this.#size);
  }

  /** @param pieces of one unit, or one piece of several units; fewer clusters at the end of the attribute. */
  add(list: RunList, pieces: readonly Piece[], valid: number): void {
    const { clusterSize } = this.shape;
    const stored = pieces.filter(({ cluster }) => cluster >= 0);
    const clusterCount = stored.reduce((sum, piece) => sum + piece.clusterCount, 0);
    const total = pieces.reduce((sum, piece) => sum + piece.clusterCount, 0);
    const length = Math.min(Math.max(total * clusterSize, this.#size), valid - list.end);
    const isPlain = clusterCount === total && clusterCount * clusterSize >= length;
    if (isPlain) addPlain(list, this.shape, pieces, list.end + length);
    else if (pieces.some(({ cluster }) => cluster === LOST)) list.absent(length);
    else if (clusterCount === 0) list.zero(length);
    else this.#addPacked(list, pieces.slice(0, stored.length), stored, length);
  }

  #addPacked(list: RunList, leading: readonly Piece[], stored: readonly Piece[], size: number): void {
    const { clusterSize } = this.shape;
    const ranges = stored.map(({ cluster, clusterCount }) => ({
      offset: cluster * clusterSize,
      length: clusterCount * clusterSize,
    }));
    const isInside = ranges.every(({ offset, length }) => offset + length <= this.volume.size);
    // Holes come last in a unit.
    if (!isInside || leading.some(({ cluster }) => cluster < 0)) list.absent(size);
    else list.add({ kind: 'packed', chunk: chunkOf(this.volume, ranges, size), skip: 0, offset: 0, length: size });
  }
}

function chunkOf(volume: ByteSource, ranges: readonly Range[], size: number): Chunk {
  const [only] = ranges;
  const inOne = ranges.length === 1 ? only : undefined;
  return {
    key: `lznt1:${size}:${ranges.map(({ offset, length }) => `${offset}+${length}`).join()}`,
    source: inOne === undefined ? piecesOf(volume, ranges) : volume,
    at: inOne?.offset ?? 0,
    packedLength: ranges.reduce((sum, { length }) => sum + length, 0),
    size,
    unpack: async (packed) => unpackLznt1(packed, size),
  };
}

/** Windows compresses 16 clusters of at most 4 KiB. */
const MOST_UNIT = 2 * 1024 * 1024;

function tooLargeUnit(size: number): Fault {
  const message = `the file says it is compressed in units of ${size} bytes; there are none above ${MOST_UNIT}`;
  return new Fault(FaultKind.Corrupt, 'ntfs/compression-unit', message, { size, limit: MOST_UNIT });
}

function noRuns(): Fault {
  const message = 'the list of clusters of this file is damaged at its beginning: where its bytes lie is not known';
  return new Fault(FaultKind.Corrupt, 'ntfs/runs', message);
}
