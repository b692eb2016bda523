/** Partitions of UDF: how the blocks that structures name are found on the volume. */
import type { Range } from '../../media/index.ts';

/** Blocks that lie together; `at` in bytes of the volume, undefined where there are none. */
export interface Piece {
  readonly at: number | undefined;
  readonly blockCount: number;
}

export interface Partition {
  readonly kind: 'physical' | 'sparable' | 'virtual' | 'metadata';
  /** Number of the partition descriptor that it stands on. */
  readonly number: number;
  /** Covers the blocks asked for, in order. */
  pieces(block: number, blockCount: number): Iterable<Piece>;
}

/** Blocks one after the other. @param start in sectors, @param blockCount by the partition descriptor. */
export function physical(number: number, start: number, blockCount: number, blockSize: number): Partition {
  return {
    kind: 'physical',
    number,
    *pieces(block, wanted) {
      const inside = Math.max(0, Math.min(wanted, blockCount - block));
      if (inside > 0) yield { at: (start + block) * blockSize, blockCount: inside };
      if (inside < wanted) yield { at: undefined, blockCount: wanted - inside };
    },
  };
}

/** Rewritable discs: packets that went bad lie elsewhere (UDF 2.60 §2.2.9). @param moved sector by first block of the packet. */
export function sparable(
  base: Partition,
  packetBlockCount: number,
  moved: ReadonlyMap<number, number>,
  blockSize: number,
): Partition {
  return {
    kind: 'sparable',
    number: base.number,
    *pieces(block, wanted) {
      if (moved.size === 0) {
        yield* base.pieces(block, wanted);
        return;
      }
      for (let at = block; at < block + wanted; ) {
        const packet = at - (at % packetBlockCount);
        const blockCount = Math.min(packet + packetBlockCount, block + wanted) - at;
        const elsewhere = moved.get(packet);
        if (elsewhere === undefined) yield* base.pieces(at, blockCount);
        else yield { at: (elsewhere + at - packet) * blockSize, blockCount };
        at += blockCount;
      }
    },
  };
}

const UNUSED = 0xffff_ffff;

/** Discs that are written once: each block has its newest place in a table (UDF 2.60 §2.2.10). @param table of u32. */
export function virtual(base: Partition, table: Buffer): Partition {
  return {
    kind: 'virtual',
    number: base.number,
    *pieces(block, wanted) {
      const known = Math.floor(table.length / 4);
      for (let index = block; index < block + wanted; index++) {
        if (index >= known) {
          yield { at: undefined, blockCount: block + wanted - index };
          return;
        }
        const place = table.readUInt32LE(index * 4);
        if (place === UNUSED) yield { at: undefined, blockCount: 1 };
        else yield* base.pieces(place, 1);
      }
    },
  };
}

/** A file that holds all metadata (UDF 2.60 §2.2.13). @param ranges of it on the volume, in bytes and in order; whole blocks. */
export function metadata(number: number, ranges: readonly Range[], blockSize: number): Partition {
  const starts: number[] = [];
  let blockCount = 0;
  for (const { length } of ranges) {
    starts.push(blockCount);
    blockCount += Math.floor(length / blockSize);
  }
  return {
    kind: 'metadata',
    number,
    *pieces(block, wanted) {
      let index = lastAtMost(starts, block);
      for (let at = block; at < block + wanted; index++) {
        const start = starts[index];
        const range = ranges[index];
        const end = starts[index + 1] ?? blockCount;
        if (start === undefined || range === undefined || at >= end) {
          yield { at: undefined, blockCount: block + wanted - at };
          return;
        }
        const taken = Math.min(end, block + wanted) - at;
        const isThere = range.offset >= 0;
        yield { at: isThere ? range.offset + (at - start) * blockSize : undefined, blockCount: taken };
        at += taken;
      }
    },
  };
}

function lastAtMost(starts: readonly number[], wanted: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
