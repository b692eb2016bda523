/**
 * Applesauce disk image (WOZ), versions 1 and 2: the bit cells, or the flux, of each track of an Apple II or Macintosh disk.
 *
 * The cells are decoded to sectors when it is opened; what gives none is kept and told, not read.
 */
import { crc32 } from 'node:zlib';
import { Fault, FaultKind } from '../../kernel/index.ts';
import { cellsOfBytes } from '../flux/cells.ts';
import { type AppleChunk, chunksFrom, infoOfWoz, intervalsOf, metaFacts, toolFacts } from '../flux/chunks.ts';
import { fluxMedia } from '../flux/flux-media.ts';
import { continued } from '../flux/revolution.ts';
import type { RawTrack } from '../flux/track.ts';
import { Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const LARGEST = 64 * 1024 * 1024;
const MARK = /^WOZ[12]\xff\n\r\n$/;
const MAP_SIZE = 160;
const NONE = 0xff;
const TICK_NS = 125;
const V1_TRACK = 6656;
const DISK_TYPES: Readonly<Record<number, string>> = { 1: '5.25-inch', 2: '3.5-inch' };

/** Where the data of a track lie. */
interface Stored {
  readonly offset: number;
  readonly size: number;
  /** In bits; in bytes for flux. */
  readonly count: number;
}

export const format: MediaFormat = {
  id: 'woz',
  title: 'Applesauce disk image',
  sources: ['Applesauce "WOZ Disk Image Reference" 1.0.1 and 2.1 (J. K. Morris)'],

  async probe(container) {
    if (container.size < 12) return Confidence.No;
    return MARK.test((await container.read(0, 8)).toString('latin1')) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    if (container.size > LARGEST) {
      const message = `the WOZ image has ${container.size} bytes; up to ${LARGEST} are read`;
      throw new Fault(FaultKind.Unsupported, 'woz/too-large', message, { size: container.size });
    }
    const bytes = await container.read(0, container.size);
    const warnings: Fault[] = [];
    const stored = bytes.length < 12 ? 0 : bytes.readUInt32LE(8);
    const computed = crc32(bytes.subarray(12));
    if (stored !== 0 && stored !== computed) {
      const hex = (value: number): string => value.toString(16).padStart(8, '0');
      const message = `the WOZ header says the CRC ${hex(stored)}, the bytes make ${hex(computed)}; the file was changed, damaged or cut`;
      warnings.push(new Fault(FaultKind.Corrupt, 'woz/crc', message, { stored, computed }));
    }
    const chunks = await chunksFrom(container, 12, 'woz', warnings);
    const find = (id: string): AppleChunk | undefined => chunks.find((chunk) => chunk.id === id);
    const [info, map, data] = [find('INFO'), find('TMAP'), find('TRKS')];
    if (info === undefined || map === undefined || data === undefined || info.size < infoOfWoz.size || map.size < MAP_SIZE) {
      const there = chunks.map(({ id }) => id);
      const message = `the WOZ image lacks one of its chunks INFO, TMAP and TRKS, or has it cut; ${there.length} chunks are there`;
      throw new Fault(FaultKind.Corrupt, 'woz/chunks', message, { chunks: chunks.length });
    }
    const i = infoOfWoz.decode(bytes.subarray(info.offset));
    const isV1 = bytes.toString('latin1', 3, 4) === '1';
    const at = (index: number): Stored | undefined => (isV1 ? storedV1(bytes, data, index) : storedV2(bytes, data, index));
    const flux = fluxMap(bytes, find('FLUX'));
    const { tracks, between } = tracksOf(
      bytes.subarray(map.offset, map.offset + MAP_SIZE),
      flux,
      i.diskType === 2,
      (index, isFlux) => reader(bytes, at(index), isFlux),
    );
    const facts: MediaFacts = {
      subformat: `WOZ ${isV1 ? 1 : 2}`,
      diskType: DISK_TYPES[i.diskType] ?? `unknown (${i.diskType})`,
      revolutions: 1,
      ...toolFacts(i.creator),
      writeProtected: i.writeProtected === 1 ? 'yes' : 'no',
      synchronisedTracks: i.synchronised === 1 ? 'yes' : 'no',
      ...(between.length > 0 ? { tracksBetween: between } : {}),
      ...(await metaFacts(container, chunks)),
    };
    return fluxMedia({ format: 'woz', tracks, facts, warnings, containerSize: container.size });
  },
};

function fluxMap(bytes: Buffer, chunk: AppleChunk | undefined): Uint8Array {
  return chunk === undefined || chunk.size < MAP_SIZE ? new Uint8Array() : bytes.subarray(chunk.offset, chunk.offset + MAP_SIZE);
}

/** 5.25-inch disks are mapped by quarters of a track, 3.5-inch ones by track and side. */
function tracksOf(
  map: Uint8Array,
  flux: Uint8Array,
  isSmall: boolean,
  read: (index: number, isFlux: boolean) => RawTrack['read'],
): { tracks: RawTrack[]; between: string[] } {
  const tracks: RawTrack[] = [];
  const whole = new Set<number>();
  const between = new Map<number, string>();
  for (const [place, cells] of map.entries()) {
    const times = flux[place] ?? NONE;
    const index = times === NONE ? cells : times;
    if (index === NONE) continue;
    if (!isSmall && place % 4 !== 0) {
      if (!between.has(index)) between.set(index, String(place / 4));
      continue;
    }
    whole.add(index);
    const [cylinder, head] = isSmall ? [place >> 1, place & 1] : [place / 4, 0];
    tracks.push({ cylinder, head, revolutionCount: 1, read: read(index, times !== NONE) });
  }
  return { tracks, between: [...between].filter(([index]) => !whole.has(index)).map(([, place]) => place) };
}

function storedV1(bytes: Buffer, { offset, size }: AppleChunk, index: number): Stored | undefined {
  const at = index * V1_TRACK;
  if (at + V1_TRACK > size) return undefined;
  return { offset: offset + at, size: 6646, count: bytes.readUInt16LE(offset + at + 6648) };
}

function storedV2(bytes: Buffer, { offset, size }: AppleChunk, index: number): Stored | undefined {
  if (index * 8 + 8 > size) return undefined;
  const at = offset + index * 8;
  const [start, blocks, count] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2), bytes.readUInt32LE(at + 4)];
  return { offset: start * 512, size: blocks * 512, count };
}

function reader(bytes: Buffer, stored: Stored | undefined, isFlux: boolean): RawTrack['read'] {
  return async () => {
    await Promise.resolve();
    const size = stored === undefined ? 0 : isFlux ? stored.count : Math.ceil(stored.count / 8);
    if (stored === undefined || size > stored.size || stored.offset + size > bytes.length) {
      const message = `its ${size} bytes are not in the file of ${bytes.length} bytes; the image is cut or damaged`;
      throw new Fault(FaultKind.Truncated, 'woz/track-outside', message, { offset: stored?.offset ?? 0, size });
    }
    const data = bytes.subarray(stored.offset, stored.offset + size);
    if (!isFlux) return cellsOfBytes(data, stored.count);
    const own = intervalsOf(data, TICK_NS);
    return continued(own, own);
  };
}
