/** Floppies made for tests: sectors written as MFM cells, cells as flux of an unsteady drive, flux as an SCP image. From the specifications. */

export interface WrittenSector {
  readonly cylinder: number;
  readonly head: number;
  readonly record: number;
  readonly data: Buffer;
  /** Data mark; F8 for a deleted sector. */
  readonly mark?: number;
  readonly damage?: 'data' | 'header' | 'no data';
}

function crc16(bytes: Buffer): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}

class Cells {
  readonly cells: number[] = [];
  #last = 0;

  bytes(bytes: Buffer): void {
    for (const byte of bytes) for (let i = 7; i >= 0; i--) this.#bit((byte >> i) & 1);
  }

  sync(): void {
    for (let n = 0; n < 3; n++) for (let i = 15; i >= 0; i--) this.cells.push((0x4489 >> i) & 1);
    this.#last = 1;
  }

  /** Mark, content, checksum. */
  block(content: Buffer, isDamaged: boolean): void {
    this.bytes(Buffer.alloc(12));
    this.sync();
    const crc = crc16(Buffer.concat([Buffer.of(0xa1, 0xa1, 0xa1), content]));
    this.bytes(Buffer.concat([content, Buffer.of(crc >> 8, (crc & 0xff) ^ (isDamaged ? 1 : 0))]));
  }

  #bit(bit: number): void {
    this.cells.push((this.#last | bit) ^ 1, bit);
    this.#last = bit;
  }
}

/** `count` cells of one revolution, filled up with gap. */
export function mfmTrack(sectors: readonly WrittenSector[], count = 100_000): number[] {
  const out = new Cells();
  out.bytes(Buffer.alloc(80, 0x4e));
  for (const { cylinder, head, record, data, mark = 0xfb, damage } of sectors) {
    const code = Math.log2(data.length / 128);
    out.block(Buffer.of(0xfe, cylinder, head, record, code), damage === 'header');
    out.bytes(Buffer.alloc(22, 0x4e));
    if (damage !== 'no data') out.block(Buffer.concat([Buffer.of(mark), data]), damage === 'data');
    out.bytes(Buffer.alloc(40, 0x4e));
  }
  if (out.cells.length < count) out.bytes(Buffer.alloc(Math.floor((count - out.cells.length) / 16), 0x4e));
  return out.cells;
}

/** Nanoseconds between flux changes, off by up to `jitterNs`, the same every time. */
export function fluxOf(cells: readonly number[], cellNs = 2000, jitterNs = 150): number[] {
  const gaps: number[] = [];
  let empty = 1;
  let moved = 0;
  for (const cell of cells) {
    if (cell === 0) {
      empty++;
      continue;
    }
    const shift = (((gaps.length * 7919) % 61) / 30 - 1) * jitterNs;
    gaps.push(empty * cellNs + shift - moved);
    moved = shift;
    empty = 1;
  }
  return gaps;
}

/** Flux without any sense, as of a track that was never written. */
export function noise(count = 30_000): number[] {
  return Array.from({ length: count }, (_, i) => 3000 + ((i * i * 7919) % 9000));
}

export interface ScpSettings {
  readonly heads?: number;
  readonly flags?: number;
  readonly cellWidth?: number;
  readonly isSummed?: boolean;
}

/** @param tracks by number (twice the cylinder, and the head): each revolution's flux in nanoseconds. */
export function scp(tracks: ReadonlyMap<number, readonly (readonly number[])[]>, settings: ScpSettings = {}): Buffer {
  const revolutions = Math.max(1, ...[...tracks.values()].map(({ length }) => length));
  const table = Buffer.alloc(168 * 4);
  const parts: Buffer[] = [table];
  let at = 16 + table.length;
  for (const [number, turns] of tracks) {
    table.writeUInt32LE(at, number * 4);
    const head = Buffer.alloc(4 + 12 * revolutions);
    head.write('TRK', 'latin1');
    head[3] = number;
    const data = turns.map((gaps) => Buffer.from(gaps.flatMap((ns) => [Math.round(ns / 25) >> 8, Math.round(ns / 25) & 0xff])));
    let offset = head.length;
    for (const [i, bytes] of data.entries()) {
      head.writeUInt32LE(8_000_000, 4 + 12 * i);
      head.writeUInt32LE(bytes.length / 2, 8 + 12 * i);
      head.writeUInt32LE(offset, 12 + 12 * i);
      offset += bytes.length;
    }
    parts.push(head, ...data);
    at += offset;
  }
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(16);
  header.write('SCP', 'latin1');
  const { heads = 0, flags = 1, cellWidth = 0, isSummed = true } = settings;
  header.set([0x24, 0x31, revolutions, 0, 167, flags, cellWidth, heads, 0], 3);
  if (isSummed) header.writeUInt32LE(body.reduce((sum, byte) => sum + byte, 0) >>> 0, 12);
  return Buffer.concat([header, body]);
}

/** Content that tells its place. */
export function dataOf(cylinder: number, head: number, record: number, size = 512): Buffer {
  return Buffer.alloc(size, `C${cylinder} H${head} R${record} `);
}

/** `count` sectors numbered from 1. */
export function sectorsOf(cylinder: number, head: number, count = 9, size = 512): WrittenSector[] {
  return Array.from({ length: count }, (_, i) => ({ cylinder, head, record: i + 1, data: dataOf(cylinder, head, i + 1, size) }));
}
