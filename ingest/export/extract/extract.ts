/**
 * Files from inside a disk, taken out as files that any platform takes: a BagIt bag (RFC 8493) in a folder or a zip file, with the files
 * in `data/`, and `files.csv`, which says of each what it was called, when it was changed, its digests, and what could not be given.
 *
 * No name of the disk becomes a path of the host before it is made safe; links are told and not made. The bytes are digested on the way:
 * they are the survey's, or nothing is left at the target.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { openFile, openFiles } from '../../survey/index.ts';
import { Spool } from '../spool.ts';
import { Target, targetFault } from '../target.ts';
import { appleDoubleHeader } from './apple-double.ts';
import { csvRow } from './csv.ts';
import type { ExtractedFile, Extraction, ExtractOptions, FilesToExtract } from './extraction.ts';
import { altered, Reader } from './reader.ts';
import { GivenNames } from './safe-names.ts';
import { fillFolder, fillZip, type Sink, zipBytes } from './sinks.ts';
import { dateOf, remarksOf } from './told.ts';

const PAYLOAD = 'data';
/** Files that wait to be found by their file system in one go. */
const MOST_WAITING = 50_000;
/** For the lists, and what file systems need themselves. */
const OVERHEAD = 8 << 20;
const LARGEST_FORK = 0xffffffff;
const DECLARATION = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';
const HEADING = [
  'volume',
  'path',
  'kind',
  'stream',
  'written',
  'size',
  'modified',
  'sha256',
  'md5',
  'sha1',
  'deleted',
  'unread',
  'target',
  'remarks',
] as const;

/**
 * Writes the chosen files to `to`, which does not exist yet: a zip file where it ends in `.zip`, else a folder.
 * @throws Fault 'extract/altered' when the bytes of a file are not those that were surveyed; 'export/target-…'; `signal.reason`.
 * Nothing is left at the target then.
 */
export async function extractFiles(chosen: FilesToExtract, to: string, options: ExtractOptions = {}): Promise<Extraction> {
  const { signal } = options;
  signal?.throwIfAborted();
  const target = await Target.prepare(to);
  try {
    let totalBytes = 0;
    for await (const file of chosen.files()) if (isBelievable(file, chosen)) totalBytes += file.size;
    const isZip = /\.zip$/i.test(target.path);
    if (!isZip) await target.mustHaveRoom(totalBytes + OVERHEAD);
    const work = new Work(chosen, target.work, { ...options, totalBytes });
    const fill = (sink: Sink): Promise<void> => work.run(sink);
    const zip = isZip ? await fillZip(target.draft, chosen.at, fill) : undefined;
    if (zip === undefined) await fillFolder(target.draft, fill);
    signal?.throwIfAborted();
    await target.publish();
    return { target: target.path, ...work.counts, ...(zip === undefined ? {} : { zipBytes: zip.bytes, sha256: zip.sha256 }) };
  } catch (error) {
    signal?.throwIfAborted();
    throw targetFault(target.path, error);
  } finally {
    await target.dropWork();
  }
}

/**
 * The same as the bytes of a zip file, as they are made. Whoever takes them reads to the end, or ends the iteration.
 * @param folder a private one for the lists; it does not exist yet, and is gone afterwards.
 * @throws as extractFiles(): what was taken by then is no whole zip file.
 */
export async function* extractedZip(
  chosen: FilesToExtract,
  folder: string,
  { signal }: ExtractOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  await mkdir(folder, { mode: 0o700 });
  try {
    const work = new Work(chosen, folder, { signal, totalBytes: 0 });
    yield* zipBytes(chosen.at, (sink) => work.run(sink));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One extraction: its names, its lists, its counts. */
class Work {
  readonly counts = { files: 0, folders: 0, bytes: 0, skipped: 0, unread: 0 };
  readonly #names = new GivenNames(PAYLOAD);
  readonly #manifest: Spool;
  readonly #table: Spool;
  /** Where the file was written whose streams come next. */
  #beside = { key: '', path: '' };
  #doneBytes = 0;

  constructor(
    private readonly chosen: FilesToExtract,
    folder: string,
    private readonly options: ExtractOptions & { readonly totalBytes: number },
  ) {
    this.#manifest = new Spool(join(folder, 'manifest'));
    this.#table = new Spool(join(folder, 'table'));
  }

  async run(sink: Sink): Promise<void> {
    await this.#table.add(Buffer.from(csvRow(HEADING)));
    await sink.folder(PAYLOAD, undefined);
    let waiting: (ExtractedFile & { readonly written: string })[] = [];
    for await (const file of this.chosen.files()) {
      this.options.signal?.throwIfAborted();
      if (waiting.length >= MOST_WAITING || (waiting[0] !== undefined && waiting[0].number !== file.number)) {
        await this.#askForAll(sink, waiting);
        waiting = [];
      }
      if (file.kind === 'directory' && file.stream === undefined) await this.#folder(sink, file);
      else if (file.kind !== 'file' && file.stream === undefined) await this.#skip(file, [`a ${file.kind}: it has no content`]);
      else {
        const written = this.#nameOf(file);
        if (!isBelievable(file, this.chosen)) {
          await this.#skip(file, [`it claims ${file.size} bytes, and the survey could not read them`]);
          continue;
        }
        if (file.runs === undefined && file.size > 0) waiting.push({ ...file, written });
        else await this.#opened(sink, file, written);
      }
    }
    await this.#askForAll(sink, waiting);
    await this.#list(sink, 'bagit.txt', DECLARATION);
    await this.#list(sink, 'manifest-sha256.txt', this.#manifest);
    await this.#list(sink, 'files.csv', this.#table);
  }

  async #folder(sink: Sink, file: ExtractedFile): Promise<void> {
    const written = this.#names.folder(file.path, this.#base(file));
    this.counts.folders += 1;
    await sink.folder(written, dateOf(file.modified));
    await this.#tell(file, written, []);
  }

  #base({ number }: ExtractedFile): string {
    return this.chosen.hasSeveralVolumes ? `${PAYLOAD}/volume-${number}` : PAYLOAD;
  }

  /** Streams beside their file, by its written name: forks as AppleDouble, the others with their own name at the end. */
  #nameOf(file: ExtractedFile): string {
    const slash = file.path.lastIndexOf('/');
    const own = file.path.slice(slash + 1);
    const folder = this.#names.folder(file.path.slice(0, Math.max(0, slash)), this.#base(file));
    const key = `${file.number} ${file.entry} ${file.path}`;
    if (file.stream === undefined) {
      this.#beside = { key, path: this.#names.file(folder, own) };
      return this.#beside.path;
    }
    const main = this.#beside.key === key ? this.#beside.path.slice(folder.length + 1) : own;
    const { stream } = file;
    if (stream === 'resource') return this.#names.file(folder, `._${main}`);
    return this.#names.file(folder, `${main}.${stream.replace(/^alternate:/, '')}`);
  }

  async #opened(sink: Sink, file: ExtractedFile, written: string): Promise<void> {
    const source = await openFile(this.chosen.media, { ...file, runs: file.runs ?? [] });
    await using _ = source;
    await this.#write(sink, file, written, source);
  }

  async #askForAll(sink: Sink, waiting: readonly (ExtractedFile & { readonly written: string })[]): Promise<void> {
    const left = new Set(waiting);
    for await (const { place, content } of openFiles(this.chosen.media, waiting)) {
      if (!left.delete(place)) continue;
      if (content instanceof Fault) await this.#unreadable(place, content);
      else await this.#write(sink, place, place.written, content);
    }
    for (const file of left) {
      const message = `the file system of volume ${file.number} does not list "${file.path}" any more`;
      await this.#unreadable(file, new Fault(FaultKind.Corrupt, 'extract/not-listed', message, { path: file.path }));
    }
  }

  async #write(sink: Sink, file: ExtractedFile, written: string, source: ByteSource): Promise<void> {
    const isFork = file.stream === 'resource' && file.size <= LARGEST_FORK;
    const modified = dateOf(file.modified);
    const { facts = {}, attributes = [] } = file;
    const code = (name: string): string | undefined => (typeof facts[name] === 'string' ? facts[name] : undefined);
    const header = isFork
      ? appleDoubleHeader({ type: code('type'), creator: code('creator'), attributes, modified, resourceSize: file.size })
      : Buffer.alloc(0);
    const reader = new Reader(file, header, source, (count) => this.#progress(count));
    // What can't be read for the disk's own sake is found out before anything of it is written.
    const unreadable = file.sha256 === undefined ? await reader.tried() : undefined;
    if (unreadable !== undefined) return this.#unreadable(file, unreadable);
    await sink.file(written, header.length + file.size, modified, reader.bytes(this.options.signal));
    this.counts.files += 1;
    this.counts.bytes += file.size;
    if (file.hasUnread) this.counts.unread += 1;
    await this.#manifest.add(Buffer.from(`${reader.sha256}  ${written.replaceAll('%', '%25')}\n`));
    const notes = [
      ...(isFork ? ['resource fork, written as AppleDouble with its header'] : []),
      ...(file.sha256 === undefined ? ['its bytes could not be compared with the survey, which has no SHA-256 of it'] : []),
    ];
    await this.#tell(file, written, notes);
  }

  /** What the survey could read must be readable still. */
  async #unreadable(file: ExtractedFile, fault: Fault): Promise<void> {
    if (file.sha256 !== undefined) throw altered(file, fault.message, fault);
    await this.#skip(file, [fault.message]);
  }

  async #skip(file: ExtractedFile, notes: readonly string[]): Promise<void> {
    this.counts.skipped += 1;
    await this.#tell(file, '', ['not extracted', ...notes]);
  }

  async #tell(file: ExtractedFile, written: string, notes: readonly string[]): Promise<void> {
    const { number, path, kind, stream = '', size, modified = '', sha256 = '', md5 = '', sha1 = '', isDeleted } = file;
    const unread = (file.unread ?? []).map(({ offset, length }) => `${offset}+${length}`).join(' ');
    const remarks = remarksOf(file, notes).join('; ');
    const told = [
      number,
      path,
      kind,
      stream,
      written,
      size,
      modified,
      sha256,
      md5,
      sha1,
      isDeleted,
      unread,
      file.target ?? '',
      remarks,
    ];
    await this.#table.add(Buffer.from(csvRow(told)));
  }

  async #list(sink: Sink, name: string, content: Spool | string): Promise<void> {
    if (typeof content !== 'string') return sink.file(name, content.size, this.chosen.at, await content.read());
    const bytes = (async function* () {
      yield await Promise.resolve(Buffer.from(content));
    })();
    return sink.file(name, content.length, this.chosen.at, bytes);
  }

  #progress(count: number): void {
    this.#doneBytes += count;
    const { onProgress, totalBytes } = this.options;
    onProgress?.({ stage: 'extract', doneBytes: Math.min(this.#doneBytes, totalBytes), totalBytes });
  }
}

/** Without a digest a size is only a claim, which zeros that take no room would bear out for years. */
function isBelievable({ sha256, size }: ExtractedFile, { media }: FilesToExtract): boolean {
  return sha256 !== undefined || size <= media.size * 4;
}
