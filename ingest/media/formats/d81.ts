/**
 * D81: the blocks of a Commodore 1581 disk in the order of its tracks, as its drive numbers them; an error code for each or none.
 *
 * Other computers' disks have the same size without error codes: the block that names the disk (track 40, sector 0) must speak for it.
 */
import { type CommodoreKind, openCommodore, probeCommodore } from '../floppy/commodore.ts';
import type { MediaFormat } from '../media.ts';

const KIND: CommodoreKind = {
  format: 'd81',
  blocksOfTrack: Array.from({ length: 80 }, () => 40),
  trackCounts: [80],
  heads: 2,
  tracksPerCylinder: 1,
  encoding: 'MFM',
  header: { track: 40, starts: [40, 3, 0x44], nameAt: 0x04 },
  needsStructure: 819_200,
};

export const format: MediaFormat = {
  id: 'd81',
  title: 'Commodore 1581 disk image',
  sources: ['D81 (Peter Schepers, 1996–2008)'],
  probe: (container) => probeCommodore(container, KIND),
  open: (container) => openCommodore(container, KIND),
};
