/** Names of Commodore computers as text. */
import type { Name } from '../filesystems.ts';
import { namedAs } from '../names.ts';

/** A1 to BF in the character set that has small letters (Unicode's "Symbols for Legacy Computing" among them). */
const BLOCKS = Array.from('▌▄▔▁▎▒🮇🮏🮙🮇├▗└┐▂┌┴┬┤▎▍🮈🮂🮃▃✓▖▝┘▘▚');
const AFTER_SMALL: Readonly<Record<number, string>> = { 0x5c: '£', 0x5e: '↑', 0x5f: '←' };
/** What stands after the capitals, at 7B and DB. */
const AFTER_CAPITALS = Array.from('┼🮌│🮕🮘');
const PADDING = 0xa0;

/**
 * Letters as the computer shows them after both shift keys: unshifted ones small, shifted ones capital. It starts with the other set,
 * where unshifted letters look like capitals and shifted ones are graphics: only this one tells both apart and keeps them readable.
 */
export function petscii(bytes: Buffer): string {
  return Array.from(bytes, character).join('');
}

function character(byte: number): string {
  if (byte >= 0x41 && byte <= 0x5a) return String.fromCharCode(byte + 0x20);
  if (byte < 0x60) return AFTER_SMALL[byte] ?? String.fromCharCode(byte);
  // Three rows stand twice.
  const first = byte === 0xff ? 0x7e : byte >= 0xe0 ? byte - 0x40 : byte >= 0xc0 ? byte - 0x60 : byte;
  if (first === 0x60) return '─';
  if (first < 0x7b) return String.fromCharCode(first - 0x20);
  if (first < 0x80) return AFTER_CAPITALS[first - 0x7b] ?? '';
  if (first < PADDING) return String.fromCharCode(first);
  return first === PADDING ? ' ' : (BLOCKS[first - 0xa1] ?? '');
}

/** Without the shifted spaces that fill it up. */
function unpadded(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === PADDING) end--;
  return bytes.subarray(0, end);
}

export function petsciiName(bytes: Buffer): Name {
  const name = unpadded(bytes);
  return namedAs(petscii(name), name, 'petscii');
}

export function petsciiText(bytes: Buffer): string {
  return namedAs(petscii(unpadded(bytes)).trim(), bytes, 'petscii').text.replace(/^\u2400$/, '');
}
