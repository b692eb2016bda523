/** A streamOptimized VMDK without its end: the grains are found by their markers, one after the other. */
import { Fault, FaultKind, layout, raw, u32le } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { grainMarker, packedLimit } from './packed-grain.ts';

export const END_OF_STREAM = 0;
const GRAIN_TABLE = 1;
const GRAIN_DIRECTORY = 2;
export const FOOTER = 3;

/** SparseMetaDataMarker: size 0 tells it from a grain's; `value` counts the sectors that follow. */
export const streamMarker = layout('stream marker', 512, {
  value: [0, raw(8)],
  size: [8, u32le],
  type: [12, u32le],
});

const WINDOW = 1024 * 1024;
/** 64 MiB of entries: 8 TiB of disk in grains of 64 KiB. */
const MOST_SCANNED_TABLES = 16_384;

export interface StreamScan {
  /** Byte positions of the grains that are whole, by index of their table. */
  readonly tables: ReadonlyMap<number, Float64Array>;
  readonly grainCount: number;
  /** The grains came in the order of the disk: what lies before the last was never written if it was not found. */
  readonly inOrder: boolean;
  /** Sectors of the extent up to the end of the last grain. */
  readonly knownSectors: number;
  /** Where the reading stopped. */
  readonly end: number;
  /** Of the header that a footer marker announces. */
  readonly footerAt?: number;
}

export interface StreamShape {
  readonly from: number;
  /** In sectors. */
  readonly capacity: number;
  readonly grainSectors: number;
  readonly tableEntryCount: number;
}

/** Stops at the first marker that is none. @throws Fault 'vmdk/stream-scattered' when the grains lie too far apart to be kept. */
export async function scanStream(source: ByteSource, shape: StreamShape): Promise<StreamScan> {
  const { from, capacity, grainSectors, tableEntryCount } = shape;
  const tables = new Map<number, Float64Array>();
  const limit = packedLimit(grainSectors * 512);
  let window: Buffer = Buffer.alloc(0);
  let windowStart = 0;
  let at = from;
  let grainCount = 0;
  let inOrder = true;
  let knownSectors = 0;
  let footerAt: number | undefined;

  while (at + 512 <= source.size) {
    if (at < windowStart || at + 512 > windowStart + window.length) {
      windowStart = at;
      window = await source.read(at, Math.min(WINDOW, source.size - at));
    }
    const bytes = window.subarray(at - windowStart, at - windowStart + 512);
    const { value, size, type } = streamMarker.decode(bytes);
    if (size === 0) {
      const sectors = value.readUInt32LE(4) === 0 ? value.readUInt32LE(0) : Infinity;
      if (type === FOOTER && at + 1024 <= source.size) footerAt = at + 512;
      if ((type !== GRAIN_TABLE && type !== GRAIN_DIRECTORY) || sectors > capacity) break;
      at += 512 + sectors * 512;
      continue;
    }
    if (value.readUInt32LE(4) > 0x1f_ffff) break;
    const { sector, packedSize } = grainMarker.decode(bytes);
    const end = at + grainMarker.size + packedSize;
    if (sector >= capacity || sector % grainSectors !== 0 || packedSize > limit || end > source.size) break;
    const grain = sector / grainSectors;
    const index = Math.floor(grain / tableEntryCount);
    let table = tables.get(index);
    if (table === undefined) tables.set(index, (table = new Float64Array(tableEntryCount)));
    if (tables.size > MOST_SCANNED_TABLES) {
      const message = `the VMDK stream has no end, and its grains lie too far apart to be found one by one; ask for a whole copy`;
      throw new Fault(FaultKind.Truncated, 'vmdk/stream-scattered', message, { limit: MOST_SCANNED_TABLES });
    }
    table[grain % tableEntryCount] = at;
    inOrder &&= sector >= knownSectors;
    knownSectors = Math.max(knownSectors, Math.min(capacity, sector + grainSectors));
    grainCount++;
    at = Math.ceil(end / 512) * 512;
  }
  return { tables, grainCount, inOrder, knownSectors, end: at, ...(footerAt === undefined ? {} : { footerAt }) };
}
