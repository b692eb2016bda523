/** CRC-16, most significant bit first, without a final change: the one of floppy controllers and the one of Teledisk. */

export type Crc16 = (bytes: ArrayLike<number>, start?: number) => number;

/** CCITT, as floppy controllers and UDF (ECMA-167 1/7.2.6) use it; a controller's `start` is FFFF, or CDB4 after the three A1 of MFM. */
export const crcCcitt = crc16(0x1021);

/** Teledisk's; it starts with 0. */
export const crcTeledisk = crc16(0xa097);

function crc16(polynomial: number): Crc16 {
  const table = Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ polynomial) & 0xffff : (crc << 1) & 0xffff;
    return crc;
  });
  return (bytes, start = 0) => {
    let crc = start;
    for (let i = 0; i < bytes.length; i++) crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ (bytes[i] ?? 0)] ?? 0);
    return crc;
  };
}
