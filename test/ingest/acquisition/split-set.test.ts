/** Which names are one image; the truth about names is split(1)'s own. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NamedSet, namedSets } from '#built/ingest/acquisition/split-set';
import { run } from '../media/tools.ts';

const setOf = (name: string, ...others: string[]): NamedSet | undefined => namedSets([name, ...others])(name);

describe('the pieces of a raw image', () => {
  it.each([
    ['disk', ['disk.001', 'disk.002', 'disk.003']],
    ['disk.img', ['disk.img.001', 'disk.img.002']],
    ['disk.dd', ['disk.dd.000', 'disk.dd.001', 'disk.dd.002']],
    ['disk.dd', ['disk.dd.00', 'disk.dd.01']],
    ['disk.raw', ['disk.raw.1', 'disk.raw.2']],
    ['disk.raw', Array.from({ length: 12 }, (_, i) => `disk.raw.${i + 1}`)],
    ['disk.img', ['disk.img.part00', 'disk.img.part01']],
    ['disk.img', ['disk.img.partaa', 'disk.img.partab']],
    ['disk.dd', ['disk_1.dd', 'disk_2.dd']],
    ['disk', ['disk.1of3', 'disk.2of3', 'disk.3of3']],
    ['disk.img', ['disk.img.aa', 'disk.img.ab', 'disk.img.ac']],
    ['disk.img', ['disk.imgaa', 'disk.imgab']],
    ['x', ['xaa', 'xab']],
    ['Umlaut ü\n%', ['Umlaut ü\n%.001', 'Umlaut ü\n%.002']],
  ])('of %j are found from each of them', (whole, names) => {
    const shuffled = names.toReversed();
    const sets = namedSets(shuffled);
    for (const name of names) expect(sets(name)).toMatchObject({ kind: 'pieces', whole, members: names, missing: [] });
  });

  const alphabet = 'abcdefghijklmnopqrstuvwxyz'.split('');
  it.each([
    ['numbered', Array.from({ length: 20_000 }, (_, i) => `scan.${String(i + 1).padStart(5, '0')}`)],
    ['lettered', alphabet.flatMap((a) => alphabet.flatMap((b) => alphabet.map((c) => `x.img${a}${b}${c}`))).slice(0, 8000)],
    ['virtual disks’', Array.from({ length: 8000 }, (_, i) => `disk ${i}-s001.vmdk`)],
  ])('of very many %s files are found in a time that grows with their number, not its square', (_kind, names) => {
    const start = performance.now();
    const setOf = namedSets(names);
    for (const name of names) setOf(name);
    expect(setOf(names[0] ?? '')?.members).toContain(names[0]);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('go on past the width of the first number', () => {
    const names = Array.from({ length: 1003 }, (_, i) => `d.${String(i + 1).padStart(3, '0')}`);
    expect(namedSets(names)('d.1002')).toMatchObject({ members: names, missing: [] });
  });

  it.each([
    [['d.001', 'd.003'], ['d.002']],
    [['d.002', 'd.003'], ['d.001']],
    [['d.000', 'd.002'], ['d.001']],
    [['d.aa', 'd.ac'], ['d.ab']],
    [['d.ab', 'd.ac'], ['d.aa']],
    [['d.1of3', 'd.2of3'], ['d.3of3']],
    [['d.2of3'], ['d.1of3', 'd.3of3']],
    [['d.img.part01', 'd.img.part03'], ['d.img.part02']],
    [['d.7'], ['d.1', 'd.2', 'd.3', 'd.4', 'd.5', 'd.6']],
  ])('%j lack %j', (names, missing) => {
    for (const name of names) expect(namedSets(names)(name)?.missing).toEqual(missing);
  });

  it('names no more than 20 that are missing', () => {
    expect(setOf('d.001', 'd.900')?.missing).toHaveLength(20);
  });

  it.each(['disk.dd', 'disk.img', 'disk.gz', 'notes.md', 'disk.2020', 'disk.iso', 'disk', 'a.log', '.001', 'x.d64'])(
    '%s alone is no piece',
    (name) => {
      expect(setOf(name)).toBeUndefined();
    },
  );

  it('a lone first piece is a set of one', () => {
    expect(setOf('disk.001')).toMatchObject({ members: ['disk.001'], missing: [], whole: 'disk' });
    expect(setOf('disk.aa')).toMatchObject({ members: ['disk.aa'], missing: [] });
  });

  it('are not mixed with what stands beside them', () => {
    const beside = [
      'disk.log',
      'disk.txt',
      'disk.md5',
      'disk.dd',
      'disk.gz',
      'disk.2020',
      'disk.img',
      'other.001',
      'disk.001.txt',
      'disk.map',
    ];
    expect(setOf('disk.001', 'disk.002', ...beside)?.members).toEqual(['disk.001', 'disk.002']);
    expect(setOf('disk.aa', 'disk.ab', ...beside)).toMatchObject({ members: ['disk.aa', 'disk.ab'], missing: [] });
    expect(setOf('disk.aaa', 'disk.aab', ...beside)).toMatchObject({ members: ['disk.aaa', 'disk.aab'], missing: [] });
    expect(setOf('disk.log', 'disk.aaa', 'disk.aab')).toBeUndefined();
  });

  it('with different widths are different sets', () => {
    expect(setOf('d.1', 'd.001', 'd.002', 'd.2', 'd.3')?.members).toEqual(['d.1', 'd.2', 'd.3']);
    expect(setOf('d.001', 'd.1', 'd.002', 'd.2', 'd.3')?.members).toEqual(['d.001', 'd.002']);
  });

  it.each([
    [['-b', '7', 'in', 'x']],
    [['-b', '7', 'in', 'disk.img.']],
    [['-b', '1', 'in', 'disk.']],
    [['-b', '1', '-a', '3', 'in', 'disk.']],
    [['-b', '3', '-d', 'in', 'disk.']],
    [['-b', '3', '-d', '-a', '3', 'in', 'disk.img.']],
    [['-b', '3', '--numeric-suffixes=1', '-a', '3', 'in', 'disk.img.']],
    [['-b', '3', '-d', '-a', '4', 'in', 'disk.img.part']],
  ])('that split %j wrote are found whole', async (args) => {
    const folder = await mkdtemp(join(tmpdir(), 'split-'));
    await writeFile(join(folder, 'in'), Buffer.alloc(700));
    const adapted =
      args.includes('-d') && args.includes('-b') && !args.includes('-a') ? args.map((a) => (a === '3' ? '10' : a)) : args;
    run('split', adapted, folder);
    const names = (await readdir(folder)).filter((name) => name !== 'in').sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    const sets = namedSets(names);
    for (const name of [names[0]!, names.at(-1)!]) expect(sets(name)).toMatchObject({ members: names, missing: [] });
    await rm(folder, { recursive: true });
  });

  it('with any gap are told as incomplete, and with none as whole', () => {
    const letters = (i: number): string => `n.${'abcdefghij'[Math.floor(i / 26)]}${String.fromCharCode(97 + (i % 26))}`;
    const scheme = fc.constantFrom(
      (i: number) => `n.${String(i + 1).padStart(3, '0')}`,
      (i: number) => `n.${i}`,
      letters,
      (i: number) => `n.E${String(i + 1).padStart(2, '0')}`,
    );
    fc.assert(
      fc.property(scheme, fc.integer({ min: 3, max: 60 }), fc.nat(), (write, count, hole) => {
        const names = Array.from({ length: count }, (_, i) => write(i));
        expect(namedSets(names)(names[hole % count]!)).toMatchObject({ members: names, missing: [] });
        const at = 1 + (hole % (count - 2));
        const holed = names.filter((_, i) => i !== at);
        expect(namedSets(holed)(names[0]!)?.missing).toEqual([names[at]]);
      }),
      { examples: [[letters, 52, 49]] },
    );
  });
});

describe('the segments of a container', () => {
  it('of EWF go from E01 to E99 and on with letters', () => {
    const numbered = Array.from({ length: 99 }, (_, i) => `c.E${String(i + 1).padStart(2, '0')}`);
    const names = [...numbered, 'c.EAA', 'c.EAB', 'c.EAC'];
    for (const name of ['c.E01', 'c.E57', 'c.EAB'])
      expect(namedSets([...names, 'c.txt', 'c.E01.txt', 'c.info'])(name)).toMatchObject({
        kind: 'segments',
        whole: 'c.E01',
        members: names,
        missing: [],
      });
  });

  it.each([
    [['c.e01', 'c.e02']],
    [['c.s01', 'c.s02']],
    [['c.L01', 'c.L02']],
    [['c.Ex01', 'c.Ex02']],
    [['c.ad1', 'c.ad2']],
    [['c.vmdk', 'c-flat.vmdk']],
    [['c.vmdk', 'c-s001.vmdk', 'c-s002.vmdk']],
    [['c.vmdk', 'c-f001.vmdk']],
  ])('%j are one', (names) => {
    for (const name of names)
      expect(namedSets([...names, 'c.log', 'c.txt', 'd.vmdk'])(name)).toMatchObject({
        kind: 'segments',
        members: names,
        missing: [],
        whole: names[0],
      });
  });

  it('are told when some are missing', () => {
    expect(setOf('c.E02', 'c.E04')?.missing).toEqual(['c.E01', 'c.E03']);
    expect(setOf('c-s001.vmdk', 'c-s003.vmdk')?.missing).toEqual(['c.vmdk', 'c-s002.vmdk']);
  });

  it('of KryoFlux are the tracks of one disk, of which any may be left out', () => {
    const tracks = ['track00.0.raw', 'track00.1.raw', 'track01.0.raw', 'track80.1.raw'];
    const sets = namedSets([...tracks.toReversed(), 'other00.0.raw', 'track.log', 'track00.2.raw', 'disk.raw']);
    for (const name of tracks)
      expect(sets(name)).toMatchObject({ kind: 'segments', whole: 'track00.0.raw', members: tracks, missing: [], isFlux: true });
    expect(sets('other00.0.raw')?.members).toEqual(['other00.0.raw']);
    expect(sets('track00.2.raw')).toBeUndefined();
    expect(sets('disk.raw')).toBeUndefined();
    expect(setOf('Disk 100.0.raw', 'Disk 101.0.raw')?.members).toEqual(['Disk 100.0.raw', 'Disk 101.0.raw']);
  });
});

it('any names at all give an answer, and the answer holds the name it was asked for', () => {
  const part = fc.constantFrom(
    'a',
    'x',
    '.',
    'E',
    '01',
    '001',
    '0',
    '99',
    'aa',
    'z',
    'yz',
    '_',
    '.part',
    'of',
    '3',
    '.dd',
    '-s',
    '.vmdk',
    '\n',
    'ü',
    '10',
  );
  const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 30 }), (names) => {
      const sets = namedSets(names);
      for (const one of names) {
        const set = sets(one);
        const members = set?.members ?? [one];
        expect(members).toContain(one);
        expect(names).toEqual(expect.arrayContaining([...members]));
        expect(new Set(members).size).toBe(members.length);
      }
    }),
    { examples: [[['a-s00110.vmdk', 'a']]], numRuns: 2000 },
  );
});
