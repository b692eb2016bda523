/** Reads every byte of a stored package and says, file by file and range by range, whether it is as sealed. */
import { BlockList, verifyBlocks, verifyFiles, VerifyPool } from '../digest/index.ts';
import { Fault, FaultKind } from '../kernel/index.ts';
import type { Storage } from '../storage/index.ts';
import { type ExpectedFile, expectedFiles } from './expected-files.ts';
import { altered, extra, type FixityFinding, type FixityOutcome, missing, unreadable, worstOutcome } from './finding.ts';
import { BLOCK_SIZE, blocksPath, MANIFEST_PATH, packageKey, TAG_MANIFEST_PATH } from './package.ts';

/** Where a verification stands: enough to go on after a kill, at the block after the last one checked. */
export interface VerifyPosition {
  /** Large files finished, in byte order of their paths; the small ones come before all of them. */
  readonly filesDone: number;
  /** Blocks of the next large file that are checked already. */
  readonly blocksDone: number;
  readonly findings: readonly FixityFinding[];
  readonly checkedBytes: number;
}

export interface VerifyOptions {
  /** SHA-256 of the tag manifest as the journal knows it: the anchor of the chain. */
  readonly tagManifestSha256: string;
  /** The sealed inventory as the catalogue knows it, for when a manifest itself is damaged. */
  readonly catalogue: () => AsyncIterable<ExpectedFile>;
  readonly from?: VerifyPosition | undefined;
  /** Called after the small files, and often within large ones; must return at once. */
  readonly onPosition?: ((position: VerifyPosition) => void) | undefined;
  /** Shared by all cores; absent = as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
  /** Threads for many packages; absent = its own. Stays open. */
  readonly pool?: VerifyPool | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

export interface VerifyResult {
  readonly outcome: FixityOutcome;
  readonly findings: readonly FixityFinding[];
  readonly checkedBytes: number;
  readonly checkedFiles: number;
}

/**
 * Verifies the package `id` against its anchor: every file of the chain, and nothing beside them.
 * @throws Fault 'package/needs-local-storage' for a location whose files are not on this machine; what the location itself throws.
 */
export async function verifyPackage(storage: Storage, id: string, options: VerifyOptions): Promise<VerifyResult> {
  if (options.pool !== undefined) return verifyWith(options.pool, storage, id, options);
  await using pool = new VerifyPool();
  return await verifyWith(pool, storage, id, options);
}

async function verifyWith(pool: VerifyPool, storage: Storage, id: string, options: VerifyOptions): Promise<VerifyResult> {
  const expected = await expectedFiles(storage, id, options.tagManifestSha256, options.catalogue);
  const { sizes, others } = await filesUnder(storage, id);
  const files = expected.files;
  const totalBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const findings: FixityFinding[] = [...(options.from?.findings ?? [])];
  let checkedBytes = options.from?.checkedBytes ?? 0;
  const pace = {
    pool,
    ...(options.bytesPerSecond === undefined ? {} : { bytesPerSecond: options.bytesPerSecond }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const pathOf = (path: string): string => localPath(storage, `${packageKey(id)}/${path}`);

  const listed = new Set(files.map((file) => file.path));
  const hasList = (file: ExpectedFile): boolean => (sizes.get(file.path) ?? 0) > BLOCK_SIZE || listed.has(blocksPath(file.path));
  let large = files.filter((file) => hasList(file) && listed.has(blocksPath(file.path)));

  if (options.from === undefined) {
    findings.push(...expected.findings, ...extras(sizes, others, listed));
    checkedBytes = expected.checkedBytes;
    const largePaths = new Set(large.map((file) => file.path));
    const check = async (some: readonly ExpectedFile[]): Promise<void> => {
      await verifyFiles(inputs(some, sizes, pathOf), {
        ...pace,
        onResult(result) {
          checkedBytes += result.actualSize ?? 0;
          options.onBytes?.(checkedBytes, totalBytes);
          const whole = [{ offset: 0, length: result.actualSize ?? 0 }];
          if (result.outcome === 'altered') findings.push(altered(result.name, whole));
          if (result.outcome === 'missing') findings.push(missing(result.name));
          if (result.outcome === 'unreadable') findings.push(unreadable(result.name, whole, result.reason ?? 'can not be read'));
        },
      });
    };
    await check(files.filter((file) => !largePaths.has(file.path)));
    // A block list that is damaged can't vouch: its file is checked against the digest in the manifest instead.
    const broken = new Set(findings.map((finding) => finding.path));
    await check(large.filter((file) => broken.has(blocksPath(file.path))));
  }
  const broken = new Set(findings.map((finding) => finding.path));
  large = large.filter((file) => !broken.has(blocksPath(file.path)));
  if (options.from === undefined) options.onPosition?.({ filesDone: 0, blocksDone: 0, findings: [...findings], checkedBytes });

  for (const [index, file] of large.entries()) {
    if (index < (options.from?.filesDone ?? 0)) continue;
    await using list = await BlockList.open(pathOf(blocksPath(file.path)));
    const start = index === options.from?.filesDone ? options.from.blocksDone : 0;
    const before = checkedBytes;
    const result = await verifyBlocks({
      ...pace,
      path: pathOf(file.path),
      list,
      expectedSize: list.size,
      from: start,
      onCheckpoint: (nextBlock, ranges) => {
        // The last block is seldom a whole one.
        checkedBytes = before + Math.min(nextBlock * BLOCK_SIZE, list.size) - Math.min(start * BLOCK_SIZE, list.size);
        options.onBytes?.(checkedBytes, totalBytes);
        const partial = ranges.length === 0 ? findings : merged(findings, altered(file.path, ranges));
        options.onPosition?.({ filesDone: index, blocksDone: nextBlock, findings: [...partial], checkedBytes });
      },
    });
    checkedBytes = before + result.checkedBytes;
    options.onBytes?.(checkedBytes, totalBytes);
    if (result.outcome === 'missing') findings.push(missing(file.path));
    else if (result.ranges.length > 0)
      findings.splice(0, findings.length, ...merged(findings, altered(file.path, result.ranges)));
    if (result.unreadable.length > 0) {
      findings.push(unreadable(file.path, result.unreadable, result.unreadable[0]?.reason ?? 'can not be read'));
    }
    options.onPosition?.({ filesDone: index + 1, blocksDone: 0, findings: [...findings], checkedBytes });
  }
  return { outcome: worstOutcome(findings), findings, checkedBytes, checkedFiles: files.length + 2 };
}

/** A resumed run knows the ranges that an earlier one found in the same file: one finding per file, ranges in order. */
function merged(findings: readonly FixityFinding[], found: FixityFinding): FixityFinding[] {
  const earlier = findings.find((finding) => finding.path === found.path && finding.outcome === found.outcome);
  if (earlier === undefined) return [...findings, found];
  const ranges = [...earlier.ranges, ...found.ranges].toSorted((a, b) => a.offset - b.offset);
  return [...findings.filter((finding) => finding !== earlier), { ...found, ranges }];
}

async function filesUnder(storage: Storage, id: string): Promise<{ sizes: Map<string, number>; others: string[] }> {
  const prefix = packageKey(id);
  const sizes = new Map<string, number>();
  const others: string[] = [];
  for await (const entry of storage.list(prefix)) {
    const path = entry.key.slice(prefix.length + 1);
    if (entry.kind === 'file') sizes.set(path, entry.size);
    else others.push(path);
  }
  return { sizes, others };
}

function extras(sizes: ReadonlyMap<string, number>, others: readonly string[], listed: ReadonlySet<string>): FixityFinding[] {
  const manifests = new Set([TAG_MANIFEST_PATH, MANIFEST_PATH]);
  return [
    ...[...sizes.keys()].filter((path) => !listed.has(path) && !manifests.has(path)).map((path) => extra(path)),
    ...others.map((path) => extra(path, 'a link or a device lies in the package')),
  ];
}

async function* inputs(
  files: readonly ExpectedFile[],
  sizes: ReadonlyMap<string, number>,
  pathOf: (path: string) => string,
): AsyncIterable<{ path: string; name: string; size: number; digests: { sha256: string } }> {
  for (const { path, sha256 } of files) yield { path: pathOf(path), name: path, size: sizes.get(path) ?? 0, digests: { sha256 } };
}

function localPath(storage: Storage, key: string): string {
  const path = storage.localPath(key);
  if (path !== undefined) return path;
  throw new Fault(
    FaultKind.Unsupported,
    'package/needs-local-storage',
    `${storage.place} keeps its files elsewhere; this version audits only files of this machine`,
    { place: storage.place },
  );
}
