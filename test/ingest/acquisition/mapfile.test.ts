/** ddrescue's mapfile; ddrescuelog judges the sums. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MapBlock, Mapfile } from '#ingest/acquisition';
import { isMapfile, parseMapfile, readMapfile } from '#built/ingest/acquisition/mapfile';
import { fileSource } from '#ingest/media';
import { has, run } from '../media/tools.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mapfile-'));
});
afterAll(() => rm(folder, { recursive: true }));

const parse = (text: string): Promise<Mapfile> => parseMapfile(() => [Buffer.from(text)], 'x.map');
async function blocksOf(map: Mapfile): Promise<MapBlock[]> {
  const blocks: MapBlock[] = [];
  for await (const block of map.blocks()) blocks.push(block);
  return blocks;
}

const GOOD = `# Mapfile. Created by GNU ddrescue version 1.27
# Command line: ddrescue -d -r3 /dev/fd0 disk.img disk.map
# Start time:   2021-05-04 10:11:12
# Current time: 2021-05-04 10:21:12
# Finished
# current_pos  current_status  current_pass
0x00000400     +               1
#      pos        size  status
0x00000000  0x00000400  +
1024  512  -
03000  01000  /
0x00000800  0x00000200  *
0x00000A00  0x00000200  ?
`;

describe('a mapfile', () => {
  it('is read, whatever way its numbers are written', async () => {
    const map = await parse(GOOD);
    expect(map).toMatchObject({
      file: 'x.map',
      toolVersion: '1.27',
      commandLine: 'ddrescue -d -r3 /dev/fd0 disk.img disk.map',
      startedAt: '2021-05-04 10:11:12',
      endedAt: '2021-05-04 10:21:12',
      status: 'finished',
      currentPosition: 1024,
      pass: 1,
      start: 0,
      end: 3072,
      blockCount: 5,
      ranges: {
        rescued: { bytes: 1024, areas: 1 },
        bad: { bytes: 512, areas: 1 },
        nonScraped: { bytes: 512, areas: 1 },
        nonTrimmed: { bytes: 512, areas: 1 },
        nonTried: { bytes: 512, areas: 1 },
      },
    });
    expect(await blocksOf(map)).toEqual([
      { offset: 0, length: 1024, status: 'rescued' },
      { offset: 1024, length: 512, status: 'bad' },
      { offset: 1536, length: 512, status: 'nonScraped' },
      { offset: 2048, length: 512, status: 'nonTrimmed' },
      { offset: 2560, length: 512, status: 'nonTried' },
    ]);
  });

  it('of an older ddrescue has no pass, and may have CRLF', async () => {
    const map = await parse('# Rescue Logfile. Created by GNU ddrescue version 1.16\r\n0x00 ?\r\n0x00 0x200 ?\r\n');
    expect(map).toMatchObject({ toolVersion: '1.16', status: 'copying', end: 512 });
    expect(map.pass).toBeUndefined();
  });

  it.each(
    [
      ['? copying', '*  trimming', '/ scraping', '- retrying', 'F filling', 'G generating', '+ finished'].map((pair) =>
        pair.split(/ +/),
      ),
    ].flat() as [string, string][],
  )('tells the status %s as %s', async (sign, word) => {
    expect((await parse(`0 ${sign} 1\n`)).status).toBe(word);
  });

  it.each([
    ['mapfile-status', 1, '0x00 x 1\n'],
    ['mapfile-status', 2, '# c\n0x00 0x10 +\n'],
    ['mapfile-number', 1, '0y00 + 1\n'],
    ['mapfile-number', 1, '-5 + 1\n'],
    ['mapfile-number', 2, '0 + 1\n08 0x10 +\n'],
    ['mapfile-number', 2, '0 + 1\n0 1e3 +\n'],
    ['mapfile-block', 2, '0 + 1\n0 0x200\n'],
    ['mapfile-block', 2, '0 + 1\n0 0x200 F\n'],
    ['mapfile-block', 2, '0 + 1\n0 0 +\n'],
    ['mapfile-block', 3, '0 + 1\n0 0x200 +\ngarbage\n'],
    ['mapfile-not-contiguous', 3, '0 + 1\n0 0x200 +\n0x300 0x100 +\n'],
    ['mapfile-not-contiguous', 3, '0 + 1\n0 0x200 +\n0x100 0x100 +\n'],
    ['mapfile-too-large', 2, '0 + 1\n0 0x7FFFFFFFFFFFFFFF +\n'],
    ['mapfile-too-large', 3, '0 + 1\n0 9007199254740991 +\n9007199254740991 1 -\n'],
  ])('is refused with %s in line %i', async (code, line, text) => {
    await expect(parse(text)).rejects.toMatchObject({ code: `acquisition/${code}`, facts: { line } });
  });

  it('without any status line is cut', async () => {
    await expect(parse('# Mapfile. Created by GNU ddrescue version 1.27\n')).rejects.toMatchObject({
      kind: 'truncated',
      code: 'acquisition/mapfile-no-status',
    });
  });

  it('has limits', async () => {
    await expect(parse(`# ${'x'.repeat(70_000)}`)).rejects.toMatchObject({ code: 'acquisition/line-too-long' });
  });

  it('of a million blocks needs little memory', async () => {
    const lines = function* (): Generator<Buffer> {
      yield Buffer.from('0 + 1\n');
      for (let i = 0; i < 100; i++) {
        yield Buffer.from(
          Array.from({ length: 10_000 }, (_, k) => `${(i * 10_000 + k) * 512} 512 ${k % 2 === 0 ? '+' : '-'}\n`).join(''),
        );
      }
    };
    const before = process.memoryUsage().rss;
    const map = await parseMapfile(lines, 'big.map');
    expect(map).toMatchObject({ blockCount: 1_000_000, end: 1_000_000 * 512, ranges: { bad: { areas: 500_000 } } });
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * 2 ** 20);
  });
});

/** `rescued: 1234 B, in 3 area(s)` lines of `ddrescuelog -t`. */
function sumsOf(report: string): Record<string, { bytes: number; areas: number }> {
  const names: Record<string, string> = {
    rescued: 'rescued',
    'non-tried': 'nonTried',
    'non-trimmed': 'nonTrimmed',
    'non-scraped': 'nonScraped',
    'bad-sector': 'bad',
  };
  const found: Record<string, { bytes: number; areas: number }> = {};
  for (const [, name, bytes, areas] of report.matchAll(/^\s*([a-z-]+):\s*(\d+) B,\s+in\s+(\d+) area/gm)) {
    if (names[name!] !== undefined) found[names[name!]!] = { bytes: Number(bytes), areas: Number(areas) };
  }
  return found;
}

describe.runIf(has('ddrescue') && has('ddrescuelog'))('what ddrescue and ddrescuelog say', () => {
  const report = (path: string): string =>
    run(
      'ddrescuelog',
      ['-t', '--binary-prefixes', path].filter((word) => word !== '--binary-prefixes'),
    );

  it('of a real run is what we read', async () => {
    await writeFile(join(folder, 'in'), Buffer.alloc(300_000, 7));
    run('ddrescue', ['-q', '-s', '200000', 'in', 'out', 'real.map'], folder);
    const path = join(folder, 'real.map');
    const map = await readMapfile({ path, name: 'real.map', size: 1, mtime: new Date(0) });
    expect(map).toMatchObject({
      status: 'finished',
      commandLine: 'ddrescue -q -s 200000 in out real.map',
      ranges: { rescued: { bytes: 200_000 } },
    });
    expect(map.toolVersion).toMatch(/^1\.\d+/);
    expect(map.ranges).toEqual(sumsOf(report(path)));
    await using source = await fileSource(path);
    expect(await isMapfile({ path, name: 'whatever.log', size: 1, mtime: new Date(0) }, source)).toBe(true);
  });

  it('of any map is what we say', async () => {
    const block = fc.tuple(
      fc.integer({ min: 1, max: 900 }),
      fc.constantFrom('?', '*', '/', '-', '+'),
      fc.constantFrom('hex', 'decimal', 'octal'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 40 }), async (blocks) => {
        const write = (n: number, how: string): string =>
          how === 'hex' ? `0x${n.toString(16).toUpperCase()}` : how === 'octal' && n > 0 ? `0${n.toString(8)}` : String(n);
        let at = 0;
        let text = '0x0 ? 1\n';
        for (const [length, sign, how] of blocks) {
          text += `${write(at, how)} ${write(length, how)} ${sign}\n`;
          at += length;
        }
        const path = join(folder, 'any.map');
        await writeFile(path, text);
        const map = await parse(text);
        const said = sumsOf(report(path));
        expect(Object.keys(said)).toHaveLength(5);
        expect(map.ranges).toEqual(said);
        expect(map.end).toBe(at);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a file', () => {
  it.each<[string, string, boolean]>([
    ['x.map', GOOD, true],
    ['x.log', GOOD, true],
    ['x.map', '0x0 + 1\n0 512 +\n', true],
    ['x.log', '0x0 + 1\n0 512 +\n', false],
    ['x.map', '<map name="image"/>', false],
    ['x.mapfile', 'anything', true],
    ['x.txt', 'Mapfile', false],
  ])('%s is a mapfile by its content', async (name, content, expected) => {
    const path = join(folder, name);
    await writeFile(path, content);
    await using source = await fileSource(path);
    expect(await isMapfile({ path, name, size: content.length, mtime: new Date(0) }, source)).toBe(expected);
  });
});
