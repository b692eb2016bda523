/**
 * Nero image: the sectors of all tracks, then chunks that say what they are, then a footer that says where the chunks begin.
 *
 * Big-endian. Version 2 (NER5) has 64-bit offsets, version 1 (NERO) 32-bit ones. Each session is a cue (CUEX, CUES) with addresses
 * and a DAOX or DAOI with places, for a disc written at once; or an ETN2 or ETNF with both, for one written track by track.
 */
import { Fault, FaultKind, escaped, type Field, layout, u16be, u32be, u64be, u8, ascii } from '../../kernel/index.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';
import { discMedia } from '../optical/disc.ts';
import { type NrgChunk, chunksOf, footerOf } from '../optical/nrg-chunks.ts';
import { FIRST_ADDRESS, SECTORS_PER_SECOND } from '../optical/sectors.ts';
import { type Track, sectorKind } from '../optical/track.ts';

/** Mode of a track, and the sector size that goes with it where none is stored. */
const MODES: Readonly<Record<number, readonly [mode: string, stride: number]>> = {
  0x00: ['MODE1', 2048],
  0x02: ['MODE2', 2048],
  0x03: ['MODE2', 2336],
  0x05: ['MODE1', 2352],
  0x06: ['MODE2', 2352],
  0x07: ['AUDIO', 2352],
  0x0f: ['MODE1', 2448],
  0x10: ['AUDIO', 2448],
  0x11: ['MODE2', 2448],
};

const daoHeader = layout('NRG DAO header', 22, {
  catalog: [4, ascii(13)],
  firstTrack: [20, u8],
});
const daoTrack = (offset: Field<number>, width: 4 | 8) =>
  layout('NRG DAO track', 18 + 3 * width, {
    stride: [12, u16be],
    mode: [14, u8],
    index0: [18, offset],
    index1: [18 + width, offset],
    end: [18 + 2 * width, offset],
  });
const etn2 = layout('NRG ETN2 track', 32, { offset: [0, u64be], length: [8, u64be], mode: [16, u32be], lba: [20, u32be] });
const etnf = layout('NRG ETNF track', 20, { offset: [0, u32be], length: [4, u32be], mode: [8, u32be], lba: [12, u32be] });

interface Place {
  readonly number: number;
  readonly session: number;
  readonly mode: number;
  readonly stride: number;
  readonly at: number;
  readonly length: number;
  readonly lba: number;
}

export const format: MediaFormat = {
  id: 'nrg',
  title: 'Nero disc image',
  sources: ['libMirage image-nrg parser', 'libcdio lib/driver/image/nrg.c', 'PRONOM fmt/1743'],
  puid: 'fmt/1743',

  async probe(container) {
    return (await footerOf(container)) === undefined ? Confidence.No : Confidence.Certain;
  },

  async open(container) {
    const footer = await footerOf(container);
    if (footer === undefined)
      throw new Fault(
        FaultKind.Truncated,
        'nrg/footer',
        'the footer of a Nero image (NER5 or NERO) is not there; the image is cut',
      );
    const chunks = await chunksOf(container, footer);
    const { places, facts } = placesOf(chunks);
    const tracks = places.map((place) => trackOf(place, container, footer.chunksOffset));
    const all = { ...facts, formatVersion: footer.version };
    return discMedia({ format: 'nrg', tracks, facts: all, parts: [], warnings: [], isAddedUp: false });
  },
};

function placesOf(chunks: readonly NrgChunk[]): { places: Place[]; facts: Record<string, string> } {
  const places: Place[] = [];
  const facts: Record<string, string> = {};
  let addresses = new Map<number, number>();
  let session = 0;
  for (const { id, data } of chunks) {
    if (id === 'CUEX' || id === 'CUES') addresses = cueOf(data, id === 'CUES');
    else if (id === 'DAOX' || id === 'DAOI') {
      session++;
      const { catalog, firstTrack } = daoHeader.decode(data);
      const track = id === 'DAOX' ? daoTrack(u64be, 8) : daoTrack(u32be, 4);
      for (let at = daoHeader.size, number = firstTrack; at + track.size <= data.length; at += track.size, number++) {
        const { stride, mode, index1, end } = track.decode(data.subarray(at));
        const lba = addresses.get(number);
        if (lba === undefined) throw noAddress(number);
        places.push({ number, session, mode, stride, at: index1, length: end - index1, lba });
      }
      if (/^\d+$/.test(catalog)) facts['catalog'] = escaped(catalog);
    } else if (id === 'ETN2' || id === 'ETNF') {
      session++;
      const track = id === 'ETN2' ? etn2 : etnf;
      for (let at = 0; at + track.size <= data.length; at += track.size) {
        const { offset, length, mode, lba } = track.decode(data.subarray(at));
        places.push({ number: places.length + 1, session, mode, stride: MODES[mode]?.[1] ?? 0, at: offset, length, lba });
      }
    }
    if (places.length > 99) {
      throw new Fault(FaultKind.Corrupt, 'nrg/track-count', 'the image says more than 99 tracks; a disc has no more', {
        limit: 99,
      });
    }
  }
  if (places.length === 0)
    throw new Fault(FaultKind.Corrupt, 'nrg/no-track', 'the chunks of the image describe no track; it is damaged');
  return { places: places.sort((a, b) => a.number - b.number), facts };
}

/** Addresses of index 1 by number of track: a number of sectors, or minute, second and frame. */
function cueOf(data: Buffer, isTime: boolean): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = 0; at + 8 <= data.length; at += 8) {
    const track = ((data[at + 1] ?? 0) >> 4) * 10 + ((data[at + 1] ?? 0) & 15);
    if (data[at + 2] !== 1 || track < 1 || track > 99) continue;
    const time = ((data[at + 5] ?? 0) * 60 + (data[at + 6] ?? 0)) * SECTORS_PER_SECOND + (data[at + 7] ?? 0) - FIRST_ADDRESS;
    found.set(track, isTime ? time : data.readInt32BE(at + 4));
  }
  return found;
}

function trackOf({ number, session, mode, stride, at, length, lba }: Place, source: ByteSource, end: number): Track {
  const [word, own] = MODES[mode] ?? ['', 0];
  const kind = stride === own ? sectorKind(word, stride) : undefined;
  if (kind === undefined) {
    const message = `track ${number} is said to be of mode ${mode} with sectors of ${stride} bytes, which are not known`;
    throw new Fault(FaultKind.Unsupported, 'nrg/sector-size', message, { track: number, mode, stride });
  }
  if (length < 0 || at + length > end) {
    const message = `track ${number} is said to lie in bytes ${at} to ${at + length}; the tracks end at byte ${end}: the image is damaged`;
    throw new Fault(FaultKind.Corrupt, 'nrg/track-outside', message, { track: number, at, length, end });
  }
  const label = word === 'AUDIO' ? word : `${word}/${stride}`;
  return { number, session, kind, label, lba, sectorCount: Math.floor(length / stride), source, at, stride };
}

function noAddress(track: number): Fault {
  const message = `track ${track} has no address in the cue chunk before it; the image is damaged`;
  return new Fault(FaultKind.Corrupt, 'nrg/no-address', message, { track });
}
