/** One line of a manifest or of fetch.txt, as text; says what it found and judges nothing. */

export interface ManifestLine {
  /** Lower-case hex. */
  readonly digest: string;
  /** As listed: not percent-decoded, with `./` if it was there; but without md5sum's marks. */
  readonly path: string;
  /** md5sum's binary mark `*` stood before the path. */
  readonly star: boolean;
  /** md5sum's `\` stood before the digest; its escapes in the path are already undone. */
  readonly escaped: boolean;
}

// [^] instead of a dot: a path may hold U+2028. No \s, no trim: NBSP and trailing spaces belong to the name.
const LINE = /^(\\?)([0-9A-Fa-f]+)[ \t]+(\*?)([^]+)$/;

/** `<hex> <white space> <path>`; undefined when the line is anything else. */
export function parseManifestLine(line: string): ManifestLine | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const escaped = match[1] !== '';
  const path = match[4] ?? '';
  return { digest: (match[2] ?? '').toLowerCase(), path: escaped ? unescape(path) : path, star: match[3] !== '', escaped };
}

/** GNU coreutils: `\\` a backslash, `\n` LF, `\r` CR. */
function unescape(path: string): string {
  return path.replaceAll(/\\([\\nr])/g, (_, c: string) => ({ '\\': '\\', n: '\n', r: '\r' })[c] ?? c);
}

export interface FetchLine {
  readonly url: string;
  /** Bytes, or undefined for `-`. */
  readonly length: number | undefined;
  /** As listed. */
  readonly path: string;
}

const FETCH = /^([^ \t]+)[ \t]+([0-9]+|-)[ \t]+([^]+)$/;

/** `<url> <length or -> <path>`; undefined when the line is anything else, or the length is above 2^53 - 1. */
export function parseFetchLine(line: string): FetchLine | undefined {
  const match = FETCH.exec(line);
  if (match === null) return undefined;
  const length = match[2] === '-' ? undefined : Number(match[2]);
  if (length !== undefined && !Number.isSafeInteger(length)) return undefined;
  return { url: match[1] ?? '', length, path: match[3] ?? '' };
}
