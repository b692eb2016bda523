/**
 * SuperCard Pro flux image (SCP): the time between flux changes, of several revolutions of each track.
 *
 * The flux is decoded to sectors when it is opened; what gives none is kept and told, not read.
 */
import { Fault, FaultKind, ascii, layout, u32le, u8 } from '../../kernel/index.ts';
import { fluxMedia } from '../flux/flux-media.ts';
import { footerFacts } from '../flux/scp-footer.ts';
import { scpTrack, tableSize } from '../flux/scp-track.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const LARGEST = 1024 * 1024 * 1024;
const WINDOW = 4 * 1024 * 1024;

/** Header, from "SuperCard Pro Image File Specification" v2.5. */
const header = layout('SCP header', 16, {
  signature: [0, ascii(3)],
  version: [3, u8],
  diskType: [4, u8],
  revolutions: [5, u8],
  firstTrack: [6, u8],
  lastTrack: [7, u8],
  flags: [8, u8],
  cellWidth: [9, u8],
  heads: [10, u8],
  resolution: [11, u8],
  checksum: [12, u32le],
});
type Header = ReturnType<typeof header.decode>;

const Flag = { Tpi96: 2, Rpm360: 4, Normalised: 8, Writable: 0x10, Footer: 0x20, Extended: 0x40 } as const;

const DISK_TYPES: Readonly<Record<number, string>> = {
  0x00: 'Commodore 64',
  0x04: 'Amiga',
  0x08: 'Amiga HD',
  0x10: 'Atari FM, one side',
  0x11: 'Atari FM, two sides',
  0x12: 'Atari FM extended',
  0x14: 'Atari ST, one side',
  0x15: 'Atari ST, two sides',
  0x20: 'Apple II',
  0x21: 'Apple II Pro',
  0x24: 'Macintosh 400K',
  0x25: 'Macintosh 800K',
  0x26: 'Macintosh 1.44M',
  0x30: 'PC 360K',
  0x31: 'PC 720K',
  0x32: 'PC 1.2M',
  0x33: 'PC 1.44M',
  0x70: 'Amstrad CPC',
};

export const format: MediaFormat = {
  id: 'scp',
  title: 'SuperCard Pro flux image',
  sources: ['SuperCard Pro Image File Specification v2.5 (J. Drew)'],

  async probe(container) {
    if (container.size < header.size) return Confidence.No;
    const h = header.decode(await container.read(0, header.size));
    const fits = h.revolutions >= 1 && h.revolutions <= 16 && h.lastTrack < 168 && h.heads <= 2;
    return h.signature === 'SCP' && fits ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const h = header.decode(await container.read(0, Math.min(header.size, container.size)));
    check(h, container.size);
    const warnings: Fault[] = [];
    const tickNs = 25 * (h.resolution + 1);
    const start = (h.flags & Flag.Extended) === 0 ? header.size : 0x80;
    const table = await container.read(start, Math.min(tableSize, container.size - start));
    const offsets = Array.from({ length: Math.floor(table.length / 4) }, (_, track) => table.readUInt32LE(track * 4));
    const there = offsets.flatMap((offset, track) => (offset === 0 ? [] : [track]));
    // Old images of one side count its tracks without gaps.
    const isPacked = h.heads !== 0 && there.some((track) => track % 2 === 0) && there.some((track) => track % 2 === 1);
    const tracks = there.map((track) => {
      const place = isPacked ? { cylinder: track, head: h.heads - 1 } : { cylinder: track >> 1, head: track & 1 };
      return scpTrack(container, { ...place, track, offset: offsets[track] ?? 0, revolutionCount: h.revolutions, tickNs });
    });
    if ((h.flags & Flag.Writable) === 0 && h.checksum !== 0) await checkSum(container, h.checksum, warnings);
    const rotation = await rotationFacts(tracks);
    const footer = (h.flags & Flag.Footer) === 0 ? {} : await footerFacts(container);
    const facts = { ...factsOf(h, tickNs), ...rotation, ...footer };
    return fluxMedia({ format: 'scp', tracks, facts, warnings, containerSize: container.size });
  },
};

function check(h: Header, size: number): void {
  const facts = { version: h.version, revolutions: h.revolutions, cellWidth: h.cellWidth, size };
  if (h.signature !== 'SCP')
    throw new Fault(FaultKind.Corrupt, 'scp/signature', 'the signature of an SCP image is not there', facts);
  if (h.revolutions === 0 || h.revolutions > 16) {
    const message = `the SCP header says ${h.revolutions} revolutions; 1 to 16 are right`;
    throw new Fault(FaultKind.Corrupt, 'scp/revolutions', message, facts);
  }
  if (h.cellWidth !== 0 && h.cellWidth !== 16) {
    const message = `the SCP image has flux times of ${h.cellWidth} bits; 16 are read`;
    throw new Fault(FaultKind.Unsupported, 'scp/cell-width', message, facts);
  }
  if (size > LARGEST) {
    const message = `the SCP image has ${size} bytes; up to ${LARGEST} are read`;
    throw new Fault(FaultKind.Unsupported, 'scp/too-large', message, facts);
  }
}

/** Sum of all bytes after the header. */
async function checkSum(container: ByteSource, stored: number, warnings: Fault[]): Promise<void> {
  let sum = 0;
  for (let at = header.size; at < container.size; at += WINDOW) {
    const bytes = await container.read(at, Math.min(WINDOW, container.size - at));
    for (let i = 0; i < bytes.length; i++) sum += bytes[i] ?? 0;
  }
  sum %= 0x1_0000_0000;
  if (sum === stored) return;
  const message = `the SCP header says the checksum ${stored}, the bytes make ${sum}; the file was changed, damaged or cut`;
  warnings.push(new Fault(FaultKind.Corrupt, 'scp/checksum', message, { stored, computed: sum }));
}

async function rotationFacts(tracks: readonly ReturnType<typeof scpTrack>[]): Promise<MediaFacts> {
  const ns = (await tracks[0]?.rotationNs()) ?? 0;
  if (ns < 1e6) return {};
  return { rotationTimeMs: Math.round(ns / 1e4) / 100, rpm: Math.round(6e11 / ns) / 10 };
}

function factsOf(h: Header, tickNs: number): MediaFacts {
  const version = h.version === 0 ? {} : { formatVersion: `${h.version >> 4}.${h.version & 15}` };
  return {
    diskType: DISK_TYPES[h.diskType] ?? `0x${h.diskType.toString(16).padStart(2, '0')}`,
    ...version,
    revolutions: h.revolutions,
    resolutionNs: tickNs,
    fluxKind: (h.flags & Flag.Normalised) === 0 ? 'as captured' : 'normalised',
    driveTpi: (h.flags & Flag.Tpi96) === 0 ? 48 : 96,
    driveRpm: (h.flags & Flag.Rpm360) === 0 ? 300 : 360,
  };
}
