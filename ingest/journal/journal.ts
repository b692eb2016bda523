/** The journal, open for appending: what append() acknowledged survives a power cut; a torn line is cut off at the next opening. */
import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { durableFolder, Fault, FaultKind, isSystemError, syncFolder, wordsOfSystemError } from '../kernel/index.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import type { Checkpoint } from './checkpoint.ts';
import { LINE_LIMIT, leafHash, lineOf, SEGMENT_ENTRIES, segmentName } from './line.ts';
import { isTorn, leafOf, linesOf, segmentsOf } from './read-journal.ts';
import { SignedLog, type Signing } from './signed-log.ts';
import { cut } from './verify-journal.ts';

export interface Journal extends AsyncDisposable {
  /** Entries so far. */
  readonly size: number;
  /**
   * Appends `values` in order, fsyncs, and gives the index of the first. Calls are served in order; one that fails leaves nothing.
   * @throws Fault 'journal/entry-too-long' for one that could not be read again; 'journal/not-written' when the disk fails.
   */
  append(values: readonly { readonly [name: string]: Json | undefined }[]): Promise<number>;
  /** Signs what was appended since the last checkpoint. @throws what the disk says: the entries are safe, and the next call tries again. */
  sign(): Promise<Checkpoint | undefined>;
}

/**
 * Opens the journal in `folder` (created when absent). One process at a time: the home's lock sees to that. Lines of the last segment,
 * and all that are not signed yet, are checked; older ones by verifyJournal(). The caller disposes.
 * @throws Fault 'journal/altered' when a line does not verify, 'journal/cut' when signed ones are gone; as SignedLog.open.
 */
export async function openJournal(folder: string, signing: Signing): Promise<Journal> {
  await durableFolder(folder);
  const log = await SignedLog.open(folder, signing);
  const segments = await segmentsOf(folder);
  const last = segments.at(-1)?.first ?? 0;
  let size = 0;
  for (const { name, first } of segments.slice(
    Math.max(
      0,
      segments.findLastIndex(({ first: at }) => at <= log.size),
    ),
  )) {
    size = first;
    const path = join(folder, name);
    for await (const line of linesOf(path)) {
      if (isTorn(line, path)) {
        await truncate(path, line.offset);
        break;
      }
      await log.see(size, leafOf(line, path));
      size += 1;
    }
  }
  if (size < log.size) throw cut(folder, log.size, size);
  return new FileJournal(folder, size, last, log);
}

class FileJournal implements Journal {
  size: number;
  private readonly folder: string;
  private first: number;
  private handle: Awaited<ReturnType<typeof open>> | undefined;
  /** Set when half a line may be at the end: nothing may follow it before the next opening has cut it off. */
  private torn = false;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    folder: string,
    size: number,
    first: number,
    private readonly log: SignedLog,
  ) {
    this.folder = folder;
    this.size = size;
    this.first = first;
  }

  async append(values: readonly { readonly [name: string]: Json | undefined }[]): Promise<number> {
    const turn = this.queue.then(() => this.write(values));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  async sign(): Promise<Checkpoint | undefined> {
    const turn = this.queue.then(() => this.log.sign());
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue;
    await this.handle?.close();
    this.handle = undefined;
  }

  private async write(values: readonly { readonly [name: string]: Json | undefined }[]): Promise<number> {
    const texts = values.map(canonicalJson);
    const lines = texts.map(lineOf);
    const longest = Math.max(0, ...lines.map((line) => Buffer.byteLength(line)));
    if (longest > LINE_LIMIT) throw tooLong(longest);
    try {
      const index = await this.writeLines(lines);
      for (const [at, text] of texts.entries()) await this.log.see(index + at, Buffer.from(leafHash(text), 'hex'));
      return index;
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
