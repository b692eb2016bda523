/** LZMA as the .lzma file has it (LZMA "alone"): 13 bytes of header, then one stream. It carries no checksum. */
import { type Codec, corrupt, tooLong } from './codec.ts';
import { LzmaDecoder } from './lzma-decoder.ts';
import { Fault } from '../../kernel/index.ts';

const HEADER_SIZE = 13;
const SIZE_UNKNOWN = 0xffff_ffff_ffff_ffffn;

/** Source: LZMA SDK, DOC/lzma-specification.txt. The dictionary is the output itself: never larger than `size`. */
export const lzma: Codec = (packed, size) =>
  new Promise((resolve, reject) => {
    try {
      resolve(unpack(packed, size));
    } catch (error) {
      reject(error instanceof Fault ? error : corrupt('LZMA', error));
    }
  });

function unpack(packed: Buffer, size: number): Buffer {
  if (packed.length < HEADER_SIZE) throw new Error(`it has ${packed.length} bytes and its header alone takes ${HEADER_SIZE}`);
  const said = packed.readBigUInt64LE(5);
  if (said !== SIZE_UNKNOWN && said > BigInt(size)) throw tooLong('LZMA', size);
  const out = Buffer.allocUnsafeSlow(size);
  const decoder = new LzmaDecoder(out);
  decoder.setProperties(packed.readUInt8());
  const ended = decoder.decode(packed.subarray(HEADER_SIZE), said === SIZE_UNKNOWN ? size : Number(said));
  if (said === SIZE_UNKNOWN && !ended && !decoder.endsHere()) throw tooLong('LZMA', size);
  if (said !== SIZE_UNKNOWN && ended && decoder.position !== Number(said)) throw new Error('it ends before its header says');
  return out.subarray(0, decoder.position);
}
