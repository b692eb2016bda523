/** CRC-32C (Castagnoli): what VHDX guards its headers, tables and log with, and ext4 its metadata. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** Of `bytes`, with the four at `at` counted as zeros: where the CRC itself is stored. */
export function crc32c(bytes: Uint8Array, at: number): number {
  let crc = crc32cOnward(0xffffffff, bytes, 0, at);
  for (let i = 0; i < 4; i++) crc = (TABLE[crc & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc32cOnward(crc, bytes, at + 4, bytes.length) >>> 0;
}

/** Carries a CRC on over `bytes` from `from` to `to`; neither begins nor ends it (no inversion). A signed 32-bit number. */
export function crc32cOnward(start: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = start;
  for (let i = from; i < to; i++) crc = (TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return crc;
}
