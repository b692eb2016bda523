/** read-back: the copy is read again from storage, every byte, before anything is said of it. */
import { join } from 'node:path';
import { BlockList, type RecordedFile, verifyBlocks, verifyFiles } from '../../digest/index.ts';
import { Fault, FaultKind } from '../../kernel/index.ts';
import { BLOCK_SIZE, blocksPath } from '../../package/index.ts';
import type { IngestContext } from '../request.ts';
import type { Copied } from './copy.ts';

/** @throws Fault 'ingest/copy-differs' for the first file that does not read as it was written. */
export async function readBack(copied: Copied, bag: string, context: IngestContext): Promise<void> {
  const totalBytes = copied.files.reduce((sum, { size }) => sum + size, 0);
  const signal = context.signal === undefined ? {} : { signal: context.signal };
  let doneBytes = 0;
  const report = (bytes: number): void => context.onProgress?.({ stage: 'read back', doneBytes: bytes, totalBytes });
  for (const file of copied.files.filter(({ hasBlocks }) => hasBlocks)) {
    await using list = await BlockList.open(join(bag, blocksPath(file.path)));
    const before = doneBytes;
    const { outcome, ranges, checkedBytes } = await verifyBlocks({
      ...signal,
      path: join(bag, file.path),
      list,
      expectedSize: file.size,
      onCheckpoint: (nextBlock) => report(before + Math.min(nextBlock * BLOCK_SIZE, file.size)),
    });
    if (outcome !== 'ok' || checkedBytes !== file.size) throw differs(file.path, outcome, ranges[0]?.offset);
    doneBytes += file.size;
  }
  let checked = 0;
  await verifyFiles(smallFiles(copied, bag), {
    ...signal,
    onResult({ name, outcome, actualSize }) {
      if (outcome !== 'ok') throw differs(name, outcome, 0);
      checked += 1;
      doneBytes += actualSize ?? 0;
      report(doneBytes);
    },
  });
  const smallCount = copied.files.filter(({ hasBlocks }) => !hasBlocks).length;
  if (checked !== smallCount) throw new TypeError(`${checked} of ${smallCount} files were read back`);
}

/** One after the other: of a carrier with many papers a list of them would be large. */
function* smallFiles({ files }: Copied, bag: string): Generator<RecordedFile> {
  for (const { path, size, sha256, hasBlocks } of files)
    if (!hasBlocks) yield { path: join(bag, path), name: path, size, digests: { sha256 } };
}

function differs(path: string, outcome: string, offset: number | undefined): Fault {
  const where = offset === undefined ? '' : ` from byte ${offset}`;
  return new Fault(
    FaultKind.Corrupt,
    'ingest/copy-differs',
    `the copy of ${path} does not read as it was written (${outcome}${where}); nothing was taken in. The storage or the memory of this machine is failing: check both before you go on`,
    { path, outcome },
  );
}
