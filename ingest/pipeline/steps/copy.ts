/** copy: the one pass. Each byte is read once: copied, digested, block-digested, zeros left sparse. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DepositFile } from '../../acquisition/index.ts';
import { type Algorithm, copyAndDigest, type Digests, type PassedFile } from '../../digest/index.ts';
import { inParallel } from '../../kernel/index.ts';
import { BLOCK_SIZE, blocksPath, FileRole, IMAGE_FOLDER, SUBMISSION_FOLDER } from '../../package/index.ts';
import type { IngestContext } from '../request.ts';
import { mediumAlgorithms, type Received } from './receive.ts';

export interface CopiedFile {
  /** Path in the package. */
  readonly path: string;
  readonly role: typeof FileRole.Image | typeof FileRole.Submission;
  readonly source: DepositFile;
  readonly size: number;
  readonly sha256: string;
  /** All that were computed, SHA-256 included. */
  readonly digests: Digests;
  readonly hasBlocks: boolean;
}

export interface Copied {
  /** The image's files in their order, then the papers in order of their names. */
  readonly files: readonly CopiedFile[];
  /** Over the image's bytes, end to end. */
  readonly image: { readonly size: number; readonly digests: Digests };
}

/**
 * Papers of one pass at most, and their bytes; and passes side by side: papers are small, and each waits for its own fsync.
 * From THREADED papers on threads do it, which leaves the main one to the others of a server.
 */
const GROUP = { files: 1024, bytes: 64 << 20 };
const GROUPS_AT_ONCE = 2;
const THREADED = 32;

/** @throws Fault 'digest/source-…', 'digest/target-…'. */
export async function copy(received: Received, bag: string, context: IngestContext): Promise<Copied> {
  const { deposit, known } = received;
  const ofFiles = known.expected.filter(({ of }) => of !== 'medium').map(({ algorithm }) => algorithm);
  const algorithms = [...new Set<Algorithm>(['sha256', ...ofFiles])];
  let doneBytes = 0;
  const report = (bytes: number): void =>
    context.onProgress?.({ stage: 'copy', doneBytes: doneBytes + bytes, totalBytes: received.totalBytes });
  const signal = context.signal === undefined ? {} : { signal: context.signal };

  const pass = async (
    files: readonly DepositFile[],
    folder: string,
    medium: boolean,
  ): Promise<[CopiedFile[], Digests, number]> => {
    const named = files.map((file) => ({ file, path: `${folder}${folder === IMAGE_FOLDER ? baseName(file.name) : file.name}` }));
    const kept = named.flatMap(({ file, path }) => (file.size > BLOCK_SIZE ? [path, blocksPath(path)] : [path]));
    for (const below of new Set(kept.map(dirname))) await mkdir(join(bag, below), { recursive: true });
    const result = await copyAndDigest(
      named.map(({ file, path }) => ({
        source: file.path,
        target: join(bag, path),
        ...(file.size > BLOCK_SIZE ? { blocks: { target: join(bag, blocksPath(path)), path } } : {}),
      })),
      {
        algorithms,
        ...(medium ? { mediumAlgorithms: mediumAlgorithms(received) } : {}),
        ...signal,
        ...(files.length >= THREADED ? { threads: true } : {}),
        ...(medium ? { onProgress: (at) => report(at.doneBytes) } : {}),
      },
    );
    const role = folder === IMAGE_FOLDER ? FileRole.Image : FileRole.Submission;
    const copied = named.map(({ file, path }, index) => copiedFile(path, role, file, result.files[index]));
    return [copied, result.medium.digests, result.medium.size];
  };

  const joins = deposit.image.scheme !== 'segments' && received.medium?.isWhole !== false;
  const [image, digests, size] = await pass(deposit.image.files, IMAGE_FOLDER, joins);
  doneBytes = deposit.image.totalSize;
  report(0);
  const papers: CopiedFile[] = [];
  const groups = inParallel(groupsOf(deposit.submission), (some) => pass(some, SUBMISSION_FOLDER, false), GROUPS_AT_ONCE);
  for await (const [files, , bytes] of groups) {
    context.signal?.throwIfAborted();
    papers.push(...files);
    doneBytes += bytes;
    report(0);
  }
  return { files: [...image, ...papers], image: { size, digests } };
}

/** In order, each of at least one. */
function* groupsOf(papers: readonly DepositFile[]): Generator<DepositFile[]> {
  let group: DepositFile[] = [];
  let bytes = 0;
  for (const paper of papers) {
    if (group.length >= GROUP.files || (group.length > 0 && bytes + paper.size > GROUP.bytes)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(paper);
    bytes += paper.size;
  }
  if (group.length > 0) yield group;
}

function copiedFile(path: string, role: CopiedFile['role'], source: DepositFile, passed: PassedFile | undefined): CopiedFile {
  const sha256 = passed?.digests.sha256;
  if (passed === undefined || sha256 === undefined) throw new TypeError(`the pass says nothing of ${path}`);
  return { path, role, source, size: passed.size, sha256, digests: passed.digests, hasBlocks: passed.blocks !== undefined };
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
