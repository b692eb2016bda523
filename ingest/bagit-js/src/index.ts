/**
 * bagit-js: read, write and validate BagIt bags (RFC 8493 and the drafts 0.93 to 0.97) as directories, tar and zip.
 * Imports nothing of Strongroom. Start at `validateBag`, `openBag`, `createBag` and `TagWriter`.
 */
export { algorithmName, findAlgorithm, type Algorithm } from './algorithms.ts';
export { type BagInfo, formatBagInfo, parseBagInfo, valuesOf } from './bag-info.ts';
export { BagItError } from './bagit-error.ts';
export { type Code, CODES } from './codes.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { type FetchLine, type ManifestLine, parseFetchLine, parseManifestLine } from './manifest-line.ts';
export { type Bag, type FetchEntry, type ManifestEntry, openBag } from './open-bag.ts';
export { decodePath, encodePath, isSystemFile, notPortable, pathFault } from './paths.ts';
export { loadProfile } from './profile.ts';
export type { Problem, Report } from './report.ts';
export { type Progress, validateBag, type ValidateOptions } from './validate.ts';
export { createBag, type CreatedBag, type CreateOptions } from './create-bag.ts';
export { type KnownTagFile, TagWriter, type WrittenFile } from './tag-writer.ts';
