/**
 * Sectors as the Amiga's trackdisk.device writes them: whole tracks of 11 (HD: 22), odd bits before even bits.
 * Source: Amiga ROM Kernel Reference Manual: Devices, appendix C.
 */
import type { Cells } from './cells.ts';
import { SYNC } from './ibm.ts';
import { Encoding, type Sector } from './sector.ts';

const DATA_BITS = 0x55555555;
const SIZE = 512;
/** Words of 32 cells: header 2, label 8, header checksum 2, data checksum 2, data 256. */
const WORDS = 2 + 8 + 2 + 2 + 256;

export function amigaSectors({ cells, length }: Cells): Sector[] {
  const sectors: Sector[] = [];
  let window = 0;
  for (let at = 0; at < cells.length && at < length + 64; at++) {
    window = ((window << 1) | (cells[at] ?? 0)) & 0xffff;
    if (window !== SYNC || at + 1 + 14 * 32 > cells.length) continue;
    const sector = sectorAt(cells, at + 1);
    if (sector !== undefined) sectors.push(sector);
  }
  return sectors;
}

function wordAt(cells: Uint8Array, at: number): number {
  let word = 0;
  for (let i = at; i < at + 32; i++) word = (word << 1) | (cells[i] ?? 0);
  return word >>> 0;
}

function sectorAt(cells: Uint8Array, at: number): Sector | undefined {
  const word = (index: number): number => wordAt(cells, at + index * 32) & DATA_BITS;
  const long = (index: number): number => ((word(index) << 1) | word(index + 1)) >>> 0;
  const header = long(0);
  const [format, track, record] = [header >>> 24, (header >>> 16) & 0xff, (header >>> 8) & 0xff];
  if (format !== 0xff || record > 21) return undefined;
  let sum = 0;
  for (let i = 0; i < 10; i++) sum ^= word(i);
  if (sum >>> 0 !== long(10)) return undefined;
  const data = at + WORDS * 32 <= cells.length ? dataOf(word, long(12)) : undefined;
  return { encoding: Encoding.Amiga, cylinder: track >> 1, head: track & 1, record, size: SIZE, data, isDeleted: false };
}

function dataOf(word: (index: number) => number, checksum: number): Buffer | undefined {
  const data = Buffer.allocUnsafe(SIZE);
  let sum = 0;
  for (let i = 0; i < SIZE / 4; i++) {
    const odd = word(14 + i);
    const even = word(14 + SIZE / 4 + i);
    sum ^= odd ^ even;
    data.writeUInt32BE(((odd << 1) | even) >>> 0, i * 4);
  }
  return sum >>> 0 === checksum ? data : undefined;
}
