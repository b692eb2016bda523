/** Checksums put right again after damage: who forges a structure forges its checksum too, and only then is what lies behind it read. */
import { crc32 } from 'node:zlib';

type Mend = (bytes: Buffer) => void;

/** By id of the format; those whose checksums guard structures that tell where others lie. */
const MENDS: Readonly<Record<string, Mend>> = { gpt, sun, sgi, rdb, bsd, lvm2, udf, exfat, vhd, vhdx };

/** `bytes` themselves, changed. */
export function mended(id: string, bytes: Buffer): Buffer {
  MENDS[id]?.(bytes);
  return bytes;
}

function gpt(bytes: Buffer): void {
  for (const sectorSize of [512, 4096])
    for (const at of [sectorSize, bytes.length - sectorSize]) {
      if (at < 0 || at + 92 > bytes.length || bytes.toString('latin1', at, at + 8) !== 'EFI PART') continue;
      const entriesAt = Number(bytes.readBigUInt64LE(at + 72)) * sectorSize;
      const length = bytes.readUInt32LE(at + 80) * bytes.readUInt32LE(at + 84);
      if (entriesAt + length <= bytes.length) bytes.writeUInt32LE(crc32(bytes.subarray(entriesAt, entriesAt + length)), at + 88);
      const size = Math.min(bytes.readUInt32LE(at + 12), bytes.length - at);
      bytes.writeUInt32LE(0, at + 16);
      bytes.writeUInt32LE(crc32(bytes.subarray(at, at + size)), at + 16);
    }
}

/** The words of the label, all together, are 0. */
function sun(bytes: Buffer): void {
  if (bytes.length < 512 || bytes.readUInt16BE(508) !== 0xdabe) return;
  bytes.writeUInt16BE(xorWords(bytes.subarray(0, 510), 'BE'), 510);
}

function sgi(bytes: Buffer): void {
  if (bytes.length < 512 || bytes.readUInt32BE(0) !== 0x0be5_a941) return;
  bytes.writeUInt32BE(0, 504);
  bytes.writeUInt32BE(-sumOf(bytes.subarray(0, 512)) >>> 0, 504);
}

function rdb(bytes: Buffer): void {
  for (let at = 0; at + 512 <= Math.min(bytes.length, 256 * 512); at += 512) {
    if (!/^(RDSK|PART|BADB|FSHD|LSEG)$/.test(bytes.toString('latin1', at, at + 4))) continue;
    const size = Math.min(128, bytes.readUInt32BE(at + 4)) * 4;
    bytes.writeUInt32BE(0, at + 8);
    bytes.writeUInt32BE(-sumOf(bytes.subarray(at, at + size)) >>> 0, at + 8);
  }
}

function bsd(bytes: Buffer): void {
  for (let at = 0; at + 404 <= bytes.length; at += 64) {
    if (bytes.readUInt32LE(at) !== 0x8256_4557 || bytes.readUInt32LE(at + 132) !== 0x8256_4557) continue;
    const end = Math.min(bytes.length, at + 148 + 16 * bytes.readUInt16LE(at + 138)) & ~1;
    bytes.writeUInt16LE(0, at + 136);
    bytes.writeUInt16LE(xorWords(bytes.subarray(at, end), 'LE'), at + 136);
  }
}

function lvm2(bytes: Buffer): void {
  for (let at = 0; at + 512 <= Math.min(bytes.length, 1 << 20); at += 512) {
    if (bytes.toString('latin1', at, at + 8) === 'LABELONE')
      bytes.writeUInt32LE(lvmCrc(bytes.subarray(at + 20, at + 512)), at + 16);
    if (bytes.toString('latin1', at + 4, at + 20) !== ' LVM2 x[5A%r0N*>') continue;
    const textAt = at + Number(bytes.readBigUInt64LE(at + 40));
    const size = Number(bytes.readBigUInt64LE(at + 48));
    if (textAt + size <= bytes.length) bytes.writeUInt32LE(lvmCrc(bytes.subarray(textAt, textAt + size)), at + 56);
    bytes.writeUInt32LE(lvmCrc(bytes.subarray(at + 4, at + 512)), at);
  }
}

/** Descriptor tags (ECMA-167 3/7.2), wherever one seems to stand. */
function udf(bytes: Buffer): void {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const id = bytes.readUInt16LE(at);
    const isTag = (id >= 1 && id <= 9) || (id >= 256 && id <= 266);
    if (!isTag || bytes.readUInt16LE(at + 2) < 2 || bytes.readUInt16LE(at + 2) > 3) continue;
    const length = bytes.readUInt16LE(at + 10);
    if (at + 16 + length > bytes.length) continue;
    bytes.writeUInt16LE(crcOfTag(bytes.subarray(at + 16, at + 16 + length)), at + 8);
    let sum = 0;
    for (let i = 0; i < 16; i += 1) if (i !== 4) sum += bytes[at + i] ?? 0;
    bytes[at + 4] = sum & 0xff;
  }
}

/** The checksums of sets of directory entries. */
function exfat(bytes: Buffer): void {
  for (let at = 0; at + 32 <= bytes.length; at += 32) {
    const count = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0x85 || count < 2 || count > 18 || bytes[at + 32] !== 0xc0) continue;
    let sum = 0;
    for (let i = 0; i < 32 * (count + 1); i += 1)
      if (i !== 2 && i !== 3) sum = (((sum & 1) << 15) + (sum >> 1) + (bytes[at + i] ?? 0)) & 0xffff;
    bytes.writeUInt16LE(sum, at + 2);
  }
}

function vhd(bytes: Buffer): void {
  for (const at of [0, 512, bytes.length - 512]) {
    if (at < 0 || at + 1024 > bytes.length + 512) continue;
    const mark = bytes.toString('latin1', at, at + 8);
    const [field, size] = mark === 'conectix' ? [64, 512] : mark === 'cxsparse' ? [36, 1024] : [0, 0];
    if (size === 0 || at + size > bytes.length) continue;
    bytes.writeUInt32BE(0, at + field);
    let sum = 0;
    for (const byte of bytes.subarray(at, at + size)) sum += byte;
    bytes.writeUInt32BE(~sum >>> 0, at + field);
  }
}

function vhdx(bytes: Buffer): void {
  for (const [at, mark, size] of [
    [65_536, 'head', 4096],
    [131_072, 'head', 4096],
    [196_608, 'regi', 65_536],
    [262_144, 'regi', 65_536],
  ] as const) {
    if (at + size > bytes.length || bytes.toString('latin1', at, at + 4) !== mark) continue;
    bytes.writeUInt32LE(0, at + 4);
    bytes.writeUInt32LE(crc32c(bytes.subarray(at, at + size)), at + 4);
  }
}

function xorWords(bytes: Buffer, order: 'BE' | 'LE'): number {
  let words = 0;
  for (let at = 0; at + 2 <= bytes.length; at += 2) words ^= order === 'BE' ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
  return words;
}

function sumOf(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4) sum = (sum + bytes.readUInt32BE(at)) >>> 0;
  return sum;
}

/** CRC-32 begun with another number, and not turned at the end. */
function lvmCrc(bytes: Buffer): number {
  return ~crc32(bytes, ~0xf597_a6cf >>> 0) >>> 0;
}

/** Polynomial 0x11021, from 0. */
function crcOfTag(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}

const CASTAGNOLI = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f6_3b78;
  return crc >>> 0;
});

function crc32c(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (CASTAGNOLI[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}
