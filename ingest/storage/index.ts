/**
 * storage: objects in, objects out, at one location.
 * May import: kernel. Imported by: package, export, pipeline, and src/engine.
 * Entry: openStorage('file:///…') gives a Storage; backends/ holds one file per kind of place.
 */
export { openStorage } from './open.ts';
export type { Storage, StorageBackend, StoredEntry, StoredObject } from './storage.ts';
