/** One line of the journal: 64 hex of the leaf hash, a space, the canonical JSON, LF. */
import { createHash } from 'node:crypto';

/** Lines in one segment file. */
export const SEGMENT_ENTRIES = 65_536;

/** Longest line accepted when reading, in bytes. */
export const LINE_LIMIT = 16 << 20;

/** RFC 9162 §2.1.1: the hash of a leaf is SHA-256(0x00 ‖ entry), so that the Merkle tree needs no rewriting of history. */
export function leafHash(json: string | Uint8Array): string {
  const hash = createHash('sha256').update('\0');
  return (typeof json === 'string' ? hash.update(json, 'utf8') : hash.update(json)).digest('hex');
}

export function lineOf(json: string): string {
  return `${leafHash(json)} ${json}\n`;
}

/** The name of the segment that begins with entry `index`. */
export function segmentName(index: number): string {
  return `${String(index).padStart(12, '0')}.log`;
}

export const SEGMENT_NAME = /^(\d{12})\.log$/;
