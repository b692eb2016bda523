/** zisofs: files that were packed by the block when the disc was made. */
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { Fault, FaultKind, layout, raw, u32le, u64le, u8 } from '../../kernel/index.ts';
import { type ByteSource, pushRun, type Range, type Run } from '../../media/index.ts';
import { clipped, piecesOf } from '../content.ts';
import { MOST_RUNS } from '../filesystems.ts';
import type { Zisofs } from './rock-ridge.ts';

/** libisofs, doc/zisofs_format.txt: version 1 and 2 */
const header = layout('zisofs header', 16, { magic: [0, raw(8)], size: [8, u32le], headerWords: [12, u8], blockBits: [13, u8] });
const header2 = layout('zisofs header, version 2', 24, {
  magic: [0, raw(8)],
  version: [8, u8],
  headerWords: [9, u8],
  algorithm: [10, u8],
  blockBits: [11, u8],
  size: [12, u64le],
});
const MAGIC = '37e45396c9dbd607';
const MAGIC2 = 'ef2255a1bc1b95a0';

const unpack = promisify(inflate);

/**
 * @param stored runs of the packed file, `storedSize` bytes of it. @param fileId distinguishes the file in its volume.
 * @throws Fault 'iso9660/zisofs' when its header or table of blocks is not believable.
 */
export async function zisofsRuns(
  volume: ByteSource,
  stored: readonly Run[],
  storedSize: number,
  expected: Zisofs,
  fileId: number,
): Promise<readonly Run[]> {
  if (expected.size === 0) return [];
  const pieces: Range[] = [];
  for (const run of stored) {
    if (run.kind !== 'stored') break;
    pieces.push({ offset: run.at, length: run.length });
  }
  const packed = piecesOf(volume, pieces);
  const read = (offset: number, length: number): Promise<Buffer> => {
    if (offset + length > packed.size) throw cut(packed.size, storedSize);
    return packed.read(offset, length);
  };
  const isSecond = expected.algorithm === 'PZ';
  const head = isSecond ? header2.decode(await read(0, header2.size)) : header.decode(await read(0, header.size));
  const { size, blockBits } = head;
  const headerSize = head.headerWords * 4;
  if (head.magic.toString('hex') !== (isSecond ? MAGIC2 : MAGIC)) throw bad('has no header of that kind');
  // Version 2 counts its algorithms; the only one is zlib.
  if ('algorithm' in head && head.algorithm !== 1) throw bad(`is packed by method ${String(head.algorithm)}, which nobody has described`);
  if (size !== expected.size) throw bad(`says ${size} bytes, and its directory record ${expected.size}`);
  if (blockBits < 15 || blockBits > 20 || headerSize < 16) throw bad(`has blocks of 2^${blockBits} bytes`);
  const blockSize = 2 ** blockBits;
  const blockCount = Math.ceil(size / blockSize);
  const width = isSecond ? 8 : 4;
  if (blockCount >= MOST_RUNS) throw bad(`says ${size} bytes; more than ${MOST_RUNS} blocks are not believed`);
  if (headerSize + (blockCount + 1) * width > storedSize) throw bad(`says ${size} bytes, and is too short for their table`);
  const table = await read(headerSize, (blockCount + 1) * width);
  const pointer = (index: number): number => (isSecond ? u64le.decode(table, index * width) : table.readUInt32LE(index * width));
  const runs: Run[] = [];
  for (let index = 0; index < blockCount; index++) {
    const at = pointer(index);
    const packedLength = pointer(index + 1) - at;
    const offset = index * blockSize;
    const length = Math.min(blockSize, size - offset);
    if (packedLength < 0 || at + packedLength > storedSize || packedLength > 2 * blockSize)
      throw bad(`has its block ${index} at byte ${at}, ${packedLength} bytes long; it has ${storedSize}`);
    if (packedLength === 0) pushRun(runs, { kind: 'zero', offset, length });
    else if (at + packedLength > packed.size) pushRun(runs, { kind: 'absent', offset, length });
    else {
      const piece = clipped(stored, { offset: at, length: packedLength });
      const [only] = piece;
      const place = only?.kind === 'stored' && piece.length === 1 ? { source: volume, at: only.at } : { source: packed, at };
      const chunk = { key: `${fileId}:${index}`, ...place, packedLength, size: length, unpack: inflated(length) };
      pushRun(runs, { kind: 'packed', chunk, skip: 0, offset, length });
    }
  }
  return runs;
}

function inflated(size: number): (packed: Buffer) => Promise<Buffer> {
  return async (packed) => {
    let bytes: Buffer;
    try {
      bytes = await unpack(packed, { maxOutputLength: size });
    } catch (error) {
      throw new Fault(
        FaultKind.Corrupt,
        'iso9660/zisofs-block',
        `a packed block of ${size} bytes can't be unpacked: it is damaged`,
        {},
        { cause: error },
      );
    }
    if (bytes.length === size) return bytes;
    const message = `a packed block holds ${bytes.length} bytes; ${size} belong there`;
    throw new Fault(FaultKind.Corrupt, 'iso9660/zisofs-block', message, { got: bytes.length, size });
  };
}

function bad(what: string): Fault {
  return new Fault(
    FaultKind.Corrupt,
    'iso9660/zisofs',
    `the file is marked as packed by zisofs, and ${what}: it can't be unpacked`,
  );
}

function cut(got: number, size: number): Fault {
  const message = `the image has ${got} of the ${size} bytes of the packed file: it is cut`;
  return new Fault(FaultKind.Truncated, 'iso9660/zisofs', message, { got, size });
}
