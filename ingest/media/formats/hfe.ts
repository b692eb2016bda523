/**
 * HxC floppy emulator image (HFE), versions 1 and 3: the bit cells of each track, both sides in turns of 256 bytes.
 *
 * The cells are decoded to sectors when it is opened; what gives none is kept and told, not read.
 */
import { Fault, FaultKind, ascii, layout, u16le, u8 } from '../../kernel/index.ts';
import { cellsOfBytes } from '../flux/cells.ts';
import { fluxMedia } from '../flux/flux-media.ts';
import { withoutOpcodes } from '../flux/hfe-opcodes.ts';
import type { RawTrack } from '../flux/track.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const BLOCK = 512;
const SIDE = 256;

/** picfileformatheader, from the HxC "HFE file format" document, revision 1.1. */
const header = layout('HFE header', 26, {
  signature: [0, ascii(8)],
  revision: [8, u8],
  cylinders: [9, u8],
  sides: [10, u8],
  encoding: [11, u8],
  bitRate: [12, u16le], // kbit/s of data; twice as many cells
  rpm: [14, u16le],
  interfaceMode: [16, u8],
  listBlock: [18, u16le],
  writeAllowed: [20, u8],
});
type Header = ReturnType<typeof header.decode>;

const ENCODINGS: Readonly<Record<number, string>> = { 0: 'ISO/IBM MFM', 1: 'Amiga MFM', 2: 'ISO/IBM FM', 3: 'EMU FM' };
const INTERFACES = [
  'IBM PC DD',
  'IBM PC HD',
  'Atari ST DD',
  'Atari ST HD',
  'Amiga DD',
  'Amiga HD',
  'CPC DD',
  'Generic Shugart DD',
  'IBM PC ED',
  'MSX2 DD',
  'C64 DD',
  'EMU Shugart',
];

export const format: MediaFormat = {
  id: 'hfe',
  title: 'HxC floppy emulator image',
  sources: ['HxC Floppy Emulator "HFE file format" revision 1.1', 'libhxcfe hfe_loader, hfev3_loader'],

  async probe(container) {
    if (container.size < BLOCK) return Confidence.No;
    const mark = (await container.read(0, 8)).toString('latin1');
    return mark === 'HXCPICFE' || mark === 'HXCHFEV3' ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const h = header.decode(await container.read(0, Math.min(header.size, container.size)));
    const isV3 = h.signature === 'HXCHFEV3';
    check(h, container.size, isV3);
    const list = await container.read(h.listBlock * BLOCK, h.cylinders * 4);
    const warnings: Fault[] = [];
    const tracks: RawTrack[] = [];
    for (let cylinder = 0; cylinder < h.cylinders; cylinder++) {
      const [offset, length] = [list.readUInt16LE(cylinder * 4) * BLOCK, list.readUInt16LE(cylinder * 4 + 2)];
      for (let head = 0; head < h.sides; head++) tracks.push(trackOf(container, cylinder, head, offset, length, isV3));
    }
    const cells = h.cylinders > 0 ? list.readUInt16LE(2) * 4 : 0;
    const facts = factsOf(h, cells);
    return fluxMedia({ format: 'hfe', tracks, facts, warnings, containerSize: container.size });
  },
};

function check(h: Header, size: number, isV3: boolean): void {
  const facts = { cylinders: h.cylinders, sides: h.sides, revision: h.revision, listBlock: h.listBlock, size };
  if (h.signature !== 'HXCPICFE' && !isV3)
    throw new Fault(FaultKind.Corrupt, 'hfe/signature', 'the signature of an HFE image is not there', facts);
  if (!isV3 && h.revision > 0) {
    const message = `HFE revision ${h.revision} is not read, only revision 0 and version 3; it is kept as received`;
    throw new Fault(FaultKind.Unsupported, 'hfe/revision', message, facts);
  }
  if (h.sides < 1 || h.sides > 2 || h.cylinders === 0) {
    const message = `the HFE header says ${h.cylinders} cylinders and ${h.sides} sides; 1 or 2 sides are right`;
    throw new Fault(FaultKind.Corrupt, 'hfe/geometry', message, facts);
  }
  if (h.listBlock === 0 || h.listBlock * BLOCK + h.cylinders * 4 > size) {
    const message = `the HFE track list (byte ${h.listBlock * BLOCK}, ${h.cylinders} entries) is not in the file of ${size} bytes`;
    throw new Fault(FaultKind.Truncated, 'hfe/list-outside', message, facts);
  }
}

/** @param length bytes of both sides together. */
function trackOf(container: ByteSource, cylinder: number, head: number, offset: number, length: number, isV3: boolean): RawTrack {
  return {
    cylinder,
    head,
    revolutionCount: length === 0 ? 0 : 1,
    async read() {
      const blocks = Math.ceil(length / BLOCK);
      const there = Math.min(blocks * BLOCK, container.size - offset);
      if (offset < BLOCK || there < length - SIDE) {
        const message = `its ${length} bytes from byte ${offset} on are not in the file of ${container.size}; the image is cut`;
        throw new Fault(FaultKind.Truncated, 'hfe/track-outside', message, { offset, length });
      }
      const both = await container.read(offset, there);
      const side = Buffer.alloc(Math.floor(length / 2));
      for (let block = 0; block < blocks; block++) {
        const from = block * BLOCK + head * SIDE;
        both.copy(side, block * SIDE, from, Math.min(from + SIDE, from + side.length - block * SIDE));
      }
      return isV3 ? withoutOpcodes(side) : cellsOfBytes(side, side.length * 8, true);
    },
  };
}

/** @param cells of the first track's first side. */
function factsOf(h: Header, cells: number): MediaFacts {
  const rotation = h.bitRate === 0 ? {} : { rotationTimeMs: Math.round((cells / (2 * h.bitRate)) * 100) / 100 };
  return {
    subformat: h.signature === 'HXCHFEV3' ? 'HFE v3' : 'HFE v1',
    revolutions: 1,
    trackEncoding: ENCODINGS[h.encoding] ?? `unknown (${h.encoding})`,
    interfaceMode: INTERFACES[h.interfaceMode] ?? `unknown (${h.interfaceMode})`,
    bitRate: `${h.bitRate} kbit/s`,
    ...rotation,
    ...(h.rpm === 0 ? {} : { rpm: h.rpm }),
    writeProtected: h.writeAllowed === 0 ? 'yes' : 'no',
  };
}
