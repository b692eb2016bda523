/**
 * filesystems: what a volume holds: folders, files, their times and streams, deleted ones too, and where each byte lies.
 * May import: kernel, media.
 * Imported by: survey and everything above.
 * Entry: openFileSystems(volume) for the trees, contentOf(stream) for the bytes of a file.
 */
export { contentOf, type HeldSource, type PiecesSource } from './content.ts';
export {
  type Damage,
  type DataStream,
  type Entry,
  EntryKind,
  type FileSystem,
  type FileSystemFormat,
  type Found,
  LISTING_LIMITS,
  type ListingLimits,
  OPEN_OPTIONS,
  type OpenOptions,
  type Stamp,
  type Stamps,
  StreamKind,
} from './filesystems.ts';
export { openFileSystems, type OpenedFileSystems } from './open.ts';
export { fileSystems } from './registry.ts';
