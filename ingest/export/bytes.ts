/** On-disk structures to be written: a table of places and values, the counterpart of kernel's layout(). */

export type Row = readonly [at: number, value: Uint8Array];

/** `size` bytes, zeros where no row says otherwise. @throws RangeError when a row goes beyond them. */
export function structure(size: number, rows: readonly Row[]): Buffer {
  const bytes = Buffer.alloc(size);
  for (const [at, value] of rows) {
    if (at + value.length > size) throw new RangeError(`a field of ${value.length} bytes at ${at} of ${size}`);
    bytes.set(value, at);
  }
  return bytes;
}

export function u8(value: number): Buffer {
  return Buffer.of(value);
}

export function u16le(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u16be(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32le(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u32be(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64le(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function u64be(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

/** A GUID as Microsoft stores it: the first three groups little-endian. @param text with or without hyphens. */
export function guid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

/** The next multiple of `unit`. */
export function roundedUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** Zeros from `from` up to `to`, in pieces that cost no memory. */
export function* zeros(from: number, to: number): Generator<Buffer> {
  for (let at = from; at < to; at += ZEROS.length) yield ZEROS.subarray(0, Math.min(ZEROS.length, to - at));
}

const ZEROS = Buffer.alloc(1 << 16);

/** A table of `count` entries, made in pieces as it is written. @param width of an entry, in bytes. */
export function* table(count: number, width: number, put: (bytes: Buffer, at: number, index: number) => void): Generator<Buffer> {
  const atOnce = (1 << 18) / width;
  for (let first = 0; first < count; first += atOnce) {
    const bytes = Buffer.alloc(Math.min(atOnce, count - first) * width);
    for (let at = 0; at < bytes.length; at += width) put(bytes, at, first + at / width);
    yield bytes;
  }
}
