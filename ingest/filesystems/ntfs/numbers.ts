/** 64-bit numbers of NTFS, which a stranger's image may fill with anything. */
import type { Field } from '../../kernel/index.ts';

/** Exact up to 2^53 − 1; above it only known to be too large: compare before use. */
export function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 0x1_0000_0000 + bytes.readUInt32LE(at);
}

export const u64: Field<number> = { width: 8, decode: readU64 };

/** Number and sequence of a record, as one refers to another. */
export interface Reference {
  readonly number: number;
  readonly sequence: number;
}

export function readReference(bytes: Buffer, at: number): Reference {
  return { number: bytes.readUIntLE(at, 6), sequence: bytes.readUInt16LE(at + 6) };
}
