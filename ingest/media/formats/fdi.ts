/**
 * FDI: two formats of one name, for the PC-98 (Anex86) and for the Spectrum (UKV).
 *
 * PC-98: a header of numbers that must fit each other and the file, then the sectors in order. Spectrum: `FDI`, a table of
 * tracks with the ID of every sector, then the data. Not read: the Formatted Disk Image of V. Joguin, which holds pulses.
 */
import { Fault, FaultKind, ascii, layout, u16le, u32le, u8 } from '../../kernel/index.ts';
import { readWhole } from '../floppy/bytes.ts';
import { flatMedia } from '../floppy/flat-media.ts';
import { sectorMedia } from '../floppy/sector-media.ts';
import { spectrumDisk } from '../floppy/spectrum-fdi.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';

const pc98Header = layout('PC-98 FDI header', 32, {
  zero: [0, u32le],
  driveType: [4, u32le],
  headerSize: [8, u32le],
  size: [12, u32le],
  sectorSize: [16, u32le],
  sectorsPerTrack: [20, u32le],
  heads: [24, u32le],
  cylinders: [28, u32le],
});

const spectrumHeader = layout('Spectrum FDI header', 14, {
  signature: [0, ascii(3)],
  writeProtect: [3, u8],
  cylinders: [4, u16le],
  heads: [6, u16le],
  commentOffset: [8, u16le],
  dataOffset: [10, u16le],
  extraSize: [12, u16le],
});

type Pc98Header = ReturnType<typeof pc98Header.decode>;
type SpectrumHeader = ReturnType<typeof spectrumHeader.decode>;

export const format: MediaFormat = {
  id: 'fdi',
  title: 'FDI disk image (PC-98 or Spectrum)',
  sources: ['Anex86 FDI header (T98-Next documentation)', 'FDI file format (UKV Spectrum Debugger, Alexander Makeev)'],

  async probe(container) {
    return (await pc98(container)) !== undefined || (await spectrum(container)) !== undefined
      ? Confidence.Certain
      : Confidence.No;
  },

  async open(container) {
    const p = await pc98(container, 'cut too');
    if (p !== undefined) {
      const { cylinders, heads, sectorsPerTrack, sectorSize } = p;
      const facts = { subformat: 'PC-98', cylinders, heads, sectorsPerTrack, bytesPerSector: sectorSize };
      const driveType = `0x${p.driveType.toString(16).padStart(2, '0')}`;
      return flatMedia(container, {
        format: 'fdi',
        at: p.headerSize,
        size: p.size,
        sectorSize,
        facts: { ...facts, driveType },
      });
    }
    const s = await spectrum(container);
    if (s === undefined) {
      const message = 'the file is no FDI image of a PC-98 or a Spectrum, or its header is damaged';
      throw new Fault(FaultKind.Corrupt, 'fdi/header', message, { size: container.size });
    }
    const { tracks, notes, warnings } = spectrumDisk(await readWhole(container, 'fdi'), s);
    const facts = {
      subformat: 'Spectrum',
      ...(notes.length === 0 ? {} : { notes }),
      ...(s.writeProtect === 0 ? {} : { writeProtected: 'yes' }),
    };
    return sectorMedia({ format: 'fdi', tracks, cylinderCount: s.cylinders, facts, warnings });
  },
};

/** The header, when its numbers fit each other and the file, which may be cut where the caller says so. */
async function pc98(container: ByteSource, cut?: 'cut too'): Promise<Pc98Header | undefined> {
  if (container.size < 4096) return undefined;
  const h = pc98Header.decode(await container.read(0, pc98Header.size));
  const isPlausible =
    h.zero === 0 &&
    h.headerSize >= pc98Header.size &&
    h.headerSize <= 65_536 &&
    [128, 256, 512, 1024, 2048, 4096].includes(h.sectorSize) &&
    h.sectorsPerTrack >= 1 &&
    h.sectorsPerTrack <= 64 &&
    (h.heads === 1 || h.heads === 2) &&
    h.cylinders >= 1 &&
    h.cylinders <= 96;
  const isWhole = cut !== undefined || h.headerSize + h.size === container.size;
  return isPlausible && h.size === h.sectorSize * h.sectorsPerTrack * h.heads * h.cylinders && isWhole ? h : undefined;
}

async function spectrum(container: ByteSource): Promise<SpectrumHeader | undefined> {
  if (container.size < spectrumHeader.size) return undefined;
  const h = spectrumHeader.decode(await container.read(0, spectrumHeader.size));
  const isPlausible =
    h.signature === 'FDI' &&
    h.writeProtect <= 1 &&
    h.cylinders >= 1 &&
    h.cylinders <= 96 &&
    (h.heads === 1 || h.heads === 2) &&
    h.dataOffset >= spectrumHeader.size + h.extraSize &&
    h.dataOffset < container.size;
  return isPlausible ? h : undefined;
}
