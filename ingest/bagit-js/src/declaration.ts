/** bagit.txt: the version and the encoding of a bag. Always UTF-8, whatever it declares. */
import type { Code } from './codes.ts';
import { splitLines } from './lines.ts';

export interface Version {
  /** As written: "0.97". */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

export interface Declaration {
  readonly version: Version | undefined;
  /** As written: "UTF-8". */
  readonly encoding: string | undefined;
  readonly errors: { code: Code; message: string }[];
  readonly warnings: { code: Code; message: string }[];
}

const PUBLISHED = new Set(['0.90', '0.91', '0.92', '0.93', '0.94', '0.95', '0.96', '0.97', '1.0']);

/** Whether that version is `major.minor` or later. */
export function atLeast(version: Version, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

/** Reads on after a fault, so that the rest of the bag can be checked too. */
export function parseDeclaration(bytes: Uint8Array): Declaration {
  const errors: Declaration['errors'] = [];
  const warnings: Declaration['warnings'] = [];
  const bad = (message: string): void => void errors.push({ code: 'bad-bagit-txt', message });
  let rest = bytes;
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    errors.push({ code: 'bom-in-bagit-txt', message: 'bagit.txt starts with the byte order mark EF BB BF; it must not' });
    rest = bytes.subarray(3);
  }
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(rest);
  } catch {
    bad('bagit.txt is not UTF-8');
    return { version: undefined, encoding: undefined, errors, warnings };
  }
  const lines = splitLines(text);
  const version = parseVersion(field(lines[0], 'BagIt-Version'));
  const encoding = field(lines[1], 'Tag-File-Character-Encoding');
  const strict = version === undefined || atLeast(version, 1, 0);
  if (version === undefined) bad(`the first line must be "BagIt-Version: M.N", got ${quoted(lines[0])}`);
  if (encoding === undefined) bad(`the second line must be "Tag-File-Character-Encoding: ENCODING", got ${quoted(lines[1])}`);
  if (version !== undefined) style(lines[0], /^BagIt-Version: [0-9]+\.[0-9]+$/);
  if (encoding !== undefined) style(lines[1], /^Tag-File-Character-Encoding: [^\s]+$/);
  if (lines.length > 2) {
    const message = `bagit.txt has ${lines.length} lines, expected 2`;
    if (!strict && lines.slice(2).every((line) => line.trim() === '')) warnings.push({ code: 'bagit-txt-style', message });
    else bad(message);
  }
  if (version !== undefined && version.major <= 1 && !PUBLISHED.has(version.text)) {
    warnings.push({
      code: 'unknown-minor-version',
      message: `version ${version.text} was never published; read by the nearest older rules`,
    });
  }
  return { version, encoding, errors, warnings };

  /** Letter case of a label is forgiven in every version (the RFC's own figures differ), white space before 1.0 only. */
  function style(line: string | undefined, exact: RegExp): void {
    if (line === undefined || exact.test(line)) return;
    if (strict && !new RegExp(exact, 'i').test(line))
      bad(`${quoted(line)} has white space where 1.0 allows exactly one space, after the colon`);
    else warnings.push({ code: 'bagit-txt-style', message: `${quoted(line)} is not as the standard writes it` });
  }
}

function field(line: string | undefined, label: string): string | undefined {
  const match = /^[ \t]*([A-Za-z-]+)[ \t]*:[ \t]*([^\s]+)[ \t]*$/.exec(line ?? '');
  return match !== null && match[1]?.toLowerCase() === label.toLowerCase() ? match[2] : undefined;
}

function parseVersion(text: string | undefined): Version | undefined {
  const match = /^([0-9]{1,9})\.([0-9]{1,9})$/.exec(text ?? '');
  return match === null || text === undefined ? undefined : { text, major: Number(match[1]), minor: Number(match[2]) };
}

function quoted(line: string | undefined): string {
  return line === undefined ? 'nothing' : JSON.stringify(line.slice(0, 80));
}
