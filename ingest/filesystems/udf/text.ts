/** Text of UDF: OSTA Compressed Unicode, and fields of fixed width that hold it. */
import type { Name } from '../filesystems.ts';
import { decodedName, decodedText } from '../names.ts';

/** UDF 2.60 §2.1.1: the first byte tells the width of a character; 254 and 255 are those of deleted names. */
function encodingOf(compression: number): 'iso-8859-1' | 'utf-16be' | undefined {
  if (compression === 8 || compression === 254) return 'iso-8859-1';
  return compression === 16 || compression === 255 ? 'utf-16be' : undefined;
}

/** A name in a directory. What has no known compression is shown byte by byte. */
export function unicodeName(bytes: Buffer): Name {
  const encoding = encodingOf(bytes[0] ?? 0);
  const name = encoding === undefined ? decodedName(bytes, 'iso-8859-1') : decodedName(bytes.subarray(1), encoding);
  return { ...name, bytes };
}

/** ECMA-167 1/7.2.12: the last byte of the field is the number of bytes used. */
export function dstring(field: Buffer): string {
  const length = Math.min(field.at(-1) ?? 0, field.length - 1);
  const encoding = encodingOf(field[0] ?? 0);
  if (length < 2 || encoding === undefined) return '';
  return decodedText(field.subarray(1, length), encoding);
}

/** ECMA-167 1/7.4: one byte of flags, 23 of identifier, 8 of suffix. */
export function entityOf(field: Buffer): { readonly identifier: string; readonly suffix: Buffer } {
  return { identifier: decodedText(field.subarray(1, 24), 'iso-8859-1'), suffix: field.subarray(24, 32) };
}
