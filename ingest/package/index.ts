/**
 * package: our AIP on disk. Which files it holds, how it is sealed, opened and verified.
 * May import: kernel, media, digest, premis, journal, storage, acquisition and bagit-js.
 * Imported by: export, pipeline, and src/engine. Entry: openPackage(storage, id), sealPackage(), verifyPackage(), readRecord(), stageUpdate().
 */
export {
  type AcquisitionDocument,
  type ChecksumRecord,
  CONTAINER,
  type ContainerDamage,
  type FluxComparison,
  type FluxRecord,
  type ImagingRecord,
  type MediumExtents,
  type MediumFormat,
  type NotAgreeing,
} from './acquisition-document.ts';
export type { ArchiveEvent, EventAgent } from './archive-event.ts';
export type { ByteRange, FixityFinding } from './finding.ts';
export { agrees, fluxInWords } from './flux-words.ts';
export { mediumNotRead, openMedium } from './open-medium.ts';
export { openPackage } from './open-package.ts';
export {
  ACQUISITION_PATH,
  BLOCK_SIZE,
  blocksPath,
  FileRole,
  IMAGE_FOLDER,
  type OpenedPackage,
  type PackageFile,
  packageKey,
  dfxmlPath,
  DFXML_FOLDER,
  PREMIS_PATH,
  SUBMISSION_FOLDER,
  TAG_MANIFEST_PATH,
} from './package.ts';
export { BAG_PATH, type PackageRecord, type RecordedFile, readRecord } from './read-record.ts';
export { type Relation, relationsOf } from './relations.ts';
export { type SealedPackage, type SealOrder, sealPackage } from './seal-package.ts';
export { finishUpdate, type PackageUpdate, stageUpdate, unstageUpdate, type UpdatedFile } from './update-package.ts';
export { verifyPackage, type VerifyPosition, type VerifyResult } from './verify-package.ts';
