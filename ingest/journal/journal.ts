/** The journal, open for appending: what append() acknowledged survives a power cut; a torn line is cut off at the next opening. */
import { mkdir, open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../kernel/index.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { lineOf, SEGMENT_ENTRIES, segmentName } from './line.ts';
import { linesOf, segmentsOf, valueOf } from './read-journal.ts';

export interface Journal extends AsyncDisposable {
  /** Entries so far. */
  readonly size: number;
  /** Appends `values` in order, fsyncs, and gives the index of the first. Calls are served in order; one that fails leaves nothing. */
  append(values: readonly { readonly [name: string]: Json | undefined }[]): Promise<number>;
}

/**
 * Opens the journal in `folder` (created when absent). One process at a time: the home's lock sees to that. The caller disposes.
 * @throws Fault 'journal/altered' when the last segment does not verify.
 */
export async function openJournal(folder: string): Promise<Journal> {
  await mkdir(folder, { recursive: true });
  const last = (await segmentsOf(folder)).at(-1);
  let size = last?.first ?? 0;
  if (last !== undefined) {
    const path = join(folder, last.name);
    for await (const line of linesOf(path)) {
      if (!line.whole) {
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
    if (this.size - this.first >= SEGMENT_ENTRIES) {
      await this.handle?.close();
      this.handle = undefined;
      this.first = this.size;
    }
    const handle = (this.handle ??= await this.openSegment());
    const { size: before } = await handle.stat();
    try {
      await handle.appendFile(values.map((value) => lineOf(canonicalJson(value))).join(''));
      await handle.sync();
    } catch (error) {
      await handle.truncate(before);
      throw error;
    }
    const index = this.size;
    this.size += values.length;
    return index;
  }

  private async openSegment(): Promise<Awaited<ReturnType<typeof open>>> {
    const handle = await open(join(this.folder, segmentName(this.first)), 'a');
    await syncFolder(this.folder);
    return handle;
  }
}
