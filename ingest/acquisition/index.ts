/**
 * acquisition: what came from the imaging station: which files are the image, and what lists, mapfiles and logs say of it.
 * May import: kernel, media.
 * Imported by: package, export and everything above.
 * Entry: readDeposit(path), then readPapers(deposit) and acquisitionOf(deposit, papers).
 */
export type { ChecksumEntry, ChecksumList, ListAlgorithm } from './checksum-list.ts';
export type { ExpectedDigest } from './checksum-match.ts';
export { type Deposit, imageSource, membersOf, readDeposit } from './deposit.ts';
export { type Acquisition, type AcquisitionFact, type FactSource, type MapSummary, acquisitionOf, readPapers } from './facts.ts';
export type { DepositFile, DepositNote } from './folder.ts';
export { fluxIn } from './flux-captures.ts';
export type { FoundMedium, ImageFiles } from './deposited-image.ts';
export { contradictions, type Witness } from './contradictions.ts';
export { type BadRange, FACT_NAMES, type LogVerification, vocabularyName } from './imaging-log.ts';
export type { ParsedLog } from './read-logs.ts';
export { type MapBlock, type Mapfile, readMapfile } from './mapfile.ts';
