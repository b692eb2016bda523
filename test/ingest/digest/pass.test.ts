/** The pass: what it says of bytes, what it leaves on disk, and what it does when anything goes wrong. With threads and without. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runPass } from '#built/ingest/digest/pass';
import { runCrew } from '#built/ingest/digest/crew';
import { type Algorithm, algorithms, copyAndDigest, digestFile } from '#ingest/digest';
import { pathToFileURL } from 'node:url';
import { allocated, blockListText, digestByOthers, faultOf, Folder, MIB, sha256, textOf } from './support.ts';

const SLOT = 512 * 1024;
const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe.each([true, false])('a pass, threads: %s', (threads) => {
  it('says what coreutils say, and the copy is the source', async () => {
    using folder = new Folder();
    for (const size of [0, 1, 511, 4095, 4096, 4097, SLOT - 1, SLOT, SLOT + 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 123]) {
      const source = folder.file(`in-${size}`, size);
      utimesSync(source, 1_000_000_000, 987_654_321.123);
      const target = folder.at(`out-${size}`);
      const blocks = { target: folder.at(`out-${size}.blocks`), path: 'data/image/a b%\n.img' };
      const wanted: Algorithm[] = ['sha256', 'md5', 'sha512'];
      const result = await copyAndDigest([{ source, target, blocks }], {
        algorithms: wanted,
        mediumAlgorithms: ['sha1', 'md5'],
        threads,
      });
      const [file] = result.files;
      const expected = Object.fromEntries(wanted.map((algorithm) => [algorithm, digestByOthers(algorithm, source)]));
      expect(file).toMatchObject({ size, digests: expected, allocatedBytes: allocated(target) });
      expect(result.medium).toEqual({ size, digests: { sha1: digestByOthers('sha1', source), md5: expected['md5'] } });
      const content = readFileSync(source);
      expect(readFileSync(target).equals(content)).toBe(true);
      expect(statSync(target).mtimeMs).toBeCloseTo(987_654_321_123, -1);
      expect(existsSync(blocks.target)).toBe(size > MIB);
      if (size <= MIB) continue;
      const text = blockListText('data/image/a b%25%0A.img', content);
      expect(readFileSync(blocks.target, 'utf8')).toBe(text);
      expect(file?.blocks).toEqual({
        root: text.slice(-65, -1),
        size: Buffer.byteLength(text),
        sha256: sha256(Buffer.from(text)).toString('hex'),
      });
    }
  });

  it('keeps the segments of an image apart and digests the medium over all', async () => {
    using folder = new Folder();
    const sizes = [MIB + 5, 0, 3 * SLOT, 1, 2 * MIB + 4096];
    const sources = sizes.map((size, i) => folder.file(`image.00${i}`, size));
    const files = sources.map((source, i) => ({
      source,
      target: folder.at(`copy.00${i}`),
      blocks: { target: folder.at(`copy.00${i}.blocks`), path: `data/image/image.00${i}` },
    }));
    const result = await copyAndDigest(files, { algorithms: ['sha256'], mediumAlgorithms: ['sha256', 'md5'], threads });
    const whole = folder.file('whole', Buffer.concat(sources.map((source) => readFileSync(source))));
    expect(result.medium.digests).toEqual({ sha256: digestByOthers('sha256', whole), md5: digestByOthers('md5', whole) });
    expect(result.medium.size).toBe(statSync(whole).size);
    expect(result.files.map(({ size, digests }) => ({ size, digests }))).toEqual(
      sources.map((source, i) => ({ size: sizes[i], digests: { sha256: digestByOthers('sha256', source) } })),
    );
    for (const [i, { source, target, blocks }] of files.entries()) {
      expect(readFileSync(target).equals(readFileSync(source))).toBe(true);
      expect(textOf(blocks.target)).toBe(sizes[i]! > MIB ? blockListText(blocks.path, readFileSync(source)) : undefined);
    }
  });

  it('leaves runs of zeros out of the copy', async () => {
    using folder = new Folder();
    const source = folder.at('sparse');
    writeFileSync(source, '');
    truncateSync(source, 24 * MIB + 77);
    const fd = openSync(source, 'r+');
    for (const at of [3 * MIB + 4096, 9 * MIB - 100, 20 * MIB]) writeSync(fd, randomBytes(8192), 0, 8192, at);
    closeSync(fd);
    const dense = folder.file('dense', readFileSync(source)); // the same bytes with every zero written
    for (const from of [source, dense]) {
      const [target, list] = [`${from}.copy`, `${from}.blocks`];
      const { files } = await copyAndDigest([{ source: from, target, blocks: { target: list, path: 'x' } }], {
        algorithms: ['sha256'],
        threads,
      });
      expect(files[0]?.digests.sha256).toBe(digestByOthers('sha256', source));
      expect(readFileSync(target).equals(readFileSync(source))).toBe(true);
      expect(readFileSync(list, 'utf8')).toBe(blockListText('x', readFileSync(source)));
      expect(allocated(target)).toBeLessThanOrEqual(allocated(source) + 16384);
      expect(files[0]?.zeroBytes).toBeGreaterThan(24 * MIB - 64 * 1024);
      expect(files[0]?.allocatedBytes).toBe(allocated(target));
    }
  });

  it('refuses a source that grows, is cut, or is written to while it is read', async () => {
    const acts: [string, (path: string) => void][] = [
      ['digest/source-changed', (path) => appendFileSync(path, 'more')],
      ['digest/source-shrank', (path) => truncateSync(path, MIB)],
      ['digest/source-changed', (path) => writeFileSync(path, 'x', { flag: 'r+' })],
      ['digest/source-changed', (path) => utimesSync(path, 1, 1)],
    ];
    for (const late of [false, true]) {
      for (const [code, act] of acts) {
        using folder = new Folder();
        const source = folder.at('in');
        writeFileSync(source, randomBytes(SLOT));
        truncateSync(source, (late && threads ? 512 : 3) * MIB); // long enough that progress is told in the middle
        let done = false;
        const fault = await faultOf(
          copyAndDigest([{ source, target: folder.at('out'), blocks: { target: folder.at('b'), path: 'b' } }], {
            algorithms: ['sha256'],
            threads,
            onProgress: ({ doneBytes }) => {
              if (done || (late && doneBytes === 0)) return;
              done = true;
              act(source);
            },
          }),
        );
        expect([fault.code, fault.facts['path']]).toEqual([code, source]);
        expect(fault.facts['before']).not.toEqual(fault.facts['after']);
        expect(readdirSync(folder.path)).toEqual(['in']);
      }
    }
  });

  it('never overwrites, and removes only what it created', async () => {
    using folder = new Folder();
    const sources = [folder.file('a', 2 * MIB), folder.file('b', 2 * MIB)];
    const taken = folder.file('taken', 10);
    const before = readFileSync(taken);
    for (const [targets, list] of [
      [['out', 'taken'], 'l'],
      [['taken', 'out'], 'l'],
      [['out', 'out2'], 'taken'],
    ] as const) {
      const files = sources.map((source, i) => ({
        source,
        target: folder.at(targets[i]!),
        ...(i === 1 && { blocks: { target: folder.at(list), path: 'p' } }),
      }));
      const fault = await faultOf(copyAndDigest(files, { algorithms: ['md5'], threads }));
      expect([fault.code, fault.facts['path']]).toEqual(['digest/target-exists', taken]);
      expect(readdirSync(folder.path).toSorted()).toEqual(['a', 'b', 'taken']);
      expect(readFileSync(taken).equals(before)).toBe(true);
    }
    const fault = await faultOf(
      copyAndDigest([{ source: sources[0]!, target: folder.at('no/such/out') }], { algorithms: [], threads }),
    );
    expect(fault.code).toBe('digest/target-unwritable');
  });

  it('stops when told to, leaves nothing and keeps nothing open', async () => {
    using folder = new Folder();
    const source = folder.at('in');
    writeFileSync(source, '');
    truncateSync(source, 2048 * MIB);
    const before = openFiles();
    const abort = new AbortController();
    const reason = new Error('enough');
    const pass = copyAndDigest([{ source, target: folder.at('out'), blocks: { target: folder.at('b'), path: 'b' } }], {
      algorithms: ['sha256', 'sha512'],
      signal: abort.signal,
      threads,
      onProgress: ({ doneBytes }) => doneBytes > 0 && abort.abort(reason),
    });
    await expect(pass).rejects.toBe(reason);
    expect(readdirSync(folder.path)).toEqual(['in']);
    expect(openFiles()).toBe(before);
    await expect(digestFile(source, ['md5'], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('ends in what onProgress throws', async () => {
    using folder = new Folder();
    const source = folder.at('in');
    writeFileSync(source, '');
    truncateSync(source, 512 * MIB);
    const oops = new Error('oops');
    const onProgress = ({ doneBytes }: { doneBytes: number }): void => {
      if (doneBytes > 0) throw oops;
    };
    await expect(
      copyAndDigest([{ source, target: folder.at('out') }], { algorithms: ['sha256'], threads, onProgress }),
    ).rejects.toBe(oops);
    expect(readdirSync(folder.path)).toEqual(['in']);
  });
});

describe('a pass', () => {
  it('gives the same with threads and without, for any sizes, islands and slots', async () => {
    const island = fc.record({ at: fc.nat(3 * MIB), length: fc.integer({ min: 1, max: 300_000 }) });
    const segment = fc.record({ size: fc.nat(3 * MIB), islands: fc.array(island, { maxLength: 4 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(segment, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 5 }),
        async (segments, pages, slotCount) => {
          using folder = new Folder();
          const contents = segments.map(({ size, islands }) => {
            const content = Buffer.alloc(size);
            for (const { at, length } of islands) randomBytes(length).copy(content, Math.min(at, size));
            return content;
          });
          const sources = contents.map((content, i) => folder.file(`in${i}`, content));
          const results = [];
          for (const threads of [true, false]) {
            const files = sources.map((source, i) => ({
              source,
              target: folder.at(`${threads}${i}`),
              blocks: { target: folder.at(`${threads}${i}.b`), path: `p${i}` },
            }));
            results.push(
              await runPass(files, {
                algorithms: ['sha256'],
                mediumAlgorithms: ['sha256'],
                threads,
                slotSize: pages * 4096,
                slotCount,
              }),
            );
            for (const [i, content] of contents.entries()) {
              expect(readFileSync(files[i]!.target).equals(content)).toBe(true);
              expect(textOf(files[i]!.blocks.target)).toBe(content.length > MIB ? blockListText(`p${i}`, content) : undefined);
            }
          }
          expect(results[0]).toEqual(results[1]);
          expect(results[0]!.medium.digests.sha256).toBe(sha256(...contents).toString('hex'));
          expect(results[0]!.files.map(({ digests }) => digests.sha256)).toEqual(
            contents.map((content) => sha256(content).toString('hex')),
          );
        },
      ),
      { numRuns: 12 },
    );
  });

  it('runs all algorithms at once over a larger file, telling progress that never falls', async () => {
    using folder = new Folder();
    const source = folder.file('in', 40 * MIB + 1);
    const seen: number[] = [];
    const { files } = await copyAndDigest([{ source, target: folder.at('out') }], {
      algorithms,
      onProgress: ({ doneBytes }) => seen.push(doneBytes),
    });
    for (const algorithm of algorithms) expect(files[0]?.digests[algorithm]).toBe(digestByOthers(algorithm, source));
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect([seen[0], seen.at(-1)]).toEqual([0, 40 * MIB + 1]);
  });

  it('refuses what is no file, without opening it', async () => {
    using folder = new Folder();
    mkdirSync(folder.at('folder'));
    execFileSync('mkfifo', [folder.at('pipe')]);
    symlinkSync(folder.file('real', 1), folder.at('link'));
    const server = createServer().listen(folder.at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      for (const path of ['folder', 'pipe', 'link', 'socket'].map((name) => folder.at(name)).concat('/dev/zero')) {
        const fault = await faultOf(digestFile(path, ['md5']));
        expect([fault.kind, fault.code, fault.facts['path']]).toEqual(['refused', 'digest/source-kind', path]);
      }
    } finally {
      server.close();
    }
    expect((await faultOf(digestFile(folder.at('nothing'), ['md5']))).code).toBe('digest/source-missing');
  });

  const loop = spawnSync('losetup', ['-f'], { encoding: 'utf8' });
  it.skipIf(loop.status !== 0)('reads a block device to its end (needs root and loop devices)', async () => {
    using folder = new Folder();
    const source = folder.file('in', 3 * MIB);
    const made = spawnSync('losetup', ['-r', '-f', '--show', source], { encoding: 'utf8' });
    if (made.status !== 0) return;
    try {
      const { size, digests } = await digestFile(made.stdout.trim(), ['sha256']);
      expect([size, digests.sha256]).toEqual([3 * MIB, digestByOthers('sha256', source)]);
    } finally {
      spawnSync('losetup', ['-d', made.stdout.trim()]);
    }
  });

  const mounted = (folder: Folder, size: string): boolean => {
    mkdirSync(folder.at('small'));
    return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder.at('small')]).status === 0;
  };
  it('tells of a full disk, with path and bytes (skips itself where tmpfs can not be mounted)', async ({ skip }) => {
    using folder = new Folder();
    if (!mounted(folder, '4m')) skip('tmpfs can not be mounted here');
    try {
      const source = folder.file('in', 16 * MIB);
      for (const threads of [true, false]) {
        const target = folder.at('small/out');
        const fault = await faultOf(copyAndDigest([{ source, target }], { algorithms: ['sha256'], threads }));
        expect([fault.code, fault.facts['path'], fault.facts['error']]).toEqual(['digest/target-full', target, 'ENOSPC']);
        expect(fault.facts['writtenBytes']).toBeGreaterThan(MIB);
        expect(readdirSync(folder.at('small'))).toEqual([]);
      }
    } finally {
      spawnSync('umount', [folder.at('small')]);
    }
  });

  it('refuses nonsense', async () => {
    using folder = new Folder();
    const source = folder.file('in', 1);
    await expect(runPass([], { algorithms: [] })).rejects.toThrow(TypeError);
    await expect(runPass([{ source }, { source, target: folder.at('x') }], { algorithms: [] })).rejects.toThrow(TypeError);
    await expect(runPass([{ source }], { algorithms: [], slotSize: 5000 })).rejects.toThrow(RangeError);
  });
});

describe('a crew of threads', () => {
  it.each([
    ['throws', `throw new Error('thrown')`, 'thrown'],
    ['exits', `process.exit(3)`, 'exit code 3'],
    ['ends without a word', `1`, 'exit code 0'],
  ])('fails when one of them %s, and stops the others', async (_, script, reason) => {
    using folder = new Folder();
    const path = folder.file(
      'worker.mjs',
      Buffer.from(`
      import { workerData } from 'node:worker_threads';
      if (workerData.bad) { ${script} } else { Atomics.wait(new Int32Array(workerData.word), 0, 0); }
    `),
    );
    const word = new SharedArrayBuffer(4);
    const stop = (): void => {
      Atomics.store(new Int32Array(word), 0, 1);
      Atomics.notify(new Int32Array(word), 0);
    };
    const fault = await faultOf(runCrew(pathToFileURL(path), [{ word }, { bad: true, word }, { word }], stop));
    expect([fault.code, fault.facts['reason']]).toEqual(['digest/worker-lost', reason]);
  });
});
