/** The disk inside a package written as another container: read whole and unaltered, written, read back; or nothing at all. */
import { createHash } from 'node:crypto';
import { isZero } from '../digest/index.ts';
import { Fault, FaultKind, type Progress } from '../kernel/index.ts';
import { alone, fileSource, openMedia, passingWindowsOf } from '../media/index.ts';
import type { ExportResult } from './export-package.ts';
import type { MediaWriter } from './media-writer.ts';
import { type Reading, type StoredMedium, SurveyedDisk } from './surveyed-disk.ts';
import { Target, targetFault } from './target.ts';
import { writeArchive } from './write-bytes.ts';

export interface MediumExportResult extends ExportResult {
  readonly sha256: string;
  /** Of the disk: recorded at the ingest, found while it was read, and found again in what was written. */
  readonly mediumSha256: string;
  /** For people: what differs from the disk, or was never read of it. */
  readonly notes: readonly string[];
}

/** For headers and tables. */
const OVERHEAD = 8 << 20;

/**
 * Writes the disk to the new file `to`. The same package gives the same bytes. The digest of what is read must be the recorded
 * one, and what was written is opened by our own reader and digested again; if one differs, or anything else fails, or
 * `signal` aborts (its reason is thrown), nothing is left at `to`. The caller closes `stored.media`.
 * @throws Fault 'export/medium-altered', 'export/medium-too-large', 'export/not-verified', 'export/target-…' as exportPackage,
 * and what reading the stored image throws.
 */
export async function exportMedium(
  writer: MediaWriter,
  stored: StoredMedium,
  to: string,
  options: { readonly signal?: AbortSignal | undefined; readonly onProgress?: Progress | undefined } = {},
): Promise<MediumExportResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  mustFit(writer, stored);
  const passes = writer.blockSize === undefined ? 2 : 3;
  const reading: Reading = { onBytes: progressOf(stored.size * passes, options.onProgress), signal };
  const disk = new SurveyedDisk(writer, stored, reading);
  const target = await Target.prepare(to);
  try {
    await disk.survey();
    const { bytes: absentBytes, dataBytes } = await sumsOf(stored);
    if (writer.isCompressed !== true) {
      const needed = writer.blockSize === undefined ? dataBytes : disk.used.usedCount * writer.blockSize;
      await target.mustHaveRoom(needed + OVERHEAD);
    }
    const written = await writeArchive(target.draft, writer.write(disk), { sparse: writer.isSparse === true });
    if (!disk.wasRead) throw new TypeError(`${writer.id} did not read the disk to its end, and so did not verify it`);
    await mustReadBack(writer, disk.size, stored, target.draft, reading);
    signal?.throwIfAborted();
    await target.publish();
    const notes = notesOf(disk.size - stored.size, absentBytes);
    return { target: target.path, files: 1, ...written, mediumSha256: stored.sha256, notes };
  } catch (error) {
    signal?.throwIfAborted();
    throw targetFault(target.path, error);
  } finally {
    await target.dropWork();
  }
}

function mustFit({ id, title, largest }: MediaWriter, { size }: StoredMedium): void {
  if (size <= largest) return;
  const message = `the disk has ${size} bytes; ${title} holds ${largest} at most. Export it as raw or e01`;
  throw new Fault(FaultKind.Refused, 'export/medium-too-large', message, { as: id, size, largest });
}

async function sumsOf({ media }: StoredMedium): Promise<{ bytes: number; dataBytes: number }> {
  let bytes = 0;
  let dataBytes = 0;
  for await (const { length, kind } of media.extents()) {
    if (kind === 'absent') bytes += length;
    else if (kind === 'data') dataBytes += length;
  }
  return { bytes, dataBytes };
}

/** @throws Fault 'export/not-verified' when our own reader finds another disk in it, or anything to warn of. */
async function mustReadBack(
  { format, title }: MediaWriter,
  size: number,
  stored: StoredMedium,
  path: string,
  reading: Reading,
): Promise<void> {
  const notVerified = (what: string, cause?: unknown): Fault => {
    const message = `the ${title} that was written does not hold the disk of package ${stored.id}: ${what}; nothing was left. Try another place, and tell us if it happens again`;
    return new Fault(FaultKind.Unreadable, 'export/not-verified', message, { package: stored.id }, { cause });
  };
  await using container = await fileSource(path);
  await using media = await openMedia(container, alone, format);
  // What wraps nothing can only warn of the disk itself.
  const [warning] = media.isWhole ? [] : media.warnings;
  if (warning !== undefined) throw notVerified(warning.message, warning);
  if (media.size !== size) throw notVerified(`it has ${media.size} bytes instead of ${size}`);
  const hash = createHash('sha256');
  let left = stored.size;
  for await (const { bytes } of passingWindowsOf(media)) {
    reading.signal?.throwIfAborted();
    const own = bytes.subarray(0, left);
    hash.update(own);
    left -= own.length;
    reading.onBytes(own.length);
    if (!isZero(bytes.subarray(own.length))) throw notVerified('something follows the disk');
  }
  const found = hash.digest('hex');
  if (found !== stored.sha256) throw notVerified(`its SHA-256 is ${found}, it should be ${stored.sha256}`);
}

function notesOf(addedBytes: number, absentBytes: number): string[] {
  const notes: string[] = [];
  if (addedBytes > 0)
    notes.push(
      `${addedBytes} zeros follow the disk in the file, since its format counts whole sectors; the digest is the disk's`,
    );
  if (absentBytes > 0)
    notes.push(`${absentBytes} bytes were never read from the carrier; they are as the image has them, zeros or filler`);
  return notes;
}

function progressOf(totalBytes: number, onProgress: Progress | undefined): (count: number) => void {
  let done = 0;
  return (count) => {
    done += count;
    onProgress?.({ stage: 'export', doneBytes: Math.min(done, totalBytes), totalBytes });
  };
}
