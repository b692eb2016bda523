/** The entries of a file system in batches that are studied together. */
import type { Damage, Entry, FileSystem } from '../filesystems/index.ts';
import { LISTING_LIMITS } from '../filesystems/index.ts';

export interface BatchOrder {
  /** A batch ends with the listing's own piece that brings it to so many entries. */
  readonly entries: number;
  /** A batch ends with the entry that brings it to so many bytes. */
  readonly bytes: number;
  /** Entries at the beginning that are listed again and passed over. */
  readonly skip: number;
  readonly signal: AbortSignal | undefined;
}

/** @param onDamage of every damage of the listing, also of what is passed over. */
export async function* inBatches(
  system: FileSystem,
  order: BatchOrder,
  onDamage: (damage: Damage) => void,
): AsyncGenerator<readonly Entry[]> {
  let batch: Entry[] = [];
  let bytes = 0;
  let passed = 0;
  for await (const some of system.entries(LISTING_LIMITS, order.signal)) {
    for (const found of some) {
      if (found.kind === 'damage') onDamage(found);
      else if (passed < order.skip) passed += 1;
      else {
        batch.push(found);
        for (const { size } of found.streams) bytes += size;
        if (bytes < order.bytes) continue;
        yield batch;
        batch = [];
        bytes = 0;
      }
    }
    if (batch.length < order.entries) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
