/**
 * Every storage backend in the registry must pass this, unasked. A backend says here where a fresh location of its kind may be;
 * one without a place fails.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { backends } from '#built/ingest/storage/open';
import { Fault } from '#ingest/kernel';
import { openStorage, type Storage, type StorageBackend } from '#ingest/storage';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A fresh location of each kind. */
const places: Record<string, () => URL> = {
  file() {
    const folder = mkdtempSync(join(tmpdir(), 'storage é #%-'));
    folders.push(folder);
    return pathToFileURL(join(folder, 'not', 'yet there'));
  },
};

async function faultOf(work: () => Promise<unknown>): Promise<string> {
  const error: unknown = await work().then(
    () => 'nothing',
    (reason: unknown) => reason,
  );
  return error instanceof Fault ? error.code : String(error);
}

async function keysUnder(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, kind, size } of storage.list(prefix)) keys.push(`${key} ${kind} ${size}`);
  return keys.toSorted();
}

describe('openStorage', () => {
  it('refuses a scheme that no backend has, and names those there are', async () => {
    await expect(openStorage(new URL('gopher://hole/'))).rejects.toMatchObject({ code: 'storage/unknown-scheme' });
    await expect(openStorage(new URL('gopher://hole/'))).rejects.toThrow([...backends.keys()].join(', '));
  });
});

describe.each([...backends.keys()])('%s', (id) => {
  const backend = backends.get(id) as StorageBackend;
  let url: URL;
  let storage: Storage;
  beforeEach(async () => {
    url = places[id]!();
    storage = await openStorage(url);
  });

  const FILES: Record<string, string> = {
    'bagit.txt': 'BagIt-Version: 1.0\n',
    'data/empty': '',
    'data/deep/er/than/that.img': 'x'.repeat(70_000),
    'data/ näme with %41 and "quotes"\\': 'odd',
    'data/nfd e\u0301 nfc \u00e9': 'both',
  };

  /** A package built in staging and adopted under `prefix`. */
  async function adopted(prefix: string, files: Record<string, string | Buffer> = FILES): Promise<void> {
    const name = prefix.replaceAll('/', '-');
    const bag = join(await storage.stage(name), 'bag');
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(bag, path, '..'), { recursive: true });
      await writeFile(join(bag, path), content);
    }
    await storage.adopt(bag, prefix);
    await storage.dropStage(name);
  }

  it('has its id and a title', () => {
    expect(backend.id).toBe(id);
    expect(backend.title).not.toBe('');
    expect(storage.place).not.toBe('');
  });

  it('is there for the second time as it was', async () => {
    await adopted('packages/one');
    const again = await openStorage(url);
    expect(await again.names('packages')).toEqual(['one']);
    expect(await again.stat('packages/one/bagit.txt')).toEqual({ size: 19 });
  });

  it('gives back what it took in, byte for byte, whole and in ranges', async () => {
    await adopted('packages/one');
    for (const [path, content] of Object.entries(FILES)) {
      await using object = await storage.open(`packages/one/${path}`);
      expect(object.size).toBe(Buffer.byteLength(content));
      expect((await buffer(object.stream())).toString()).toBe(content);
      expect((await object.read(0, object.size)).toString()).toBe(content);
    }
    const whole = randomBytes(70_000);
    await adopted('packages/two', { large: whole });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), fc.nat(whole.length), async (offset, wish) => {
        const length = Math.min(wish, whole.length - offset);
        await using object = await storage.open('packages/two/large');
        const part = whole.subarray(offset, offset + length);
        expect(part.equals(await object.read(offset, length))).toBe(true);
        expect(part.equals(await buffer(object.stream({ offset, length })))).toBe(true);
        expect(whole.subarray(offset).equals(await buffer(object.stream({ offset })))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('reads nothing past the end', async () => {
    await adopted('packages/one');
    await using object = await storage.open('packages/one/bagit.txt');
    expect(await faultOf(() => object.read(10, 10))).toBe('storage/truncated');
    expect(await faultOf(() => object.read(20, 0))).toBe('storage/truncated');
    expect(await object.read(19, 0)).toHaveLength(0);
  });

  it('lists everything under a prefix, and names one level', async () => {
    await adopted('packages/one');
    await adopted('packages/two', { only: 'x' });
    const expected = Object.entries(FILES).map(([path, text]) => `packages/one/${path} file ${Buffer.byteLength(text)}`);
    expect(await keysUnder(storage, 'packages/one')).toEqual(expected.toSorted());
    expect(await storage.names('packages')).toEqual(['one', 'two']);
    expect(await keysUnder(storage, 'packages/none')).toEqual([]);
    expect(await storage.names('nothing')).toEqual([]);
  });

  it('says what is not there', async () => {
    await adopted('packages/one');
    expect(await storage.stat('packages/one/none')).toBeUndefined();
    expect(await storage.stat('packages/one/bagit.txt/below')).toBeUndefined();
    expect(await storage.stat('packages/one/data')).toBeUndefined();
    expect(await faultOf(() => storage.open('packages/one/none'))).toBe('storage/missing');
    expect(await faultOf(() => storage.open('packages/one/bagit.txt/below'))).toBe('storage/missing');
  });

  it('keeps what is there when another wants its place', async () => {
    await adopted('packages/one', { first: '1' });
    expect(await faultOf(() => adopted('packages/one', { second: '2' }))).toBe('storage/exists');
    expect(await keysUnder(storage, 'packages/one')).toEqual(['packages/one/first file 1']);
    expect(await storage.staged(), 'what was not adopted is still in staging').toEqual(['packages-one']);
    await storage.dropStage('packages-one');
  });

  it('undoes an adoption', async () => {
    const stage = await storage.stage('one');
    await mkdir(join(stage, 'bag'));
    await writeFile(join(stage, 'bag', 'file'), 'x');
    await storage.adopt(join(stage, 'bag'), 'packages/one');
    await storage.withdraw('packages/one', join(stage, 'bag'));
    expect(await storage.names('packages')).toEqual([]);
    expect(await readFile(join(stage, 'bag', 'file'), 'utf8')).toBe('x');
    await storage.adopt(join(stage, 'bag'), 'packages/one');
    expect(await storage.names('packages')).toEqual(['one']);
  });

  it('puts staged files in the place of objects, in order, and goes on where it was stopped', async () => {
    await adopted('packages/one');
    const stage = await storage.stage('update');
    const write = async (path: string, content: string): Promise<void> => {
      await mkdir(join(stage, path, '..'), { recursive: true });
      await writeFile(join(stage, path), content);
    };
    await write('metadata/new/list.xml', 'list');
    await write('bagit.txt', 'changed');
    const text = async (path: string): Promise<string> => {
      await using object = await storage.open(`packages/one/${path}`);
      return (await buffer(object.stream())).toString();
    };
    await using before = await storage.open('packages/one/bagit.txt');
    await storage.replace(stage, 'packages/one', ['metadata/new/list.xml']);
    expect([await text('metadata/new/list.xml'), await text('bagit.txt')]).toEqual(['list', FILES['bagit.txt']]);
    await storage.replace(stage, 'packages/one', ['metadata/new/list.xml', 'bagit.txt']);
    expect([await text('metadata/new/list.xml'), await text('bagit.txt')]).toEqual(['list', 'changed']);
    expect((await buffer(before.stream())).toString(), 'who reads the old one goes on reading it').toBe(FILES['bagit.txt']);
    await storage.replace(stage, 'packages/one', ['metadata/new/list.xml', 'bagit.txt']);
    expect(await faultOf(() => storage.replace(stage, 'packages/one', ['never']))).toBe('storage/missing');
    expect(await keysUnder(storage, 'packages/one')).toHaveLength(Object.keys(FILES).length + 1);
    await storage.dropStage('update');
  });

  it('gives a place to build once more, with what was left in it', async () => {
    const stage = await storage.stageAgain('one');
    await writeFile(join(stage, 'half'), 'x');
    expect(await storage.stageAgain('one')).toBe(stage);
    expect(await readFile(join(stage, 'half'), 'utf8')).toBe('x');
    expect(await storage.staged()).toEqual(['one']);
    await storage.dropStage('one');
  });

  it('gives each its own empty place to build, tells of those left over, and drops them, twice too', async () => {
    expect(await storage.staged()).toEqual([]);
    const stage = await storage.stage('one');
    await appendFile(join(stage, 'half'), 'x');
    await storage.stage('two');
    await expect(storage.stage('one')).rejects.toThrow('EEXIST');
    expect((await (await openStorage(url)).staged()).toSorted()).toEqual(['one', 'two']);
    for (const name of ['one', 'two', 'one', 'never']) await storage.dropStage(name);
    expect(await storage.staged()).toEqual([]);
  });

  it.each(['', '/', '/etc/passwd', '..', '../x', 'a/../b', 'a/..', 'a//b', 'a/', './a', 'a/./b', 'a\0b'])(
    'takes %j for no key at all',
    async (key) => {
      expect(() => storage.localPath(key)).toThrow(TypeError);
      await expect(storage.open(key)).rejects.toThrow(TypeError);
      await expect(storage.stat(key)).rejects.toThrow(TypeError);
      await expect(keysUnder(storage, key)).rejects.toThrow(TypeError);
      await expect(storage.adopt('/nowhere', key)).rejects.toThrow(TypeError);
      await expect(storage.stage(key)).rejects.toThrow(TypeError);
      await expect(storage.stageAgain(key)).rejects.toThrow(TypeError);
      await expect(storage.replace('/nowhere', key, ['x'])).rejects.toThrow(TypeError);
      await expect(storage.replace('/nowhere', 'packages/one', [key])).rejects.toThrow(TypeError);
      await expect(storage.dropStage(key)).rejects.toThrow(TypeError);
    },
  );

  it('knows how much it can take, or says that it does not', async () => {
    const free = await storage.freeBytes();
    expect(free === undefined || free > 0).toBe(true);
  });
});
