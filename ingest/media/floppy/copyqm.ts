/** CopyQM's packing: counts of 16 bits, below zero for a byte repeated, above for bytes as they are; and its own kind of CRC-32. */
import { Fault, FaultKind } from '../../kernel/index.ts';

/** At most `size` bytes; fewer, with a warning, when the image ends early. @throws Fault 'cqm/too-long' when more come out. */
export function unpackRuns(packed: Buffer, size: number, warnings: Fault[]): Buffer {
  const out = Buffer.alloc(size);
  let made = 0;
  let at = 0;
  while (at + 2 <= packed.length) {
    const count = packed.readInt16LE(at);
    const length = Math.abs(count);
    const stored = count < 0 ? 1 : count;
    at += 2;
    if (length > size - made) {
      const message = `the sectors unpack to more than the ${size} bytes of the disk; the image is damaged`;
      throw new Fault(FaultKind.Corrupt, 'cqm/too-long', message, { size });
    }
    if (at + stored > packed.length) {
      const message = `the image ends within its packed sectors, after ${made} of ${size} bytes; ask for a whole copy`;
      warnings.push(new Fault(FaultKind.Truncated, 'cqm/cut', message, { size, made }));
      break;
    }
    if (count < 0) out.fill(packed[at] ?? 0, made, made + length);
    else packed.copy(out, made, at, at + length);
    made += length;
    at += stored;
  }
  return out.subarray(0, made);
}

/** CRC-32 with only 64 entries of its table in use: the program loses two bits of the index. Starts with 0, not inverted. */
export function crcOf(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) crc = (TABLE[(byte ^ crc) & 0x3f] ?? 0) ^ (crc >>> 8);
  return crc >>> 0;
}

const TABLE = Uint32Array.from({ length: 64 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
