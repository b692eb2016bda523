/**
 * media: what a disk image contains, seen as one flat medium; and what any file is, by content.
 * May import: kernel.
 * Imported by: acquisition, package, export and everything above.
 * Entry: openMedia(container) for the medium, identify(container) for the name of the format.
 */
export { APPLE_SECTOR_PLACES } from './floppy/apple-order.ts';
export { BLOCKS_OF_1541 } from './floppy/commodore.ts';
export { crcCcitt } from './floppy/crc16.ts';
export { chainSource } from './chain.ts';
export { adler32 } from './codecs/adler32.ts';
export type { Codec } from './codecs/codec.ts';
export { zlib } from './codecs/deflate.ts';
export { lzfse } from './codecs/lzfse.ts';
export { lzvn } from './codecs/lzvn.ts';
export { crc32c, crc32cOnward } from './vhdx/crc32c.ts';
export { endsInMemory, PassingEnds } from './ends-in-memory.ts';
export { type Failure, faultySource } from './faulty-source.ts';
export { fileSource } from './file-source.ts';
export { type ImageMember, openContainer, openImage, type OpenedImage } from './image.ts';
export { type Identification, identify } from './identify.ts';
export {
  type ByteSource,
  type Companions,
  checkWindow,
  Confidence,
  type Extent,
  type Inside,
  type Media,
  type MediaFacts,
  type MediaFormat,
  type NamedFile,
  type Range,
  type StoredDigests,
  type Verifier,
} from './media.ts';
export { alone, companionsOf, openMedia } from './open.ts';
export { rangeSource } from './range-source.ts';
export { Recent } from './recent.ts';
export { formats } from './registry.ts';
export { type Chunk, pushRun, type Run } from './runs.ts';
export { ContentKind } from './signatures.ts';
export { type TextFormat, textFormat } from './text.ts';
export { UnpackedChunks } from './unpacked-chunks.ts';
export { passingWindowsOf, windowsOf } from './windows.ts';
export { wrappedContent } from './wrapped/wrapped-media.ts';
