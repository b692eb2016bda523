/**
 * The disk as a QEMU image (QCOW2), version 3, clusters of 64 KiB, not compressed.
 *
 * In this order: header, reference counts, L1 table, L2 tables, then the clusters in use in the order of the disk. Every
 * cluster of the file is in use once, so every reference count is 1 (QEMU docs/interop/qcow2.txt).
 */
import { ascii, structure, table, u32be, u64be, zeros } from '../bytes.ts';
import type { Blocks, MediaWriter } from '../media-writer.ts';

const CLUSTER_BITS = 16;
const CLUSTER = 1 << CLUSTER_BITS;
const HEADER = 104;
/** Entries in one cluster: of reference counts (u16), of tables (u64). */
const COUNTS = CLUSTER / 2;
const ENTRIES = CLUSTER / 8;
/** Bit 63 of an entry: what it points to has the reference count 1. */
const SINGLE = 1n << 63n;

export const writer: MediaWriter = {
  id: 'qcow2',
  title: 'QEMU image, version 3',
  extension: '.qcow2',
  format: 'qcow2',
  sectorSize: 512,
  largest: 2 ** 46,
  blockSize: CLUSTER,
  async *write(disk) {
    const plan = planOf(disk.used);
    const { refcounts, refcountTable, l1, l2, l1Count, l2Count, data, end } = plan;
    yield structure(CLUSTER, [
      [0, Buffer.concat([ascii('QFI'), Buffer.of(0xfb)])],
      [4, u32be(3)], // version
      [20, u32be(CLUSTER_BITS)],
      [24, u64be(disk.size)],
      [36, u32be(l1Count)],
      [40, u64be(l1 * CLUSTER)],
      [48, u64be(refcountTable * CLUSTER)],
      [56, u32be(refcounts - refcountTable)],
      [96, u32be(4)], // a reference count has 2^4 bits
      [100, u32be(HEADER)],
    ]);
    yield* entries(l1 - refcounts, (index) => BigInt((refcounts + index) * CLUSTER));
    yield* padded(end, 2, COUNTS, (bytes, at) => bytes.writeUInt16BE(1, at));
    let nextL2 = l2;
    yield* entries(l1Count, (index) => (hasTable(disk.used, index) ? SINGLE | BigInt(nextL2++ * CLUSTER) : 0n));
    let next = data;
    for (let index = 0; index < l1Count; index++) {
      if (!hasTable(disk.used, index)) continue;
      yield* entries(ENTRIES, (entry) => (disk.used.has(index * ENTRIES + entry) ? SINGLE | BigInt(next++ * CLUSTER) : 0n));
    }
    if (nextL2 !== l2 + l2Count || next !== end) throw new RangeError('the clusters are not where the tables say');
    yield* disk.blocks();
  },
};

/** Where each part begins, in clusters. */
function planOf(used: Blocks) {
  const l1Count = Math.ceil(used.count / ENTRIES);
  let l2Count = 0;
  for (let index = 0; index < l1Count; index++) if (hasTable(used, index)) l2Count++;
  const others = 1 + Math.ceil(l1Count / ENTRIES) + l2Count + used.usedCount;
  // Reference counts count themselves too.
  let blockCount = 0;
  let tableCount = 0;
  for (let end = others; blockCount * COUNTS < end || tableCount * ENTRIES < blockCount; end = others + blockCount + tableCount) {
    blockCount = Math.max(blockCount, Math.ceil(end / COUNTS));
    tableCount = Math.ceil(blockCount / ENTRIES);
  }
  const refcountTable = 1;
  const refcounts = refcountTable + tableCount;
  const l1 = refcounts + blockCount;
  const l2 = l1 + Math.ceil(l1Count / ENTRIES);
  const data = l2 + l2Count;
  return { refcountTable, refcounts, l1, l2, data, end: data + used.usedCount, l1Count, l2Count };
}

function hasTable(used: Blocks, index: number): boolean {
  const end = Math.min(used.count, (index + 1) * ENTRIES);
  for (let block = index * ENTRIES; block < end; block++) if (used.has(block)) return true;
  return false;
}

/** A table of u64, filled up to whole clusters. */
function entries(count: number, entry: (index: number) => bigint): Generator<Buffer> {
  return padded(count, 8, ENTRIES, (bytes, at, index) => bytes.writeBigUInt64BE(entry(index), at));
}

function* padded(count: number, width: number, perCluster: number, put: (bytes: Buffer, at: number, index: number) => void) {
  yield* table(count, width, put);
  yield* zeros(count * width, Math.ceil(count / perCluster) * CLUSTER);
}
