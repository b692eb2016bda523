/**
 * Atari 8-bit disk image (ATR).
 *
 * On disk: a header of 16 bytes with the size in paragraphs of 16, then the sectors in order. With sectors of 256 bytes the
 * first three have 128 (the drive boots so), unless the program that wrote the image gave them 256.
 */
import { Fault, FaultKind, layout, u16le, u8 } from '../../kernel/index.ts';
import { flatMedia } from '../floppy/flat-media.ts';
import { Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const SIGNATURE = 0x0296;
const BOOT_SECTORS = 3;
const BOOT_SECTOR_SIZE = 128;

const header = layout('ATR header', 16, {
  signature: [0, u16le],
  paragraphs: [2, u16le],
  sectorSize: [4, u16le],
  paragraphsHigh: [6, u8], // 16 bits in later programs; the upper 8 are the CRC's in APE
  flags: [15, u8],
});

type Header = ReturnType<typeof header.decode>;

export const format: MediaFormat = {
  id: 'atr',
  title: 'Atari 8-bit disk image',
  sources: ['SIO2PC ATR format (Nick Kennedy, 1993)', 'APE ATR header (Steven J. Tucker)'],

  async probe(container) {
    if (container.size < header.size) return Confidence.No;
    return isAtr(header.decode(await container.read(0, header.size))) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const h = header.decode(await container.read(0, Math.min(header.size, container.size)));
    if (!isAtr(h)) {
      const message = `the ATR header says sectors of ${h.sectorSize} bytes; Atari disks have 128, 256 or 512, the header is damaged`;
      throw new Fault(FaultKind.Corrupt, 'atr/header', message, { signature: h.signature, sectorSize: h.sectorSize });
    }
    const size = (h.paragraphsHigh * 0x10000 + h.paragraphs) * 16;
    const there = container.size - header.size;
    const warnings = there > size && size > 0 ? [longer(size, there)] : [];
    const facts = { ...geometryOf(size, h.sectorSize), ...((h.flags & 1) === 0 ? {} : { writeProtected: 'yes' }) };
    return flatMedia(container, { format: 'atr', at: header.size, size, sectorSize: h.sectorSize, facts, warnings });
  },
};

function isAtr({ signature, sectorSize }: Header): boolean {
  return signature === SIGNATURE && [128, 256, 512].includes(sectorSize);
}

/** Geometry where the size is one that Atari drives make. */
function geometryOf(size: number, sectorSize: number): MediaFacts {
  const isShort = sectorSize === 256 && (size - BOOT_SECTORS * BOOT_SECTOR_SIZE) % sectorSize === 0;
  const sectorCount = isShort ? BOOT_SECTORS + (size - BOOT_SECTORS * BOOT_SECTOR_SIZE) / sectorSize : size / sectorSize;
  const facts = {
    bytesPerSector: sectorSize,
    sectorCount: Math.floor(sectorCount),
    ...(isShort ? { bootSectorSize: BOOT_SECTOR_SIZE } : {}),
  };
  const drive = (heads: number, sectorsPerTrack: number, encoding: string): MediaFacts => ({
    cylinders: 40,
    heads,
    sectorsPerTrack,
    encoding,
    ...facts,
  });
  if (sectorCount === 720) return drive(1, 18, sectorSize === 128 ? 'FM' : 'MFM');
  if (sectorCount === 1040 && sectorSize === 128) return drive(1, 26, 'MFM');
  if (sectorCount === 1440 && sectorSize === 256) return drive(2, 18, 'MFM');
  return facts;
}

function longer(size: number, there: number): Fault {
  const message = `the ATR header says ${size} bytes and ${there} follow it; what is behind the disk is not part of the medium`;
  return new Fault(FaultKind.Corrupt, 'atr/longer', message, { size, there });
}
