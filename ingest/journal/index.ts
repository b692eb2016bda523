/**
 * journal: what happened after packages were sealed, append-only, beside the packages; and the proof that nobody changed it since.
 * May import: kernel. Imported by: package, export, pipeline, and src/engine.
 * Entry: openJournal(folder, signing) to write, readJournal(folder) to read, verifyJournal(folder, keys) to check.
 */
export type { Json } from './canonical-json.ts';
export { type Checkpoint, parseVerifierKey, publicKeyOf, type Signer, type SignerKey, verifierKey } from './checkpoint.ts';
export { type Journal, openJournal } from './journal.ts';
export { type JournalEntry, readJournal } from './read-journal.ts';
export { originIn, type Signing } from './signed-log.ts';
export { type VerifiedJournal, verifyJournal } from './verify-journal.ts';
