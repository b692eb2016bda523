/** bzip2 in memory: one stream or several end to end, with the CRC of each block and stream checked. */
import { Fault } from '../../kernel/index.ts';
import { TooLong, readPart, streamCrc } from './bzip2-block.ts';
import { type Codec, corrupt, tooLong } from './codec.ts';

const HEADER_SIZE = 4;

/** The level in a stream's header, `BZh1` to `BZh9`; undefined when none stands at `at`. */
export function bzip2Level(bytes: Buffer, at = 0): number | undefined {
  const level = (bytes[at + 3] ?? 0) - 0x30;
  return bytes.toString('latin1', at, at + 3) === 'BZh' && level >= 1 && level <= 9 ? level : undefined;
}

/** Bytes after the last stream are not looked at. */
export const bzip2: Codec = (packed, size) =>
  new Promise((resolve, reject) => {
    try {
      resolve(unpack(packed, size));
    } catch (error) {
      if (error instanceof TooLong) reject(tooLong('bzip2', size));
      else reject(error instanceof Fault ? error : corrupt('bzip2', error));
    }
  });

function unpack(packed: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (let at = 0, first = true; ; first = false) {
    const level = bzip2Level(packed, at);
    if (level === undefined) {
      if (first) throw new Error('it does not begin like one');
      return Buffer.concat(parts, length);
    }
    let crc = 0;
    for (let bit = (at + HEADER_SIZE) * 8; ; ) {
      const part = readPart(packed, bit, level, size - length);
      bit = part.endBit;
      if (part.kind === 'block') {
        crc = streamCrc(crc, part.crc);
        parts.push(part.bytes);
        length += part.bytes.length;
        continue;
      }
      if (part.crc !== crc) throw new Error(`the stream has the CRC ${crc.toString(16)} instead of ${part.crc.toString(16)}`);
      at = Math.ceil(bit / 8);
      break;
    }
  }
}
