/**
 * CPC disk image (CPCEMU), standard form: all tracks of one size.
 *
 * On disk: a disk block of 256 bytes, then for each cylinder and side a track block with its sectors behind it.
 */
import { openCpc } from '../floppy/cpc.ts';
import { readWhole } from '../floppy/bytes.ts';
import { Confidence, type MediaFormat } from '../media.ts';

const MARK = 'MV - CPC';

export const format: MediaFormat = {
  id: 'dsk',
  title: 'CPCEMU disk image',
  sources: ['CPCEMU documentation, "Format of disk image files" (Marco Vieth)', 'cpcwiki.eu: Format:DSK disk image file format'],

  async probe(container) {
    if (container.size < 256) return Confidence.No;
    return (await container.read(0, MARK.length)).toString('latin1') === MARK ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    return openCpc('dsk', await readWhole(container, 'dsk'));
  },
};
