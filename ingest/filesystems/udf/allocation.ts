/** Where the bytes of a file lie: its allocation descriptors, and the extents they go on in. */
import { Fault, FaultKind, layout, u32le } from '../../kernel/index.ts';
import type { Run } from '../../media/index.ts';
import { clipped, heldRuns, RunList } from '../content.ts';
import { MOST_RUNS } from '../filesystems.ts';
import type { Icb } from './icb.ts';
import type { Address, Space } from './space.ts';
import { TagId, tagOf } from './tag.ts';

/** ECMA-167 4/14.14.1 to 4/14.14.3; the low three bits of the ICB's flags tell which. */
const KINDS = [
  { width: 8, blockAt: 4, partitionAt: undefined },
  { width: 16, blockAt: 4, partitionAt: 8 },
  { width: 20, blockAt: 12, partitionAt: 16 },
] as const;
const INSIDE = 3;

/** Upper two bits of an extent's length. */
const Extent = { Recorded: 0, Allocated: 1, Unallocated: 2, Continued: 3 } as const;

/** ECMA-167 4/14.5 */
const continuedLayout = layout('allocation extent descriptor', 24, { length: [20, u32le] });
const MOST_CONTINUED = 1024 * 1024;

/** @throws Fault when the descriptors are of no known kind, or too many. */
export async function runsOf(space: Space, icb: Icb): Promise<readonly Run[]> {
  const { size, allocation, allocationAt } = icb;
  if ((icb.flags & 7) === INSIDE) {
    const inside = allocation.subarray(0, Math.min(size, allocation.length));
    const list = new RunList(space.volume, size);
    for (const run of heldRuns(inside, allocationAt)) list.add(run);
    return list.done();
  }
  const kind = KINDS[icb.flags & 7];
  if (kind === undefined) throw unknownKind(icb.flags & 7);
  const list = new RunList(space.volume, size);
  const seen = new Set<number>();
  let pieceCount = 0;
  for (let table: Buffer | undefined = allocation; table !== undefined && !list.isFull; ) {
    const ads: Buffer = table;
    table = undefined;
    for (let at = 0; at + kind.width <= ads.length && !list.isFull; at += kind.width) {
      const word = ads.readUInt32LE(at);
      const length = word & 0x3fff_ffff;
      if (length === 0) break;
      const block = ads.readUInt32LE(at + kind.blockAt);
      const partition = kind.partitionAt === undefined ? icb.address.partition : ads.readUInt16LE(at + kind.partitionAt);
      const type = word >>> 30;
      if (type === Extent.Continued) {
        table = await continued(space, { partition, block }, length, seen);
        break;
      }
      if (type === Extent.Recorded) pieceCount += addRecorded(list, space, { partition, block }, length);
      else list.zero(length);
      if (pieceCount > MOST_RUNS) throw tooMany();
    }
  }
  return list.done();
}

/** Answers with the number of pieces it took. */
function addRecorded(list: RunList, space: Space, { partition, block }: Address, length: number): number {
  let left = length;
  let count = 0;
  for (const { at, blockCount } of space.partitions.get(partition)?.pieces(block, Math.ceil(length / space.blockSize)) ?? []) {
    const bytes = Math.min(left, blockCount * space.blockSize);
    if (at === undefined) list.absent(bytes);
    else list.stored(at, bytes);
    left -= bytes;
    if (++count > MOST_RUNS || list.isFull) break;
  }
  if (count === 0) list.absent(length);
  return Math.max(1, count);
}

/** Descriptors that did not fit before. What is not there ends the file: its rest is absent. */
async function continued(space: Space, address: Address, length: number, seen: Set<number>): Promise<Buffer | undefined> {
  const at = space.placeOf(address);
  if (at === undefined || seen.has(at) || seen.size >= MOST_RUNS / 64) return undefined;
  seen.add(at);
  const bytes = await space.paged.read(at, Math.min(length, MOST_CONTINUED));
  if (bytes.length < continuedLayout.size || tagOf(bytes)?.id !== TagId.AllocationExtent) return undefined;
  const size = continuedLayout.decode(bytes).length;
  return bytes.subarray(continuedLayout.size, Math.min(bytes.length, continuedLayout.size + size));
}

/** Bytes of a directory or table, as far as they are there. */
export async function readRuns(space: Space, runs: readonly Run[], offset: number, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const run of clipped(runs, { offset, length })) {
    if (run.kind === 'zero') pieces.push(Buffer.alloc(run.length));
    else if (run.kind !== 'stored') break;
    else if (run.source === space.volume) pieces.push(await space.paged.read(run.at, run.length));
    else pieces.push(await run.source.read(run.at, run.length));
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

function unknownKind(kind: number): Fault {
  const message = `the file says where it lies in descriptors of kind ${kind}; 0 to 3 are known: it is damaged`;
  return new Fault(FaultKind.Corrupt, 'udf/allocation', message, { kind });
}

function tooMany(): Fault {
  const message = `a file lies in more than ${MOST_RUNS} pieces; real ones do not`;
  return new Fault(FaultKind.Refused, 'udf/too-many-pieces', message, { limit: MOST_RUNS });
}
