/** Verification of files, and what all verification rests on: the second look, the budget, the pool. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeBytes } from '#built/ingest/digest/budget';
import { SecondLook } from '#built/ingest/digest/second-look';
import { type Algorithm, Budget, type FileResult, type RecordedFile, verifyFiles, VerifyPool } from '#ingest/digest';
import { digestByOthers, faultOf, flip, Folder, MIB, sha256 } from './support.ts';

let pool: VerifyPool;
beforeAll(() => {
  pool = new VerifyPool(2);
});
afterAll(() => pool.close());

describe('verifyFiles', () => {
  const recorded = (name: string, path: string, bytes: Uint8Array, ...names: Algorithm[]): RecordedFile => ({
    path,
    name,
    size: bytes.length,
    digests: Object.fromEntries(
      (names.length > 0 ? names : (['sha256'] as const)).map((algorithm) => [algorithm, digestByOthers(algorithm, path)]),
    ),
  });
  const check = async (files: Iterable<RecordedFile>): Promise<Map<string, FileResult>> => {
    const results = new Map<string, FileResult>();
    await verifyFiles(files, { pool, onResult: (result) => void results.set(result.name, result) });
    return results;
  };

  it('finds files of all sizes right, by every algorithm recorded', async () => {
    using folder = new Folder();
    const files = [0, 1, 4095, 4096, MIB - 1, MIB, MIB + 1, 20 * MIB + 3].map((size) => {
      const bytes = randomBytes(size);
      return recorded(`f${size}`, folder.file(`f${size}`, bytes), bytes, 'sha256', 'md5', 'sha3256');
    });
    const upper = { ...files[2]!, name: 'upper', digests: { sha256: files[2]!.digests.sha256!.toUpperCase() } };
    const mixed = { ...files[3]!, name: 'mixed', digests: { md5: files[3]!.digests.md5! } };
    const results = await check([...files, upper, mixed]);
    for (const { name, size, digests } of files)
      expect(results.get(name)).toEqual({ name, outcome: 'ok', actualSize: size, digests });
    expect([results.get('upper')?.outcome, results.get('mixed')?.outcome, results.size]).toEqual(['ok', 'ok', files.length + 2]);
  });

  it('finds a single flipped bit, in any of the digests', async () => {
    using folder = new Folder();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 100, 5000, MIB, 2 * MIB + 9),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(7),
        async (size, where, bit) => {
          const bytes = randomBytes(size);
          const file = recorded('f', folder.file('f', bytes), bytes, 'sha256', 'sha1');
          flip(file.path, Math.floor(where * size), bit);
          const actual = { sha256: digestByOthers('sha256', file.path), sha1: digestByOthers('sha1', file.path) };
          expect((await check([file])).get('f')).toEqual({
            name: 'f',
            outcome: 'altered',
            actualSize: size,
            digests: actual,
            reason: 'sha256, sha1 differs',
          });
          const half = { ...file, name: 'half', digests: { sha256: actual.sha256, sha1: file.digests.sha1! } };
          expect((await check([half])).get('half')).toMatchObject({ outcome: 'altered', reason: 'sha1 differs' });
        },
      ),
      { numRuns: 20 },
    );
  });

  it('calls things by their names: altered, missing, unreadable', async () => {
    using folder = new Folder();
    const bytes = randomBytes(5000);
    const make = (name: string, act: (path: string) => void, size = 5000): RecordedFile => {
      const file = recorded(name, folder.file(name, bytes.subarray(0, size)), bytes.subarray(0, size));
      act(file.path);
      return file;
    };
    const instead = (put: (path: string) => void) => (path: string) => {
      rmSync(path);
      put(path);
    };
    const results = await check([
      make('longer', (path) => appendFileSync(path, 'x')),
      make('shorter', (path) => truncateSync(path, 4999)),
      make('emptied', (path) => truncateSync(path, 0)),
      make('filled', (path) => appendFileSync(path, 'x'), 0),
      make('gone', rmSync),
      make('gone-empty', rmSync, 0),
      make(
        'pipe',
        instead((path) => execFileSync('mkfifo', [path])),
      ),
      make(
        'pipe-empty',
        instead((path) => execFileSync('mkfifo', [path])),
        0,
      ),
      make(
        'folder',
        instead((path) => mkdirSync(path)),
      ),
      make(
        'folder-empty',
        instead((path) => mkdirSync(path)),
        0,
      ),
      make(
        'link',
        instead((path) => symlinkSync(folder.file('elsewhere', bytes), path)),
      ),
      { ...make('name-too-long', () => undefined), path: folder.at('x'.repeat(300)) },
      make('right', () => undefined),
    ]);
    expect(Object.fromEntries([...results].map(([name, { outcome, actualSize }]) => [name, [outcome, actualSize]]))).toEqual({
      longer: ['altered', 5001],
      shorter: ['altered', 4999],
      emptied: ['altered', 0],
      filled: ['altered', 1],
      gone: ['missing', undefined],
      'gone-empty': ['missing', undefined],
      pipe: ['missing', undefined],
      'pipe-empty': ['missing', undefined],
      folder: ['missing', undefined],
      'folder-empty': ['missing', undefined],
      link: ['missing', undefined],
      'name-too-long': ['unreadable', undefined],
      right: ['ok', 5000],
    });
  });

  it('streams many files, one result at a time, waiting for whoever takes them', async () => {
    using folder = new Folder();
    const bytes = randomBytes(300);
    const file = recorded('f', folder.file('f', bytes), bytes);
    let given = 0;
    let taken = 0;
    let busy = false;
    let most = 0;
    async function* many(): AsyncGenerator<RecordedFile> {
      for (; given < 5000; given += 1) yield { ...file, name: `${given}` };
    }
    const summary = await verifyFiles(many(), {
      pool,
      onResult: async () => {
        expect(busy).toBe(false);
        busy = true;
        if (taken % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
        busy = false;
        taken += 1;
        most = Math.max(most, given - taken);
      },
    });
    expect(summary).toEqual({ files: 5000, okBytes: 5000 * 300, ok: 5000, altered: 0, missing: 0, unreadable: 0 });
    expect([taken, most <= 1200]).toEqual([5000, true]);
  });

  it('refuses records that say nothing, and ends in what onResult throws', async () => {
    using folder = new Folder();
    const file = recorded('f', folder.file('f', 10), new Uint8Array(10));
    for (const digests of [{}, { sha256: '' }, { sha256: 'abc' }, { sha256: 'z'.repeat(64) }, { crc32: 'abcdabcd' }]) {
      await expect(check([file, { ...file, digests }])).rejects.toThrow(TypeError);
    }
    const onResult = (): void => {
      throw new Error('oops');
    };
    await expect(verifyFiles([file], { pool, onResult })).rejects.toThrow('oops');
    const abort = new AbortController();
    const endless = (function* () {
      for (;;) yield file;
    })();
    await expect(
      verifyFiles(endless, { pool, signal: abort.signal, onResult: () => abort.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
  });

  it.skipIf(process.getuid?.() === 0)('says unreadable of a file it may not read', async () => {
    using folder = new Folder();
    const file = recorded('f', folder.file('f', 10), new Uint8Array(10));
    chmodSync(file.path, 0);
    expect((await check([file])).get('f')?.outcome).toBe('unreadable');
  });
});

describe('what verification rests on', () => {
  it('a second look reads any part, to the last byte', () => {
    using folder = new Folder();
    for (const size of [0, 1, 511, 512, 4095, 4096, 4097, 100_001, MIB, 2 * MIB + 513]) {
      const bytes = randomBytes(size);
      using look = new SecondLook(folder.file('f', bytes));
      for (const offset of [0, 4096, MIB, 2 * MIB]) {
        for (const length of [1, 4096, 5000, MIB])
          expect(look.read(offset, length).equals(bytes.subarray(offset, offset + length))).toBe(true);
      }
    }
  });

  it('a budget pays out what it earned, never more than a burst, and debts first', () => {
    using budget = new Budget(1_000_000);
    const never = (): boolean => false;
    budget.refill(10_000);
    expect(Atomics.load(new BigInt64Array(budget.shared), 0)).toBe(100_000n);
    expect(takeBytes(budget.shared, 5_000_000, never)).toBe(true);
    budget.refill(4_000);
    expect(takeBytes(budget.shared, 1, () => true)).toBe(false);
    expect(Atomics.load(new BigInt64Array(budget.shared), 0)).toBe(-900_000n);
    for (let i = 0; i < 3000; i += 1) budget.refill(0.3001);
    expect(Atomics.load(new BigInt64Array(budget.shared), 0)).toBe(-900_000n + 900_300n);
    expect(() => new Budget(0)).toThrow(RangeError);
  });

  it('a pool outlives a thread that dies, and the task it had fails', async () => {
    using folder = new Folder();
    const script = folder.file(
      'w.mjs',
      Buffer.from(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ id, task }) => { if (task.path === 'bad') throw new Error('dead'); parentPort.postMessage({ id, answer: task.path }); });
    `),
    );
    await using pool = new VerifyPool(1, pathToFileURL(script));
    const task = (path: string) =>
      pool.run({ kind: 'blocks', path, size: 0, first: 0, digests: new Uint8Array(), stop: new SharedArrayBuffer(4) });
    expect(await task('a')).toBe('a');
    expect((await faultOf(task('bad'))).code).toBe('digest/worker-lost');
    expect(await task('b')).toBe('b');
    await pool.close();
    expect((await faultOf(task('c'))).code).toBe('digest/worker-lost');
  });

  it('block digests in the test are those of coreutils', () => {
    using folder = new Folder();
    const bytes = randomBytes(1000);
    expect(sha256(bytes).toString('hex')).toBe(digestByOthers('sha256', folder.file('f', bytes)));
  });
});
