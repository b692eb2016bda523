/** The text of a CUE sheet: files, tracks and the places of their indexes. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { SECTORS_PER_SECOND, SectorKind } from './sectors.ts';
import { bareName } from './sheet.ts';
import { sectorKind } from './track.ts';

export interface CueTrack {
  readonly number: number;
  readonly session: number;
  readonly kind: SectorKind;
  readonly label: string;
  readonly stride: number;
  /** Sectors of silence before it, and behind it, that no file has. */
  pregap: number;
  postgap: number;
}

export interface CueMark {
  readonly track: CueTrack;
  readonly index: number;
  /** From the beginning of the file, in sectors. */
  readonly frame: number;
}

export interface CueFile {
  /** Bare name. */
  readonly name: string;
  /** `BINARY`, `MOTOROLA`, `WAVE`, `AIFF`, `MP3`, `FLAC` … */
  readonly type: string;
  readonly marks: CueMark[];
}

export interface CueSheet {
  readonly files: readonly CueFile[];
  readonly tracks: readonly CueTrack[];
  readonly facts: Readonly<Record<string, string | readonly string[]>>;
  readonly unknownLines: readonly string[];
}

const MOST_TRACKS = 99;
const MOST_FILES = 200;
const MOST_REMARKS = 50;
const LONGEST_TEXT = 500;

const KEYWORD =
  /^(?:REM|FILE|TRACK|INDEX|PREGAP|POSTGAP|FLAGS|CATALOG|ISRC|TITLE|PERFORMER|SONGWRITER|CDTEXTFILE|ARRANGER|COMPOSER|MESSAGE|GENRE|DISC_ID|UPC_EAN|SIZE_INFO|TOC_INFO1?|TOC_INFO2)\b/i;
const DISC_TEXTS: Readonly<Record<string, string>> = { CATALOG: 'catalog', TITLE: 'title', PERFORMER: 'performer' };

/** Whether `lines` begin like a CUE sheet: nothing but its words, a FILE and then a TRACK among them. */
export function isCue(lines: readonly string[]): boolean {
  let hasFile = false;
  for (const line of lines) {
    const text = line.trim();
    if (text === '') continue;
    if (!KEYWORD.test(text)) return false;
    if (/^FILE\s/i.test(text)) hasFile = true;
    if (hasFile && /^TRACK\s+\d{1,2}\s+[A-Z]/i.test(text)) return true;
  }
  return false;
}

/** @throws Fault 'cue/line', 'cue/order', 'cue/time', 'cue/track-mode', 'cue/track-count', 'cue/name'. */
export function parseCue(lines: readonly string[]): CueSheet {
  const files: CueFile[] = [];
  const tracks: CueTrack[] = [];
  const indexes: CueMark[] = [];
  const facts: Record<string, string> = {};
  const remarks: string[] = [];
  const unknownLines: string[] = [];
  let session = 1;
  for (const [at, line] of lines.entries()) {
    const text = line.trim();
    if (text === '') continue;
    const [, keyword = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
    const refuse = (code: string, what: string): Fault => {
      const shown = escaped(text.slice(0, 100));
      return new Fault(FaultKind.Corrupt, `cue/${code}`, `line ${at + 1} of the CUE sheet, "${shown}": ${what}`, {
        line: at + 1,
      });
    };
    const word = keyword.toUpperCase();
    const track = tracks.at(-1);
    const file = files.at(-1);
    if (word === 'FILE') {
      const space = rest.search(/\s\S*$/);
      if (space <= 0) throw refuse('line', 'a name and a type belong there');
      const name = bareName(rest.slice(0, space).trim().replaceAll('"', ''), 'cue');
      const type = rest.slice(space + 1);
      if (file?.name === name) continue;
      if (files.length >= MOST_FILES) throw refuse('track-count', `more than ${MOST_FILES} files are no disc`);
      files.push({ name, type: type.toUpperCase(), marks: [] });
    } else if (word === 'TRACK') {
      const [, digits = '', mode = ''] = /^(\d{1,3})\s+(\S+)$/.exec(rest) ?? [];
      const number = Number(digits);
      if (file === undefined) throw refuse('order', 'a FILE must stand before it');
      if (tracks.length >= MOST_TRACKS || number > MOST_TRACKS)
        throw refuse('track-count', `a disc has ${MOST_TRACKS} tracks at most`);
      if (number < 1 || number <= (track?.number ?? 0)) throw refuse('order', 'tracks are numbered upwards from 1');
      const sectors = sectorsOf(mode.toUpperCase());
      if (sectors === undefined) throw refuse('track-mode', 'no such sectors are known');
      tracks.push({ number, session, ...sectors, pregap: 0, postgap: 0 });
    } else if (word === 'INDEX') {
      const [, digits = '', time = ''] = /^(\d{1,2})\s+(\S+)$/.exec(rest) ?? [];
      if (track === undefined || file === undefined) throw refuse('order', 'a TRACK must stand before it');
      const frame = framesOf(time);
      if (digits === '' || frame === undefined)
        throw refuse('time', 'a number and a time of mm:ss:ff (seconds to 59, frames to 74) belong there');
      if (frame < (file.marks.at(-1)?.frame ?? 0)) throw refuse('order', 'it lies before the index above it in the same file');
      if (indexes.at(-1)?.track === track && Number(digits) <= (indexes.at(-1)?.index ?? 0))
        throw refuse('order', 'indexes are numbered upwards');
      const mark = { track, index: Number(digits), frame };
      file.marks.push(mark);
      indexes.push(mark);
    } else if (word === 'PREGAP' || word === 'POSTGAP') {
      const frames = framesOf(rest);
      if (track === undefined) throw refuse('order', 'a TRACK must stand before it');
      if (frames === undefined) throw refuse('time', 'a time of mm:ss:ff (seconds to 59, frames to 74) belongs there');
      if (word === 'PREGAP') track.pregap = frames;
      else track.postgap = frames;
    } else if (word === 'REM') {
      const found = /^SESSION\s+(\d{1,2})$/i.exec(rest);
      if (found !== null) session = Math.max(session, Number(found[1]));
      else if (rest !== '' && track === undefined && remarks.length < MOST_REMARKS) remarks.push(shown(rest));
    } else if (DISC_TEXTS[word] !== undefined) {
      const value = rest.replace(/^"(.*)"$/s, '$1').trim();
      if (track === undefined && value !== '') facts[DISC_TEXTS[word]] = shown(value);
    } else if (!KEYWORD.test(text)) unknownLines.push(shown(text));
  }
  return { files, tracks, facts: { ...facts, ...(remarks.length > 0 ? { remarks } : {}) }, unknownLines };
}

function shown(text: string): string {
  return escaped(text.slice(0, LONGEST_TEXT));
}

function sectorsOf(mode: string): Pick<CueTrack, 'kind' | 'label' | 'stride'> | undefined {
  const [, word = '', digits] = /^([A-Z0-9]+?)(?:\/(\d{4}))?$/.exec(mode) ?? [];
  const stride = digits === undefined ? (word === 'CDG' ? 2448 : 2352) : Number(digits);
  const kind = sectorKind(word, stride);
  if (kind === undefined || (digits === undefined && kind !== SectorKind.Audio)) return undefined;
  return { kind, label: mode, stride };
}

/** `mm:ss:ff` in sectors. Minutes may go past 99: a DVD has them. */
export function framesOf(time: string): number | undefined {
  const [, minutes, seconds = '', frames = ''] = /^(\d{1,4}):(\d{2}):(\d{2})$/.exec(time.trim()) ?? [];
  if (minutes === undefined || Number(seconds) > 59 || Number(frames) >= SECTORS_PER_SECOND) return undefined;
  return (Number(minutes) * 60 + Number(seconds)) * SECTORS_PER_SECOND + Number(frames);
}
