/** layout(): an on-disk structure as a table of fields, decoded from bytes. The table is compared with the specification, line by line. */
import { Fault, FaultKind } from './fault.ts';

/** Reads one field at `at` of `bytes`; `width` bytes are there. */
export interface Field<T> {
  readonly width: number;
  decode(bytes: Buffer, at: number): T;
  /** The same of a structure in which it stands at `start`: a function of its own is twice as fast where millions are read. */
  readonly readerAt?: (start: number) => (bytes: Buffer, at: number) => T;
}

type Table = Readonly<Record<string, readonly [at: number, field: Field<unknown>]>>;
export type Decoded<T extends Table> = { readonly [K in keyof T]: T[K][1] extends Field<infer V> ? V : never };

export interface Layout<T extends Table> {
  /** In bytes, from the structure's first byte. */
  readonly size: number;
  /** @throws Fault 'layout/short' when fewer than `size` bytes are there; 'layout/number-too-large' above 2^53 − 1. */
  decode(bytes: Buffer): Decoded<T>;
  /**
   * One field of the structure at `at`, which the caller knows to be there: for listings, where decoding a million of them whole costs more
   * than all the rest.
   */
  readonly field: { readonly [K in keyof T]: (bytes: Buffer, at: number) => Decoded<T>[K] };
}

/** @param size of the structure, in bytes; every field lies inside. */
export function layout<const T extends Table>(name: string, size: number, fields: T): Layout<T> {
  const rows = Object.entries(fields);
  for (const [field, [at, { width }]] of rows)
    if (at + width > size) throw new RangeError(`${name}: ${field} ends after byte ${size}`);
  const readers = rows.map(([name, [start, field]]) => [
    name,
    field.readerAt?.(start) ?? ((bytes: Buffer, at: number) => field.decode(bytes, at + start)),
  ]);
  return {
    size,
    field: Object.fromEntries(readers) as Layout<T>['field'],
    decode(bytes) {
      if (bytes.length < size) {
        const message = `the ${name} has ${size} bytes and ${bytes.length} are there; the image is cut`;
        throw new Fault(FaultKind.Truncated, 'layout/short', message, { structure: name, size, got: bytes.length });
      }
      // By hand: listings decode millions of these, and Object.fromEntries costs several times as much.
      const decoded: Record<string, unknown> = {};
      for (const [name, [at, field]] of rows) decoded[name] = field.decode(bytes, at);
      return decoded as Decoded<T>;
    },
  };
}

export const u8: Field<number> = {
  width: 1,
  decode: (bytes, at) => bytes.readUInt8(at),
  readerAt: (start) => (bytes, at) => bytes.readUInt8(at + start),
};
export const u16le: Field<number> = {
  width: 2,
  decode: (bytes, at) => bytes.readUInt16LE(at),
  readerAt: (start) => (bytes, at) => bytes.readUInt16LE(at + start),
};
export const u16be: Field<number> = {
  width: 2,
  decode: (bytes, at) => bytes.readUInt16BE(at),
  readerAt: (start) => (bytes, at) => bytes.readUInt16BE(at + start),
};
export const u32le: Field<number> = {
  width: 4,
  decode: (bytes, at) => bytes.readUInt32LE(at),
  readerAt: (start) => (bytes, at) => bytes.readUInt32LE(at + start),
};
export const u32be: Field<number> = {
  width: 4,
  decode: (bytes, at) => bytes.readUInt32BE(at),
  readerAt: (start) => (bytes, at) => bytes.readUInt32BE(at + start),
};
export const i32le: Field<number> = {
  width: 4,
  decode: (bytes, at) => bytes.readInt32LE(at),
  readerAt: (start) => (bytes, at) => bytes.readInt32LE(at + start),
};
export const u64le: Field<number> = { width: 8, decode: (bytes, at) => safe(bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at)) };
export const u64be: Field<number> = { width: 8, decode: (bytes, at) => safe(bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)) };

/** Text of one byte a character, up to the first NUL; control characters are left to `escaped`. */
export function ascii(width: number): Field<string> {
  return { width, decode: (bytes, at) => bytes.toString('latin1', at, at + width).replace(/\0[^]*$/, '') };
}

/** A view, not a copy. */
export function raw(width: number): Field<Buffer> {
  return { width, decode: (bytes, at) => bytes.subarray(at, at + width) };
}

/** GUID as Microsoft stores it: the first three groups little-endian. Lower case, with hyphens. */
export const guid: Field<string> = {
  width: 16,
  decode(bytes, at) {
    const hex = (from: number, to: number): string => bytes.toString('hex', at + from, at + to);
    const swapped = (from: number, to: number): string =>
      Buffer.from(bytes.subarray(at + from, at + to).toReversed()).toString('hex');
    return [swapped(0, 4), swapped(4, 6), swapped(6, 8), hex(8, 10), hex(10, 16)].join('-');
  },
};

/** UUID as RFC 9562 stores it, big-endian. Lower case, with hyphens. */
export const uuidBe: Field<string> = {
  width: 16,
  decode: (bytes, at) => bytes.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
};

function safe(high: number, low: number): number {
  if (high < 0x20_0000) return high * 0x1_0000_0000 + low;
  const value = ((BigInt(high) << 32n) | BigInt(low)).toString();
  const message = `the image says ${value} where a number of bytes or sectors belongs; more than 2^53 − 1 can't be counted`;
  throw new Fault(FaultKind.Corrupt, 'layout/number-too-large', message, { value });
}
