/** Archives cut off anywhere and damaged anywhere: always a report or a BagItError, never a crash, a hang or "valid". */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BagItError, type Report, validateBag } from 'bagit-js';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asTar, asZip, makeBag, removed, temporary } from './make-bag.ts';

let home = '';
let count = 0;
const whole = new Map<string, Buffer>();
beforeAll(async () => {
  home = await temporary();
  const payload = {
    'hello.txt': 'hello\n',
    [`${'long/'.repeat(40)}\u00e9.txt`]: 'x'.repeat(2000),
    'big.bin': Buffer.alloc(40_000, 'abcd'),
  };
  const files = makeBag({ payload, algorithms: ['sha256', 'md5'] });
  for (const extension of ['tar', 'tgz', 'zip']) {
    const path = join(home, `fuzz.${extension}`);
    await (extension === 'zip' ? asZip(files, path, 'fuzz/') : asTar(files, path, 'fuzz/'));
    whole.set(extension, await readFile(path));
  }
});
afterAll(() => removed(home));

/** A BagItError counts as "not valid"; everything else that is thrown fails the test. */
async function answer(bytes: Buffer, extension: string): Promise<Pick<Report, 'valid' | 'errors'>> {
  const path = join(home, `fuzz${count++}.${extension}`);
  await writeFile(path, bytes);
  try {
    return await validateBag(path, { limits: { totalSize: 100_000_000 } });
  } catch (error) {
    if (error instanceof BagItError) return { valid: false, errors: [{ code: error.code, path: '', message: error.message }] };
    throw error;
  }
}

describe.each(['tar', 'tgz', 'zip'])('%s', (extension) => {
  it('is valid as a whole', async () => {
    expect(await answer(whole.get(extension)!, extension)).toMatchObject({ valid: true });
  });

  it('cut off anywhere is never valid', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (part) => {
        const bytes = whole.get(extension)!;
        // A tar may lose its padding and one of its two end blocks without losing anything.
        const last = extension === 'tar' ? bytes.length - 1024 : bytes.length - 1;
        const result = await answer(bytes.subarray(0, Math.floor(part * last)), extension);
        expect(result.valid).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('with random bytes changed gives an answer', async () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(damage, fc.boolean(), async (changes, late) => {
        const original = whole.get(extension)!;
        const packed = extension === 'tgz' && late;
        const bytes = Buffer.from(packed ? gunzipSync(original) : original);
        // Half of the time near the end, where a zip has its directory.
        for (const [at, value] of changes) bytes[late && !packed ? bytes.length - 1 - (at % 600) : at % bytes.length] = value;
        const result = await answer(packed ? gzipSync(bytes) : bytes, extension);
        expect(result.valid).toBe(result.errors.length === 0);
      }),
      { numRuns: 250 },
    );
  });
});
