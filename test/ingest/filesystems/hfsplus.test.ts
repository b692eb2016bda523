/** HFS+: damage of each of its structures, packed files that lie, and what hostile ones must not do. */
import { describe, expect, it } from 'vitest';
import { fileSystems, LISTING_LIMITS, OPEN_OPTIONS } from '#ingest/filesystems';
import { bufferSource } from '../media/buffer-source.ts';
import { bytesOf, fixture, hfsPlusCatalogAt, listed, placeOf, type Told } from './mac-volumes.ts';

const whole = await listed('hfsplus', fixture('hfsplus', 'everything'));

function entryOf(told: Told, path: string): Told['entries'][number] {
  const found = told.entries.find((entry) => entry.path === path);
  if (found === undefined) throw new RangeError(path);
  return found;
}

/** The file record of a name, at its data. */
function dataAt(volume: Buffer, name: string): number {
  const utf16 = Buffer.from(name, 'utf16le').swap16();
  const key = Buffer.concat([Buffer.from([0, name.length]), utf16]);
  for (let at = volume.indexOf(key); at >= 0; at = volume.indexOf(key, at + 1))
    if (volume.readUInt16BE(at - 6) === 6 + utf16.length) return at + key.length;
  throw new RangeError(name);
}

/** The decmpfs header of the only file of that method and size. */
function packedAt(volume: Buffer, method: number, size: number): number {
  const header = Buffer.alloc(16);
  header.write('fpmc');
  header.writeUInt32LE(method, 4);
  header.writeUInt32LE(size, 8);
  return placeOf(volume, header);
}

describe('an HFS+ volume', () => {
  it('is read by the copy of its header when the first is damaged, and says so', async () => {
    const volume = fixture('hfsplus', 'everything');
    volume.fill(0, 1024, 1024 + 512);
    const told = await listed('hfsplus', volume);
    expect(told.paths).toEqual(whole.paths);
    expect(told.codes).toEqual(['hfsplus/header-copy']);
    expect(await fileSystems.get('hfsplus')?.probe(bufferSource(volume))).toBe(40);
  });

  it('tells of itself what its header and its catalog say', async () => {
    expect(whole.system).toMatchObject({ type: 'HFS+', facts: { journaled: 'yes', lastMountedBy: 'HFSJ' } });
    const { system } = await listed('hfsplus', fixture('hfsplus', 'many'));
    expect(system.facts).toMatchObject({ caseSensitive: 'yes', badBlockCount: 3 });
  });

  it('shows names composed and keeps them as they are stored', () => {
    const { name } = entryOf(whole, 'Grüße:aus Wien');
    expect(name.bytes).toEqual(Buffer.from('Gru\u0308ße/aus Wien', 'utf16le').swap16());
  });

  it.each([0, 100, 65_535])('is listed whole when its catalog says that nodes have %i bytes', async (size) => {
    const volume = fixture('hfsplus', 'everything');
    volume.writeUInt16BE(size, hfsPlusCatalogAt(volume) + 32);
    const told = await listed('hfsplus', volume);
    expect(told.paths).toEqual(whole.paths);
    expect(told.codes).toEqual(['hfsplus/leaf-chain']);
  });

  it('goes on without a leaf whose kind is damaged', async () => {
    const volume = fixture('hfsplus', 'many');
    const all = await listed('hfsplus', volume);
    const catalog = hfsPlusCatalogAt(volume);
    volume[catalog + 3 * 4096 + 8] = 0x55;
    const told = await listed('hfsplus', volume);
    expect(told.codes).toContain('hfsplus/leaf-chain');
    expect(told.entries.length).toBeGreaterThan(all.entries.length - 60);
    expect(told.entries.length).toBeLessThan(all.entries.length);
  });

  it('faults a file that would be larger than the volume', async () => {
    const volume = fixture('hfsplus', 'everything');
    volume.writeUInt32BE(0x10_0000, dataAt(volume, 'Read Me') + 88);
    const told = await listed('hfsplus', volume);
    expect(told.codes).toEqual(['hfsplus/fork-size']);
    expect(told.paths).toEqual(whole.paths);
    volume.writeUInt32BE(0xffff_ffff, dataAt(volume, 'Read Me') + 88);
    expect(entryOf(await listed('hfsplus', volume), 'Read Me').streams[0]?.size).toBe(0);
  });

  it('lists without the overflow file, whose files then lack their later pieces', async () => {
    const volume = fixture('hfsplus', 'xorriso');
    const all = await listed('hfsplus', volume);
    volume.fill(0, 1024 + 192, 1024 + 272);
    const told = await listed('hfsplus', volume);
    expect(told.paths).toEqual(all.paths);
    expect(told.codes).toEqual(['hfsplus/no-tree']);
  });

  it('lists without the attributes file when that is damaged', async () => {
    const volume = fixture('hfsplus', 'everything');
    const attributes = volume.readUInt32BE(1024 + 352 + 16) * 4096;
    volume.fill(0, attributes, attributes + 8192 * 8);
    const told = await listed('hfsplus', volume);
    expect(told.paths).toEqual(whole.paths);
    expect(told.codes).toEqual(['hfsplus/no-tree']);
  });

  it('does not take what lies too deep for lost', async () => {
    const told = await listed('hfsplus', fixture('hfsplus', 'everything'), OPEN_OPTIONS, { ...LISTING_LIMITS, depth: 4 });
    expect(told.codes).toEqual(['filesystem/too-deep']);
    expect(told.paths.some((path) => path.startsWith('[orphans]'))).toBe(false);
  });
});

describe('a packed file of an HFS+ volume', () => {
  it('is told as packed, and which way', () => {
    const packings = whole.entries.flatMap(({ streams }) => streams).map(({ packing }) => packing);
    expect(new Set(packings.filter((packing) => packing !== undefined))).toEqual(
      new Set(['decmpfs plain', 'decmpfs zlib', 'decmpfs LZVN', 'decmpfs LZFSE']),
    );
  });

  it('is refused when it is packed by a method that nobody knows, and shown as it is stored', async () => {
    const { streams } = entryOf(whole, 'packed/method 5');
    expect(streams.map(({ kind, name, size }) => [kind, name, size])).toEqual([
      ['data', '', 0],
      ['resource', '', 16],
      ['attribute', 'com.apple.decmpfs', 26],
    ]);
  });

  it('is a Fault, and costs nothing, when it says that it unpacks to more than it can', async () => {
    const inline = fixture('hfsplus', 'everything');
    inline.writeUInt32LE(0x7fff_ffff, packedAt(inline, 7, 3000) + 8);
    await expect(bytesOf(await listed('hfsplus', inline), 'packed/LZVN in attribute')).rejects.toMatchObject({
      code: 'hfsplus/packed',
    });
    const inFork = fixture('hfsplus', 'everything');
    inFork.writeUInt32LE(0x100, packedAt(inFork, 12, 200_001) + 12);
    const entry = entryOf(await listed('hfsplus', inFork), 'packed/LZFSE in fork');
    await expect(entry.streams[0]?.runs()).rejects.toMatchObject({ code: 'hfsplus/packed' });
  });

  it.each([3, 7, 11])('is a Fault when it unpacks to another size than it says (method %i)', async (method) => {
    const volume = fixture('hfsplus', 'everything');
    volume.writeUInt32LE(2900, packedAt(volume, method, 3000) + 8);
    const path = { 3: 'packed/zlib in attribute', 7: 'packed/LZVN in attribute', 11: 'packed/LZFSE in attribute' }[method] ?? '';
    await expect(bytesOf(await listed('hfsplus', volume), path)).rejects.toThrow(/more|holds|bytes|longer/);
  });

  it('has absent chunks where its table leads out of the fork', async () => {
    const volume = fixture('hfsplus', 'everything');
    // The table of chunks of the LZVN file: its first entry is the size of the table.
    const fork = volume.readUInt32BE(dataAt(volume, 'LZVN in fork') + 168 + 16) * 4096;
    expect(volume.readUInt32LE(fork)).toBe(20);
    volume.writeUInt32LE(0x7000_0000, fork + 8);
    const told = await listed('hfsplus', volume);
    const runs = await entryOf(told, 'packed/LZVN in fork').streams[0]?.runs();
    expect(runs?.map(({ kind }) => kind)).toEqual(['packed', 'absent', 'packed']);
    expect(runs?.[1]?.length).toBe(2 * 65_536);
  });
});
