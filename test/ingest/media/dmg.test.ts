/** What is special to UDIF disk images; everything shared with other formats is in test/conformance/media.test.ts. */
import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Fault } from '#ingest/kernel';
import { type Extent, type Media, identify, openMedia } from '#ingest/media';
import { casesOf, depositOf } from '../../conformance/media-cases.ts';
import { bufferSource } from './buffer-source.ts';

interface Entry {
  readonly type: number;
  readonly sector?: number;
  readonly sectorCount?: number;
  readonly offset?: number;
  readonly length?: number;
}

interface Made {
  readonly entries?: readonly Entry[];
  readonly fork?: Buffer;
  readonly sectorCount?: number;
  readonly blockCount?: number;
  /** CRC-32 of the table. */
  readonly crc?: number;
  /** Instead of the list that is made of the entries. */
  readonly xml?: string;
  /** 32-bit words put into the trailer. */
  readonly words?: readonly (readonly [at: number, word: number])[];
}

const ZLIB = 0x80000005;
const LZFSE = 0x80000007;

function lzvn(codes: readonly number[]): Buffer {
  const head = Buffer.from('bvxn\0\x08\0\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(codes.length, 8);
  return Buffer.concat([head, Buffer.from(codes), Buffer.from('bvx$')]);
}

function dmg({
  entries = [],
  fork = Buffer.alloc(0),
  sectorCount = 8,
  blockCount = entries.length,
  xml,
  crc,
  words = [],
}: Made): Buffer {
  const mish = Buffer.alloc(204 + 40 * entries.length);
  mish.write('mish');
  mish.writeUInt32BE(blockCount, 200);
  mish.writeBigUInt64BE(BigInt(sectorCount), 16);
  if (crc !== undefined)
    for (const [at, word] of [
      [64, 2],
      [68, 32],
      [72, crc],
    ] as const)
      mish.writeUInt32BE(word, at);
  for (const [i, { type, sector = 0, sectorCount: count = 8, offset = 0, length = fork.length }] of entries.entries()) {
    const at = 204 + 40 * i;
    mish.writeUInt32BE(type, at);
    for (const [n, value] of [sector, count, offset, length].entries()) mish.writeBigUInt64BE(BigInt(value), at + 8 + 8 * n);
  }
  const data = `<data>${mish.toString('base64')}</data>`;
  const list = Buffer.from(
    xml ??
      `<plist><dict><key>resource-fork</key><dict><key>blkx</key><array><dict><key>Name</key><string>one &amp; only</string><key>Data</key>${data}</dict></array></dict></dict></plist>`,
  );
  const koly = Buffer.alloc(512);
  koly.write('koly');
  for (const [at, word] of [
    [4, 4],
    [8, 512],
    [60, 1],
  ] as const)
    koly.writeUInt32BE(word, at);
  koly.writeBigUInt64BE(BigInt(fork.length), 216);
  koly.writeBigUInt64BE(BigInt(list.length), 224);
  koly.writeBigUInt64BE(BigInt(sectorCount), 492);
  for (const [at, word] of words) koly.writeUInt32BE(word, at);
  return Buffer.concat([fork, list, koly]);
}

const opened = (made: Made): Promise<Media> => openMedia(bufferSource(dmg(made)));
const plain = (inside: string): string => `<plist><dict>${inside}</dict></plist>`;

async function extentsOf(media: Media): Promise<Extent[]> {
  const found: Extent[] = [];
  for await (const extent of media.extents()) found.push(extent);
  return found;
}

/** What reading it whole finds. */
async function verified(bytes: Buffer): Promise<readonly Fault[] | undefined> {
  await using media = await openMedia(bufferSource(bytes));
  const verifier = media.verifier?.();
  for (let at = 0; at < media.size; at += 100_000) verifier?.update(await media.read(at, Math.min(100_000, media.size - at)));
  return verifier?.finish();
}

describe('the checksums of a dmg', () => {
  it.each(casesOf('dmg'))('agree with what $name holds', async ({ files, open }) => {
    expect(await verified(files.get(open) ?? Buffer.alloc(0))).toEqual([]);
  });

  const raw =
    casesOf('dmg')
      .find(({ name }) => name === 'raw.dmg')
      ?.files.get('raw.dmg') ?? Buffer.alloc(0);
  const altered = (at: number): Buffer => {
    const copy = Buffer.from(raw);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };

  it('name the range in which a bit fell over', async () => {
    expect(await verified(altered(5000))).toMatchObject([
      { kind: 'corrupt', code: 'dmg/checksum', facts: { mediumOffset: 0, mediumLength: 786_432 } },
    ]);
  });

  it('of the tables agree with the one of the trailer, or a warning says so', async () => {
    await using media = await openMedia(bufferSource(altered(raw.length - 512 + 363)));
    expect(media.warnings).toMatchObject([{ code: 'dmg/master-checksum' }]);
  });

  it('may leave out the sectors that the image leaves out', async () => {
    const data = Buffer.alloc(1024, 7);
    const entries = [
      { type: 1, sector: 0, sectorCount: 2, length: 1024 },
      { type: 2, sector: 2, sectorCount: 6, length: 0 },
    ];
    const made = (crc: number): Buffer => dmg({ entries, fork: data, crc });
    expect(await verified(made(crc32(data)))).toEqual([]);
    expect(await verified(made(crc32(Buffer.concat([data, Buffer.alloc(3072)]))))).toEqual([]);
    expect(await verified(made(1))).toMatchObject([{ code: 'dmg/checksum' }]);
  });

  it('are none of an image without them', async () => {
    expect(await verified(dmg({ entries: [{ type: 0, length: 0 }] }))).toBeUndefined();
  });
});

describe('dmg', () => {
  it('tells partitions, methods and the checksum', async () => {
    const of = casesOf('dmg').find(({ name }) => name === 'zlib.dmg');
    if (of === undefined) throw new Error('no fixture');
    const { container, companions } = depositOf(of);
    await using media = await openMedia(container, companions);
    expect(media.facts).toMatchObject({
      compression: 'zlib',
      partitions: ['Driver Descriptor Map (DDM : 0)', 'disk image (Apple_HFS : 1)'],
    });
    expect(media.facts['checksum']).toMatch(/^CRC-32 [0-9a-f]{8}$/);
    expect(media.warnings).toEqual([]);
    expect(await identify(container)).toMatchObject({ id: 'dmg', puid: 'fmt/1071' });
  });

  it('says which sectors no table describes, and has them as absent', async () => {
    await using media = await opened({ entries: [{ type: 2, sector: 2, sectorCount: 2 }] });
    expect((await extentsOf(media)).map(({ kind, length }) => [kind, length])).toEqual([
      ['absent', 1024],
      ['zero', 1024],
      ['absent', 2048],
    ]);
    expect(media.warnings).toMatchObject([{ code: 'dmg/sectors-missing', facts: { missing: 6 } }]);
    expect(media.facts['partitions']).toEqual(['one & only']);
  });

  it('reads a disk of 4 PiB of zeros as one run', async () => {
    await using media = await opened({ sectorCount: 2 ** 43, entries: [{ type: 0, sectorCount: 2 ** 43, length: 0 }] });
    expect(await extentsOf(media)).toEqual([{ offset: 0, length: 2 ** 52, kind: 'zero' }]);
  });

  it.each<[string, string, Made]>([
    ['an image in several files', 'dmg/segments', { words: [[60, 3]] }],
    ['another version', 'dmg/version', { words: [[4, 5]] }],
    [
      'a resource fork in place of the list',
      'dmg/resource-fork',
      {
        words: [
          [228, 0],
          [52, 99],
        ],
      },
    ],
    ['no list', 'dmg/list-outside', { words: [[228, 0]] }],
    ['a list past the end', 'dmg/list-outside', { words: [[220, 0xffffff]] }],
    ['a list of 4 GiB', 'dmg/list-outside', { words: [[228, 0xffffffff]] }],
    ['a medium of no sectors', 'dmg/size', { sectorCount: 0 }],
    ['a medium that no number can count', 'dmg/size', { sectorCount: 2 ** 50 }],
    ['a list that is no XML', 'dmg/plist', { xml: '\0\0\0\0' }],
    ['a list that does not end', 'dmg/plist', { xml: '<plist><dict>' }],
    ['a list nested without end', 'dmg/plist', { xml: plain('<dict>'.repeat(100_000)) }],
    [
      'entities that grow',
      'dmg/plist',
      { xml: `<!DOCTYPE plist [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>${plain('<key>&b;&b;</key>')}` },
    ],
    [
      'entities that name files',
      'dmg/plist',
      { xml: `<!DOCTYPE plist [<!ENTITY a SYSTEM "file:///etc/passwd">]>${plain('<key>&a;</key>')}` },
    ],
    ['more blocks than the table has', 'dmg/table', { entries: [{ type: 0 }], blockCount: 0xffffffff }],
    ['a block past the end of the medium', 'dmg/block', { entries: [{ type: 0, sectorCount: 9 }] }],
    ['a block whose end overflows', 'dmg/block', { entries: [{ type: 0, sector: 2 ** 53 - 1, sectorCount: 2 ** 53 - 1 }] }],
    ['a block past the end of the file', 'dmg/block', { entries: [{ type: 1, offset: 2 ** 40, length: 4096 }] }],
    ['a raw block that is short', 'dmg/block', { fork: Buffer.alloc(100), entries: [{ type: 1 }] }],
    [
      'a packed block of 1 TiB',
      'dmg/block',
      { fork: Buffer.alloc(100), sectorCount: 2 ** 31, entries: [{ type: ZLIB, sectorCount: 2 ** 31 }] },
    ],
    ['blocks that overlap', 'dmg/blocks-overlap', { entries: [{ type: 0 }, { type: 0, sector: 7, sectorCount: 1 }] }],
  ])('refuses %s', async (_, code, made) => {
    await expect(opened(made)).rejects.toMatchObject({ code });
  });

  it('says that an encrypted image is kept and not read', async () => {
    const encrypted = Buffer.concat([Buffer.from('encrcdsa'), Buffer.alloc(5000, 1)]);
    await expect(openMedia(bufferSource(encrypted))).rejects.toMatchObject({
      code: 'media/not-read',
      facts: { format: 'dmg-encrypted' },
    });
  });

  it.each<[string, string, number, Buffer]>([
    ['is no zlib stream', 'media/chunk-damaged', ZLIB, Buffer.alloc(99)],
    ['unpacks to more than its sectors', 'media/chunk-too-long', ZLIB, deflateSync(Buffer.alloc(64 << 20))],
    ['unpacks to less', 'dmg/block-short', ZLIB, deflateSync(Buffer.alloc(4095))],
    ['is no bzip2 stream', 'media/chunk-damaged', 0x80000006, Buffer.alloc(99)],
    ['is no xz stream', 'media/chunk-damaged', 0x80000008, Buffer.alloc(99)],
    ['reaches before its beginning', 'media/chunk-damaged', 0x80000004, Buffer.of(0x40, 0, 9)],
    ['is longer than its sectors', 'media/chunk-too-long', 0x80000004, Buffer.alloc(9999, 0xff)],
    ['is no LZFSE stream', 'media/chunk-damaged', LZFSE, Buffer.alloc(99)],
    ['has no end of its LZFSE stream', 'media/chunk-damaged', LZFSE, Buffer.from('bvx-\0\0\0\0')],
    ['says more plain bytes than fit', 'media/chunk-too-long', LZFSE, Buffer.from('bvx-\xff\xff\xff\xff', 'latin1')],
    [
      'says a header of 4 GiB',
      'media/chunk-damaged',
      LZFSE,
      Buffer.concat([Buffer.from('bvx2'), Buffer.alloc(20), Buffer.alloc(8, 0xff)]),
    ],
    [
      'says a million literals',
      'media/chunk-damaged',
      LZFSE,
      Buffer.concat([Buffer.from('bvx1'), Buffer.alloc(8), Buffer.alloc(800, 0xff)]),
    ],
    ['begins LZVN with a match', 'media/chunk-damaged', LZFSE, lzvn([0xf1])],
    ['reaches before its LZVN beginning', 'media/chunk-damaged', LZFSE, lzvn([0xe1, 9, 0x07, 9, 0])],
    ['has an unknown operation of LZVN', 'media/chunk-damaged', LZFSE, lzvn([0x70])],
    ['ends LZVN without its end', 'media/chunk-damaged', LZFSE, lzvn([0xe1, 9])],
    ['is packed by an unknown method', 'dmg/method', 0x80000009, Buffer.alloc(99)],
  ])('refuses a block that %s', async (_, code, type, fork) => {
    await using media = await opened({ fork, entries: [{ type }] });
    await expect(media.read(0, 512)).rejects.toMatchObject({ code, facts: { mediumOffset: 0, mediumLength: 512 } });
  });
});
