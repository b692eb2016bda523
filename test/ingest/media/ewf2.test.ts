/** What is special to Ex01; what all formats share is in test/conformance/media.test.ts. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Media, openMedia } from '#ingest/media';
import { adler32 } from '#built/ingest/media/codecs/adler32';
import { bufferSource } from './buffer-source.ts';
import { deposit } from './ewf-builder.ts';

const fixtures = new URL('../../fixtures/media/', import.meta.url);
const load = async (name: string): Promise<Buffer> => gunzipSync(await readFile(new URL(`${name}.gz`, fixtures)));
const codes = (media: Media): string[] => media.warnings.map(({ code }) => code);

/** Descriptors by the type of their section, first to last. */
function descriptors(file: Buffer, type: number): number[] {
  const found: number[] = [];
  for (let at = file.length - 64; at > 0; at = Number(file.readBigUInt64LE(at + 8)))
    if (file.readUInt32LE(at) === type) found.push(at);
  return found.toReversed();
}

/** The file with one section changed, its data first, and all checksums made right again. */
function forged(file: Buffer, type: number, change: (data: Buffer, descriptor: Buffer) => void): Buffer {
  const out = Buffer.from(file);
  const [at = 0] = descriptors(out, type);
  const size = Number(out.readBigUInt64LE(at + 16));
  const [data, descriptor] = [out.subarray(at - size, at), out.subarray(at, at + 64)];
  change(data, descriptor);
  if ((descriptor.readUInt32LE(4) & 1) !== 0) createHash('md5').update(data).digest().copy(descriptor, 32);
  descriptor.writeUInt32LE(adler32(descriptor, 0, 60), 60);
  return out;
}

describe('ewf2', () => {
  it('tells who imaged what and when, and the digests', async () => {
    const canon = await load('canon.raw');
    await using media = await openMedia(bufferSource(await load('ewf2/bzip2.Ex01')));
    expect(media.facts).toEqual({
      subformat: 'Ex01',
      compression: 'bzip2',
      mediaType: 'fixed',
      isPhysical: 'yes',
      writeBlocker: 'Tableau',
      errorGranularitySectors: 64,
      description: 'A description',
      caseNumber: 'case-7',
      evidenceNumber: 'evid-3',
      examiner: 'Examiner Ünal',
      notes: 'notes',
      model: 'A model',
      serialNumber: 'SN-1',
      label: 'A label',
      tool: 'EnCase',
      toolVersion: '7.10.05',
      operatingSystem: 'Windows 7',
      acquiredAt: '2012-07-11T09:46:40Z',
      systemDate: '2012-07-11T09:46:41Z',
      setIdentifier: '01234567-89ab-cdef-0123-456789abcdef',
      sectorsPerChunk: 64,
      segments: 1,
      tracks: ['data from sector 16', 'audio from sector 6000'],
    });
    const [md5, sha1] = ['md5', 'sha1'].map((name) => createHash(name).update(canon).digest('hex'));
    expect(media.storedDigests).toEqual({ md5, sha1 });
    expect(media.warnings).toEqual([]);
  });

  it('has absent extents where the carrier gave nothing, and zeros by their pattern', async () => {
    await using media = await openMedia(bufferSource(await load('ewf2/bzip2.Ex01')));
    const kinds = new Map<string, number>();
    for await (const { kind, length } of media.extents()) kinds.set(kind, (kinds.get(kind) ?? 0) + length);
    expect(kinds.get('absent')).toBe(9 * 512);
    expect(kinds.get('zero')).toBeGreaterThan(4_000_000);
  });

  it('asks for missing segments, refuses foreign ones, and sends the second back', async () => {
    const [first, second, third] = await Promise.all(['01', '02', '03'].map((n) => load(`ewf2/split/split.Ex${n}`)));
    const all = { 'split.Ex01': first!, 'split.Ex02': second!, 'split.Ex03': third! };
    const { 'split.Ex02': _, ...gap } = all;
    await expect(openMedia(...deposit(gap))).rejects.toMatchObject({ kind: 'missing', facts: { number: 2, name: 'split.Ex02' } });
    const other = Buffer.from(second!);
    other.fill(0xee, 16, 32);
    await expect(openMedia(...deposit({ ...all, 'split.Ex02': other }))).rejects.toMatchObject({ code: 'ewf2/segment-foreign' });
    await expect(openMedia(...deposit(all, 'split.Ex02'))).rejects.toThrow('"split.Ex01"');
    const swapped = { 'split.Ex01': first!, 'split.Ex02': third!, 'split.Ex03': second! };
    await using media = await openMedia(...deposit(swapped));
    expect(media.parts).toEqual(['split.Ex03', 'split.Ex02']);
    expect((await media.read(0, media.size)).equals(await load('canon.raw'))).toBe(true);
  });

  it('names the bytes of the medium that a damaged chunk spoils', async () => {
    const file = await load('ewf2/none.Ex01');
    const [end = 0] = descriptors(file, 3);
    file[end - 5000] = (file[end - 5000] ?? 0) ^ 1;
    await using media = await openMedia(bufferSource(file));
    await expect(media.read(0, media.size)).rejects.toMatchObject({
      kind: 'corrupt',
      code: 'ewf/chunk-checksum',
      facts: { mediumLength: 32_768 },
    });
  });

  it('refuses what is encrypted, cut, looped or of absurd size', async () => {
    const file = await load('ewf2/zlib.Ex01');
    const refused = (type: number, change: (data: Buffer, descriptor: Buffer) => void) =>
      openMedia(bufferSource(forged(file, type, change)));
    await expect(refused(1, (_, d) => d.writeUInt32LE(3, 4))).rejects.toMatchObject({
      code: 'ewf2/encrypted',
      kind: 'unsupported',
    });
    await expect(refused(15, (_, d) => d.writeBigUInt64LE(BigInt(file.length), 8))).rejects.toMatchObject({
      code: 'ewf2/section-order',
    });
    await expect(refused(15, (_, d) => d.writeBigUInt64LE(BigInt(file.length - 64), 8))).rejects.toMatchObject({
      code: 'ewf2/section-order',
    });
    await expect(refused(9, (_, d) => d.writeBigUInt64LE(2n ** 50n, 16))).rejects.toMatchObject({ code: 'ewf2/section-order' });
    await expect(refused(4, (data) => data.writeUInt32LE(0xffffffff, 8))).rejects.toMatchObject({ code: 'ewf2/section-data' });
    await expect(refused(4, (data) => data.writeUInt32LE(7, 0))).rejects.toMatchObject({ code: 'ewf2/table-order' });
    await expect(refused(1, (data) => data.fill(0x41))).rejects.toMatchObject({ code: 'ewf/text' });
    await expect(openMedia(bufferSource(file.subarray(0, file.length - 1)))).rejects.toMatchObject({ kind: 'truncated' });
    await expect(openMedia(bufferSource(file.subarray(0, 5000)))).rejects.toMatchObject({ kind: 'truncated' });
    const method = Buffer.from(file);
    method[10] = 9;
    await expect(openMedia(bufferSource(method))).rejects.toMatchObject({ code: 'ewf2/compression' });
  });

  it('finds texts and tables that do not match their MD5', async () => {
    const file = await load('ewf2/none.Ex01');
    const [device = 0] = descriptors(file, 1);
    const text = Buffer.from(file);
    text[device - 100] = (text[device - 100] ?? 0) ^ 1;
    await expect(openMedia(bufferSource(text))).rejects.toMatchObject({ code: 'ewf2/section-data' });
    const [end = 0] = descriptors(file, 4);
    const table = Buffer.from(file);
    table[end - 40] = (table[end - 40] ?? 0) ^ 1;
    await using media = await openMedia(bufferSource(table));
    expect(codes(media)).toEqual(['ewf2/section-data']);
    await expect(media.read(0, 1)).rejects.toMatchObject({ facts: { mediumOffset: 0 } });
  });

  it('refuses entries that lie past the end or have absurd sizes', async () => {
    const file = await load('ewf2/zlib.Ex01');
    for (const [offset, size] of [
      [2n ** 60n, 100],
      [BigInt(file.length), 100],
      [32n, 0x7fffffff],
    ] as const) {
      const bytes = forged(file, 4, (data) => {
        data.writeBigUInt64LE(offset, 32);
        data.writeUInt32LE(size, 40);
        const end = 32 + data.readUInt32LE(8) * 16;
        data.writeUInt32LE(adler32(data, 32, end), end);
      });
      await using media = await openMedia(bufferSource(bytes));
      await expect(media.read(0, 1)).rejects.toMatchObject({ code: 'ewf2/section-data' });
    }
  });

  it('keeps damaged digests out, with a warning', async () => {
    const file = forged(await load('ewf2/zlib.Ex01'), 8, (data) => data.writeUInt8(1, 0));
    await using media = await openMedia(bufferSource(file));
    expect(codes(media)).toEqual(['ewf2/section-data']);
    expect(Object.keys(media.storedDigests)).toEqual(['sha1']);
  });

  it('recognises logical evidence, and does not read it', async () => {
    const logical = Buffer.concat([Buffer.from('LEF2\r\n\x81\0\x02\x01', 'latin1'), Buffer.alloc(600)]);
    await expect(openMedia(bufferSource(logical))).rejects.toMatchObject({ facts: { format: 'ewf2-logical' } });
  });
});
