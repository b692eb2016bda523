/** Windows that threads make: the same bytes and the same Faults as without them, for images larger than a window. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ByteSource, type Media, fileSource, openImage, passingWindowsOf, windowsOf } from '#ingest/media';
import { Fault } from '#ingest/kernel';
import { makeInThread } from '#built/ingest/media/unpack-threads';
import { bufferSource } from './buffer-source.ts';
import { has, run } from './tools.ts';

const MIB = 1 << 20;
const SIZE = 12 * MIB + 512;
const TURN = 16 << 10;

/** Noise, text and zeros in turns, so that containers store some of it and pack the rest. */
function mixed(): Buffer {
  const text = Buffer.alloc(TURN, 'Strongroom keeps what it was given, and can prove it. ');
  const turns = Array.from({ length: Math.ceil(SIZE / TURN) }, (_, i) =>
    i % 5 === 4 ? Buffer.alloc(TURN) : i % 2 === 0 ? randomBytes(TURN) : text,
  );
  return Buffer.concat(turns).subarray(0, SIZE);
}

const QEMU = [
  ['disk.qcow2', 'qcow2', ['-c']],
  ['disk-small.qcow2', 'qcow2', ['-c', '-o', 'cluster_size=4k']],
  ['disk.vmdk', 'vmdk', ['-o', 'subformat=streamOptimized']],
] as const;
const EWF = [
  ['single.E01', ['-c', 'fast']],
  ['segments.E01', ['-c', 'none', '-S', '3MiB']],
] as const;

let folder: string;
let disk: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threaded-windows-'));
  disk = mixed();
  writeFileSync(join(folder, 'disk.raw'), disk);
});
afterAll(() => rm(folder, { recursive: true }));

/** All files with that stem, in order, the first first. */
async function filesOf(name: string): Promise<string[]> {
  const stem = name.slice(0, name.lastIndexOf('.') + 2);
  return (await readdir(folder)).filter((file) => file.startsWith(stem)).toSorted();
}

function opened(names: readonly string[], open: (name: string) => Promise<ByteSource>): ReturnType<typeof openImage> {
  return openImage(
    names.map((name) => ({ name, open: () => open(name) })),
    false,
  );
}

/** The digest, or what was thrown, of each window of one MiB. */
async function outcomes(media: Media): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let at = 0; at < media.size; at += MIB) {
    const length = Math.min(MIB, media.size - at);
    found.push(
      await media.read(at, length).then(
        (bytes) => createHash('sha256').update(bytes).digest('hex'),
        (error: unknown) => (error instanceof Fault ? error.toJSON() : error),
      ),
    );
  }
  return found;
}

async function expectThreadsChangeNothing(name: string, edit: (bytes: Buffer) => void): Promise<unknown[]> {
  const names = await filesOf(name);
  const changed = new Map<string, Buffer>();
  for (const each of names) changed.set(each, await readFile(join(folder, each)));
  edit(changed.get(names.at(-1) ?? '') ?? Buffer.alloc(0));
  const files = await mkdtemp(join(folder, 'changed-'));
  for (const [each, bytes] of changed) await writeFile(join(files, each), bytes);
  await using plain = await opened(names, (each) => Promise.resolve(bufferSource(changed.get(each) ?? Buffer.alloc(0))));
  await using threaded = await opened(names, (each) => fileSource(join(files, each)));
  const expected = await outcomes(plain.media);
  expect(await outcomes(threaded.media)).toEqual(expected);
  await rm(files, { recursive: true });
  return expected;
}

const isFault = (outcome: unknown): boolean => typeof outcome !== 'string';

describe.runIf(has('qemu-img') && has('ewfacquire'))('windows that threads make', () => {
  const names = [...QEMU.map(([name]) => name), ...EWF.map(([name]) => name)];
  beforeAll(() => {
    for (const [name, format, options] of QEMU)
      run('qemu-img', ['convert', '-f', 'raw', '-O', format, ...options, 'disk.raw', name], folder);
    for (const [name, options] of EWF)
      run('ewfacquire', ['-u', '-q', ...options, '-f', 'encase6', '-t', name.split('.')[0] ?? '', 'disk.raw'], folder);
  }, 60_000);

  it.each(names)('hold the bytes of the disk: %s', async (name) => {
    await using image = await opened(await filesOf(name), (each) => fileSource(join(folder, each)));
    expect(image.media.size).toBeGreaterThanOrEqual(SIZE);
    expect((await image.media.read(0, SIZE)).equals(disk)).toBe(true);
    for (const windows of [windowsOf, passingWindowsOf]) {
      let at = 0;
      for await (const { offset, bytes } of windows(image.media)) {
        expect(offset).toBe(at);
        expect(bytes.subarray(0, SIZE - at).equals(disk.subarray(at, at + bytes.length))).toBe(true);
        at += bytes.length;
      }
      expect(at).toBe(image.media.size);
    }
  });

  it.each(names)('are spoilt where the container is damaged, and nowhere else: %s', async (name) => {
    // Longer than a packed chunk: bare deflate has no checksum, and notices only a stream that begins wrong.
    const expected = await expectThreadsChangeNothing(name, (bytes) => {
      bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 48 * 1024);
    });
    expect([1, 2]).toContain(expected.filter(isFault).length);
    expect(expected.find(isFault)).toMatchObject({ facts: { mediumOffset: expect.any(Number) } });
  });

  it.each(names)('are the same as without threads, wherever bytes are changed: %s', { timeout: 60_000 }, async (name) => {
    const changes = fc.array(
      fc.tuple(fc.double({ min: 0.1, max: 0.9, noNaN: true }), fc.uint8Array({ minLength: 1, maxLength: 20 })),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(changes, async (writes) => {
        await expectThreadsChangeNothing(name, (bytes) => {
          for (const [at, some] of writes) bytes.set(some, Math.floor(at * (bytes.length - 20)));
        });
      }),
      { numRuns: 6 },
    );
  });

  it('may still be on their way when the file is closed', async () => {
    const source = await fileSource(join(folder, 'disk.qcow2'));
    const image = await opened(['disk.qcow2'], () => Promise.resolve(source));
    const read = image.media.read(0, 4 * MIB);
    await read.then(
      () => undefined,
      () => undefined,
    );
    const last = image.media.read(4 * MIB, 4 * MIB);
    await new Promise(setImmediate);
    await image[Symbol.asyncDispose]();
    expect((await last).equals(disk.subarray(4 * MIB, 8 * MIB))).toBe(true);
  });

  it('are made without the thread that ends before its work', async () => {
    expect(await makeInThread(2 ** 50, new Float64Array(0))).toBeUndefined();
    await using image = await opened(['disk.vmdk'], (name) => fileSource(join(folder, name)));
    expect((await image.media.read(0, 8 * MIB)).equals(disk.subarray(0, 8 * MIB))).toBe(true);
  });

  it('leave nothing behind that keeps a program from ending', () => {
    const built = JSON.stringify(pathToFileURL(join(process.cwd(), 'dist/ingest/media/index.js')));
    const image = JSON.stringify(join(folder, 'disk.qcow2'));
    writeFileSync(
      join(folder, 'reads.mjs'),
      `const { fileSource, openMedia } = await import(${built});
const container = await fileSource(${image});
const media = await openMedia(container);
process.stdout.write((await media.read(0, ${SIZE})).toString('hex', ${SIZE} - 8));
await container[Symbol.asyncDispose]();`,
    );
    const start = performance.now();
    expect(run(process.execPath, ['reads.mjs'], folder)).toBe(readFileSync(join(folder, 'disk.raw')).toString('hex', SIZE - 8));
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});
