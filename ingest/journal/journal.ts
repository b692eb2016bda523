/** The journal, open for appending: what append() acknowledged survives a power cut; a torn line is cut off at the next opening. */
import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { durableFolder, Fault, FaultKind, isSystemError, syncFolder, wordsOfSystemError } from '../kernel/index.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { LINE_LIMIT, lineOf, SEGMENT_ENTRIES, segmentName } from './line.ts';
import { isTorn, linesOf, segmentsOf, valueOf } from './read-journal.ts';

export interface Journal extends AsyncDisposable {
  /** Entries so far. */
  readonly size: number;
  /**
   * Appends `values` in order, fsyncs, and gives the index of the first. Calls are served in order; one that fails leaves nothing.
   * @throws Fault 'journal/entry-too-long' for one that could not be read again; 'journal/not-written' when the disk fails.
   */
  append(values: readonly { readonly [name: string]: Json | undefined }[]): Promise<number>;
}

/**
 * Opens the journal in `folder` (created when absent). One process at a time: the home's lock sees to that. The caller disposes.
 * @throws Fault 'journal/altered' when the last segment does not verify.
 */
export async function openJournal(folder: string): Promise<Journal> {
  await durableFolder(folder);
  const last = (await segmentsOf(folder)).at(-1);
  let size = last?.first ?? 0;
  if (last !== undefined) {
    const path = join(folder, last.name);
    for await (const line of linesOf(path)) {
      if (isTorn(line, path)) {
        await truncate(path, line.offset);
        break;
      }
      valueOf(line, path);
      size += 1;
    }
  }
  return new FileJournal(folder, size, last?.first ?? 0);
}

class FileJournal implements Journal {
  size: number;
  private readonly folder: string;
  private first: number;
  private handle: Awaited<ReturnType<typeof open>> | undefined;
  /** Set when half a line may be at the end: nothing may follow it before the next opening has cut it off. */
  private torn = false;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(folder: string, size: number, first: number) {
    this.folder = folder;
    this.size = size;
    this.first = first;
  }

  async append(values: readonly { readonly [name: string]: Json | undefined }[]): Promise<number> {
    const turn = this.queue.then(() => this.write(values));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue;
    await this.handle?.close();
    this.handle = undefined;
  }

  private async write(values: readonly { readonly [name: string]: Json | undefined }[]): Promise<number> {
    const lines = values.map((value) => lineOf(canonicalJson(value)));
    const longest = Math.max(0, ...lines.map((line) => Buffer.byteLength(line)));
    if (longest > LINE_LIMIT) throw tooLong(longest);
    try {
      return await this.writeLines(lines);
    } catch (error) {
      throw isSystemError(error) ? notWritten(this.folder, error) : error;
    }
  }

  private async writeLines(lines: readonly string[]): Promise<number> {
    if (this.torn) throw tornBefore(this.folder);
    if (this.size - this.first >= SEGMENT_ENTRIES) {
      await this.handle?.close();
      this.handle = undefined;
      this.first = this.size;
    }
    const handle = (this.handle ??= await this.openSegment());
    const { size: before } = await handle.stat();
    try {
      await handle.appendFile(lines.join(''));
      await handle.sync();
    } catch (error) {
      this.torn = true;
      await handle.truncate(before);
      this.torn = false;
      throw error;
    }
    const index = this.size;
    this.size += lines.length;
    return index;
  }

  private async openSegment(): Promise<Awaited<ReturnType<typeof open>>> {
    const handle = await open(join(this.folder, segmentName(this.first)), 'a');
    await syncFolder(this.folder);
    return handle;
  }
}

function tooLong(length: number): Fault {
  return new Fault(
    FaultKind.Unsupported,
    'journal/entry-too-long',
    `an entry of ${length} bytes is longer than the ${LINE_LIMIT} that a line of the journal may have; nothing was recorded`,
    { length, limit: LINE_LIMIT },
  );
}

function notWritten(folder: string, cause: unknown): Fault {
  const words = wordsOfSystemError(cause);
  return new Fault(
    FaultKind.Unreadable,
    'journal/not-written',
    `the journal at ${folder} could not be written: ${words}; nothing was recorded. Mend that and try again`,
    { folder },
    { cause },
  );
}

function tornBefore(folder: string): Fault {
  return new Fault(
    FaultKind.Unreadable,
    'journal/torn',
    `the journal at ${folder} may end with half a line, since the disk failed while it was written; mend the disk and start again`,
    { folder },
  );
}
