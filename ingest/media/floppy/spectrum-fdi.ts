/** Tracks of a Spectrum FDI image: a header for each track with the IDs of its sectors, data somewhere behind. */
import { type Fault, escaped, layout, u16le, u32le, u8 } from '../../kernel/index.ts';
import { Cursor, untilDamage } from './bytes.ts';
import { type Sector, type Track, addTrack } from './sectors.ts';

const trackHeader = layout('FDI track header', 7, {
  offset: [0, u32le], // from the data's
  sectorCount: [6, u8],
});

const sectorHeader = layout('FDI sector header', 7, {
  cylinder: [0, u8],
  head: [1, u8],
  id: [2, u8],
  sizeCode: [3, u8],
  flags: [4, u8],
  offset: [5, u16le], // from the track's
});

const IS_DELETED = 0x80;
const NO_DATA = 0x40;
const LONGEST_COMMENT = 65_536;

export interface SpectrumHeader {
  readonly cylinders: number;
  readonly heads: number;
  readonly commentOffset: number;
  readonly dataOffset: number;
  readonly extraSize: number;
}

export function spectrumDisk(bytes: Buffer, h: SpectrumHeader): { tracks: Track[]; notes: string[]; warnings: Fault[] } {
  const cursor = new Cursor(bytes, 'fdi', 14 + h.extraSize);
  const tracks: Track[] = [];
  const warnings: Fault[] = [];
  untilDamage(warnings, () => {
    for (let index = 0; index < h.cylinders * h.heads; index++) {
      const cylinder = Math.floor(index / h.heads);
      const head = index % h.heads;
      const where = `cylinder ${cylinder}, head ${head}`;
      const t = trackHeader.decode(cursor.take(trackHeader.size, `the header of ${where}`));
      const sectors: Sector[] = [];
      addTrack(tracks, { cylinder, head, encoding: 'MFM', sectors }, 'fdi');
      for (let i = 0; i < t.sectorCount; i++) {
        const s = sectorHeader.decode(cursor.take(sectorHeader.size, `the sectors of ${where}`));
        const size = 128 << (s.sizeCode & 7);
        const sector = { id: s.id, size, isDeleted: (s.flags & IS_DELETED) !== 0 };
        // Bit n says that the CRC is right when the sector is taken for one of 128 << n bytes; no bit, that it never is.
        const isBad = (s.flags & (1 << Math.min(s.sizeCode & 7, 5))) === 0;
        const at = h.dataOffset + t.offset + s.offset;
        if ((s.flags & NO_DATA) !== 0) sectors.push(sector);
        else if (at + size > bytes.length) {
          sectors.push(sector);
          untilDamage(warnings, () => void new Cursor(bytes, 'fdi', at).take(size, `sector ${s.id} of ${where}`));
        } else sectors.push({ ...sector, isBad, bytes: bytes.subarray(at, at + size) });
      }
    }
  });
  return { tracks, notes: notesOf(bytes, h), warnings: warnings.slice(0, 8) };
}

function notesOf(bytes: Buffer, h: SpectrumHeader): string[] {
  if (h.commentOffset < 14 || h.commentOffset >= bytes.length) return [];
  const text = bytes.subarray(h.commentOffset, h.commentOffset + LONGEST_COMMENT);
  const end = text.indexOf(0);
  const lines = text.toString('latin1', 0, end === -1 ? text.length : end).split(/\r\n|\r|\n/);
  return lines.map((line) => escaped(Buffer.from(line.trimEnd(), 'latin1'))).filter((line) => line !== '');
}
