/** What the acquirer wrote down: the tab-separated texts of `header`, `header2` and of version 2, as facts. */
import { inflateSync } from 'node:zlib';
import { isUtf8 } from 'node:buffer';
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { MediaFacts } from '../media.ts';

/** Longest text, packed or not, in bytes. */
export const LONGEST_TEXT = 1024 * 1024;

/** By tag. */
export type Tags = ReadonlyMap<string, string>;

export interface Text {
  readonly main: Tags;
  /** The first source of several. */
  readonly source: Tags;
}

/** @throws Fault 'ewf/text' when the text does not unpack, or is longer than any header. */
export function inflatedText(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { maxOutputLength: LONGEST_TEXT });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault(
      FaultKind.Corrupt,
      'ewf/text',
      `a text about the imaging does not unpack: ${reason}`,
      { reason },
      { cause: error },
    );
  }
}

/** UTF-16 where a byte order mark says so, else UTF-8 where it can be that, else Windows-1252. */
export function decodedText(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder(isUtf8(bytes) ? 'utf-8' : 'windows-1252').decode(bytes);
}

/** Categories, each a line with its name, a line of tags and a line of values; `srce` has counts before each of these. */
export function parsedText(text: string): Text {
  const lines = text.split(/\r\n|\n|\r/);
  const tags = (from: number, tagLine: number, valueLine: number): Tags => {
    if (from < 0) return new Map();
    const values = (lines[from + valueLine] ?? '').split('\t');
    const names = (lines[from + tagLine] ?? '').split('\t');
    return new Map(names.map((name, i): [string, string] => [name, values[i] ?? '']).filter(([name]) => name !== ''));
  };
  return { main: tags(lines.indexOf('main'), 1, 2), source: tags(lines.indexOf('srce'), 2, 4) };
}

/** EWF-X: the elements of `<xheader>` or `<xhash>` by name; they hold text alone. */
export function parsedXml(text: string): Tags {
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/<([A-Za-z0-9_]{1,64})>([^<]*)<\//g)) {
    const plain = value
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&apos;', "'")
      .replaceAll('&amp;', '&');
    if (plain.trim() !== '' && !found.has(name)) found.set(name, plain);
  }
  return found;
}

type FactRow = readonly [tag: string, fact: string, value?: (value: string) => string];

const COMPRESSION: Readonly<Record<string, string>> = { b: 'best', f: 'fast', n: 'none' };

const MAIN: readonly FactRow[] = [
  ['a', 'description'],
  ['c', 'caseNumber'],
  ['n', 'evidenceNumber'],
  ['e', 'examiner'],
  ['t', 'notes'],
  ['md', 'model'],
  ['sn', 'serialNumber'],
  ['l', 'label'],
  ['av', 'toolVersion'],
  ['ov', 'operatingSystem'],
  ['m', 'acquiredAt', time],
  ['u', 'systemDate', time],
  ['r', 'compression', (value) => COMPRESSION[value] ?? value],
  ['pid', 'processId'],
  ['ext', 'memoryExtents'],
];

/** Of version 2's case data and device information. */
const CASE: readonly FactRow[] = [
  ['nm', 'description'],
  ['cn', 'caseNumber'],
  ['en', 'evidenceNumber'],
  ['ex', 'examiner'],
  ['nt', 'notes'],
  ['md', 'model'],
  ['sn', 'serialNumber'],
  ['lb', 'label'],
  ['av', 'toolVersion'],
  ['os', 'operatingSystem'],
  ['tt', 'acquiredAt', time],
  ['at', 'systemDate', time],
  ['pid', 'processId'],
  ['hs', 'protectedSectors'],
  ['overlay', 'overlaySectors'],
];

const SOURCE: readonly FactRow[] = [
  ['ev', 'sourceEvidenceNumber'],
  ['tb', 'sourceSize'],
  ['po', 'sourceOffset', (value) => (value === '-1' ? '' : value)],
  ['ah', 'sourceMd5', digest],
  ['sh', 'sourceSha1', digest],
  ['gu', 'sourceGuid'],
  ['aq', 'sourceAcquiredAt', time],
];

/** Facts of the header texts, empty values left out. `p` is told as being set, never what it is. */
export function textFacts({ main, source }: Text): Record<string, string> {
  const password = main.get('p') ?? '';
  return {
    ...rows(MAIN, main),
    ...toolOf(main.get('av') ?? ''),
    ...rows(SOURCE, source),
    ...(/^[0 ]*$/.test(password) ? {} : { password: 'set' }),
  };
}

export function caseFacts(tags: Tags): Record<string, string> {
  return { ...rows(CASE, tags), ...toolOf(tags.get('av') ?? '') };
}

function rows(table: readonly FactRow[], tags: Tags): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [tag, fact, value = (text: string): string => text] of table) {
    const text = printable(value((tags.get(tag) ?? '').trim()));
    if (text !== '') found[fact] = text;
  }
  return found;
}

/** Only what the version itself tells: its forms differ by program. */
function toolOf(version: string): MediaFacts & Record<string, string> {
  if (version.startsWith('ADI')) return { tool: 'FTK Imager' };
  if (/guymager/i.test(version)) return { tool: 'Guymager' };
  if (/x-?ways/i.test(version)) return { tool: 'X-Ways Forensics' };
  if (/^20[0-2]\d[01]\d[0-3]\d/.test(version)) return { tool: 'libewf' };
  if (/^[1-9]\d?\.\d\d/.test(version)) return { tool: 'EnCase' };
  return {};
}

/** `2002 3 4 10 19 59` is local time without a zone, a plain number is POSIX seconds; whatever else is kept as it is. */
function time(value: string): string {
  const parts = value.split(' ').filter((part) => part !== '');
  if (parts.length === 6 && parts.every((part) => /^\d{1,4}$/.test(part))) {
    const [year = '', ...rest] = parts;
    const [month, day, hour, minute, second] = rest.map((part) => part.padStart(2, '0'));
    return `${year.padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}`;
  }
  if (!/^\d{1,11}$/.test(value)) return value;
  return value === '0' ? '' : new Date(Number(value) * 1000).toISOString().replace('.000Z', 'Z');
}

/** An empty digest is all zeros. */
function digest(value: string): string {
  return /^0*$/.test(value) ? '' : value.toLowerCase();
}

export function printable(text: string): string {
  return escaped(Buffer.from(text.replaceAll('\0', ''), 'utf8'));
}
