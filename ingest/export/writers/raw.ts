/** The disk as it is: a file with nothing around it, with holes where it has zeros. */
import type { MediaWriter } from '../media-writer.ts';

export const writer: MediaWriter = {
  id: 'raw',
  title: 'raw image of the disk',
  extension: '.raw',
  format: 'raw',
  sectorSize: 1,
  largest: Number.MAX_SAFE_INTEGER,
  isSparse: true,
  write: (disk) => disk.chunks(1 << 20),
};
