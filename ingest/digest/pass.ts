/** One pass over one or more files: the source is read once, and everything that is wanted of its bytes is made of that read. */
import { rm } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inParallel, type Progress } from '../kernel/index.ts';
import { type Algorithm, distinctAlgorithms } from './algorithms.ts';
import type { BlockListSummary } from './block-list-format.ts';
import { type Answer, type Consumer, type CopySummary, consumerFor, type PassItem, type Role } from './consumers.ts';
import { runCrew, workerScript } from './crew.ts';
import type { PassTask } from './pass-worker.ts';
import { newRing, stopRing } from './ring.ts';
import { inspectSource, type Source, SourceReader } from './source.ts';
import { BLOCK, PAGE } from './zeros.ts';

/** A ring of 4 MiB stays in the processor's cache; slots of 4 MiB cost a third (measured: bench digest/pass). Bytes. */
const SLOT_SIZE = 512 * 1024;
const SLOT_COUNT = 8;
/** Below this the threads would take longer to start than the work. Bytes. */
const SMALL = 8 << 20;
const PROGRESS_MS = 50;

export interface PassFile {
  /** Absolute path; a regular file or a block device. */
  readonly source: string;
  /** To be created; never overwritten. Without one nothing is copied. */
  readonly target?: string;
  /** Where its block list is to be created, and its path in the package. Files of at most one block get none. */
  readonly blocks?: { readonly target: string; readonly path: string };
}

export interface PassOptions {
  /** Digests of each file. */
  readonly algorithms: readonly Algorithm[];
  /** Digests over all files, one after the other. */
  readonly mediumAlgorithms?: readonly Algorithm[];
  readonly onProgress?: Progress;
  readonly signal?: AbortSignal;
  /** Bytes of one slot of the ring; a multiple of 4096. */
  readonly slotSize?: number;
  readonly slotCount?: number;
  /** Whether to use threads; by default from 8 MiB on. The results are the same. */
  readonly threads?: boolean;
}

export type Digests = Partial<Record<Algorithm, string>>;

export interface PassedFile {
  readonly size: number;
  readonly digests: Digests;
  readonly blocks?: BlockListSummary;
  /** Bytes in 4 KiB pages that are all zero; 0 when nothing was copied. */
  readonly zeroBytes: number;
  /** What the copy takes on its file system. */
  readonly allocatedBytes: number;
}

export interface PassResult {
  /** In the order given. */
  readonly files: readonly PassedFile[];
  readonly medium: { readonly size: number; readonly digests: Digests };
}

interface Plan {
  readonly sources: readonly Source[];
  readonly items: readonly PassItem[];
  readonly roles: readonly Role[];
  readonly totalBytes: number;
  readonly slotSize: number;
  readonly slotCount: number;
}

/**
 * Runs the pass. Everything that it created is durable when it returns, and removed when it throws.
 * @throws Fault 'digest/source-…' and 'digest/target-…' as `source.ts` and `target.ts` tell; 'digest/worker-lost'; `signal.reason`.
 */
export async function runPass(files: readonly PassFile[], options: PassOptions): Promise<PassResult> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const plan = await planOf(files, options);
  const { totalBytes, items } = plan;
  const created = new SharedArrayBuffer(Math.max(1, 2 * items.length));
  const stage = items.some((item) => item.target !== undefined) ? 'copy' : 'digest';
  const tell = (doneBytes: number): void => onProgress?.({ stage, doneBytes, totalBytes });
  try {
    tell(0);
    const run = (options.threads ?? totalBytes >= SMALL) ? withThreads : inProcess;
    const result = resultOf(plan, options, await run(plan, created, tell, signal));
    signal?.throwIfAborted();
    tell(totalBytes);
    return result;
  } catch (error) {
    await removeCreated(items, new Uint8Array(created));
    throw error;
  }
}

async function planOf(files: readonly PassFile[], options: PassOptions): Promise<Plan> {
  const { slotSize = SLOT_SIZE, slotCount = SLOT_COUNT } = options;
  if (slotSize < PAGE || slotSize % PAGE !== 0 || !(slotCount >= 1)) {
    throw new RangeError(`${slotCount} slots of ${slotSize} bytes; at least one, of a multiple of ${PAGE} bytes`);
  }
  if (files.length === 0) throw new TypeError('a pass needs a file');
  const copying = files.filter((file) => file.target !== undefined).length;
  if (copying !== 0 && copying !== files.length) throw new TypeError('either every file of a pass has a target or none');
  const sources: Source[] = [];
  for await (const source of inParallel(files, (file) => inspectSource(file.source))) sources.push(source);
  const items = files.map(({ target, blocks }, i): PassItem => {
    const { size = 0, modifiedMs = 0 } = sources[i] ?? {};
    return { size, modifiedMs, ...(target !== undefined && { target }), ...(blocks !== undefined && size > BLOCK && { blocks }) };
  });
  const medium = distinctAlgorithms(options.mediumAlgorithms ?? []);
  const single = files.length === 1;
  const perFile = distinctAlgorithms([...options.algorithms, ...(single ? medium : [])]);
  const roles: Role[] = perFile.map((algorithm) => ({ kind: 'digest', algorithm, scope: 'file' }));
  if (!single) roles.push(...medium.map((algorithm): Role => ({ kind: 'digest', algorithm, scope: 'medium' })));
  if (items.some((item) => item.blocks !== undefined)) roles.push({ kind: 'blocks' });
  if (copying > 0) roles.push({ kind: 'copy' });
  return { sources, items, roles, totalBytes: sources.reduce((sum, { size }) => sum + size, 0), slotSize, slotCount };
}

type Run = (
  plan: Plan,
  created: SharedArrayBuffer,
  tell: (doneBytes: number) => void,
  signal?: AbortSignal,
) => Promise<Answer[][]>;

const withThreads: Run = async ({ sources, items, roles, slotSize, slotCount }, created, tell, signal) => {
  const ring = newRing({ slotSize, slotCount, consumers: roles.length });
  const progress = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  const common = { ring, progress, created };
  const reader: PassTask = { ...common, sources };
  const consumers = roles.map((role, consumer): PassTask => ({ ...common, items, role, consumer }));
  const readBytes = new BigInt64Array(progress);
  const failed = new AbortController(); // onProgress may throw, and must not throw into a timer
  const timer = setInterval(() => {
    try {
      tell(Number(Atomics.load(readBytes, 0)));
    } catch (error) {
      failed.abort(error);
    }
  }, PROGRESS_MS);
  try {
    const stop = (): void => stopRing(ring);
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    const [, ...answers] = await runCrew(workerScript('pass-worker', import.meta.url), [reader, ...consumers], stop, either);
    return answers as Answer[][];
  } finally {
    clearInterval(timer);
  }
};

const inProcess: Run = async ({ sources, items, roles, slotSize }, created, tell, signal) => {
  const flags = new Uint8Array(created);
  const slot = Buffer.allocUnsafeSlow(slotSize);
  const consumers: Consumer[] = [];
  let doneBytes = 0;
  try {
    for (const role of roles) {
      consumers.push(consumerFor(role, items, (file, kind) => Atomics.store(flags, file * 2 + (kind === 'target' ? 0 : 1), 1)));
    }
    for (const [file, source] of sources.entries()) {
      const reader = new SourceReader(source);
      try {
        for (let last = false; !last; ) {
          const bytes = slot.subarray(0, reader.fill(slot));
          last = reader.left === 0;
          if (last) reader.finish();
          for (const consumer of consumers) consumer.take(file, bytes, last);
          doneBytes += bytes.length;
          if (last) continue;
          tell(doneBytes);
          await nextTurn(); // others get their turn, and an abort is heard
          signal?.throwIfAborted();
        }
      } finally {
        reader.close();
      }
    }
    return consumers.map((consumer) => consumer.finish());
  } catch (error) {
    for (const consumer of consumers) consumer.abandon();
    throw error;
  }
};

/** Puts the answers together, and asserts that every consumer has seen every file. */
function resultOf({ sources, items, roles, totalBytes }: Plan, options: PassOptions, answers: readonly Answer[][]): PassResult {
  const ofFile = (role: Role, file: number): Answer => {
    const given = answers[roles.indexOf(role)];
    const wanted = role.kind === 'digest' && role.scope === 'medium' ? 1 : items.length;
    if (given?.length !== wanted) throw new RangeError(`${role.kind}: ${given?.length ?? 0} answers for ${wanted} files`);
    return given[file];
  };
  const digests = (scope: 'file' | 'medium', wanted: readonly Algorithm[], file: number): Digests => {
    const mine = roles.filter((role) => role.kind === 'digest' && role.scope === scope && wanted.includes(role.algorithm));
    return Object.fromEntries(mine.map((role) => [(role as { algorithm: Algorithm }).algorithm, ofFile(role, file) as string]));
  };
  const summary = (kind: 'blocks' | 'copy', file: number): Answer => {
    const role = roles.find((role) => role.kind === kind);
    return role && ofFile(role, file);
  };
  const files = sources.map(({ size }, file): PassedFile => {
    const blocks = summary('blocks', file) as BlockListSummary | undefined;
    const copy = summary('copy', file) as CopySummary | undefined;
    return {
      size,
      digests: digests('file', options.algorithms, file),
      ...(blocks !== undefined && { blocks }),
      zeroBytes: copy?.zeroBytes ?? 0,
      allocatedBytes: copy?.allocatedBytes ?? 0,
    };
  });
  const mediumAlgorithms = options.mediumAlgorithms ?? [];
  return { files, medium: { size: totalBytes, digests: digests(sources.length === 1 ? 'file' : 'medium', mediumAlgorithms, 0) } };
}

/** Best effort: the failure that led here is the one to tell, and the caller removes the folder. */
async function removeCreated(items: readonly PassItem[], flags: Uint8Array): Promise<void> {
  for (const [file, { target, blocks }] of items.entries()) {
    if (flags[file * 2] === 1 && target !== undefined) await rm(target, { force: true }).catch(() => undefined);
    if (flags[file * 2 + 1] === 1 && blocks !== undefined) await rm(blocks.target, { force: true }).catch(() => undefined);
  }
}
