/**
 * identification: what format a file has, by PRONOM's identifier: by its bytes, by what lies in it, at last by its name.
 * May import: kernel, media.
 * Imported by: survey, pipeline and everything above.
 * Entry: identificationBy(folder) for the observer that a survey gives to its digests; Identifier for one sample.
 */
export type { FileFormat, FormatBasis } from './format.ts';
export { Identifier } from './identifier.ts';
export { ownSignatures } from './own-signatures.ts';
export { pronomSignatures } from './pronom-file.ts';
export type { Sample } from './sample.ts';
export { type Identification, identificationBy } from './signatures-in.ts';
export type { ContainerSignature, Format, Signature, SignatureSet } from './signature-set.ts';
