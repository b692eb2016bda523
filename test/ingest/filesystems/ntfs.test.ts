/** What is special to NTFS; what all file systems share is in test/conformance/filesystems.test.ts. */
import { describe, expect, it } from 'vitest';
import { fileSystems } from '#ingest/filesystems';
import { bufferSource } from '../media/buffer-source.ts';
import {
  attribute,
  bytesOf,
  entryOf,
  firstCluster,
  fixture,
  listed,
  opened,
  setRuns,
  withBytes,
  withRecord,
} from './ntfs-volume.ts';

const tree = fixture('tree');
const packed = fixture('compressed');
const fragments = fixture('fragments');
const DATA = 0x80;
const FILE_NAME = 0x30;

const codesOf = async (volume: Buffer): Promise<string[]> => (await opened(volume)).warnings.map(({ code }) => code);
const pathsOf = async (volume: Buffer): Promise<string[]> => (await listed(volume)).entries.map(({ path }) => path);
const idOf = async (volume: Buffer, path: string): Promise<number> => (await entryOf(volume, path)).id;
const probed = (volume: Buffer): Promise<number> | undefined => fileSystems.get('ntfs')?.probe(bufferSource(volume));

describe('an NTFS volume', () => {
  it('tells what it says of itself', async () => {
    const system = await opened(tree);
    expect(system).toMatchObject({ type: 'NTFS 3.1', label: 'Büro 2003', blockSize: 4096, isListed: true, warnings: [] });
    expect(system.serial).toMatch(/^[\da-f]{16}$/);
    expect(system.facts).toMatchObject({ recordSize: 1024, sectorSize: 512, created: expect.stringMatching(/Z$/) });
  });

  it('of an older version is told as such', async () => {
    const old = await withRecord(tree, 3, (record) => {
      const at = attribute(record, 0x70);
      record.writeUInt16LE(0x0201, at + record.readUInt16LE(at + 20) + 8);
    });
    expect(await opened(old)).toMatchObject({ type: 'NTFS 1.2' });
  });

  it('has files larger than itself, with holes', async () => {
    const entry = await entryOf(tree, 'sparse/five gigabytes.bin');
    const size = 5 * 2 ** 30 + 3;
    expect(entry.streams[0]).toMatchObject({ size });
    expect((await bytesOf(entry, '', 0, 8)).toString('latin1')).toBe('start\0\0\0');
    expect((await bytesOf(entry, '', size - 8)).toString('latin1')).toBe('\0\0\0\0\0end');
  });

  it('tells reparse points and object ids', async () => {
    const { facts } = await entryOf(tree, 'links/unknown tag');
    expect(facts).toMatchObject({ reparseTag: '0x80000021' });
    expect(await entryOf(tree, 'identified.txt')).toMatchObject({ facts: { objectId: '03020100-0504-0706-0809-0a0b0c0d0e0f' } });
    const { streams } = await entryOf(tree, 'extended.txt');
    expect(streams).toMatchObject([{ kind: 'data' }, { kind: 'attribute', name: '$EA', size: 24 }]);
  });

  it('tells where a small file lies in its record', async () => {
    const entry = await entryOf(tree, 'resident.txt');
    const [run] = (await entry.streams[0]?.runs()) ?? [];
    const at = run?.kind === 'stored' && 'heldAt' in run.source ? Number(run.source.heldAt) : -1;
    expect(tree.toString('latin1', at, at + 12)).toBe('Dear Anna,\r\n');
  });

  it('doubts deleted files, and more so when their clusters were given away', async () => {
    const { streams } = await entryOf(tree, 'deleted/larger.bin');
    expect(streams[0]?.doubt).toContain('are free');
    const bitmap = await entryOf(tree, '$Bitmap');
    const [run] = (await bitmap.streams[0]?.runs()) ?? [];
    const full = Buffer.from(tree);
    if (run?.kind === 'stored') full.fill(0xff, run.at, run.at + run.length);
    expect((await entryOf(full, 'deleted/larger.bin')).streams[0]?.doubt).toContain('belong to other files');
    expect((await entryOf(full, 'deleted/removed.txt')).streams[0]).not.toHaveProperty('doubt');
  });

  it('gives zeros for what was never written', async () => {
    const id = await idOf(tree, 'Letters/A folder with a long name/novel, 2nd draft.doc');
    const changed = await withRecord(tree, id, (record) => record.writeBigUInt64LE(5000n, attribute(record, DATA) + 56));
    const bytes = await bytesOf(await entryOf(changed, 'Letters/A folder with a long name/novel, 2nd draft.doc'));
    expect(bytes.subarray(4990, 5000).every((byte) => byte === 0)).toBe(false);
    expect(bytes.subarray(5000).every((byte) => byte === 0)).toBe(true);
  });

  it('gives encrypted files as they are stored, and says so', async () => {
    const novel = 'Letters/A folder with a long name/novel, 2nd draft.doc';
    const secret = await withRecord(tree, await idOf(tree, novel), (record) =>
      record.writeUInt16LE(0x4000, attribute(record, DATA) + 12),
    );
    const [stream] = (await entryOf(secret, novel)).streams;
    expect(stream).toMatchObject({ packing: 'encrypted', doubt: expect.stringContaining('EFS') });
  });

  it.each([
    ['stored by Compact OS', 0x8000_0017, 'wof', 'ntfs/wof'],
    ['deduplicated', 0x8000_0013, 'dedup', 'ntfs/elsewhere'],
    ['moved to slower storage', 0xc000_0004, 'hsm', 'ntfs/elsewhere'],
  ])('has no data of a file that was %s', async (_, tag, packing, code) => {
    const id = await idOf(tree, 'links/unknown tag');
    const changed = await withRecord(tree, id, (record) => {
      const at = attribute(record, 0xc0);
      record.writeUInt32LE(tag, at + record.readUInt16LE(at + 20));
    });
    const [stream] = (await entryOf(changed, 'links/unknown tag')).streams;
    expect(stream).toMatchObject({ packing });
    await expect(stream?.runs()).rejects.toMatchObject({ code });
  });

  it('ends a listing at its limits, and says so', async () => {
    const few = await listed(tree, { entryCount: 20, depth: 255 });
    expect(few.entries).toHaveLength(20);
    expect(few.codes).toEqual(['filesystem/too-many']);
    const flat = await listed(tree, { entryCount: 1000, depth: 3 });
    expect(flat.damages.map(({ path }) => path)).toEqual(['deep/1/2/3']);
    expect(flat.codes).toEqual(['filesystem/too-deep']);
  });
});

describe('a damaged NTFS volume', () => {
  const tableAt = Number(tree.readBigUInt64LE(0x30)) * 4096;

  it('without the beginning of $MFT is read by its mirror', async () => {
    const damaged = Buffer.from(tree).fill(0, tableAt, tableAt + 4096);
    expect(await codesOf(damaged)).toEqual(['ntfs/mft-damaged']);
    expect(await pathsOf(damaged)).toEqual(await pathsOf(tree));
    expect(await opened(damaged)).toMatchObject({ label: 'Büro 2003' });
  });

  it('whose table says that it lies nowhere is read by its mirror', async () => {
    const damaged = await withRecord(tree, 0, (record) => setRuns(record, 0));
    expect(await codesOf(damaged)).toEqual(['ntfs/mft-damaged']);
    expect(await pathsOf(damaged)).toEqual(await pathsOf(tree));
  });

  it('without table and mirror is none', async () => {
    const damaged = Buffer.from(tree).fill(0, tableAt, tableAt + 4096);
    damaged.fill(0, Number(tree.readBigUInt64LE(0x38)) * 4096).write('NTFS    ', 3);
    expect(await probed(damaged)).toBe(0);
    await expect(opened(damaged)).rejects.toMatchObject({ code: 'ntfs/boot' });
  });

  it('that was cut within its table tells how many files are lost', async () => {
    const { entries } = await listed(packed);
    const [run] = (await entries[0]?.streams[0]?.runs())?.filter(({ offset, length }) => offset + length > 64 * 1024) ?? [];
    const end = run?.kind === 'stored' ? run.at + 64 * 1024 - run.offset : 0;
    const cut = packed.subarray(0, end + 2048);
    expect(await codesOf(cut)).toContain('ntfs/size');
    const { codes, damages } = await listed(cut);
    expect(codes).toContain('ntfs/lost-records');
    expect(damages[0]?.fault.facts).toMatchObject({ first: 66 });
  });

  it.each([
    [
      'was not written whole',
      'ntfs/torn-record',
      (record: Buffer): unknown => record.writeUInt16LE(record.readUInt16LE(510) ^ 1, 510),
    ],
    ['is marked bad', 'ntfs/bad-record', (record: Buffer): unknown => record.write('BAAD')],
    ['says too many bytes', 'ntfs/attributes', (record: Buffer): unknown => record.writeUInt32LE(0x7fff_ffff, 24)],
    [
      'has an endless attribute',
      'ntfs/attributes',
      (record: Buffer): unknown => record.writeUInt32LE(0, attribute(record, DATA) + 4),
    ],
    [
      'has an immense attribute',
      'ntfs/attributes',
      (record: Buffer): unknown => record.writeUInt32LE(0xffff_fff8, attribute(record, DATA) + 4),
    ],
  ])('tells a record that %s', async (_, code, change) => {
    const id = await idOf(tree, 'resident.txt');
    const { entries, codes } = await listed(await withBytes(tree, id, change));
    expect(codes).toEqual([code]);
    expect(entries.find(({ path }) => path === 'resident.txt')).toMatchObject({ id });
  });

  it('tells records in use that are none', async () => {
    const id = await idOf(tree, 'resident.txt');
    const { damages, entries } = await listed(await withBytes(tree, id, (record) => record.fill(0x55)));
    expect(damages).toMatchObject([{ path: '', fault: { code: 'ntfs/no-record', facts: { record: id } } }]);
    expect(entries.some(({ path }) => path === 'empty.txt')).toBe(true);
  });

  it('shows a file in use without a name by its number', async () => {
    const id = await idOf(tree, 'resident.txt');
    const nameless = await withRecord(tree, id, (record) => record.writeUInt32LE(0x50, attribute(record, FILE_NAME)));
    expect(await entryOf(nameless, `$Orphan/#${id}`)).toMatchObject({ isDeleted: false, faults: [{ code: 'ntfs/no-name' }] });
  });

  it('keeps files whose folder is another one by now', async () => {
    const id = await idOf(tree, 'resident.txt');
    const folder = await idOf(tree, 'Letters');
    const orphan = await withRecord(tree, id, (record) => {
      const at = attribute(record, FILE_NAME);
      record.writeUIntLE(folder, at + record.readUInt16LE(at + 20), 6);
      record.writeUInt16LE(99, at + record.readUInt16LE(at + 20) + 6);
    });
    const entry = await entryOf(orphan, '$Orphan/resident.txt');
    expect(entry.faults).toMatchObject([{ code: 'ntfs/orphan' }]);
    expect((await bytesOf(entry)).toString()).toBe('Dear Anna,\r\n');
  });

  it('breaks circles of folders', async () => {
    const [one, two] = [await idOf(tree, 'deep/1'), await idOf(tree, 'deep/1/2/3')];
    const circle = await withRecord(tree, one, (record) => {
      const at = attribute(record, FILE_NAME);
      record.writeUIntLE(two, at + record.readUInt16LE(at + 20), 6);
    });
    const { codes, entries } = await listed(circle);
    expect(codes).toEqual(['ntfs/orphan']);
    expect(entries.filter(({ path }) => path.startsWith('$Orphan/'))).toHaveLength(31);
  });
});

describe('a hostile NTFS volume', () => {
  const novel = 'Letters/A folder with a long name/novel, 2nd draft.doc';
  const dataOf = async (volume: Buffer, path = novel): Promise<Buffer> => bytesOf(await entryOf(volume, path));
  const withRuns = async (...bytes: number[]): Promise<Buffer> =>
    withRecord(tree, await idOf(tree, novel), (record) => setRuns(record, ...bytes));

  it.each([
    ['before the volume', [0x11, 0x12, 0x80], 'filesystem/absent'],
    ['behind the volume', [0x41, 0x12, 0xff, 0xff, 0xff, 0x7f], 'filesystem/absent'],
    ['for ever', [0x61, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 'filesystem/absent'],
    ['in nine bytes', [0x19, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 'ntfs/runs'],
    ['in no clusters', [0x11, 0, 1], 'ntfs/runs'],
    ['without a length', [0x10, 5], 'ntfs/runs'],
  ])('does not read data that lie %s', async (_, bytes, code) => {
    await expect(dataOf(await withRuns(...bytes))).rejects.toMatchObject({ code });
  });

  it('ends immense runs at the end of the file', async () => {
    const bytes = await withRuns(0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 4);
    expect((await entryOf(bytes, novel)).streams[0]).toMatchObject({ size: 70001 });
    await expect(dataOf(bytes)).resolves.toHaveLength(70001);
  });

  it('leaves out data of a size that can not be', async () => {
    const id = await idOf(tree, novel);
    const changed = await withRecord(tree, id, (record) => record.writeBigUInt64LE(2n ** 63n, attribute(record, DATA) + 48));
    expect(await entryOf(changed, novel)).toMatchObject({ streams: [], faults: [{ code: 'ntfs/size-of-data' }] });
  });

  it('does not unpack more than there is to be', async () => {
    const id = await idOf(packed, 'packed/letter.txt');
    const immense = await withRecord(packed, id, (record) => {
      const at = attribute(record, DATA);
      record.writeBigUInt64LE(2n ** 50n, at + 48);
      record.writeBigUInt64LE(2n ** 50n, at + 56);
    });
    const [stream] = (await entryOf(immense, 'packed/letter.txt')).streams;
    expect((await stream?.runs())?.length).toBeLessThan(10);
    const units = await withRecord(packed, id, (record) => record.writeUInt16LE(40, attribute(record, DATA) + 34));
    await expect(dataOf(units, 'packed/letter.txt')).rejects.toMatchObject({ code: 'ntfs/compression-unit' });
  });

  it('tells compressed data that are damaged', async () => {
    const entry = await entryOf(packed, 'packed/letter.txt');
    const run = (await entry.streams[0]?.runs())?.find(({ kind }) => kind === 'packed');
    const at = run?.kind === 'packed' ? run.chunk.at : 0;
    const early = Buffer.from(packed);
    early.writeUInt16LE(0, at);
    await expect(dataOf(early, 'packed/letter.txt')).rejects.toMatchObject({ code: 'ntfs/lznt1' });
    const noise = Buffer.from(packed).fill(0xb7, at, at + 4096);
    await expect(dataOf(noise, 'packed/letter.txt')).rejects.toMatchObject({ code: 'ntfs/lznt1' });
  });

  it.each([
    ['leads into records of others', (entry: Buffer): unknown => entry.writeUIntLE(6, 16, 6)],
    ['has no end', (entry: Buffer): unknown => entry.writeUInt16LE(0, 4)],
    ['has names that pass its end', (entry: Buffer): unknown => entry.fill(0xff, 6, 8)],
  ])('does not follow a list of attributes that %s', async (_, change) => {
    const id = await idOf(fragments, 'many names/the file.txt');
    let at = 0;
    await withRecord(fragments, id, (record) => {
      at = firstCluster(record, attribute(record, 0x20)) * 512;
    });
    const changed = Buffer.from(fragments);
    for (let entry = at; changed.readUInt32LE(entry) <= FILE_NAME && changed.readUInt16LE(entry + 4) > 0; ) {
      const next = entry + changed.readUInt16LE(entry + 4);
      if (changed.readUInt32LE(entry) === FILE_NAME) change(changed.subarray(entry));
      entry = next;
    }
    const { codes, entries } = await listed(changed);
    expect(codes).toContain('ntfs/attribute-list');
    expect(entries.some(({ path }) => path === 'one.bin')).toBe(true);
  });

  it('with a table that claims all there is ends in time', async () => {
    const immense = await withRecord(tree, 0, (record) => {
      const at = attribute(record, DATA);
      for (const place of [24, 40, 48, 56]) record.writeBigUInt64LE(2n ** 52n, at + place);
      setRuns(record, 0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 4);
    });
    const { entries, codes } = await listed(immense);
    expect(entries.length).toBeGreaterThan(10);
    expect(codes).toContain('ntfs/lost-records');
  });
});
