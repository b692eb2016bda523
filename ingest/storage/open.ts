/** "file:///archive" → the backend that its scheme names. */
import { Fault, FaultKind, loadFolder } from '../kernel/index.ts';
import type { Storage, StorageBackend } from './storage.ts';

export const backends = await loadFolder<StorageBackend>(new URL('./backends/', import.meta.url), 'backend');

/** @throws Fault 'storage/unknown-scheme' for a URL of no known kind. */
export async function openStorage(url: URL): Promise<Storage> {
  const backend = backends.get(url.protocol.slice(0, -1));
  if (backend !== undefined) return backend.open(url);
  throw new Fault(
    FaultKind.Unsupported,
    'storage/unknown-scheme',
    `no storage backend for "${url.protocol}"; known are ${[...backends.keys()].join(', ')}`,
    { url: url.href },
  );
}
