/** Every valid and invalid case, as a directory, a tar, a gzipped tar and a zip: the verdict is the same in all four. */
import { join } from 'node:path';
import { type Report, validateBag } from 'bagit-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Case } from './case.ts';
import { INVALID } from './invalid-cases.ts';
import { asDirectory, asTar, asZip, makeBag, removed, temporary } from './make-bag.ts';
import { VALID } from './valid-cases.ts';

const CASES = [...VALID, ...INVALID];

let home = '';
beforeAll(async () => {
  home = await temporary();
});
afterAll(() => removed(home));

function check(report: Report, { errors = [], warnings = [], complete }: Case): void {
  const codes = [...new Set(report.errors.map(({ code }) => code))].sort();
  expect(codes).toEqual([...errors].sort());
  expect(report.warnings.map(({ code }) => code)).toEqual(expect.arrayContaining(warnings));
  expect(report.valid).toBe(errors.length === 0);
  expect(report.complete).toBe(complete ?? errors.length === 0);
}

describe.each(CASES.map((one, i) => ({ ...one, i })))('$name', (one) => {
  const base = `case${one.i}`;
  it('as a directory', async () => check(await validateBag(await asDirectory(makeBag(one.recipe), join(home, base))), one));
  if (one.directoryOnly === true) return;
  it('as a tar', async () =>
    check(await validateBag(await asTar(makeBag(one.recipe), join(home, `${base}.tar`), `${base}/`)), one));
  it('as a gzipped tar', async () => {
    // The guard against bombs is tested elsewhere; one of these bags is a megabyte of the same line.
    const limits = { ratio: 10_000 };
    check(await validateBag(await asTar(makeBag(one.recipe), join(home, `${base}.tgz`), `${base}/`), { limits }), one);
  });
  it.skipIf(one.noZip === true)('as a zip', async () => {
    const limits = { ratio: 10_000 };
    check(await validateBag(await asZip(makeBag(one.recipe), join(home, `${base}.zip`), `${base}/`), { limits }), one);
  });
});

describe('completeness only', () => {
  it.each(CASES.filter(({ errors = [] }) => errors.length === 0 || errors.includes('altered')))(
    'does not look at digests: $name',
    async ({ recipe }) => {
      const report = await validateBag(await asDirectory(makeBag(recipe), join(home, `complete-${Math.random()}`)), {
        completenessOnly: true,
      });
      expect(report.complete).toBe(true);
      expect(report.errors).toEqual([]);
      expect(report.valid).toBe(null);
    },
  );

  it('still compares Payload-Oxum', async () => {
    const path = await asDirectory(makeBag({ info: 'Payload-Oxum: 1.1\n' }), join(home, 'complete-oxum'));
    const report = await validateBag(path, { completenessOnly: true });
    expect(report).toMatchObject({ complete: false, valid: false, errors: [{ code: 'payload-oxum-mismatch' }] });
  });
});
