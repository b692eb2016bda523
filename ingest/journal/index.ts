/**
 * journal: what happened after packages were sealed, append-only, beside the packages.
 * May import: kernel. Imported by: package, export, pipeline, and src/engine.
 * Entry: openJournal(folder) to write, readJournal(folder) to read. The Merkle log is laid over the same lines: each carries its leaf hash.
 */
export type { Json } from './canonical-json.ts';
export { type Journal, openJournal } from './journal.ts';
export { type JournalEntry, readJournal } from './read-journal.ts';
