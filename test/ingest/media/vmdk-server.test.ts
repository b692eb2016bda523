/** VMDK extents of ESX servers: COWD and SESparse. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '#ingest/kernel';
import { codes, fixture, openDeposit, patched, refusal } from './vmdk-deposit.ts';

describe('server extents', () => {
  const cowd = fixture('vmdk/cowd/disk-delta.vmdk');
  const se = fixture('vmdk/sesparse/disk-sesparse.vmdk');
  const open = (name: string, bytes: Buffer) => ({
    'disk.vmdk': fixture(`vmdk/${name}/disk.vmdk`),
    [`disk-${name === 'cowd' ? 'delta' : 'sesparse'}.vmdk`]: bytes,
  });

  it.each([
    ['COWD', 'another mark', open('cowd', Buffer.alloc(4096, 1)), 'vmdk/cowd-mark'],
    ['COWD', 'version 2', open('cowd', patched(cowd, 4, 2)), 'vmdk/version'],
    ['COWD', 'grains of 0 sectors', open('cowd', patched(cowd, 16, 0)), 'vmdk/grain-size'],
    ['COWD', 'grains of 3 sectors', open('cowd', patched(cowd, 16, 3)), 'vmdk/grain-size'],
    ['COWD', 'a disk too large for its directory', open('cowd', patched(cowd, 12, 0xffff_ffff)), 'vmdk/directory-outside'],
    ['COWD', 'a directory past the end', open('cowd', patched(cowd, 20, 0xffff_ff00)), 'vmdk/directory-outside'],
    ['COWD', 'its header cut', open('cowd', cowd.subarray(0, 100)), 'layout/short'],
    ['SESparse', 'another mark', open('sesparse', patched(se, 0, 5n)), 'vmdk/se-sparse-mark'],
    ['SESparse', 'another version', open('sesparse', patched(se, 8, 5n)), 'vmdk/version'],
    ['SESparse', 'other grains', open('sesparse', patched(se, 24, 16n)), 'vmdk/grain-layout'],
    ['SESparse', 'a disk of 2^50 sectors', open('sesparse', patched(se, 16, 2n ** 50n)), 'vmdk/capacity-absurd'],
    ['SESparse', 'a disk too large for its directory', open('sesparse', patched(se, 16, 2n ** 30n)), 'vmdk/capacity-absurd'],
    ['SESparse', 'no volatile header', open('sesparse', patched(se, 512, 0n)), 'vmdk/se-sparse-mark'],
    ['SESparse', 'a pending journal', open('sesparse', patched(se, 512 + 24, 1n)), 'vmdk/journal'],
    ['SESparse', 'a directory past the end', open('sesparse', patched(se, 128, 2n ** 40n)), 'vmdk/directory-outside'],
  ])('%s with %s are refused', async (_kind, _what, files, code) => {
    expect((await refusal(files)).code).toBe(code);
  });

  it('damaged or cut anywhere give bytes or a Fault', async () => {
    const names = ['cowd', 'sesparse'] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.nat(), fc.nat(255), fc.boolean(), async (name, place, value, cut) => {
        const whole = name === 'cowd' ? cowd : se;
        const at = place % (place % 3 === 0 ? whole.length : 9000);
        const bytes = cut ? whole.subarray(0, at) : patched(whole, at, value, 1);
        const answer = await openDeposit(open(name, bytes))
          .then((media) => media.read(0, Math.min(media.size, 2 ** 24)))
          .catch((error: unknown) => error);
        expect(answer instanceof Fault || Buffer.isBuffer(answer)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('have damaged entries told and refused when they are read', async () => {
    await using media = await openDeposit(open('sesparse', patched(se, 16 * 512, 2n ** 63n)));
    expect(codes(media)).toEqual(['vmdk/grains-misplaced']);
    await expect(media.read(0, 512)).rejects.toMatchObject({ code: 'vmdk/grain-place' });
    await using table = await openDeposit(open('sesparse', patched(se, 8 * 512, 0x2000_0000_0000_0000n)));
    expect(codes(table)).toEqual(['vmdk/tables-outside']);
  });

  it('cut in their grains tell it', async () => {
    await using media = await openDeposit(open('cowd', cowd.subarray(0, cowd.length - 1000)));
    expect(codes(media)).toEqual(['vmdk/grains-outside']);
  });
});
