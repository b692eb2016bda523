/** examples/donated-disk/carrier agrees with itself: digests, mapfile, log and image tell one story. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const carrier = new URL('../../examples/donated-disk/carrier/', import.meta.url);
const bytes = (name: string): Buffer => readFileSync(new URL(name, carrier));
const image = bytes('marrowby-disk-07.img');

describe('the donated disk', () => {
  it.each([
    ['md5', 'marrowby-disk-07.img.md5'],
    ['sha256', 'SHA256SUMS'],
  ])('has the %s digests of %s', (algorithm, list) => {
    const lines = [
      ...bytes(list)
        .toString()
        .matchAll(/^([0-9a-f]+) {2}(.+)$/gm),
    ];
    expect(lines.length).toBeGreaterThan(0);
    for (const [, digest, name] of lines) expect(createHash(algorithm).update(bytes(name!)).digest('hex')).toBe(digest);
  });

  it('is mapped from end to end, and what could not be read is zeros', () => {
    const runs = [
      ...bytes('marrowby-disk-07.map')
        .toString()
        .matchAll(/^(0x[0-9A-F]+) +(0x[0-9A-F]+) +([+-])$/gm),
    ].map(([, at, size, status]) => ({ at: Number(at), size: Number(size), status }));
    let end = 0;
    for (const run of runs) {
      expect(run.at).toBe(end);
      end += run.size;
    }
    expect(end).toBe(image.length);
    const bad = runs.filter(({ status }) => status === '-');
    expect(bad).toEqual([{ at: 27136, size: 512, status: '-' }]);
    expect(image.subarray(27136, 27136 + 512).every((byte) => byte === 0)).toBe(true);
    expect(image.subarray(27136 - 5, 27136).toString('latin1')).toBe('gone '); // the last word that could be read
  });

  it('has a log that names its digest and its bad sector', () => {
    const log = bytes('marrowby-disk-07.log').toString();
    expect(log).toContain(createHash('md5').update(image).digest('hex'));
    expect(log).toContain(`sector ${27136 / 512}, byte 27136`);
  });

  it('keeps the photograph small', () => {
    expect(statSync(new URL('marrowby-disk-07-label.jpg', carrier)).size).toBeLessThan(80_000);
  });
});
