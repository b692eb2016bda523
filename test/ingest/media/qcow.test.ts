/** What is special to QCOW of version 1; everything it shares with other formats is in test/conformance/media.test.ts. */
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Fault } from '#ingest/kernel';
import { type Media, companionsOf, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';

const CLUSTER = 4096;
const SPAN = CLUSTER * 512;
const ones = Buffer.alloc(CLUSTER, 1);
const codes = (faults: readonly { code: string }[]): string[] => faults.map(({ code }) => code);

interface Image {
  readonly size?: number;
  readonly l1?: readonly bigint[];
  readonly entries?: readonly bigint[];
  readonly clusters?: Buffer;
  readonly backing?: string;
  readonly spoil?: (image: Buffer) => void;
}

/** Header and first table in one cluster, the second table in the next, then `clusters`. */
function made({ size = SPAN, l1 = [4096n], entries = [], clusters = Buffer.alloc(0), backing = '', spoil }: Image): Buffer {
  const image = Buffer.alloc(2 * CLUSTER);
  image.write('QFI\xfb\0\0\0\x01', 'latin1');
  image.writeBigUInt64BE(BigInt(size), 24);
  image.writeUInt8(12, 32);
  image.writeUInt8(9, 33);
  image.writeBigUInt64BE(2048n, 40);
  if (backing !== '') {
    image.writeBigUInt64BE(48n, 8);
    image.writeUInt32BE(Buffer.byteLength(backing), 16);
    image.write(backing, 48);
  }
  for (const [i, entry] of l1.entries()) image.writeBigUInt64BE(entry, 2048 + i * 8);
  for (const [i, entry] of entries.entries()) image.writeBigUInt64BE(entry, CLUSTER + i * 8);
  spoil?.(image);
  return Buffer.concat([image, clusters]);
}

function opened(of: Image | Buffer, others: Readonly<Record<string, Buffer>> = {}): Promise<Media> {
  const image = Buffer.isBuffer(of) ? of : made(of);
  const files = new Map(Object.entries(others));
  const companions = companionsOf('own', [...files.keys()], (name) =>
    Promise.resolve(bufferSource(files.get(name) ?? Buffer.alloc(0))),
  );
  return openMedia(bufferSource(image), companions);
}

async function refusal(of: Image | Buffer, others: Readonly<Record<string, Buffer>> = {}): Promise<Fault | undefined> {
  try {
    await using _ = await opened(of, others);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

describe('a header of QCOW version 1', () => {
  const put8 = (at: number, value: number) => (image: Buffer) => void image.writeUInt8(value, at);
  const put32 = (at: number, value: number) => (image: Buffer) => void image.writeUInt32BE(value, at);
  const put64 = (at: number, value: bigint) => (image: Buffer) => void image.writeBigUInt64BE(value, at);

  it.each<[string, (image: Buffer) => void, string]>([
    ['clusters of 2^8 bytes', put8(32, 8), 'qcow/cluster-bits'],
    ['clusters of 2^17 bytes', put8(32, 17), 'qcow/cluster-bits'],
    ['clusters of 2^63 bytes', put8(32, 63), 'qcow/cluster-bits'],
    ['tables of 2^5 entries', put8(33, 5), 'qcow/table-bits'],
    ['tables of 2^14 entries', put8(33, 14), 'qcow/table-bits'],
    ['a disk of 2^53 − 1 bytes', put64(24, 2n ** 53n - 1n), 'qcow/l1-size'],
    ['a disk that its file has no tables for', put64(24, 2n ** 42n), 'qcow/l1-outside'],
    ['a first table over the header', put64(40, 8n), 'qcow/l1-place'],
    ['a first table that is not aligned', put64(40, 2049n), 'qcow/l1-place'],
    ['a first table past the end', put64(40, 1n << 40n), 'qcow/l1-outside'],
    ['AES', put32(36, 1), 'qcow/encrypted'],
    ['encryption of a kind that is not known', put32(36, 7), 'qcow/encrypted'],
    ['a name over itself', put64(8, 8n), 'qcow/backing-place'],
    ['a name past the end', put64(8, 1n << 40n), 'qcow/backing-place'],
    ['a name of 1024 bytes', put32(16, 1024), 'qcow/backing-place'],
  ])('with %s is refused', async (_, spoil, code) => {
    expect((await refusal({ backing: 'base', spoil }))?.code).toBe(code);
  });

  it('cut in the header or the first table is refused as cut', async () => {
    for (const length of [8, 47, 2049]) expect((await refusal(made({}).subarray(0, length)))?.kind).toBe('truncated');
  });
});

describe('the tables of QCOW version 1', () => {
  it('that are damaged or cut spoil what they describe, and no more', async () => {
    for (const table of [1n << 60n, 2048n, 4097n, 12_288n - 512n]) {
      await using media = await opened({ size: 2 * SPAN, l1: [table, 4096n], entries: [8192n], clusters: ones });
      expect(codes(media.warnings)).toContain('qcow/tables-damaged');
      await expect(media.read(0, 10)).rejects.toMatchObject({ code: 'qcow/table-damaged' });
      expect((await media.read(SPAN, CLUSTER)).equals(ones)).toBe(true);
    }
  });

  it('that lie on top of each other are told', async () => {
    const of = { size: 2 * SPAN, l1: [4096n, 4608n], clusters: Buffer.alloc(CLUSTER) };
    await using media = await opened(of);
    expect(codes(media.warnings)).toEqual(['qcow/tables-shared']);
  });

  it.each([
    ['past the end', 1n << 40n, 'qcow/cluster-outside'],
    ['half in the file', 8192n + 512n, 'qcow/cluster-outside'],
    ['at an uneven place', 8193n, 'qcow/cluster-invalid'],
    ['compressed past the end', (1n << 63n) | (9n << 51n) | (1n << 40n), 'qcow/cluster-outside'],
    ['compressed to no bytes', (1n << 63n) | 8192n, 'qcow/cluster-invalid'],
  ])('with a cluster %s make a warning, and a Fault when it is read', async (_, entry, code) => {
    await using media = await opened({ entries: [entry], clusters: ones });
    expect(codes(media.warnings)).toEqual(['qcow/clusters-damaged']);
    await expect(media.read(0, CLUSTER)).rejects.toMatchObject({ code });
    expect((await media.read(CLUSTER, SPAN - CLUSTER)).every((b) => b === 0)).toBe(true);
  });

  it.each([
    ['more than a cluster', Buffer.alloc(CLUSTER + 1), 'media/chunk-too-long'],
    ['less than a cluster', Buffer.alloc(CLUSTER - 1), 'qcow/cluster-short'],
  ])('with a compressed cluster that holds %s are refused when it is read', async (_, bytes, code) => {
    const clusters = deflateRawSync(bytes);
    const entries = [(1n << 63n) | (BigInt(clusters.length) << 51n) | 8192n];
    await using media = await opened({ entries, clusters });
    await expect(media.read(0, 1)).rejects.toMatchObject({ kind: 'corrupt', code });
  });
});

describe('a backing file of QCOW version 1', () => {
  it('is taken by its content, with a warning, and ends where it ends', async () => {
    await using media = await opened({ backing: '/images/base' }, { base: ones.subarray(0, 1000) });
    expect(media.parts).toEqual(['base']);
    expect(media.warnings).toMatchObject([{ code: 'raw/odd-size' }, { code: 'qcow/backing-guessed', facts: { taken: 'raw' } }]);
    expect([...(await media.read(998, 4))]).toEqual([1, 1, 0, 0]);
  });

  it('that was not deposited is missing, and what is no file is refused', async () => {
    expect(await refusal({ backing: '/etc/passwd' })).toMatchObject({ kind: 'missing', facts: { name: 'passwd' } });
    expect(await refusal({ backing: 'nbd:host:10809' }, { host: ones })).toMatchObject({ code: 'qcow/backing-name' });
    expect(await refusal({ backing: 'own' })).toMatchObject({ code: 'media/chain-loop' });
  });
});

describe('facts of QCOW version 1', () => {
  it('tell what the header says', async () => {
    await using media = await opened({ backing: 'base' }, { base: ones });
    expect(media.facts).toEqual({ subformat: 'version 1', clusterSize: 4096, backingFile: 'base' });
  });
});
