/** Paths inside a bag: percent-encoding, what is unsafe on any platform, what is not portable. Touches no disk. */

const ENCODED: Readonly<Record<string, string>> = { '\n': '%0A', '\r': '%0D', '%': '%25' };

/** As RFC 8493 writes it in a manifest: LF, CR and % only. */
export function encodePath(path: string): string {
  return path.replaceAll(/[\n\r%]/g, (c) => ENCODED[c] ?? c);
}

const DECODED: Readonly<Record<string, string>> = { '%0A': '\n', '%0D': '\r', '%25': '%' };

/** The opposite, in one pass from left to right: `%250A` is `%0A`. Every other % stays. */
export function decodePath(path: string): string {
  return path.includes('%') ? path.replaceAll(/%(?:0[AaDd]|25)/g, (c) => DECODED[c.toUpperCase()] ?? c) : path;
}

const DOT_SEGMENT = /(?:^|\/)\.\.?(?:\/|$)/;

/** Why this path must not be used on any platform; undefined when it is safe. Backslashes: see `hasBackslash`. */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.includes('\0')) return 'it holds a NUL';
  const first = path[0];
  if (first === '/') return 'it is absolute';
  if (first === '\\') return 'it is absolute on Windows';
  if (first === '~') return 'it starts with ~, a home directory';
  if (path[1] === ':' && /^[A-Za-z]/.test(path)) return 'it starts with a drive letter';
  if (path.includes('..') || path.includes('/.') || first === '.') {
    if (DOT_SEGMENT.test(path)) return 'it has a segment . or ..';
  }
  if (path.includes('\\') && path.split('\\').includes('..')) return 'it has a segment .. on Windows';
  return path.includes('//') || path.endsWith('/') ? 'it has an empty segment' : undefined;
}

const SYSTEM_FILE = /(?:^|\/)(?:\.DS_Store|\.Spotlight-V100|\.Trashes|\.fseventsd|\._[^/]*|Thumbs\.db|desktop\.ini)(?:\/|$)/i;

/** Left behind by an operating system, not put there by a person. */
export function isSystemFile(path: string): boolean {
  return SYSTEM_FILE.test(path);
}

// eslint-disable-next-line no-control-regex
const SUSPECT = /[<>:"|?*\u0000-\u001f\u007f]|[ .](?:\/|$)|(?:^|\/)(?:CON|PRN|AUX|NUL|COM[1-9]|LPT[1-9])(?:[./]|$)/i;

/** Why Windows can't hold this name; undefined when it can. */
export function notPortable(path: string): string | undefined {
  const match = SUSPECT.exec(path);
  if (match !== null) {
    const what = match[0];
    if (/^\/?[A-Z]/i.test(what)) return `"${what.replaceAll(/[./]/g, '')}" is a device there`;
    if (/^[ .]/.test(what)) return 'a part of it ends in a space or dot';
    return `it holds ${JSON.stringify(what)}`;
  }
  if (path.length > 255) return `it is ${path.length} characters long, more than 255`;
  if (path.length <= 63) return undefined;
  return path.split('/').some((part) => Buffer.byteLength(part) > 255) ? 'a part of it is longer than 255 bytes' : undefined;
}

/** Text that is safe to show: control characters, and each byte of a name that is not UTF-8, as \\xNN. */
export function shown(name: Buffer): string {
  return name.toString('latin1').replaceAll(/[^\u0020-\u007e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
