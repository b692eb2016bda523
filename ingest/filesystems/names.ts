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
  const stored = bytes.length <= MOST_BYTES ? bytes : bytes.subarray(0, MOST_BYTES);
  if (encoding === 'utf-8') {
    const text = stored.toString('utf8');
    if (HARMLESS.test(text) && text !== '.' && text !== '..') return { bytes: stored, text, encoding };
    if (text.includes('\ufffd') && !Buffer.from(text, 'utf8').equals(stored))
      return { bytes: stored, text: shown(stored.toString('latin1')), encoding: 'iso-8859-1' };
    return { bytes: stored, text: shown(text), encoding };
  }
  if (isPlain(stored) && keepsAscii(encoding)) return { bytes: stored, text: shown(stored.toString('latin1')), encoding };
  return { bytes: stored, text: shown(inCodePage(stored, encoding)), encoding };
}

/** Four letters of the Macintosh (`TEXT`, `snd `) or the like: every one of them counts, the blanks too. */
export function decodedCode(bytes: Buffer, encoding: string): string {
  return pictured(inCodePage(bytes, encoding));
}

function inCodePage(bytes: Buffer, encoding: string): string {
  if (encoding === 'utf-16le') return bytes.toString('utf16le');
  if (encoding === 'utf-16be') return utf16be(bytes);
  const text = iconv.decode(bytes, encoding, { stripBOM: false });
  // The one place that other code pages leave empty is Apple's logo; Apple's own tables give it this character.
  return encoding === 'macintosh' ? text.replaceAll('\ufffd', '\uf8ff') : text;
}

/** Without a copy to swap: listings decode millions of them. */
function utf16be(bytes: Buffer): string {
  let text = '';
  for (let start = 0; start + 1 < bytes.length; start += 512) {
    const codes: number[] = [];
    for (let at = start; at + 1 < Math.min(bytes.length, start + 512); at += 2)
      codes.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    text += String.fromCharCode(...codes);
  }
  return text;
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

/** Where a symbolic link points: text to be shown, never followed. UTF-8 that isn't is taken as Latin-1. */
export function decodedTarget(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const isText = !text.includes('\ufffd') || Buffer.from(text, 'utf8').equals(bytes);
  return pictured(isText ? text : bytes.toString('latin1'));
}

/** A label or another text of the disk, printable, without padding at its end. */
export function decodedText(bytes: Buffer, encoding: string): string {
  const text = encoding === 'utf-8' ? bytes.toString('utf8') : inCodePage(bytes, encoding);
  return pictured(text.replace(/\0[^]*$/, '')).trim();
}

/** Most names are so: they pay for one test. */
const HARMLESS = /^[\x20-\x2e\x30-\x7e]+$/;
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
