/**
 * X68000 disk image (DIM) of DIFC.X.
 *
 * On disk: a header of 256 bytes (kind of disk, which tracks are stored, a comment), then the stored tracks in order.
 */
import { Fault, FaultKind, ascii, layout, raw, u8 } from '../../kernel/index.ts';
import { japanese } from '../floppy/japanese.ts';
import { readWhole } from '../floppy/bytes.ts';
import { sectorMedia } from '../floppy/sector-media.ts';
import type { Track } from '../floppy/sectors.ts';
import { Confidence, type MediaFormat } from '../media.ts';

const MARK = 'DIFC HEADER';
const HEADS = 2;

const header = layout('DIM header', 256, {
  kind: [0x00, u8],
  present: [0x01, raw(170)], // one byte a track and side
  mark: [0xab, ascii(15)],
  comment: [0xc2, raw(61)],
});

/** By kind: name, cylinders, sectors a track, bytes a sector. */
const KINDS: Readonly<Record<number, readonly [string, number, number, number]>> = {
  0: ['2HD', 77, 8, 1024],
  1: ['2HS', 80, 9, 1024],
  2: ['2HC', 80, 15, 512],
  3: ['2HDE', 80, 9, 1024],
  9: ['2HQ', 80, 18, 512],
  17: ['2HD (N88-BASIC)', 77, 26, 256],
};

export const format: MediaFormat = {
  id: 'dim',
  title: 'X68000 disk image',
  sources: ['DIFC.X 1.19 documentation (DIM header)', 'MAME src/lib/formats/dim_dsk.cpp'],

  async probe(container) {
    if (container.size < header.size) return Confidence.No;
    const mark = await container.read(0xab, MARK.length);
    return mark.toString('latin1') === MARK ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const bytes = await readWhole(container, 'dim');
    const h = header.decode(bytes);
    const kind = KINDS[h.kind];
    if (kind === undefined) {
      const message = `the DIM image is of the unknown kind ${h.kind}; ${Object.keys(KINDS).join(', ')} are read`;
      throw new Fault(FaultKind.Unsupported, 'dim/kind', message, { kind: h.kind });
    }
    const [subformat, cylinders, sectorsPerTrack, sectorSize] = kind;
    const { tracks, warnings } = tracksOf(bytes, h.present, { cylinders, sectorsPerTrack, sectorSize });
    const notes = japanese(h.comment);
    const facts = { subformat, ...(notes === '' ? {} : { notes: [notes] }) };
    return sectorMedia({ format: 'dim', tracks, cylinderCount: cylinders, facts, warnings });
  },
};

interface Disk {
  readonly cylinders: number;
  readonly sectorsPerTrack: number;
  readonly sectorSize: number;
}

/** Some programs store every track whatever the flags say: the size of the file tells. */
function tracksOf(bytes: Buffer, present: Buffer, { cylinders, sectorsPerTrack, sectorSize }: Disk) {
  const trackSize = sectorsPerTrack * sectorSize;
  const stored = Math.ceil((bytes.length - header.size) / trackSize);
  const last = present.findLastIndex((flag) => flag !== 0);
  const count = Math.max(cylinders * HEADS, last + 1);
  const flagged = present.reduce((sum, flag) => sum + (flag === 0 ? 0 : 1), 0);
  const isAll = stored >= cylinders * HEADS;
  const tracks: Track[] = [];
  let at = header.size;
  for (let index = 0; index < count; index++) {
    if (present[index] === 0 && !isAll) continue;
    const data = bytes.subarray(at, at + trackSize);
    at += trackSize;
    const sectors = Array.from({ length: sectorsPerTrack }, (_, place) => {
      const sector = data.subarray(place * sectorSize, (place + 1) * sectorSize);
      return { id: place + 1, size: sectorSize, ...(sector.length === sectorSize ? { bytes: sector } : {}) };
    });
    tracks.push({ cylinder: Math.floor(index / HEADS), head: index % HEADS, encoding: 'MFM', sectors });
  }
  const warnings: Fault[] = [];
  if (at > bytes.length) {
    const message = `the DIM image ends at byte ${bytes.length}; its ${isAll ? count : flagged} tracks need ${at}, ask for a whole copy`;
    warnings.push(new Fault(FaultKind.Truncated, 'dim/cut', message, { size: bytes.length, needed: at }));
  }
  return { tracks, warnings };
}
