/** CRC-32C (Castagnoli): what VHDX guards its headers, tables and log with, and ext4 its metadata. */

/** Signed, since numbers beyond 2^31 cost more. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});
/** Of a byte with one, two … seven zeros behind it: eight bytes are taken at once (Kounavis and Berry, "slicing by 8"). */
const [T1, T2, T3, T4, T5, T6, T7] = ((): Int32Array[] => {
  const tables: Int32Array[] = [];
  let last = TABLE;
  for (let zeros = 1; zeros < 8; zeros++) {
    last = last.map((crc) => (TABLE[crc & 0xff] ?? 0) ^ (crc >>> 8));
    tables.push(last);
  }
  return tables;
})() as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

/** Of `bytes`, with the four at `at` counted as zeros: where the CRC itself is stored. */
export function crc32c(bytes: Uint8Array, at: number): number {
  let crc = crc32cOnward(0xffffffff, bytes, 0, at);
  for (let i = 0; i < 4; i++) crc = (TABLE[crc & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc32cOnward(crc, bytes, at + 4, bytes.length) >>> 0;
}

/** Carries a CRC on over `bytes` from `from` to `to`; neither begins nor ends it (no inversion). A signed 32-bit number. */
export function crc32cOnward(start: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = start;
  let i = from;
  for (; i + 8 <= to; i += 8) {
    crc ^= (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24);
    crc =
      (T7[crc & 0xff] ?? 0) ^
      (T6[(crc >>> 8) & 0xff] ?? 0) ^
      (T5[(crc >>> 16) & 0xff] ?? 0) ^
      (T4[crc >>> 24] ?? 0) ^
      (T3[bytes[i + 4] ?? 0] ?? 0) ^
      (T2[bytes[i + 5] ?? 0] ?? 0) ^
      (T1[bytes[i + 6] ?? 0] ?? 0) ^
      (TABLE[bytes[i + 7] ?? 0] ?? 0);
  }
  for (; i < to; i++) crc = (TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return crc;
}
