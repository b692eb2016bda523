/** One export from start to end: nothing at the target, or all of it, verified and durable. */
import { join } from 'node:path';
import type { Progress } from '../kernel/index.ts';
import type { OpenedPackage } from '../package/index.ts';
import { contentsOf, type Reading, survey } from './contents.ts';
import type { Exporter } from './exporter.ts';
import { AddedTagManifest, addedEvents, algorithmOfHistory } from './history.ts';
import { Spool } from './spool.ts';
import { Target, targetFault } from './target.ts';

export interface ExportOptions {
  /** PREMIS of the events since sealing, to be added as metadata/premis-since-sealing.xml; called once. */
  readonly history?: (() => AsyncIterable<string | Uint8Array>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

export interface ExportResult {
  /** Absolute path of the file or folder made. */
  readonly target: string;
  /** Of the file made, or of all files in the folder made. */
  readonly bytes: number;
  /** Files of the package that are in it. */
  readonly files: number;
  /** Of the file made; absent when a folder was made. */
  readonly sha256?: string;
}

/** For headers, folders and the last half block of each file. */
const OVERHEAD_PER_FILE = 2048;

/**
 * Exports `pkg` to the new file or folder `to`. The same package gives the same bytes, on every machine; so does the same
 * package with the same history. Every file is compared with its sealed SHA-256 while it is written; if one differs, or
 * anything else fails, or `signal` aborts (its reason is thrown), nothing is left at `to`.
 * @throws Fault 'export/altered', 'export/missing', 'export/target-exists', 'export/target-folder', 'export/target-full',
 * 'export/target-not-writable', 'export/history-taken', 'export/unreadable', 'export/name-not-for-zip', and what the package's storage throws.
 */
export async function exportPackage(
  exporter: Exporter,
  pkg: OpenedPackage,
  to: string,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  const target = await Target.prepare(to);
  try {
    const sealed = await survey(pkg, exporter.mustTake, signal);
    const history = await withHistory(target, sealed.taken, options);
    const totalBytes = sealed.bytes + (history?.events.size ?? 0);
    const files = sealed.files + (history === undefined ? 0 : 2);
    await target.mustHaveRoom(totalBytes + files * OVERHEAD_PER_FILE);
    const onBytes = progressOf(totalBytes, options.onProgress);
    const written = await exporter.write(contentsOf(pkg, { onBytes, signal, history }), target.draft);
    signal?.throwIfAborted();
    await target.publish();
    return { target: target.path, files, ...written };
  } catch (error) {
    signal?.throwIfAborted();
    throw targetFault(target.path, error);
  } finally {
    await target.dropWork();
  }
}

async function withHistory(target: Target, taken: ReadonlySet<string>, { history }: ExportOptions): Promise<Reading['history']> {
  if (history === undefined) return undefined;
  const manifest = new AddedTagManifest(algorithmOfHistory(taken), new Spool(join(target.work, 'tag-manifest')));
  return { events: await addedEvents(history(), new Spool(join(target.work, 'history'))), manifest };
}

function progressOf(totalBytes: number, onProgress: Progress | undefined): (count: number) => void {
  let done = 0;
  return (count) => {
    done += count;
    onProgress?.({ stage: 'export', doneBytes: Math.min(done, totalBytes), totalBytes });
  };
}
