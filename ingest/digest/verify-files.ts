/** verifyFiles(): reads every byte of many files on all cores and compares sizes and digests with what is recorded. */
import { type Algorithm, digestLength, distinctAlgorithms } from './algorithms.ts';
import type { FileOutcome, FileVerdict } from './check-files.ts';
import type { Digests } from './pass.ts';
import { VerifyJob, type VerifyOptions } from './verify-job.ts';

/** A task ends at this many files or bytes: enough that messages cost nothing, few enough that all threads have some. */
const TASK_FILES = 200;
const TASK_BYTES = 16 << 20;

export interface RecordedFile {
  /** On disk. */
  readonly path: string;
  /** As the caller calls it; comes back in the result. */
  readonly name: string;
  readonly size: number;
  /** At least one; lower- or upper-case hex. */
  readonly digests: Digests;
}

export interface FileResult {
  readonly name: string;
  readonly outcome: FileOutcome;
  /** Bytes found; undefined when missing or unreadable. */
  readonly actualSize?: number;
  /** As computed: those recorded, when they are right. Not computed where the size alone tells. */
  readonly digests?: Digests;
  readonly reason?: string;
  /** Wrong at first and right at the second, independent look: no damage, but worth a note. */
  readonly transient?: true;
}

export interface FilesRequest extends VerifyOptions {
  /** One call per file, in no promised order, one at a time; waited for when it returns a promise. */
  readonly onResult: (result: FileResult) => void | Promise<void>;
}

export interface FilesSummary extends Record<FileOutcome, number> {
  readonly files: number;
  /** Sizes recorded of the files that are right. */
  readonly okBytes: number;
}

/**
 * Holds a few batches in memory, however many files there are.
 * @throws TypeError for a file without a digest, or a digest that is none: nothing could be said of it;
 * Fault 'digest/worker-lost'; what `onResult` throws; `signal.reason`.
 */
export async function verifyFiles(
  files: AsyncIterable<RecordedFile> | Iterable<RecordedFile>,
  request: FilesRequest,
): Promise<FilesSummary> {
  const summary = { files: 0, okBytes: 0, ok: 0, altered: 0, missing: 0, unreadable: 0 };
  await using job = new VerifyJob(request);
  let delivered: Promise<void> = Promise.resolve();
  const deliver = async (batch: readonly RecordedFile[], verdicts: ReadonlyMap<number, FileVerdict>): Promise<void> => {
    for (const [index, file] of batch.entries()) {
      const verdict = verdicts.get(index) ?? { outcome: 'ok' as const, actualSize: file.size, digests: file.digests };
      summary.files += 1;
      summary[verdict.outcome] += 1;
      if (verdict.outcome === 'ok') summary.okBytes += file.size;
      const taken = request.onResult({ name: file.name, ...verdict });
      if (taken !== undefined) await taken;
    }
  };
  const check = async (batch: readonly RecordedFile[]): Promise<void> => {
    const columns = columnsOf(batch);
    const { stop, budget, pool } = job;
    const answer = await pool.run({ kind: 'files', ...columns, stop, ...(budget !== undefined && { budget }) });
    request.signal?.throwIfAborted();
    if (answer.checked !== batch.length) throw new RangeError(`${answer.checked} of ${batch.length} files were checked`);
    const verdicts = new Map(answer.verdicts.map(({ index, ...verdict }) => [index, verdict]));
    delivered = delivered.then(() => deliver(batch, verdicts));
    await delivered;
  };
  let batch: RecordedFile[] = [];
  let bytes = 0;
  for await (const file of files) {
    batch.push(file);
    bytes += file.size;
    if (batch.length < TASK_FILES && bytes < TASK_BYTES) continue;
    const full = batch;
    await job.add(() => check(full));
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) await job.add(() => check(batch));
  await job.finish();
  return summary;
}

interface Columns {
  readonly paths: string[];
  readonly sizes: number[];
  readonly algorithms: Algorithm[];
  readonly digests: string[];
}

function columnsOf(batch: readonly RecordedFile[]): Columns {
  const algorithms = distinctAlgorithms(batch.flatMap(({ digests }) => Object.keys(digests)));
  const digests: string[] = [];
  for (const file of batch) {
    let recorded = 0;
    for (const algorithm of algorithms) {
      const hex = file.digests[algorithm]?.toLowerCase() ?? '';
      if (hex !== '') recorded += 1;
      if (hex !== '' && !(hex.length === 2 * digestLength(algorithm) && /^[0-9a-f]+$/.test(hex))) {
        throw new TypeError(`"${hex}" is no ${algorithm} digest (of ${file.name})`);
      }
      digests.push(hex);
    }
    if (recorded === 0) throw new TypeError(`no digest is recorded of ${file.name}: nothing can be said of it`);
  }
  return { paths: batch.map(({ path }) => path), sizes: batch.map(({ size }) => size), algorithms, digests };
}
