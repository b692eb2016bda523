/** Numbers that ISO 9660 writes twice, little- and big-endian. */
import type { Field } from '../../kernel/index.ts';

export interface Pair {
  /** The little-endian half, which is used. */
  readonly value: number;
  /** The other half says something else. */
  readonly differs: boolean;
}

/** ECMA-119 §7.2.3 */
export const pair16: Field<Pair> = {
  width: 4,
  decode(bytes, at) {
    const value = bytes.readUInt16LE(at);
    return { value, differs: bytes.readUInt16BE(at + 2) !== value };
  },
};

/** ECMA-119 §7.3.3 */
export const pair32: Field<Pair> = {
  width: 8,
  decode(bytes, at) {
    const value = bytes.readUInt32LE(at);
    return { value, differs: bytes.readUInt32BE(at + 4) !== value };
  },
};
