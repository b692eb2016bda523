/**
 * CPC disk image, extended form: tracks of any size, sectors with errors, weak sectors in several copies.
 *
 * On disk: a disk block of 256 bytes with the size of each track, then the track blocks with their sectors. Not looked at: the
 * list of sector positions ("Offset-Info") that may follow.
 */
import { openCpc } from '../floppy/cpc.ts';
import { readWhole } from '../floppy/bytes.ts';
import { Confidence, type MediaFormat } from '../media.ts';

const MARK = 'EXTENDED CPC DSK';

export const format: MediaFormat = {
  id: 'edsk',
  title: 'Extended CPC disk image',
  sources: ['Extended DSK format (John Elliott, Simon Owen)', 'cpcwiki.eu: Format:DSK disk image file format'],

  async probe(container) {
    if (container.size < 256) return Confidence.No;
    return (await container.read(0, MARK.length)).toString('latin1') === MARK ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    return openCpc('edsk', await readWhole(container, 'edsk'));
  },
};
