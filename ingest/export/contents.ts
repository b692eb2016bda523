/** A package as a list of folders and files in one fixed order, every byte verified on its way to the exporter. */
import { createHash, type Hash } from 'node:crypto';
import { addAbortSignal, type Readable } from 'node:stream';
import { byteOrder, escaped, Fault, FaultKind, wordsOfSystemError } from '../kernel/index.ts';
import { type OpenedPackage, TAG_MANIFEST_PATH } from '../package/index.ts';
import type { Contents, ExportEntry, Exporter, ExportFile } from './exporter.ts';
import { type AddedFile, type AddedTagManifest, HISTORY_PATH } from './history.ts';

/** What the package says it holds, counted before anything is written. */
export interface Survey {
  readonly files: number;
  readonly bytes: number;
  /** Of those present, the paths that a history could want: BagIt's own files, and the history itself. */
  readonly taken: ReadonlySet<string>;
}

export interface Reading {
  /** Bytes read since the last call. */
  onBytes(count: number): void;
  readonly signal?: AbortSignal | undefined;
  readonly history?: { readonly events: AddedFile; readonly manifest: AddedTagManifest } | undefined;
}

/**
 * @param mustTake the exporter's word on each path.
 * @throws Fault 'export/missing', 'export/unsafe-path', and what `mustTake` throws.
 */
export async function survey(pkg: OpenedPackage, mustTake: Exporter['mustTake'], signal?: AbortSignal): Promise<Survey> {
  let files = 0;
  let bytes = 0;
  const taken = new Set<string>();
  for await (const source of sourcesOf(pkg)) {
    signal?.throwIfAborted();
    mustTake?.(pkg.id, source.path);
    files += 1;
    bytes += source.size;
    if (!source.path.includes('/') || source.path === HISTORY_PATH) taken.add(source.path);
  }
  return { files, bytes, taken };
}

export function contentsOf(pkg: OpenedPackage, reading: Reading): Contents {
  return { id: pkg.id, sealedAt: pkg.sealedAt, entries: () => entriesOf(pkg, reading) };
}

/** A file to be read, or with a `/` at the end of its path a folder that must exist. */
interface Source {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  open(): Promise<Readable>;
}

/** BagIt wants data/ to exist even when it is empty. */
const PAYLOAD_FOLDER: Source = {
  path: 'data/',
  size: 0,
  sha256: '',
  open: async () => Promise.reject(new TypeError('a folder')),
};

async function* entriesOf(pkg: OpenedPackage, reading: Reading): AsyncGenerator<ExportEntry> {
  const { history } = reading;
  const added = [PAYLOAD_FOLDER, ...(history === undefined ? [] : [fromAdded(history.events)])];
  let previous = '';
  yield { kind: 'folder', path: '' };
  for await (const source of inOrder(sourcesOf(pkg), added)) {
    yield* newFolders(previous, source.path);
    previous = source.path;
    if (!source.path.endsWith('/')) yield* verified(pkg, source, reading);
  }
  if (history !== undefined) yield* verified(pkg, fromAdded(history.manifest.finished()), reading);
}

async function* sourcesOf(pkg: OpenedPackage): AsyncGenerator<Source> {
  let previous: string | undefined;
  try {
    for await (const { path, size, sha256 } of pkg.files()) {
      // The order is part of the exported bytes: a package that lists its files otherwise is a mistake of ours.
      if (previous !== undefined && byteOrder(previous, path) >= 0) {
        throw new TypeError(`package ${pkg.id} does not list its files in byte order: ${escaped(path)}`);
      }
      previous = path;
      checkPath(pkg, path);
      const sealed = path === TAG_MANIFEST_PATH ? pkg.tagManifestSha256 : sha256;
      yield { path, size, sha256: sealed, open: async () => pkg.stream(path) };
    }
  } catch (error) {
    if (error instanceof Fault && error.code === 'package/missing-file') throw missing(pkg, String(error.facts['path']), error);
    throw error;
  }
}

function fromAdded(file: AddedFile): Source {
  return { path: file.path, size: file.size, sha256: file.sha256, open: async () => file.read() };
}

async function* inOrder(sources: AsyncIterable<Source>, added: readonly Source[]): AsyncGenerator<Source> {
  let next = 0;
  for await (const source of sources) {
    for (let waiting = added[next]; waiting !== undefined && byteOrder(waiting.path, source.path) < 0; waiting = added[next]) {
      yield waiting;
      next += 1;
    }
    yield source;
  }
  yield* added.slice(next);
}

/** Byte order keeps what a folder holds together, so a folder is new exactly when the path before was not in it. */
function* newFolders(previous: string, path: string): Generator<ExportEntry> {
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    if (!previous.startsWith(path.slice(0, slash + 1))) yield { kind: 'folder', path: path.slice(0, slash) };
  }
}

/** The file as an entry; afterwards makes sure that it was read whole, and lists it in the added tag manifest. */
async function* verified(pkg: OpenedPackage, source: Source, reading: Reading): AsyncGenerator<ExportFile> {
  const manifest = isTagFile(source.path) && !isTagManifest(source.path) ? reading.history?.manifest : undefined;
  let whole = false;
  let digest = '';
  yield {
    kind: 'file',
    path: source.path,
    size: source.size,
    async *read() {
      const also = manifest === undefined ? undefined : createHash(manifest.algorithm);
      yield* checked(pkg, source, reading, also);
      digest = also?.digest('hex') ?? '';
      whole = true;
    },
  };
  if (!whole) throw new TypeError(`${escaped(source.path)} was not read to its end, and so not verified`);
  await manifest?.add(source.path, digest);
}

async function* checked(
  pkg: OpenedPackage,
  source: Source,
  reading: Reading,
  also: Hash | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    reading.signal?.throwIfAborted();
    const stream = await source.open();
    if (reading.signal !== undefined) addAbortSignal(reading.signal, stream);
    for await (const piece of stream) {
      const chunk = piece as Buffer;
      hash.update(chunk);
      also?.update(chunk);
      size += chunk.length;
      if (size > source.size) break; // never a byte more than the archive's header says
      reading.onBytes(chunk.length);
      yield chunk;
    }
  } catch (error) {
    reading.signal?.throwIfAborted();
    throw readFault(pkg, source.path, error);
  }
  if (size !== source.size) {
    throw altered(
      pkg,
      source.path,
      `${size > source.size ? 'more than ' : ''}${Math.min(size, source.size)} bytes were read, ${source.size} are listed`,
      {
        size,
        listedSize: source.size,
      },
    );
  }
  const found = hash.digest('hex');
  if (found === source.sha256) return;
  throw altered(pkg, source.path, `its SHA-256 is ${found}, sealed was ${source.sha256}`, { found, sealed: source.sha256 });
}

function isTagFile(path: string): boolean {
  return !path.startsWith('data/');
}

function isTagManifest(path: string): boolean {
  return /^tagmanifest-[^/]+\.txt$/.test(path);
}

/** Paths come out of a stored manifest: not one may lead out of the target, whatever happened to it. */
function checkPath(pkg: OpenedPackage, path: string): void {
  const parts = path.split('/');
  if (!path.includes('\0') && parts.every((part) => part !== '' && part !== '.' && part !== '..')) return;
  throw new Fault(
    FaultKind.Corrupt,
    'export/unsafe-path',
    `package ${pkg.id} lists the path "${escaped(path)}", which may not be in a package; nothing was exported. Audit the package`,
    { package: pkg.id, path },
  );
}

function altered(pkg: OpenedPackage, path: string, what: string, facts: Record<string, string | number>): Fault {
  return new Fault(
    FaultKind.Corrupt,
    'export/altered',
    `${escaped(path)} of package ${pkg.id} is not what was sealed: ${what}; nothing was exported. ` +
      'Audit the package, repair it from a good copy, and export again',
    { package: pkg.id, path, ...facts },
  );
}

function missing(pkg: OpenedPackage, path: string, cause: unknown): Fault {
  return new Fault(
    FaultKind.Corrupt,
    'export/missing',
    `${escaped(path)} of package ${pkg.id} is not in storage; nothing was exported. ` +
      'Audit the package, repair it from a good copy, and export again',
    { package: pkg.id, path },
    { cause },
  );
}

function readFault(pkg: OpenedPackage, path: string, error: unknown): unknown {
  if (error instanceof Fault) return error.code === 'storage/missing' ? missing(pkg, path, error) : error;
  if (error instanceof TypeError) return error;
  return new Fault(
    FaultKind.Unreadable,
    'export/unreadable',
    `${escaped(path)} of package ${pkg.id} can't be read now: ${wordsOfSystemError(error)}; nothing was exported. Try again`,
    { package: pkg.id, path },
    { cause: error },
  );
}
