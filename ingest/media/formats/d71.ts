/**
 * D71: the blocks of a Commodore 1571 disk, side after side, in the order of its tracks; an error code for each or none.
 *
 * Told by its size, and by the block that names the disk (track 18, sector 0).
 */
import { BLOCKS_OF_1541, type CommodoreKind, openCommodore, probeCommodore } from '../floppy/commodore.ts';
import type { MediaFormat } from '../media.ts';

/** One side is a 1541's. */
const SIDE = BLOCKS_OF_1541.slice(0, 35);

const KIND: CommodoreKind = {
  format: 'd71',
  blocksOfTrack: [...SIDE, ...SIDE],
  trackCounts: [70],
  heads: 2,
  tracksPerCylinder: 2,
  encoding: 'GCR',
  header: { track: 18, starts: [18, undefined, 0x41], nameAt: 0x90 },
};

export const format: MediaFormat = {
  id: 'd71',
  title: 'Commodore 1571 disk image',
  sources: ['D71 (Peter Schepers, 1996–2008)'],
  probe: (container) => probeCommodore(container, KIND),
  open: (container) => openCommodore(container, KIND),
};
