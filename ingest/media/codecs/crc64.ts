/** CRC-64 as xz uses it: polynomial 0xC96C5795D7870F42 (ECMA-182, reflected), all ones at the start and at the end. */

const LOW = new Uint32Array(256);
const HIGH = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let low = i;
  let high = 0;
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (isOdd) {
      low ^= 0xd7870f42;
      high ^= 0xc96c5795;
    }
  }
  LOW[i] = low;
  HIGH[i] = high;
}

export class Crc64 {
  private low = -1;
  private high = -1;

  update(bytes: Uint8Array): void {
    let { low, high } = this;
    for (const byte of bytes) {
      const i = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (LOW[i] as number);
      high = (high >>> 8) ^ (HIGH[i] as number);
    }
    this.low = low;
    this.high = high;
  }

  /** Eight bytes, little-endian. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(~this.low, 0);
    bytes.writeInt32LE(~this.high, 4);
    return bytes;
  }
}
