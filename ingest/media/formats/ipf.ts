/**
 * Interchangeable Preservation Format (IPF) of the Software Preservation Society: a description of each track, both encoders.
 *
 * Tracks are built from it and decoded to sectors when it is opened; what gives none (copy protections) is kept and told, not read.
 * Not read: CTRaw (records CTEI and CTEX), which holds flux in a form that is not published.
 */
import { type Fault, Fault as FaultError, FaultKind } from '../../kernel/index.ts';
import { fluxMedia } from '../flux/flux-media.ts';
import { type Info, type TrackRecord, recordsOf } from '../flux/ipf-records.ts';
import { cellsOfTrack } from '../flux/ipf-track.ts';
import type { RawTrack } from '../flux/track.ts';
import { Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const MARK = 'CAPS\0\0\0\x0c';
const LARGEST = 256 * 1024 * 1024;
const NOISE = 1;
const AUTO = 2;
const PLATFORMS = ['', 'Amiga', 'Atari ST', 'PC', 'Amstrad CPC', 'Spectrum', 'Sam Coupé', 'Archimedes', 'C64', 'Atari 8-bit'];
const ENCODERS: Readonly<Record<number, string>> = { 1: 'CAPS', 2: 'SPS' };

export const format: MediaFormat = {
  id: 'ipf',
  title: 'Interchangeable Preservation Format',
  sources: ['J. Louis-Guerin, "IPF documentation" 1.6', 'libdisk container/ipf.c (K. Fraser)'],

  async probe(container) {
    if (container.size < 12) return Confidence.No;
    return (await container.read(0, 8)).toString('latin1') === MARK ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    if (container.size > LARGEST) {
      const message = `the IPF image has ${container.size} bytes; up to ${LARGEST} are read`;
      throw new FaultError(FaultKind.Unsupported, 'ipf/too-large', message, { size: container.size });
    }
    const warnings: Fault[] = [];
    const { info, tracks, unknown } = await recordsOf(container, warnings);
    const facts = factsOf(info, tracks, unknown);
    if (info.mediaType !== 1 || ENCODERS[info.encoder] === undefined) {
      const message = `the IPF image is of media type ${info.mediaType} and encoder ${info.encoder}; floppies (1) of the encoders 1 and 2 are read, it is kept as received`;
      throw new FaultError(FaultKind.Unsupported, 'ipf/encoder', message, { ...facts, encoder: info.encoder });
    }
    const places = new Set<string>();
    const raw: RawTrack[] = [];
    for (const track of tracks) {
      const place = `${track.cylinder}.${track.head}`;
      if (track.head > 1 || track.cylinder > 255 || places.has(place)) {
        const message = `the IPF image describes track ${place} twice, or one that no drive has; it is not read`;
        if (warnings.length < 20) warnings.push(new FaultError(FaultKind.Corrupt, 'ipf/track-place', message, { place }));
        continue;
      }
      places.add(place);
      raw.push({
        cylinder: track.cylinder,
        head: track.head,
        revolutionCount: track.density === NOISE ? 0 : 1,
        read: () => cellsOfTrack(container, track),
      });
    }
    return fluxMedia({ format: 'ipf', tracks: raw, facts, warnings, containerSize: 16 * container.size });
  },
};

function factsOf(i: Info, tracks: readonly TrackRecord[], unknown: number): MediaFacts {
  const platforms = [i.platform1, i.platform2, i.platform3, i.platform4].flatMap((id) => PLATFORMS[id] || []);
  const isProtected = tracks.filter(({ density }) => density > AUTO).map(({ cylinder, head }) => `${cylinder}.${head}`);
  return {
    subformat: `IPF, encoder ${ENCODERS[i.encoder] ?? i.encoder}`,
    revolutions: 1,
    ...(platforms.length > 0 ? { platforms } : {}),
    cylinderRange: `${i.minCylinder}–${i.maxCylinder}`,
    headRange: `${i.minHead}–${i.maxHead}`,
    createdAt: dateOf(i.date, i.time),
    release: i.release,
    revision: i.revision,
    ...(i.diskNumber === 0 ? {} : { diskNumber: i.diskNumber }),
    creatorId: i.creator,
    ...(isProtected.length > 0 ? { protectedTracks: isProtected.slice(0, 200) } : {}),
    ...(unknown > 0 ? { unknownRecords: unknown } : {}),
  };
}

/** Local time of an unknown zone, to the second. */
function dateOf(date: number, time: number): string {
  const digits = (value: number, width: number): string => String(value).padStart(width, '0').slice(0, width);
  const [d, t] = [digits(date, 8), digits(time, 9)];
  return `${d.slice(0, 4)}-${d.slice(4, 6)}-${d.slice(6)}T${t.slice(0, 2)}:${t.slice(2, 4)}:${t.slice(4, 6)}`;
}
