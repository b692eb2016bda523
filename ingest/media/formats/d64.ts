/**
 * D64: the blocks of a Commodore 1541 disk in the order of its tracks, and an error code for each or none.
 *
 * 35 tracks, or 40 or 42 where a program used them. Told by its size, and by the block that names the disk (track 18, sector 0).
 */
import { BLOCKS_OF_1541, type CommodoreKind, openCommodore, probeCommodore } from '../floppy/commodore.ts';
import type { MediaFormat } from '../media.ts';

const KIND: CommodoreKind = {
  format: 'd64',
  blocksOfTrack: BLOCKS_OF_1541,
  trackCounts: [35, 40, 42],
  heads: 1,
  tracksPerCylinder: 1,
  encoding: 'GCR',
  header: { track: 18, starts: [18, undefined, 0x41], nameAt: 0x90 },
};

export const format: MediaFormat = {
  id: 'd64',
  title: 'Commodore 1541 disk image',
  sources: ['D64 (Peter Schepers, 1996–2008)', 'Commodore 1541 user’s guide, error messages'],
  probe: (container) => probeCommodore(container, KIND),
  open: (container) => openCommodore(container, KIND),
};
