/**
 * Disc image described by a CUE sheet: a text that names one or several files and says where tracks lie in them.
 *
 * The sheet states no addresses on the disc: they are added up from the lengths of files, tracks and gaps, and where the data
 * sectors carry their own address, that counts. Audio tracks have no place in the medium; the facts list them.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';
import { type CueFile, type CueMark, type CueSheet, type CueTrack, isCue, parseCue } from '../optical/cue-sheet.ts';
import { discMedia } from '../optical/disc.ts';
import { FIRST_ADDRESS, SectorKind } from '../optical/sectors.ts';
import { type Part, partsNamed, sheetLines, textOf } from '../optical/sheet.ts';
import type { Track } from '../optical/track.ts';

const HEAD_SIZE = 16_384; // REM lines may stand before the first track
const WAVE_HEADER = 44; // bytes before the samples, in what rippers write
/** Lead-out, lead-in and pregap between the first two sessions, and between later ones, in sectors (Orange Book). */
const FIRST_SESSION_GAP = 11_400;
const SESSION_GAP = 6900;

export const format: MediaFormat = {
  id: 'cue',
  title: 'Disc image described by a CUE sheet',
  sources: ['CDRWIN user guide, "CUE sheet commands"', 'libcdio lib/driver/image/bincue.c', 'ECMA-130'],

  async probe(container) {
    const head = await container.read(0, Math.min(HEAD_SIZE, container.size));
    const lines = textOf(head).split(/\r\n|\r|\n/);
    // The last line of a longer sheet is cut.
    return isCue(container.size > HEAD_SIZE ? lines.slice(0, -1) : lines) ? Confidence.Certain : Confidence.No;
  },

  async files(container) {
    const { files } = await parsed(container);
    return [...new Set(files.map(({ name }) => name))].map((name) => ({ name }));
  },

  async open(container, companions) {
    const sheet = await parsed(container);
    const named = await partsNamed(
      companions,
      sheet.files.map(({ name }) => name),
      'cue',
    );
    const warnings: Fault[] = [];
    if (sheet.unknownLines.length > 0) {
      const message = `${sheet.unknownLines.length} lines of the CUE sheet are not known and were passed over: ${sheet.unknownLines[0]}`;
      warnings.push(new Fault(FaultKind.Unsupported, 'cue/unknown-lines', message, { lines: sheet.unknownLines.slice(0, 20) }));
    }
    for (const { name } of sheet.files.filter(({ marks }) => marks.length === 0)) {
      const message = `the CUE sheet names "${escaped(name)}" and no track that lies in it; the sheet is cut, compare it with another copy`;
      warnings.push(new Fault(FaultKind.Truncated, 'cue/no-track-in-file', message, { file: escaped(name) }));
    }
    const tracks = tracksOf(sheet, named, warnings);
    const parts = [...new Set(named.map(({ name }) => name))];
    return discMedia({ format: 'cue', tracks, facts: sheet.facts, parts, warnings, isAddedUp: true });
  },
};

async function parsed(container: ByteSource): Promise<CueSheet> {
  const sheet = parseCue(await sheetLines(container, 'cue'));
  if (sheet.tracks.length === 0) throw new Fault(FaultKind.Corrupt, 'cue/no-track', 'the CUE sheet has no TRACK; it is cut');
  return sheet;
}

interface Found extends CueMark {
  readonly at: number;
  readonly lba: number;
  /** Sectors up to the next track in this file, or to its end. */
  sectorCount: number;
}

/** Walks file by file; each index is so many sectors of its track's size behind the one before. */
function tracksOf({ files, tracks }: CueSheet, parts: readonly Part[], warnings: Fault[]): Track[] {
  const starts = new Map<CueTrack, { mark: Found; source: ByteSource }>();
  const seen = new Set<CueTrack>();
  let lba = startOf(files);
  let session = 1;
  for (const [i, file] of files.entries()) {
    const source = parts[i]?.source;
    if (source === undefined) throw new RangeError('files without parts');
    const { marks, sectorCount } = marksOf(
      file,
      source,
      (track) => {
        if (seen.has(track)) return 0;
        const before = [...seen].at(-1);
        seen.add(track);
        const jump = track.session === session ? 0 : session === 1 ? FIRST_SESSION_GAP : SESSION_GAP;
        session = track.session;
        const pregap = before === undefined ? Math.max(0, track.pregap - FIRST_ADDRESS) : track.pregap;
        return jump === 0 ? pregap + (before?.postgap ?? 0) : jump;
      },
      lba,
    );
    for (const mark of marks) if (mark.index === 1 && !starts.has(mark.track)) starts.set(mark.track, { mark, source });
    if (file.marks.length > 0 && file.marks.some(({ track }) => track.kind !== SectorKind.Audio) && !isBinary(file)) {
      const message = `a data track lies in a file of type ${file.type}; only BINARY ones hold data`;
      throw new Fault(FaultKind.Corrupt, 'cue/data-in-audio', message, { type: file.type });
    }
    if (sectorCount === undefined && i < files.length - 1) {
      const message = `how long the ${file.type} file is on the disc is not known; addresses of the tracks after it may be too low`;
      warnings.push(new Fault(FaultKind.Unsupported, 'cue/length-unknown', message, { type: file.type }));
    }
    const last = marks.at(-1);
    if (last !== undefined) lba = last.lba + last.sectorCount;
  }
  return tracks.map((track) => {
    const start = starts.get(track);
    if (start === undefined) {
      const message = `track ${track.number} of the CUE sheet has no INDEX 01, where it begins`;
      throw new Fault(FaultKind.Corrupt, 'cue/no-index', message, { track: track.number });
    }
    const { number, kind, label, stride } = track;
    const { mark, source } = start;
    return {
      number,
      session: track.session,
      kind,
      label,
      stride,
      lba: mark.lba,
      at: mark.at,
      sectorCount: mark.sectorCount,
      source,
    };
  });
}

/** Below zero where the two seconds before the first track are in the file. */
function startOf([first]: readonly CueFile[]): number {
  const [zero, one] = first?.marks ?? [];
  const isStored = zero?.index === 0 && zero.frame === 0 && one?.index === 1 && one.frame === FIRST_ADDRESS;
  return isStored ? -FIRST_ADDRESS : 0;
}

/**
 * @param gapBefore sectors that no file has, before a track; asked at each of its marks.
 * @param start address of the file's first byte.
 */
function marksOf(
  file: CueFile,
  source: ByteSource,
  gapBefore: (track: CueTrack) => number,
  start: number,
): { marks: Found[]; sectorCount: number | undefined } {
  const marks: Found[] = [];
  let at = 0;
  let frame = 0;
  let gap = 0;
  let owner = file.marks[0]?.track;
  for (const mark of file.marks) {
    at += (mark.frame - frame) * (owner?.stride ?? 0);
    frame = mark.frame;
    owner = mark.track;
    gap += gapBefore(owner);
    marks.push({ ...mark, at, lba: start + frame + gap, sectorCount: 0 });
  }
  const rest = isBinary(file) ? source.size - at : Math.max(0, source.size - WAVE_HEADER) - at;
  const isKnown = isBinary(file) || file.type === 'WAVE' || file.type === 'AIFF';
  // The sector that a cut file ends in counts, so that its loss shows.
  const restCount = isKnown ? Math.max(0, Math.ceil(rest / (owner?.stride ?? 1))) : 0;
  let end = frame + restCount;
  for (const [i, mark] of [...marks.entries()].toReversed()) {
    const next = marks[i + 1];
    if (next !== undefined && next.track !== mark.track) end = next.frame;
    mark.sectorCount = end - mark.frame;
  }
  return { marks, sectorCount: isKnown ? frame + restCount : undefined };
}

function isBinary({ type }: CueFile): boolean {
  return type === 'BINARY' || type === 'MOTOROLA';
}
