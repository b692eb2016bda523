/** The end of a Nero image: its footer, and the chunks before it. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';

export interface NrgFooter {
  readonly version: '1' | '2';
  readonly chunksOffset: number;
  /** Where the footer itself begins. */
  readonly end: number;
}

export interface NrgChunk {
  readonly id: string;
  readonly data: Buffer;
}

/** Cue, tracks, CD-Text and names of 99 tracks take some tens of KiB. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_CHUNKS = 1000;

/** Undefined where none is, or where it points outside of the file. */
export async function footerOf(container: ByteSource): Promise<NrgFooter | undefined> {
  const { size } = container;
  if (size < 24) return undefined;
  const tail = await container.read(size - 12, 12);
  const isSecond = tail.toString('latin1', 0, 4) === 'NER5';
  if (!isSecond && tail.toString('latin1', 4, 8) !== 'NERO') return undefined;
  const end = size - (isSecond ? 12 : 8);
  const offset = isSecond ? tail.readBigUInt64BE(4) : BigInt(tail.readUInt32BE(8));
  if (offset + 8n > BigInt(end)) return undefined;
  return { version: isSecond ? '2' : '1', chunksOffset: Number(offset), end };
}

/** @throws Fault 'nrg/chunks' for too many or too long ones, 'nrg/chunk-outside' for one that does not end before the footer. */
export async function chunksOf(container: ByteSource, { chunksOffset, end }: NrgFooter): Promise<NrgChunk[]> {
  const length = end - chunksOffset;
  if (length > MOST_BYTES) {
    const message = `the chunks of the image are said to have ${length} bytes; ${MOST_BYTES} are the limit: the footer is damaged or forged`;
    throw new Fault(FaultKind.Corrupt, 'nrg/chunks', message, { length, limit: MOST_BYTES });
  }
  const bytes = await container.read(chunksOffset, length);
  const chunks: NrgChunk[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const id = bytes.toString('latin1', at, at + 4);
    if (id === 'END!') return chunks;
    const size = bytes.readUInt32BE(at + 4);
    if (size > bytes.length - at - 8 || chunks.length >= MOST_CHUNKS || !/^[A-Z0-9!]{4}$/.test(id)) {
      const message = `chunk "${escaped(id)}" at byte ${chunksOffset + at} is said to have ${size} bytes and ${bytes.length - at - 8} are left; the image is damaged`;
      throw new Fault(FaultKind.Corrupt, 'nrg/chunk-outside', message, { offset: chunksOffset + at, size });
    }
    chunks.push({ id, data: bytes.subarray(at + 8, at + 8 + size) });
    at += 8 + size;
  }
  return chunks;
}
