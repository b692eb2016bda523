/** Where the bytes of a file lie: in one piece, in several, interleaved with others, or packed by zisofs. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Run } from '../../media/index.ts';
import { RunList } from '../content.ts';
import { type DataStream, StreamKind } from '../filesystems.ts';
import type { Blocks } from './blocks.ts';
import type { FileRecords } from './files.ts';
import type { Section } from './record.ts';
import type { RockRidge } from './rock-ridge.ts';
import { zisofsRuns } from './zisofs.ts';

export function sizeOf({ sections }: FileRecords): number {
  return sections.reduce((sum, { size }) => sum + size, 0);
}

export function dataStream(file: FileRecords, { zisofs, isSparse }: RockRidge, blocks: Blocks): DataStream {
  const kind = StreamKind.Data;
  const stored = sizeOf(file);
  if (isSparse === true) return { kind, name: '', size: stored, runs: () => Promise.reject(sparse()) };
  if (zisofs === undefined || stored === 0) return storedStream(kind, file, blocks);
  const runs = async (): Promise<readonly Run[]> =>
    zisofsRuns(blocks.volume, storedRuns(file, blocks), stored, zisofs, file.first.at);
  return { kind, name: '', size: zisofs.size, runs, packing: 'zisofs' };
}

export function storedStream(kind: DataStream['kind'], file: FileRecords, blocks: Blocks): DataStream {
  return { kind, name: '', size: sizeOf(file), runs: () => Promise.resolve().then(() => storedRuns(file, blocks)) };
}

function storedRuns(file: FileRecords, blocks: Blocks): readonly Run[] {
  const list = new RunList(blocks.volume, sizeOf(file));
  for (const section of file.sections) addSection(list, section, blocks);
  return list.done();
}

function addSection(list: RunList, { block, size, unitBlockCount, gapBlockCount }: Section, blocks: Blocks): void {
  const { blockSize } = blocks;
  const unit = unitBlockCount === 0 ? size : unitBlockCount * blockSize;
  let at = blocks.placeOf(block);
  for (let left = size; left > 0; left -= unit) {
    const length = Math.min(unit, left);
    // A session that is not in the image lies before its first byte.
    if (at < 0) list.absent(length);
    else list.stored(at, length);
    at += unit + gapBlockCount * blockSize;
  }
}

function sparse(): Fault {
  const message = 'the file is stored as a sparse one of Rock Ridge, which no known writer makes; send us the image';
  return new Fault(FaultKind.Unsupported, 'iso9660/sparse', message);
}
