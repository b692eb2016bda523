/**
 * package: our AIP on disk. Which files it holds, how it is sealed, opened and verified.
 * May import: kernel, media, digest, premis, journal, storage, acquisition and bagit-js.
 * Imported by: export, pipeline, and src/engine. Entry: openPackage(storage, id) and sealPackage(folder, description).
 */
export { FileRole, type OpenedPackage, type PackageFile } from './package.ts';
