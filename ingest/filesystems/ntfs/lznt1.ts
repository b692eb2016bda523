/** LZNT1, the compression of NTFS: blocks of 4 KiB, each for itself. [MS-XCA] 2.5. */
import { Fault, FaultKind } from '../../kernel/index.ts';

const BLOCK = 4096;
/** Three bits of each block's header. */
const SIGNATURE = 3;

/**
 * @param size of what comes out, exactly; the last blocks may be shorter than they say, and end in zeros.
 * @throws Fault 'ntfs/lznt1'.
 */
export function unpackLznt1(packed: Buffer, size: number): Buffer {
  // Bytes come out in whole blocks, and zeros where a block stops early.
  const out = Buffer.alloc(Math.ceil(size / BLOCK) * BLOCK);
  let at = 0;
  for (let start = 0; start < size; start += BLOCK) {
    const header = at + 2 <= packed.length ? packed.readUInt16LE(at) : 0;
    if (header === 0) throw broken(`it ends after ${start} of ${size} bytes`);
    const end = at + 3 + (header & 0x0fff);
    if (((header >> 12) & 7) !== SIGNATURE || end > packed.length) throw broken(`no block begins at byte ${at}`);
    if ((header & 0x8000) === 0) packed.copy(out, start, at + 2, Math.min(end, at + 2 + BLOCK));
    else unpackBlock(packed, at + 2, end, out, start);
    at = end;
  }
  return out.subarray(0, size);
}

function unpackBlock(packed: Buffer, from: number, end: number, out: Buffer, start: number): void {
  const limit = start + BLOCK;
  let to = start;
  // Bits of a pair that count its distance: as many as the bytes so far need.
  let bits = 4;
  for (let at = from; at < end; ) {
    let flags = packed[at++] ?? 0;
    for (let index = 0; index < 8 && at < end; index++, flags >>= 1) {
      if ((flags & 1) === 0) {
        if (to >= limit) throw broken('a block holds more than 4096 bytes');
        out[to++] = packed[at++] ?? 0;
        continue;
      }
      if (at + 2 > end) throw broken(`a block ends amid a pair at byte ${at}`);
      const pair = (packed[at] ?? 0) | ((packed[at + 1] ?? 0) << 8);
      at += 2;
      while (bits < 12 && (to - start - 1) >> bits > 0) bits++;
      const distance = (pair >> (16 - bits)) + 1;
      const length = (pair & ((1 << (16 - bits)) - 1)) + 3;
      if (distance > to - start || to + length > limit) throw broken(`a pair at byte ${at - 2} leads outside its block`);
      for (const stop = to + length; to < stop; to++) out[to] = out[to - distance] ?? 0;
    }
  }
}

function broken(what: string): Fault {
  const message = `a compressed part (LZNT1) of the file is damaged: ${what}`;
  return new Fault(FaultKind.Corrupt, 'ntfs/lznt1', message);
}
