/**
 * Applesauce flux image (A2R), versions 2 and 3: the time between flux changes, in any number of captures of each track.
 *
 * The flux is decoded to sectors when it is opened; what gives none is kept and told, not read.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type Capture, capturesOfRwcp, capturesOfStrm } from '../flux/a2r-captures.ts';
import { chunksFrom, infoOfA2r, intervalsOf, metaFacts, toolFacts } from '../flux/chunks.ts';
import { fluxMedia } from '../flux/flux-media.ts';
import { MOST_FLUX, continued } from '../flux/revolution.ts';
import type { RawTrack } from '../flux/track.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const LARGEST = 1024 * 1024 * 1024;
const MARK = /^A2R[23]\xff\n\r\n$/;

const DRIVES: Readonly<Record<number, string>> = {
  1: '5.25-inch, one side, quarter tracks',
  2: '3.5-inch, two sides, Apple',
  3: '5.25-inch, two sides, 80 tracks',
  4: '5.25-inch, two sides, 40 tracks',
  5: '3.5-inch, two sides',
  6: '8-inch, two sides',
};

export const format: MediaFormat = {
  id: 'a2r',
  title: 'Applesauce flux image',
  sources: ['Applesauce "A2R Disk Image Reference" 2.0.1 and 3.0 (J. K. Morris)'],

  async probe(container) {
    if (container.size < 8) return Confidence.No;
    return MARK.test((await container.read(0, 8)).toString('latin1')) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    if (container.size > LARGEST) {
      const message = `the A2R image has ${container.size} bytes; up to ${LARGEST} are read`;
      throw new Fault(FaultKind.Unsupported, 'a2r/too-large', message, { size: container.size });
    }
    const warnings: Fault[] = [];
    const isV2 = (await container.read(3, 1)).toString('latin1') === '2';
    const chunks = await chunksFrom(container, 8, 'a2r', warnings);
    const info = chunks.find(({ id }) => id === 'INFO');
    if (info === undefined || info.size < infoOfA2r.size) {
      const message = 'the A2R image has no INFO chunk, so the kind of drive is not known; the file is damaged';
      throw new Fault(FaultKind.Corrupt, 'a2r/chunks', message, { chunks: chunks.length });
    }
    const i = infoOfA2r.decode(await container.read(info.offset, infoOfA2r.size));
    const captures: Capture[] = [];
    for (const chunk of chunks) {
      if (isV2 && chunk.id === 'STRM') captures.push(...(await capturesOfStrm(container, chunk, warnings)));
      if (!isV2 && chunk.id === 'RWCP') captures.push(...(await capturesOfRwcp(container, chunk, warnings)));
    }
    const { tracks, between } = tracksOf(container, captures, i.diskType === 1);
    const counts = tracks.map(({ revolutionCount }) => revolutionCount);
    const facts: MediaFacts = {
      subformat: `A2R ${isV2 ? 2 : 3}`,
      drive: DRIVES[i.diskType] ?? `unknown (${i.diskType})`,
      captures: captures.length,
      revolutions: counts.reduce((most, count) => Math.max(most, count), 0),
      ...toolFacts(i.creator),
      writeProtected: i.writeProtected === 1 ? 'yes' : 'no',
      ...(between.length > 0 ? { tracksBetween: between } : {}),
      ...(await metaFacts(container, chunks)),
    };
    return fluxMedia({ format: 'a2r', tracks, facts, warnings, containerSize: container.size });
  },
};

/** A capture is more than one revolution: it is decoded as one. */
function tracksOf(
  container: ByteSource,
  captures: readonly Capture[],
  isQuartered: boolean,
): { tracks: RawTrack[]; between: string[] } {
  const places = new Map<number, Capture[]>();
  for (const capture of captures) places.set(capture.location, [...(places.get(capture.location) ?? []), capture]);
  const between: string[] = [];
  const tracks: RawTrack[] = [];
  for (const [location, own] of [...places].toSorted(([a], [b]) => a - b)) {
    if (isQuartered && location % 4 !== 0) {
      between.push(String(location / 4));
      continue;
    }
    const [cylinder, head] = isQuartered ? [location / 4, 0] : [location >> 1, location & 1];
    const read: RawTrack['read'] = async (revolution) => {
      const capture = own[revolution];
      if (capture === undefined || capture.size === 0) return undefined;
      const bytes = await container.read(capture.offset, Math.min(capture.size, MOST_FLUX));
      const intervals = intervalsOf(bytes, capture.tickNs);
      return continued(intervals, intervals);
    };
    tracks.push({ cylinder, head, revolutionCount: own.length, read });
  }
  return { tracks, between };
}
