/** store: the sealed bag is renamed into place, durable; from here on it is in the archive. */
import { packageKey } from '../../package/index.ts';
import type { IngestContext } from '../request.ts';

/** @throws Fault 'storage/exists'; never leaves a part of a package behind. */
export async function store(id: string, bag: string, context: IngestContext): Promise<void> {
  context.signal?.throwIfAborted();
  await context.storage.adopt(bag, packageKey(id));
}
