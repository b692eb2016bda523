/** The character encoding of a text, as far as bytes can tell: certain for Unicode, a guess for the code pages of old machines. */
import { isAscii } from 'node:buffer';

const MOST = 16_384;

/** IANA's names: `us-ascii`, `utf-8`, `utf-16le`, `utf-16be`, `ibm437`, `ibm850`, `windows-1252`, `macintosh`. */
export function encodingOf(text: Buffer): string {
  const bytes = text.subarray(0, MOST);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (isAscii(bytes)) return 'us-ascii';
  if (isUtf8(bytes)) return 'utf-8';
  if (bytes.includes(0x0d) && !bytes.includes(0x0a)) return 'macintosh';
  return codePage(bytes);
}

/** A character may be cut off at the end. */
function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Letters of DOS stand where Windows has signs, and the other way round; frames are drawn with one sign many times. */
function codePage(bytes: Buffer): string {
  let dos = 0;
  let windows = 0;
  let frames = 0;
  let letters850 = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) continue;
    const previous = bytes[at - 1] ?? 0x20;
    const next = bytes[at + 1] ?? 0x20;
    const isInWord = isLetter(previous) || isLetter(next);
    if (byte >= 0xb0 && byte <= 0xdf && (previous === byte || next === byte || isFrame(previous) || isFrame(next))) frames++;
    else if (isInWord && (byte <= 0x90 || (byte >= 0x93 && byte <= 0xa5) || byte === 0xe1) && !isPunctuation(byte)) dos++;
    else if (isInWord && byte >= 0xc0) windows++;
    if (is850(byte, isInWord) && !isFrame(previous) && !isFrame(next)) letters850++;
  }
  if (frames > windows) return 'ibm437';
  if (dos + letters850 > windows) return letters850 > 0 ? 'ibm850' : 'ibm437';
  return 'windows-1252';
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

function isFrame(byte: number): boolean {
  return byte >= 0xb3 && byte <= 0xda;
}

/** A letter of code page 850 that is a frame in 437 (Á, Â, À, ã, Ã), or a sign of money (ø, Ø). */
function is850(byte: number, isInWord: boolean): boolean {
  return (byte >= 0xb5 && byte <= 0xb7) || byte === 0xc6 || byte === 0xc7 || (isInWord && (byte === 0x9b || byte === 0x9d));
}

/** Quotes and dashes of Windows, which stand beside letters too. */
function isPunctuation(byte: number): boolean {
  return byte === 0x85 || (byte >= 0x91 && byte <= 0x97);
}
