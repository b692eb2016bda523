/**
 * Every exporter in the registry must pass this, unasked: whatever it makes, other people's programs get the sealed bag out of
 * it byte for byte; the same package gives the same bytes; and damage, a full disk or a cancellation leave nothing behind.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExportOptions, type Exporter, exporters, exportPackage, HISTORY_PATH } from '#ingest/export';
import { Fault } from '#ingest/kernel';
import type { OpenedPackage } from '#ingest/package';
import { digestOf, faultsOfBag, type FixturePackage, makeBag, openFixture, treeOf } from '../ingest/export/bag-fixture.ts';
import { have, readersOf, run } from '../ingest/export/readers.ts';
import { bags, heldBy } from '../ingest/export/sample-bags.ts';

const ID = '01935e2a-7b1c-7000-8000-0123456789ab';

let root: string;
const packages: Record<string, FixturePackage> = {};
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'exporters-'));
  for (const [name, files] of Object.entries(bags)) {
    packages[name] = await openFixture(await makeBag(await mkdtemp(join(root, 'bag-')), ID, files), ID);
  }
});
afterAll(async () => rm(root, { recursive: true, force: true }));

const history = async function* (): AsyncGenerator<string | Uint8Array> {
  yield '<premis>';
  yield Buffer.from('<event>später</event>');
  yield '</premis>';
};

describe.each([...exporters.keys()])('%s', (id) => {
  const exporter = exporters.get(id) as Exporter;
  const freshFolder = async (): Promise<string> => mkdtemp(join(root, 'to-'));
  const to = (folder: string): string => join(folder, `${ID}${exporter.extension}`);
  const readers = readersOf(id);
  const held = heldBy(exporter);

  /** The bag inside the export, by the first program that is here. */
  async function unpacked(target: string): Promise<string> {
    const into = await freshFolder();
    await readers.at(-1)?.unpack(target, into);
    return join(into, ID);
  }
  async function made(target: string, pkg: FixturePackage): Promise<{ bytes: number; sha256?: string }> {
    if (exporter.extension === '') return { bytes: pkg.sealed.reduce((sum, { size }) => sum + size, 0) };
    const bytes = await readFile(target);
    return { bytes: bytes.length, sha256: digestOf(bytes) };
  }
  /** Everything that tells two exports apart: the file's digest, or the tree with its dates. */
  async function identity(target: string): Promise<unknown> {
    const found = await stat(target);
    if (found.isFile()) return digestOf(await readFile(target));
    const tree = [...(await treeOf(target))];
    return Promise.all(tree.map(async ([path, digest]) => [path, digest, (await stat(join(target, path))).mtimeMs]));
  }
  async function refusal(pkg: OpenedPackage, options: ExportOptions = {}, folder?: string): Promise<Record<string, unknown>> {
    const place = folder ?? (await freshFolder());
    const error = await exportPackage(exporter, pkg, to(place), options).then(
      () => expect.fail('the export went through'),
      (reason: unknown) => reason as Record<string, unknown>,
    );
    expect(await readdir(place)).toEqual([]);
    return error;
  }
  async function changed(name: string, change: (folder: string) => Promise<void>): Promise<FixturePackage> {
    const folder = await makeBag(await mkdtemp(join(root, 'bag-')), ID, bags[name]!);
    const pkg = await openFixture(folder, ID);
    await change(folder);
    return pkg;
  }

  it('is read by at least one program of others', () => expect(readers.map(({ name }) => name)).not.toEqual([]));

  it.each(Object.keys(bags).filter((name) => !held.includes(name)))(
    'refuses %s, which it cannot hold, before it reads a byte of it',
    async (name) => {
      let read = 0;
      const stream = async (path: string): Promise<Readable> => ((read += 1), packages[name]!.stream(path));
      const fault = await refusal({ ...packages[name]!, stream });
      expect(fault).toMatchObject({ kind: 'refused', message: expect.stringMatching(/[Ee]xport .*as /) as string });
      expect(read).toBe(0);
    },
  );

  describe.each(held)('%s', (name) => {
    it.each(readers)('comes out of $name as it was sealed', async (reader) => {
      const pkg = packages[name]!;
      const target = to(await freshFolder());
      await exportPackage(exporter, pkg, target);
      const into = await freshFolder();
      await reader.unpack(target, into);
      expect(await readdir(into)).toEqual([ID]);
      const source = await treeOf(pkg.folder);
      source.set('data/', 'folder');
      expect(await treeOf(join(into, ID))).toEqual(source);
      expect(await faultsOfBag(join(into, ID))).toEqual([]);
    });

    it('gives the same bytes every time, with and without history', async () => {
      for (const options of [{}, { history }]) {
        const [first, second] = [to(await freshFolder()), to(await freshFolder())];
        const result = await exportPackage(exporter, packages[name]!, first, options);
        expect(await exportPackage(exporter, packages[name]!, second, options)).toEqual({ ...result, target: second });
        expect(await identity(first)).toEqual(await identity(second));
      }
    });

    it('says what it made', async () => {
      const pkg = packages[name]!;
      const target = to(await freshFolder());
      const result = await exportPackage(exporter, pkg, target);
      expect(result).toEqual({ target, files: pkg.sealed.length, ...(await made(target, pkg)) });
    });

    it('with history is a valid bag in which every sealed file is as it was', async () => {
      const pkg = packages[name]!;
      const target = to(await freshFolder());
      const result = await exportPackage(exporter, pkg, target, { history });
      const folder = await unpacked(target);
      expect(await faultsOfBag(folder)).toEqual([]);
      const files = [...(await treeOf(folder))].filter(([path]) => !path.endsWith('/'));
      expect(files.length).toBe(result.files);
      const added = [HISTORY_PATH, 'tagmanifest-sha512.txt'];
      expect(files.filter(([path]) => !added.includes(path))).toEqual(pkg.sealed.map(({ path, sha256 }) => [path, sha256]));
      expect(await readFile(join(folder, HISTORY_PATH), 'utf8')).toBe('<premis><event>später</event></premis>');
      const listed = (await readFile(join(folder, 'tagmanifest-sha512.txt'), 'utf8')).split('\n').length - 1;
      expect(listed).toBe(pkg.sealed.filter(({ path }) => !path.startsWith('data/')).length); // + history, − tag manifest
    });
  });

  it.runIf(have('sha256sum'))('holds what sha256sum -c accepts', async () => {
    const target = to(await freshFolder());
    await exportPackage(exporter, packages['200 files, some empty']!, target);
    const folder = await unpacked(target);
    await run('sha256sum', ['-c', '--strict', '--quiet', 'manifest-sha256.txt', 'tagmanifest-sha256.txt'], { cwd: folder });
  });

  it('gives the same bytes in every time zone', async () => {
    const before = process.env['TZ'];
    const seen = [];
    for (const zone of ['UTC', 'Asia/Tokyo', 'America/St_Johns']) {
      process.env['TZ'] = zone;
      const target = to(await freshFolder());
      await exportPackage(exporter, packages['one image']!, target);
      seen.push(JSON.stringify(await identity(target)));
    }
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
    expect(new Set(seen).size).toBe(1);
  });

  it.each(['1969-07-20T20:17:40Z', '2038-01-20T00:00:00Z', '2300-01-01T00:00:00Z'])(
    'is whole when sealed on %s',
    async (date) => {
      const { folder } = packages['no payload']!;
      const target = to(await freshFolder());
      await exportPackage(exporter, await openFixture(folder, ID, { sealedAt: new Date(date) }), target);
      expect(await faultsOfBag(await unpacked(target))).toEqual([]);
    },
  );

  it.each([
    'data/image/disk.img',
    'data/submission/disk.log',
    'metadata/premis.xml',
    'metadata/fixity/data/image/disk.img.blocks',
    'bagit.txt',
    'bag-info.txt',
    'manifest-sha256.txt',
    'tagmanifest-sha256.txt',
  ])('refuses a package with one wrong bit in %s', async (path) => {
    const pkg = await changed('one image', async (folder) => {
      const bytes = await readFile(join(folder, path));
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(join(folder, path), bytes);
    });
    const found = digestOf(await readFile(join(pkg.folder, path)));
    const sealed = pkg.sealed.find((file) => file.path === path)!.sha256;
    for (const options of [{}, { history }]) {
      const fault = await refusal(pkg, options);
      expect(fault).toMatchObject({ kind: 'corrupt', code: 'export/altered', facts: { path, found, sealed } });
      for (const word of [path, found, sealed, 'repair']) expect(fault['message']).toContain(word);
    }
  });

  it.each([
    ['shorter', -1],
    ['longer', 1],
  ])('refuses a file that became %s, listed so or not', async (_, by) => {
    for (const lies of [false, true]) {
      const pkg = await changed('one image', async (folder) => {
        const bytes = await readFile(join(folder, 'data/image/disk.img'));
        await writeFile(
          join(folder, 'data/image/disk.img'),
          by < 0 ? bytes.subarray(0, by) : Buffer.concat([bytes, Buffer.alloc(by)]),
        );
      });
      const listed = lies
        ? pkg
        : {
            ...pkg,
            files: async function* () {
              yield* pkg.sealed;
            },
          }; // prettier-ignore
      expect(await refusal(listed)).toMatchObject({ code: 'export/altered', facts: { path: 'data/image/disk.img' } });
    }
  });

  it.each([-1, 1])('refuses a file listed with a size wrong by %i, although its digest is right', async (by) => {
    const pkg = packages['one image']!;
    const path = 'data/submission/disk.log';
    const files = async function* () {
      for (const file of pkg.sealed) yield file.path === path ? { ...file, size: file.size + by } : file;
    };
    const fault = await refusal({ ...pkg, files });
    expect(fault).toMatchObject({ code: 'export/altered', facts: { path, listedSize: 8 + by } });
  });

  it('refuses a package whose tag manifest is not the recorded one', async () => {
    const pkg = { ...packages['no payload']!, tagManifestSha256: 'ab'.repeat(32) };
    expect(await refusal(pkg)).toMatchObject({ code: 'export/altered', facts: { path: 'tagmanifest-sha256.txt' } });
  });

  it('refuses a package that lacks a file', async () => {
    const pkg = packages['one image']!;
    const path = 'data/submission/disk.log';
    const stream = async (wanted: string): Promise<Readable> => {
      if (wanted !== path) return pkg.stream(wanted);
      throw new Fault('missing', 'storage/missing', 'gone', { key: path });
    };
    expect(await refusal({ ...pkg, stream })).toMatchObject({ code: 'export/missing', facts: { path } });
    const files = async function* () {
      yield* pkg.sealed.slice(0, 3);
      throw new Fault('missing', 'package/missing-file', 'gone', { path });
    };
    expect(await refusal({ ...pkg, files })).toMatchObject({ code: 'export/missing', facts: { path } });
  });

  it('calls a device that fails while reading unreadable, not altered', async () => {
    const broken = new Readable({
      read() {
        this.destroy(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' }));
      },
    }); // prettier-ignore
    const pkg = packages['one image']!;
    const stream = async (path: string): Promise<Readable> => (path === 'data/image/disk.img' ? broken : pkg.stream(path));
    expect(await refusal({ ...pkg, stream })).toMatchObject({ kind: 'unreadable', code: 'export/unreadable' });
  });

  it.each(['data/../../x', '/etc/x', 'data//x', 'data/./x', 'data/nul\0'])('never writes to %j', async (path) => {
    const pkg = packages['no payload']!;
    const files = async function* () {
      yield { path, role: 'submission', size: 0, sha256: digestOf(Buffer.alloc(0)) } as const;
    };
    expect(await refusal({ ...pkg, files, stream: async () => Readable.from([]) })).toMatchObject({ code: 'export/unsafe-path' });
  });

  it('never touches what lies at the target', async () => {
    const folder = await freshFolder();
    await mkdir(to(folder));
    await writeFile(join(to(folder), 'mine'), 'mine');
    const attempt = exportPackage(exporter, packages['no payload']!, to(folder));
    await expect(attempt).rejects.toMatchObject({ kind: 'refused', code: 'export/target-exists' });
    expect([await readdir(folder), await readdir(to(folder))]).toEqual([[`${ID}${exporter.extension}`], ['mine']]);
  });

  it('never replaces what somebody put at the target meanwhile', async () => {
    const folder = await freshFolder();
    const pkg = await openFixture(packages['no payload']!.folder, ID, {
      beforeStream: async () => writeFile(to(folder), 'mine'),
    });
    await expect(exportPackage(exporter, pkg, to(folder))).rejects.toMatchObject({ code: 'export/target-exists' });
    expect([await readdir(folder), await readFile(to(folder), 'utf8')]).toEqual([[`${ID}${exporter.extension}`], 'mine']);
  });

  it('says when the folder to export to is not there, or not a folder', async () => {
    const folder = await freshFolder();
    await writeFile(join(folder, 'file'), '');
    for (const target of [join(folder, 'none', 'x'), join(folder, 'file', 'x')]) {
      const attempt = exportPackage(exporter, packages['no payload']!, target);
      await expect(attempt).rejects.toMatchObject({ kind: 'refused', code: 'export/target-folder' });
    }
  });

  it('leaves nothing when cancelled: before, midway, and while the storage does not answer', async () => {
    const reason = new Error('cancelled by the archivist');
    expect(await refusal(packages['one image']!, { signal: AbortSignal.abort(reason) })).toBe(reason);

    const streams: Readable[] = [];
    const watched = await openFixture(packages['one image']!.folder, ID, { wrap: (_, stream) => (streams.push(stream), stream) });
    const midway = new AbortController();
    const onProgress: ExportOptions['onProgress'] = ({ doneBytes }) => doneBytes > 7 << 20 && midway.abort(reason);
    expect(await refusal(watched, { signal: midway.signal, onProgress })).toBe(reason);
    expect(streams.filter(({ destroyed }) => !destroyed)).toEqual([]);

    const silent = new AbortController();
    const pkg = packages['one image']!;
    const stream = async (): Promise<Readable> => {
      setImmediate(() => silent.abort(reason));
      return new Readable({ read() {} });
    };
    expect(await refusal({ ...pkg, stream }, { signal: silent.signal })).toBe(reason);
  });

  it('tells how far it is, never backwards, to the end', async () => {
    const seen: { doneBytes: number; totalBytes: number }[] = [];
    const pkg = packages['one image']!;
    await exportPackage(exporter, pkg, to(await freshFolder()), { onProgress: (at) => seen.push(at) });
    const total = pkg.sealed.reduce((sum, { size }) => sum + size, 0);
    expect(seen.at(-1)).toMatchObject({ doneBytes: total, totalBytes: total });
    expect(seen.filter(({ doneBytes }) => doneBytes === total).length).toBe(1);
    expect(seen.map(({ doneBytes }) => doneBytes)).toEqual(seen.map(({ doneBytes }) => doneBytes).toSorted((a, b) => a - b));
  });

  describe('history', () => {
    it('leaves nothing when it fails', async () => {
      const broken = async function* (): AsyncGenerator<string> {
        yield '<premis>';
        throw new Error('journal unreadable');
      };
      expect(await refusal(packages['no payload']!, { history: broken })).toMatchObject({ message: 'journal unreadable' });
    });

    it('takes sha384 for the added tag manifest when the package was sealed with sha512', async () => {
      const folder = await makeBag(await mkdtemp(join(root, 'bag-')), ID, bags['one image']!);
      const tags = ['bagit.txt', 'manifest-sha256.txt'].map(
        async (path) => `${digestOf(await readFile(join(folder, path)), 'sha512')}  ${path}\n`,
      );
      await writeFile(join(folder, 'tagmanifest-sha512.txt'), (await Promise.all(tags)).join(''));
      const target = to(await freshFolder());
      await exportPackage(exporter, await openFixture(folder, ID), target, { history });
      const out = await unpacked(target);
      expect(await faultsOfBag(out)).toEqual([]);
      expect(await readdir(out)).toContain('tagmanifest-sha384.txt');
      await writeFile(join(folder, 'tagmanifest-sha384.txt'), '');
      expect(await refusal(await openFixture(folder, ID), { history })).toMatchObject({ code: 'export/history-taken' });
    });
  });

  describe.runIf(process.getuid?.() === 0 && have('mount'))('on a small disk (needs root, to mount a tmpfs)', () => {
    let disk: string;
    beforeAll(async () => {
      disk = await freshFolder();
      await run('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk]);
    });
    afterAll(async () => run('umount', [disk]));

    it('refuses before it starts when there is no room', async () => {
      const size = 100 << 20;
      const pkg = packages['one image']!;
      const files = async function* () {
        for (const file of pkg.sealed) yield file.path === 'data/image/disk.img' ? { ...file, size } : file;
      };
      let read = 0;
      const stream = async (path: string): Promise<Readable> => ((read += 1), pkg.stream(path));
      const fault = await refusal({ ...pkg, files, stream }, {}, disk);
      expect(fault).toMatchObject({ kind: 'refused', code: 'export/target-full', facts: { free: expect.any(Number) as number } });
      expect(read).toBe(0);
    });

    it('says so, and leaves nothing, when it fills up on the way', async () => {
      const noisy = Buffer.alloc(20 << 20, 'no zeros here');
      const folder = await makeBag(await mkdtemp(join(root, 'bag-')), ID, { 'data/image/disk.img': noisy });
      const hidden = join(disk, `${ID}${exporter.extension}.other`);
      const streams: Readable[] = [];
      const pkg = await openFixture(folder, ID, {
        wrap: (_, stream) => (streams.push(stream), stream),
        async beforeStream(path) {
          if (path !== 'data/image/disk.img') return;
          await run('sh', ['-c', `head -c 40000000 /dev/zero | tr '\\0' x > "$0"`, hidden]);
        },
      });
      const attempt = exportPackage(exporter, pkg, to(disk));
      await expect(attempt).rejects.toMatchObject({ kind: 'refused', code: 'export/target-full' });
      await expect(attempt).rejects.toThrow(/the disk is full \(ENOSPC\)/);
      expect(streams.filter(({ destroyed }) => !destroyed)).toEqual([]);
      await rm(hidden);
      expect(await readdir(disk)).toEqual([]);
    });

    it('says so when the disk may not be written', async () => {
      await run('mount', ['-o', 'remount,ro', disk]);
      const fault = await refusal(packages['no payload']!, {}, disk);
      await run('mount', ['-o', 'remount,rw', disk]);
      expect(fault).toMatchObject({
        code: 'export/target-not-writable',
        message: expect.stringContaining('read-only') as string,
      });
    });
  });
});
