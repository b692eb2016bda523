/** Builds bags for the tests: in memory, then as a directory, a tar, a gzipped tar or a zip. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { findAlgorithm } from 'bagit-js';
import tar from 'tar-stream';
import yazl from 'yazl';

export type Files = Map<string, Buffer>;

export interface Recipe {
  version?: string;
  encoding?: string;
  /** Instead of the usual bagit.txt; null: none. */
  bagit?: string | Buffer | null;
  payload?: Record<string, string | Buffer>;
  algorithms?: string[];
  /** Text of bag-info.txt; null: none. `{oxum}` becomes the right Payload-Oxum. */
  info?: string | null;
  infoFile?: string;
  fetch?: string;
  /** Other tag files. */
  tags?: Record<string, string | Buffer>;
  /** Changes the lines of a payload manifest. */
  lines?: (lines: string[], algorithm: string) => string[];
  /** Changes the lines of a tag manifest; null: no tag manifest. */
  tagLines?: ((lines: string[], algorithm: string) => string[]) | null;
  tagAlgorithms?: string[];
  newline?: string;
  /** Done last: null removes a file, a text adds or replaces it. */
  after?: Record<string, string | Buffer | null>;
}

export function digest(algorithm: string, bytes: string | Buffer): string {
  return createHash(findAlgorithm(algorithm)?.crypto ?? algorithm)
    .update(bytes)
    .digest('hex');
}

function encoded(text: string, encoding: string): Buffer {
  if (/^utf-16$/i.test(encoding)) return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  return Buffer.from(text, /^iso-8859-1$/i.test(encoding) ? 'latin1' : 'utf8');
}

export function makeBag(recipe: Recipe = {}): Files {
  const {
    version = '1.0',
    encoding = 'UTF-8',
    payload = { 'hello.txt': 'hello\n' },
    algorithms = ['sha256'],
    newline = '\n',
  } = recipe;
  const files: Files = new Map();
  const text = (lines: string[]): Buffer => encoded(lines.map((line) => line + newline).join(''), encoding);
  let size = 0;
  for (const [path, content] of Object.entries(payload)) {
    const bytes = Buffer.from(content);
    size += bytes.length;
    files.set(`data/${path}`, bytes);
  }
  const payloadPaths = [...files.keys()];
  for (const algorithm of algorithms) {
    const lines = payloadPaths.map((path) => `${digest(algorithm, files.get(path)!)}  ${path}`);
    files.set(`manifest-${algorithm}.txt`, text(recipe.lines?.(lines, algorithm) ?? lines));
  }
  const info = recipe.info === undefined ? 'Source-Organization: Test{n}Payload-Oxum: {oxum}{n}' : recipe.info;
  if (info !== null) {
    const filled = info.replace('{oxum}', `${size}.${payloadPaths.length}`).replaceAll('{n}', newline);
    files.set(recipe.infoFile ?? 'bag-info.txt', encoded(filled, encoding));
  }
  if (recipe.fetch !== undefined) files.set('fetch.txt', encoded(recipe.fetch, encoding));
  const bagit =
    recipe.bagit === undefined ? `BagIt-Version: ${version}\nTag-File-Character-Encoding: ${encoding}\n` : recipe.bagit;
  if (bagit !== null) files.set('bagit.txt', Buffer.from(bagit));
  for (const [path, content] of Object.entries(recipe.tags ?? {})) files.set(path, Buffer.from(content));
  if (recipe.tagLines !== null) {
    const tagged = [...files.keys()].filter((path) => !path.startsWith('data/'));
    const made = (recipe.tagAlgorithms ?? algorithms).map((algorithm): [string, Buffer] => {
      const lines = tagged.map((path) => `${digest(algorithm, files.get(path)!)} ${path}`);
      return [`tagmanifest-${algorithm}.txt`, text(recipe.tagLines?.(lines, algorithm) ?? lines)];
    });
    for (const [path, content] of made) files.set(path, content);
  }
  for (const [path, content] of Object.entries(recipe.after ?? {})) {
    if (content === null) files.delete(path);
    else files.set(path, Buffer.from(content));
  }
  return files;
}

export async function temporary(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'bagit-js-'));
}

export async function removed(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** `data/` is made even when nothing is in it, unless told otherwise. */
export async function asDirectory(files: Files, path: string, data = true): Promise<string> {
  await mkdir(data ? join(path, 'data') : path, { recursive: true });
  for (const [name, content] of files) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return path;
}

/** The bag in `base/` of the archive. */
export async function asTar(files: Files, path: string, base = 'bag/', data = true): Promise<string> {
  const pack = tar.pack();
  if (data) pack.entry({ name: `${base}data/`, type: 'directory' });
  for (const [name, content] of files) pack.entry({ name: base + name, mtime: new Date(0) }, content);
  pack.finalize();
  const out = createWriteStream(path);
  await (path.endsWith('gz') ? pipeline(pack, createGzip(), out) : pipeline(pack, out));
  return path;
}

export async function asZip(files: Files, path: string, base = 'bag/', data = true): Promise<string> {
  const zip = new yazl.ZipFile();
  if (data) zip.addEmptyDirectory(`${base}data/`);
  for (const [name, content] of files) zip.addBuffer(content, base + name, { compress: content.length % 2 === 0 });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
  return path;
}

/** One entry of a tar, byte by byte: for what no good writer would write. */
export function tarHeader(name: string, type: string, size: number, change?: (block: Buffer) => void): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  change?.(block);
  block.write('        ', 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

export function tarEntry(name: string, content: Buffer | string, type = '0'): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([tarHeader(name, type, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export function tarOf(files: Files, extra: Buffer[] = [], base = 'bag/'): Buffer {
  const entries = [...files].map(([name, content]) => tarEntry(base + name, content));
  return Buffer.concat([...entries, ...extra, Buffer.alloc(1024)]);
}
