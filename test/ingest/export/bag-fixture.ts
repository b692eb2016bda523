/** Valid bags made for a test, and an OpenedPackage over such a folder: no code of the engine's own is used to make them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { OpenedPackage, PackageFile } from '#ingest/package';

export const SEALED_AT = new Date('2026-11-22T10:30:43.789Z');

export type Tree = Map<string, string>;

export function digestOf(bytes: Uint8Array, algorithm = 'sha256'): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

export function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Every file under `folder` with its SHA-256, every folder with `folder`. */
export async function treeOf(folder: string, prefix = ''): Promise<Tree> {
  const tree: Tree = new Map();
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) {
      tree.set(`${path}/`, 'folder');
      for (const [inner, digest] of await treeOf(folder, path)) tree.set(inner, digest);
    } else if (entry.isFile()) {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(join(folder, path), { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
      tree.set(path, hash.digest('hex'));
    } else {
      tree.set(path, 'something else');
    }
  }
  return new Map([...tree].toSorted(([a], [b]) => byteOrder(a, b)));
}

/** Writes the bag `parent/id` and returns its folder. Keys of `files` begin with data/ or metadata/. */
export async function makeBag(parent: string, id: string, files: Record<string, string | Uint8Array>): Promise<string> {
  const root = join(parent, id);
  await mkdir(join(root, 'data'), { recursive: true });
  for (const [path, content] of Object.entries(files)) await put(root, path, content);
  const payload = await lines(
    root,
    Object.keys(files).filter((path) => path.startsWith('data/')),
  );
  await put(root, 'bagit.txt', 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n');
  await put(root, 'bag-info.txt', `External-Identifier: ${id}\n`);
  await put(root, 'manifest-sha256.txt', payload);
  const tags = [
    'bagit.txt',
    'bag-info.txt',
    'manifest-sha256.txt',
    ...Object.keys(files).filter((path) => !path.startsWith('data/')),
  ];
  await put(root, 'tagmanifest-sha256.txt', await lines(root, tags));
  return root;
}

async function put(root: string, path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

async function lines(root: string, paths: string[]): Promise<string> {
  const made: string[] = [];
  for (const path of paths.toSorted(byteOrder)) {
    const encoded = path.replaceAll('%', '%25').replaceAll('\n', '%0A').replaceAll('\r', '%0D');
    made.push(`${digestOf(await readFile(join(root, path)))}  ${encoded}\n`);
  }
  return made.join('');
}

export interface FixturePackage extends OpenedPackage {
  readonly folder: string;
  /** What was sealed: paths and digests of every file. */
  readonly sealed: readonly PackageFile[];
}

/** Opens the bag in `folder`; its digests are those of now, whatever happens to the files later. */
export async function openFixture(
  folder: string,
  id: string,
  changes: {
    sealedAt?: Date;
    beforeStream?: (path: string) => Promise<void>;
    wrap?: (path: string, stream: Readable) => Readable;
  } = {},
): Promise<FixturePackage> {
  const sealed: PackageFile[] = [];
  for (const [path, sha256] of await treeOf(folder)) {
    if (path.endsWith('/')) continue;
    sealed.push({ path, role: 'tag', size: (await stat(join(folder, path))).size, sha256 });
  }
  return {
    id,
    folder,
    sealed,
    sealedAt: changes.sealedAt ?? SEALED_AT,
    tagManifestSha256: sealed.find(({ path }) => path === 'tagmanifest-sha256.txt')?.sha256 ?? '',
    bagInfo: [['External-Identifier', id]],
    async *files() {
      for (const file of sealed) {
        const now = await stat(join(folder, file.path)).catch(() => undefined);
        yield { ...file, size: now?.size ?? file.size };
      }
    },
    async stream(path) {
      await changes.beforeStream?.(path);
      const stream = createReadStream(join(folder, path), { highWaterMark: 1 << 20 });
      return changes.wrap?.(path, stream) ?? stream;
    },
  };
}

/** What is wrong with the bag in `folder`, by rules of RFC 8493 and by these lines alone; nothing when it is valid. */
export async function faultsOfBag(folder: string): Promise<string[]> {
  const tree = new Map([...(await treeOf(folder))].filter(([path]) => !path.endsWith('/')));
  const faults: string[] = [];
  if (!tree.has('bagit.txt')) faults.push('no bagit.txt');
  if (!(await stat(join(folder, 'data'))).isDirectory()) faults.push('no data/');
  const manifests = [...tree.keys()].filter((path) => /^(tag)?manifest-\w+\.txt$/.test(path));
  for (const manifest of manifests) {
    const algorithm = /-(\w+)\.txt$/.exec(manifest)?.[1] ?? '';
    const listed = new Set<string>();
    for (const line of (await readFile(join(folder, manifest), 'utf8')).split('\n').slice(0, -1)) {
      const [, digest, raw] = /^([0-9a-f]+) {2}(.+)$/s.exec(line) ?? [];
      const path = (raw ?? '').replace(/%(0A|0D|25)/gi, (code) => decodeURIComponent(code));
      if (listed.has(path)) faults.push(`${manifest} lists ${path} twice`);
      listed.add(path);
      const found = tree.has(path) ? digestOf(await readFile(join(folder, path)), algorithm) : 'missing';
      if (found !== digest) faults.push(`${manifest}: ${path} is ${found}`);
      if (manifest.startsWith('tag') === path.startsWith('data/')) faults.push(`${manifest} may not list ${path}`);
      if (path.startsWith('tagmanifest-')) faults.push(`${manifest} lists a tag manifest`);
    }
    const mustBeThere = [...tree.keys()].filter((path) => {
      return manifest.startsWith('tag') ? path.startsWith('manifest-') : path.startsWith('data/');
    });
    for (const path of mustBeThere) if (!listed.has(path)) faults.push(`${manifest} does not list ${path}`);
  }
  if (!manifests.some((path) => path.startsWith('manifest-'))) faults.push('no payload manifest');
  return faults;
}
