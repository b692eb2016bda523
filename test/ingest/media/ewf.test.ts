/** What E01 and S01 say of themselves, beside what ewf-tools say; what all formats share is in test/conformance/media.test.ts. */
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type Extent, type Media, companionsOf, fileSource, openMedia } from '#ingest/media';
import { adler32 } from '#built/ingest/media/codecs/adler32';
import { bufferSource } from './buffer-source.ts';
import {
  CHUNK,
  DONE,
  type Part,
  codes,
  opened,
  stored,
  summed,
  textPart,
  three,
  threeVolume,
  u32,
  volume,
} from './ewf-builder.ts';
import { has, run } from './tools.ts';

const fixtures = new URL('../../fixtures/media/ewf/', import.meta.url);
const load = async (name: string): Promise<Buffer> => gunzipSync(await readFile(new URL(`${name}.gz`, fixtures)));

async function extentsOf(media: Media): Promise<Extent[]> {
  const found: Extent[] = [];
  for await (const extent of media.extents()) found.push(extent);
  return found;
}

describe('facts of E01', () => {
  it('tells who imaged what and when, from header2 with its zone', async () => {
    await using media = await openMedia(bufferSource(await load('encase6.E01')));
    expect(media.facts).toMatchObject({
      subformat: 'E01',
      caseNumber: 'case-7',
      evidenceNumber: 'evid-3',
      examiner: 'Examiner Ünal',
      description: 'A description',
      notes: 'notes: tab-free',
      tool: 'libewf',
      operatingSystem: 'Linux',
      mediaType: 'fixed',
      isPhysical: 'yes',
      sectorsPerChunk: 64,
      errorGranularitySectors: 64,
      segments: 1,
    });
    expect(media.facts['acquiredAt']).toMatch(/^20\d\d-\d\d-\d\dT[\d:]+Z$/);
    expect(media.warnings).toEqual([]);
    expect(media.parts).toEqual([]);
  });

  it('takes the digests of every flavour that stores them', async () => {
    const canon = gunzipSync(await readFile(new URL('../canon.raw.gz', fixtures)));
    const [md5, sha1] = ['md5', 'sha1'].map((name) => createHash(name).update(canon).digest('hex'));
    for (const [name, digests] of [
      ['encase1.E01', { md5 }],
      ['encase6.E01', { md5, sha1 }],
      ['linen7.E01', { md5, sha1 }],
      ['ewfx.e01', { md5, sha1 }],
      ['smart.s01', { md5 }],
    ] as const) {
      await using media = await openMedia(bufferSource(await load(name)));
      expect(media.storedDigests, name).toEqual(digests);
      expect(codes(media), name).toEqual([]);
    }
  });

  it('has local time without a zone, code page text, and FTK Imager by its version', async () => {
    await using media = await openMedia(bufferSource(await load('odd-4097.E01')));
    expect(media.facts).toMatchObject({
      acquiredAt: '2002-03-04T10:19:59',
      examiner: 'Examiner Ünal',
      tool: 'FTK Imager',
      toolVersion: 'ADI3.1.1.8',
      compression: 'fast',
    });
    expect(media.size).toBe(4097);
  });

  it('tells the subformats apart', async () => {
    for (const [name, subformat] of [
      ['smart.s01', 'S01 (SMART)'],
      ['ewf.e01', 'E01 (ASR Data)'],
      ['ewfx.e01', 'EWF-X'],
    ] as const) {
      await using media = await openMedia(bufferSource(await load(name)));
      expect(media.facts['subformat']).toBe(subformat);
    }
  });

  it('shows nothing of a header that a terminal would obey, and only that there is a password', async () => {
    const text = '1\nmain\nc\tn\te\tp\tr\tl\nca\u001b[31mse\t\tex\t6F1ED002AB5595859014EBF0951522D9\tb\tlabel\n\n';
    await using media = await opened([...stored(three, [textPart('header2', text), threeVolume]), DONE]);
    expect(media.facts).toMatchObject({ caseNumber: 'ca\\x1b[31mse', password: 'set', compression: 'best', label: 'label' });
    expect(Object.keys(media.facts)).not.toContain('evidenceNumber');
  });

  it('tells write blockers, the identifier of the set, and the source of several categories', async () => {
    const body = volume({ chunkCount: 3, sectorCount: 192, guid: '00112233445566778899aabbccddeeff', flags: 1 | 4 | 8 });
    const text =
      '3\nmain\nc\nx\n\nsrce\n0\t1\np\tev\ttb\tpo\tah\taq\n0\t0\n\tev-9\t4096\t-1\tE12F8344FB66133809047EE8A5ECEA31\t1000000000\n\n';
    await using media = await opened([...stored(three, [textPart('header2', text), { type: 'volume', body }]), DONE]);
    expect(media.facts).toMatchObject({
      writeBlocker: 'FastBloc, Tableau',
      setIdentifier: '33221100-5544-7766-8899-aabbccddeeff',
      isPhysical: 'no',
      sourceEvidenceNumber: 'ev-9',
      sourceSize: '4096',
      sourceMd5: 'e12f8344fb66133809047ee8a5ecea31',
      sourceAcquiredAt: '2001-09-09T01:46:40Z',
    });
    expect(Object.keys(media.facts)).not.toContain('sourceOffset');
  });
});

describe('what the carrier did not give', () => {
  it('is absent, once, wherever the list of unread sectors repeats itself', async () => {
    await using media = await openMedia(bufferSource(await load('error2.E01')));
    const absent = (await extentsOf(media)).filter(({ kind }) => kind === 'absent');
    expect(absent).toEqual([
      { offset: 51_200, length: 8 * 512, kind: 'absent' },
      { offset: 4000 * 512, length: 512, kind: 'absent' },
    ]);
    expect(media.facts['tracks']).toEqual(['data from sector 0', 'audio from sector 6000']);
    expect(codes(media)).toEqual([]);
  });

  it('is told as damage where the list leaves the medium, and does not grow', async () => {
    const list = (entries: Buffer, count: number): Part => ({
      type: 'error2',
      body: Buffer.concat([summed(Buffer.concat([u32(count), Buffer.alloc(512)])), summed(entries)]),
    });
    const absurd = u32(0xffffffff, 0xffffffff, 190, 0xffffffff, 0, 1);
    await using media = await opened([...stored(three, [threeVolume]), list(absurd, 3), DONE]);
    expect(codes(media)).toEqual(['ewf/unread-outside']);
    expect((await extentsOf(media)).map(({ offset, length, kind }) => [offset, length, kind])).toEqual([
      [0, 512, 'absent'],
      [512, 189 * 512, 'data'],
      [190 * 512, 1024, 'absent'],
    ]);
    await using lying = await opened([...stored(three, [threeVolume]), list(absurd, 0x7fffffff), DONE]);
    expect(codes(lying)).toEqual(['ewf/note']);
  });

  it('is what a stopped imaging never came to', async () => {
    const body = volume({ chunkCount: 9, sectorCount: 9 * 64 });
    const parts = stored(three, [{ type: 'volume', body }]);
    await using media = await opened([...parts, { type: 'incomplete', body: Buffer.alloc(4) }, DONE]);
    expect(codes(media)).toEqual(['ewf/incomplete']);
    expect(await extentsOf(media)).toEqual([
      { offset: 0, length: 3 * CHUNK, kind: 'data' },
      { offset: 3 * CHUNK, length: 6 * CHUNK, kind: 'absent' },
    ]);
    await expect(opened([...parts, DONE])).rejects.toMatchObject({ code: 'ewf/chunks-missing', kind: 'truncated' });
  });
});

describe('adler32', () => {
  it('is what zlib writes, at any place and length', () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 7)) & 0xff)).fill(0xff, 20_000, 60_000);
    for (const [from, to] of [
      [0, 0],
      [0, 1],
      [1, 4],
      [3, 70_000],
      [2, 5557],
      [0, 70_000],
      [19_999, 60_003],
    ] as const) {
      const packed = deflateSync(bytes.subarray(from, to));
      expect(adler32(bytes, from, to)).toBe(packed.readUInt32BE(packed.length - 4));
    }
  });
});

describe.skipIf(!has('ewfacquire') || !has('ewfexport') || !has('ewfinfo'))('beside ewf-tools', () => {
  let folder = '';
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function acquired(raw: Buffer, format: string, extra: readonly string[] = []): Promise<string[]> {
    folder = await mkdtemp(join(tmpdir(), 'strongroom-ewf-'));
    await writeFile(join(folder, 'in.raw'), raw);
    const about = ['-C', 'case 9', '-D', 'd', '-E', 'e 1', '-e', 'x', '-N', 'n', '-m', 'removable', '-M', 'logical'];
    const args = ['-u', '-q', ...about, '-f', format, '-c', 'fast', '-t', join(folder, 'set'), ...extra, join(folder, 'in.raw')];
    execFileSync('ewfacquire', args, { stdio: 'ignore' });
    return (await readdir(folder)).filter((name) => name.startsWith('set.'));
  }

  async function openSet(names: readonly string[], own: string) {
    const companions = companionsOf(own, names, (name) => fileSource(join(folder, name)));
    const container = await fileSource(join(folder, own));
    return { container, companions, media: await openMedia(container, companions) };
  }

  it('reads an E01 of more than 99 segments, and an S01 of several', { timeout: 60_000 }, async () => {
    const key = Buffer.alloc(16, 1);
    const noise = createCipheriv('aes-128-ctr', key, key).update(Buffer.alloc(101 * 1024 * 1024));
    for (const [format, own, size, last] of [
      ['encase6', 'set.E01', noise.length, /^set\.EA[A-Z]$/],
      ['smart', 'set.s01', 3_000_000, /^set\.s0[3-9]$/],
    ] as const) {
      const names = await acquired(noise.subarray(0, size), format, ['-S', '1048576']);
      const { container, companions, media } = await openSet(names, own);
      expect(media.parts.at(-1)).toMatch(last);
      const hash = createHash('md5');
      for (let at = 0; at < media.size; at += 4 << 20) hash.update(await media.read(at, Math.min(4 << 20, media.size - at)));
      expect(hash.digest('hex')).toBe(media.storedDigests.md5);
      await companions[Symbol.asyncDispose]();
      await container[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    }
  });

  it('gives the bytes ewfexport gives and the facts ewfinfo prints', async () => {
    const names = await acquired(Buffer.from(Array.from({ length: 999 * 512 }, (_, i) => (i * i) >> 5)), 'encase6');
    const { container, companions, media } = await openSet(names, 'set.E01');
    run('ewfexport', ['-u', '-q', '-f', 'raw', '-t', join(folder, 'out'), join(folder, 'set.E01')]);
    expect((await media.read(0, media.size)).equals(await readFile(join(folder, 'out.raw')))).toBe(true);
    const printed = run('ewfinfo', [join(folder, 'set.E01')]);
    const said = (key: string): string => new RegExp(`${key}:\\s+(.*)`).exec(printed)?.[1]?.trim() ?? '';
    expect(media.facts).toMatchObject({
      caseNumber: said('Case number'),
      evidenceNumber: said('Evidence number'),
      examiner: said('Examiner name'),
      notes: said('Notes'),
      operatingSystem: said('Operating system used'),
      toolVersion: said('Software version used'),
      isPhysical: said('Is physical'),
      sectorsPerChunk: Number(said('Sectors per chunk')),
      errorGranularitySectors: Number(said('Error granularity')),
    });
    expect(media.storedDigests.md5).toBe(said('MD5'));
    expect(said('Media type')).toContain(String(media.facts['mediaType']));
    await companions[Symbol.asyncDispose]();
    await container[Symbol.asyncDispose]();
  });
});
