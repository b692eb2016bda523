/** Names from file systems as text: decoded by the right code page, harmless to show, and never a path. */
import { toUSVString } from 'node:util';
import iconv from 'iconv-lite';
import type { Name } from './filesystems.ts';

/** Names longer than any file system's; a limit against forged lengths. */
const MOST_BYTES = 1024;

/**
 * A name in a code page.
 * @param encoding as iconv-lite knows it (`cp437`, `macintosh`, `utf-16be` …). UTF-8 that isn't is taken as Latin-1, and says so.
 */
export function decodedName(bytes: Buffer, encoding: string): Name {
  const stored = bytes.length > MOST_BYTES ? bytes.subarray(0, MOST_BYTES) : bytes;
  if (encoding === 'utf-8') {
    const text = stored.toString('utf8');
    if (text.includes('\ufffd') && !Buffer.from(text, 'utf8').equals(stored))
      return { bytes: stored, text: shown(stored.toString('latin1')), encoding: 'iso-8859-1' };
    return { bytes: stored, text: shown(text), encoding };
  }
  if (isPlain(stored) && keepsAscii(encoding)) return { bytes: stored, text: shown(stored.toString('latin1')), encoding };
  const text = encoding === 'utf-16le' ? stored.toString('utf16le') : iconv.decode(stored, encoding, { stripBOM: false });
  return { bytes: stored, text: shown(text), encoding };
}

const ASCII = Buffer.from(Array.from({ length: 0x5f }, (_, index) => 0x20 + index));
const keeping = new Map<string, boolean>();

/** Whether the printable characters of ASCII stand for themselves, so that most names need no decoder. */
function keepsAscii(encoding: string): boolean {
  const known = keeping.get(encoding);
  if (known !== undefined) return known;
  const keeps = encoding !== 'utf-16le' && iconv.decode(ASCII, encoding, { stripBOM: false }) === ASCII.toString('latin1');
  keeping.set(encoding, keeps);
  return keeps;
}

function isPlain(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte < 0x20 || byte > 0x7e) return false;
  return true;
}

/** Text that a file system stores as such (built from pieces, or mapped by a table of its own). */
export function namedAs(text: string, bytes: Buffer, encoding: string): Name {
  return { bytes: bytes.subarray(0, MOST_BYTES), text: shown(text), encoding };
}

/** A label or another text of the disk, printable, without padding at its end. */
export function decodedText(bytes: Buffer, encoding: string): string {
  const text = encoding === 'utf-8' ? bytes.toString('utf8') : iconv.decode(bytes, encoding, { stripBOM: false });
  return pictured(text.replace(/\0[^]*$/, '')).trim();
}

const CONTROL = /[\p{Cc}\ufffe\uffff]/gu;

/**
 * One component of a path: control characters become their pictures (␍), half characters U+FFFD; `/` is shown as `:`, which is what
 * the Macintosh, whose names may hold it, does; `.`, `..` and nothing are no names and get a `␀` behind them.
 */
function shown(text: string): string {
  const safe = pictured(text).replaceAll('/', ':');
  return safe === '' || safe === '.' || safe === '..' ? `${safe}\u2400` : safe;
}

function pictured(text: string): string {
  // Most names are plain: they pay for one test.
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return toUSVString(text).replace(CONTROL, (c) => {
    const code = c.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}
