/** store: the sealed bag is renamed into place, durable, and told to the journal: from there on it is in the archive. */
import { packageKey } from '../../package/index.ts';
import type { IngestContext } from '../request.ts';

/** @throws what kept it from being stored, with nothing left of it; or the Fault of a catalogue that is behind. */
export async function store(id: string, bag: string, context: IngestContext): Promise<void> {
  context.signal?.throwIfAborted();
  context.onProgress?.({ stage: 'store', doneBytes: 0, totalBytes: 1 });
  await context.storage.adopt(bag, packageKey(id));
  const behind = await context.stored(id).catch(async (error: unknown) => {
    await context.storage.withdraw(packageKey(id), bag);
    throw error;
  });
  if (behind !== undefined) throw behind;
}
