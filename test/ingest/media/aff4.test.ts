/** What is special to AFF4; everything it shares with other formats is in test/conformance/media.test.ts. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Extent, type Media, companionsOf, identify, openMedia } from '#ingest/media';
import { casesOf, depositOf } from '../../conformance/media-cases.ts';
import { bufferSource } from './buffer-source.ts';
import { type Entry, zip } from './zip-builder.ts';

const VOLUME = 'aff4://volume';
const CHUNK = 512;
const PREFIXES = '@prefix aff4: <http://aff4.org/Schema#> .\n@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n';
const content = Buffer.alloc(2 * CHUNK, 'chunk');

const u64s = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(8 * numbers.length);
  for (const [i, number] of numbers.entries()) bytes.writeBigUInt64LE(BigInt(number), 8 * i);
  return bytes;
};
const u32 = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
};
const indexOf = (...rows: readonly (readonly [at: number, length: number])[]): Buffer =>
  Buffer.concat(rows.flatMap(([at, length]) => [u64s(at), u32(length)]));
const mapOf = (...rows: readonly (readonly [offset: number, length: number, at: number, target: number])[]): Buffer =>
  Buffer.concat(rows.flatMap(([offset, length, at, target]) => [u64s(offset, length, at), u32(target)]));

interface Made {
  readonly turtle?: string;
  readonly members?: Readonly<Record<string, Buffer | Entry>>;
}

const stream = (size: number, more = '', name = 'stream'): string =>
  `<aff4://${name}> a aff4:ImageStream ; aff4:size ${size} ; aff4:chunkSize ${CHUNK} ; aff4:chunksInSegment 4 ${more}.\n`;
const image = (of: string): string => `<aff4://image> a aff4:DiskImage ; aff4:dataStream <aff4://${of}> .\n`;
const map = (size: number, name = 'map'): string => `<aff4://${name}> rdf:type aff4:Map ; aff4:size ${size} .\n`;
const bevy = { 'stream/00000000': content, 'stream/00000000.index': indexOf([0, CHUNK], [CHUNK, CHUNK]) };

function aff4({ turtle = image('stream') + stream(content.length), members = bevy }: Made): Buffer {
  const turtleEntry = { name: 'information.turtle', bytes: Buffer.from(PREFIXES + turtle) };
  const others = Object.entries(members).map(([name, member]): Entry => {
    const named = { name: `aff4%3A%2F%2F${name}` };
    return Buffer.isBuffer(member) ? { ...named, bytes: member } : { ...member, ...named };
  });
  return zip([turtleEntry, ...others], VOLUME);
}

const opened = (made: Made): Promise<Media> => openMedia(bufferSource(aff4(made)));

async function extentsOf(media: Media): Promise<[string, number][]> {
  const found: Extent[] = [];
  for await (const extent of media.extents()) found.push(extent);
  return found.map(({ kind, length }) => [kind, length]);
}

async function fixture(name: string): Promise<Media> {
  const of = casesOf('aff4').find((each) => each.name === name);
  if (of === undefined) throw new Error(`no fixture ${name}`);
  const { container, companions } = depositOf(of);
  return openMedia(container, companions);
}

describe('aff4', () => {
  it('tells about case and carrier, and the digests of the medium', async () => {
    await using media = await fixture('zlib.aff4');
    expect(media.facts).toMatchObject({
      model: 'ST-225',
      serialNumber: '4711\\x09é',
      caseName: 'case 7',
      examiner: 'Examiner "E"\\x0aof the second line',
    });
    const bytes = await media.read(0, media.size);
    expect(media.storedDigests).toEqual({
      md5: createHash('md5').update(bytes).digest('hex'),
      sha1: createHash('sha1').update(bytes).digest('hex'),
    });
    expect(media.warnings).toEqual([]);
  });

  it('has what could not be read and what is not known as absent', async () => {
    await using media = await fixture('map.aff4');
    const kinds = new Map<string, number>();
    for (const [kind, length] of await extentsOf(media)) kinds.set(kind, (kinds.get(kind) ?? 0) + length);
    expect(kinds.get('absent')).toBe(699_488 + 70_000);
  });

  it('joins the volumes of a striped image, and names what lacks', async () => {
    await using media = await fixture('striped');
    expect(media.parts).toEqual(['striped_2.aff4']);
    const alone =
      casesOf('aff4')
        .find(({ name }) => name === 'striped')
        ?.files.get('striped_1.aff4') ?? Buffer.alloc(0);
    await expect(openMedia(bufferSource(alone))).rejects.toMatchObject({ kind: 'missing', code: 'aff4/stream-missing' });
  });

  it('is no zip archive to be looked into', async () => {
    expect(await identify(bufferSource(aff4({})))).toMatchObject({ id: 'aff4', kind: 'image', readable: true });
  });

  it('has segments that are missing as absent, and says so', async () => {
    await using media = await opened({ turtle: image('stream') + stream(2 ** 40) });
    expect(media.warnings).toMatchObject([{ kind: 'missing', code: 'aff4/segments-missing', facts: { missing: 2 ** 29 - 1 } }]);
    expect((await media.read(0, 512)).equals(content.subarray(0, 512))).toBe(true);
    let first: Extent | undefined;
    for await (const extent of media.extents({ offset: 4096, length: 4096 })) first ??= extent;
    expect(first).toEqual({ offset: 4096, length: 4096, kind: 'absent' });
  });

  it.each<[string, string, Made]>([
    ['no description', 'aff4/turtle', { turtle: 'what?' }],
    ['a description that does not end', 'aff4/turtle', { turtle: '<aff4://image> a' }],
    ['a prefix nobody declared', 'aff4/turtle', { turtle: '<aff4://image> a other:thing .' }],
    ['no image', 'aff4/not-one-image', { turtle: stream(1024) }],
    ['two images', 'aff4/not-one-image', { turtle: image('a') + image('b').replace('image', 'image2') }],
    [
      'a map that leads to itself',
      'aff4/map-loop',
      { turtle: image('map') + map(1024), members: { 'map/map': mapOf([0, 1024, 0, 0]), 'map/idx': Buffer.from('aff4://map') } },
    ],
    [
      'two maps that lead to each other',
      'aff4/map-loop',
      {
        turtle: image('map') + map(1024) + map(1024, 'map2'),
        members: {
          'map/map': mapOf([0, 1024, 0, 0]),
          'map/idx': Buffer.from('aff4://map2'),
          'map2/map': mapOf([0, 1024, 0, 0]),
          'map2/idx': Buffer.from('aff4://map'),
        },
      },
    ],
    [
      'a map that overlaps',
      'aff4/map-overlap',
      {
        turtle: image('map') + map(1024),
        members: { 'map/map': mapOf([0, 600, 0, 0], [500, 500, 0, 0]), 'map/idx': Buffer.from('http://aff4.org/Schema#Zero') },
      },
    ],
    [
      'a map past the end',
      'aff4/map',
      {
        turtle: image('map') + map(1024),
        members: { 'map/map': mapOf([0, 2 ** 52, 0, 0]), 'map/idx': Buffer.from('http://aff4.org/Schema#Zero') },
      },
    ],
    [
      'a map to a target that is none',
      'aff4/map',
      {
        turtle: image('map') + map(1024),
        members: { 'map/map': mapOf([0, 1024, 0, 9]), 'map/idx': Buffer.from('http://aff4.org/Schema#Zero') },
      },
    ],
    [
      'a map past the end of its stream',
      'aff4/map-target',
      {
        turtle: image('map') + map(1024) + stream(1024),
        members: { ...bevy, 'map/map': mapOf([0, 1024, 512, 0]), 'map/idx': Buffer.from('aff4://stream') },
      },
    ],
    [
      'a map of half an entry',
      'aff4/map',
      { turtle: image('map') + map(1024), members: { 'map/map': Buffer.alloc(30), 'map/idx': Buffer.alloc(0) } },
    ],
    ['chunks of no bytes', 'aff4/chunk-size', { turtle: image('stream') + stream(1024).replace('512', '0') }],
    ['chunks of 1 TiB', 'aff4/chunk-size', { turtle: image('stream') + stream(1024).replace('512', '1099511627776') }],
    ['no size', 'aff4/number', { turtle: image('stream') + stream(1024).replace('aff4:size', 'aff4:other') }],
    [
      'a method of the future',
      'aff4/compression',
      { turtle: image('stream') + stream(1024, '; aff4:compressionMethod <http://new>') },
    ],
    ['an encrypted stream', 'aff4/encrypted', { turtle: image('stream') + stream(1024, '; a aff4:EncryptedStream') }],
  ])('refuses %s', async (_, code, made) => {
    await expect(opened(made)).rejects.toMatchObject({ code });
  });

  const zlib = '; aff4:compressionMethod <https://www.ietf.org/rfc/rfc1950.txt>';
  it.each<[string, string, Made]>([
    [
      'lies past its segment',
      'aff4/chunk-outside',
      { members: { ...bevy, 'stream/00000000.index': indexOf([CHUNK + 1, CHUNK]) } },
    ],
    ['is in no index', 'aff4/chunk-outside', { members: { ...bevy, 'stream/00000000.index': Buffer.alloc(0) } }],
    ['is short', 'aff4/chunk-short', { members: { ...bevy, 'stream/00000000.index': indexOf([0, 100]) } }],
    [
      'unpacks to more than a chunk',
      'media/chunk-too-long',
      {
        turtle: image('stream') + stream(1024, zlib),
        members: { 'stream/00000000': deflateSync(Buffer.alloc(64 << 20)), 'stream/00000000.index': indexOf([0, 1000]) },
      },
    ],
    [
      'is in a segment that the zip file packed',
      'aff4/member-packed',
      { members: { ...bevy, 'stream/00000000': { name: '', bytes: deflateSync(content), method: 8, size: 1024 } } },
    ],
    [
      'has an index larger than a segment',
      'aff4/member-size',
      { members: { ...bevy, 'stream/00000000.index': Buffer.alloc(999) } },
    ],
  ])('refuses a chunk that %s', async (_, code, made) => {
    await using media = await opened(made);
    await expect(media.read(0, 10)).rejects.toMatchObject({ code });
  });

  it('follows no file that a map names', async () => {
    const members = { 'map/map': mapOf([0, 1024, 0, 0]), 'map/idx': Buffer.from('file:///etc/passwd') };
    const companions = companionsOf('a.aff4', ['a.aff4', 'passwd'], () => Promise.reject(new Error('not asked')));
    const open = openMedia(bufferSource(aff4({ turtle: image('map') + map(1024), members })), companions);
    await expect(open).rejects.toMatchObject({ code: 'aff4/stream-missing' });
  });
});
