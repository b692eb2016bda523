/** ext volumes made to mislead: structures that lead in circles, out of the volume, or nowhere; and what is refused. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentOf, type Entry, fileSystems, type FileSystem, LISTING_LIMITS, OPEN_OPTIONS } from '#ingest/filesystems';
import { bufferSource } from '../media/buffer-source.ts';

const BLOCK = 1024;

/** A fixture to be patched, in blocks of 1 KiB. `meta-groups` has extents and no checksums, `ext3` neither. */
class Volume {
  readonly bytes: Buffer;

  constructor(name: string) {
    this.bytes = gunzipSync(readFileSync(new URL(`../../fixtures/filesystems/ext/${name}.img.gz`, import.meta.url)));
  }

  /** Where the inode begins. */
  inode(number: number): number {
    const perGroup = this.bytes.readUInt32LE(BLOCK + 40);
    const size = this.bytes.readUInt32LE(BLOCK + 76) === 0 ? 128 : this.bytes.readUInt16LE(BLOCK + 88);
    const isWide = (this.bytes.readUInt32LE(BLOCK + 96) & 0x80) !== 0;
    const descriptor = 2 * BLOCK + Math.floor((number - 1) / perGroup) * (isWide ? 64 : 32);
    return this.bytes.readUInt32LE(descriptor + 8) * BLOCK + ((number - 1) % perGroup) * size;
  }

  /** The map of an inode's blocks. */
  map(number: number): number {
    return this.inode(number) + 40;
  }

  async open(): Promise<FileSystem> {
    const format = fileSystems.get('ext');
    if (format === undefined) throw new RangeError('ext');
    return format.open(bufferSource(this.bytes), OPEN_OPTIONS);
  }

  async listed(): Promise<{ entries: Entry[]; damages: [path: string, code: string][] }> {
    const entries: Entry[] = [];
    const damages: [string, string][] = [];
    for await (const batch of (await this.open()).entries(LISTING_LIMITS))
      for (const found of batch)
        if (found.kind === 'damage') damages.push([found.path, found.fault.code]);
        else entries.push(found);
    return { entries, damages };
  }

  async entry(path: string): Promise<Entry> {
    const entry = (await this.listed()).entries.find((each) => each.path === path && !each.isDeleted);
    if (entry === undefined) throw new RangeError(path);
    return entry;
  }

  /** First block of a file. */
  async firstBlock(path: string): Promise<number> {
    const map = this.map((await this.entry(path)).id);
    const hasExtents = this.bytes.readUInt16LE(map) === 0xf30a;
    return this.bytes.readUInt32LE(hasExtents ? map + 12 + 8 : map);
  }
}

async function content(entry: Entry): Promise<Buffer> {
  const stream = entry.streams[0];
  if (stream === undefined) throw new RangeError(entry.path);
  const source = await contentOf(stream);
  return source.read(0, source.size);
}

function writeNode(
  bytes: Buffer,
  at: number,
  depth: number,
  entries: readonly (readonly [logical: number, block: number])[],
): void {
  bytes.writeUInt16LE(0xf30a, at);
  bytes.writeUInt16LE(entries.length, at + 2);
  bytes.writeUInt16LE(4, at + 4);
  bytes.writeUInt16LE(depth, at + 6);
  for (const [i, [logical, block]] of entries.entries()) {
    const entry = at + 12 * (i + 1);
    bytes.writeUInt32LE(logical, entry);
    bytes.writeUInt32LE(depth === 0 ? 1 : block, entry + 4);
    bytes.writeUInt32LE(depth === 0 ? block : 0, entry + 8);
  }
}

const kindsOf = async (entry: Entry): Promise<string[]> => (await entry.streams[0]?.runs())?.map(({ kind }) => kind) ?? [];

describe('extents', () => {
  it('that lead to themselves give nothing, and end', async () => {
    const volume = new Volume('meta-groups');
    const { id } = await volume.entry('novel.doc');
    const block = await volume.firstBlock('novel.doc');
    writeNode(volume.bytes, volume.map(id), 2, [[0, block]]);
    writeNode(volume.bytes, block * BLOCK, 1, [[0, block]]);
    expect(await kindsOf(await volume.entry('novel.doc'))).toEqual(['absent']);
  });

  it('whose tree is deeper than it says are absent', async () => {
    const volume = new Volume('meta-groups');
    const { id } = await volume.entry('novel.doc');
    const block = await volume.firstBlock('novel.doc');
    writeNode(volume.bytes, volume.map(id), 3, [[0, block]]);
    writeNode(volume.bytes, block * BLOCK, 0, [[0, block + 1]]);
    expect(await kindsOf(await volume.entry('novel.doc'))).toEqual(['absent']);
  });

  it('of a broken part are absent, and the others are read', async () => {
    const volume = new Volume('meta-groups');
    const { id } = await volume.entry('novel.doc');
    const block = await volume.firstBlock('novel.doc');
    writeNode(volume.bytes, volume.map(id), 1, [
      [0, block],
      [8, 0xffff_ff00],
      [16, block + 1],
    ]);
    writeNode(volume.bytes, block * BLOCK, 0, [[0, block + 2]]);
    writeNode(volume.bytes, (block + 1) * BLOCK, 0, [[16, block + 3]]);
    const runs = await (await volume.entry('novel.doc')).streams[0]?.runs();
    expect(runs?.map(({ kind, offset }) => [kind, offset / BLOCK])).toEqual([
      ['stored', 0],
      ['zero', 1],
      ['absent', 8],
      ['stored', 16],
      ['zero', 17],
    ]);
  });

  it('that lie outside the file system are absent', async () => {
    const volume = new Volume('meta-groups');
    const { id } = await volume.entry('novel.doc');
    writeNode(volume.bytes, volume.map(id), 0, [[0, 0x7fff_ffff]]);
    expect(await kindsOf(await volume.entry('novel.doc'))).toEqual(['absent', 'zero']);
  });

  it.each([
    ['a depth beyond all', 6, 6],
    ['no mark', 0, 0],
    ['more entries than have room', 2, 200],
  ])('with %s at their root are refused', async (_, at, value) => {
    const volume = new Volume('meta-groups');
    const { id } = await volume.entry('novel.doc');
    volume.bytes.writeUInt16LE(value, volume.map(id) + at);
    await expect((await volume.entry('novel.doc')).streams[0]?.runs()).rejects.toMatchObject({ code: 'ext/extents' });
  });

  it('whose checksum does not hold are not believed', async () => {
    const volume = new Volume('inline-data');
    const { entries } = await volume.listed();
    const damaged = entries.find(({ path }) => path === 'novel.doc');
    volume.bytes[volume.inode(damaged?.id ?? 0)] = 0xff;
    const faults = (await volume.entry('novel.doc')).faults?.map(({ code }) => code);
    expect(faults).toEqual(['ext/inode-checksum']);
  });
});

describe('maps of blocks', () => {
  it('that point to themselves end, with what they could not give absent', async () => {
    const volume = new Volume('ext3');
    const { id } = await volume.entry('sparse.bin');
    const map = volume.map(id);
    const triple = volume.bytes.readUInt32LE(map + 14 * 4);
    expect(triple).toBeGreaterThan(0);
    for (let at = 0; at < BLOCK; at += 4) volume.bytes.writeUInt32LE(triple, triple * BLOCK + at);
    const runs = await (await volume.entry('sparse.bin')).streams[0]?.runs();
    expect(runs?.at(-1)).toMatchObject({ kind: 'absent' });
  });

  it('of files larger than any can be give no bytes', async () => {
    const volume = new Volume('ext3');
    const { id } = await volume.entry('sparse.bin');
    volume.bytes.writeUInt32LE(0x4000_0000, volume.inode(id) + 108);
    const { streams, faults } = await volume.entry('sparse.bin');
    expect(streams).toEqual([]);
    expect(faults?.map(({ code }) => code)).toEqual(['ext/size']);
  });
});

describe('folders', () => {
  /** The first block of the folder `Letters`, and the entry of Anna's letter in it. */
  async function letters(): Promise<{ volume: Volume; at: number }> {
    const volume = new Volume('ext3');
    const block = (await volume.firstBlock('Letters')) * BLOCK;
    const at = volume.bytes.indexOf('Anna.txt', block) - 8;
    expect(at - block).toBe(24);
    return { volume, at };
  }

  it.each([0, 2, 10, 2048, 0xffff])('with an entry of %i bytes are listed up to it', async (length) => {
    const { volume, at } = await letters();
    volume.bytes.writeUInt16LE(length, at + 4);
    const { entries, damages } = await volume.listed();
    expect(damages).toEqual([['Letters', 'ext/directory']]);
    expect(entries.some(({ path }) => path === 'Letters/Anna.txt')).toBe(false);
    expect(entries.some(({ path }) => path === 'deep/1/2/3')).toBe(true);
  });

  it('with an inode beyond the table name it, and tell', async () => {
    const { volume, at } = await letters();
    volume.bytes.writeUInt32LE(0x7000_0000, at);
    const entry = await volume.entry('Letters/Anna.txt');
    expect(entry).toMatchObject({ kind: 'file', streams: [] });
    expect(entry.faults?.map(({ code }) => code)).toEqual(['ext/inode-number']);
  });

  it('that name their own parent are listed once', async () => {
    const { volume, at } = await letters();
    volume.bytes.writeUInt32LE(2, at);
    volume.bytes[at + 7] = 2;
    const { damages } = await volume.listed();
    expect(damages).toEqual([['Letters/Anna.txt', 'filesystem/loop']]);
  });

  it('say when what they name is of another kind, or not in use', async () => {
    const { volume, at } = await letters();
    volume.bytes[at + 7] = 6;
    const { id, faults } = await volume.entry('Letters/Anna.txt');
    expect(faults?.map(({ code }) => code)).toEqual(['ext/kind']);
    volume.bytes[at + 7] = 1;
    volume.bytes.writeUInt16LE(0, volume.inode(id) + 26);
    expect((await volume.entry('Letters/Anna.txt')).faults?.map(({ code }) => code)).toEqual(['ext/inode-unused']);
  });

  it("that claim each other's blocks over and over are cut off", async () => {
    const volume = new Volume('bigalloc');
    const { entries } = await volume.listed();
    const files = entries.filter(({ kind, path }) => kind === 'file' && !path.includes('/'));
    expect(files.length).toBeGreaterThan(7);
    for (const { id } of files) {
      // A folder of 1,500 blocks, the same for all.
      volume.bytes.writeUInt16LE(0x41ed, volume.inode(id));
      volume.bytes.writeUInt32LE(1500 * BLOCK, volume.inode(id) + 4);
      writeNode(volume.bytes, volume.map(id), 0, [[0, 2500]]);
      volume.bytes.writeUInt16LE(1500, volume.map(id) + 16);
    }
    const { damages } = await volume.listed();
    expect(damages.filter(([, code]) => code === 'ext/folder-size').length).toBeGreaterThan(1);
  });
});

describe('the volume', () => {
  it('whose inodes lie past its end is listed by a copy of the descriptor', async () => {
    const volume = new Volume('ext3');
    const before = (await volume.listed()).entries.length;
    volume.bytes.writeUInt32LE(0x00ff_ffff, 2 * BLOCK + 8);
    const { warnings } = await volume.open();
    expect(warnings.map(({ code, facts }) => [code, facts])).toEqual([
      ['ext/descriptors', expect.objectContaining({ lostCount: 1, repairedCount: 0 })],
    ]);
    expect(before).toBeGreaterThan(1500);
    expect((await volume.listed()).damages).toEqual([['', 'ext/inode-lost']]);
  });

  it('takes a damaged descriptor from a copy', async () => {
    const volume = new Volume('superblock-copy');
    const before = await volume.listed();
    volume.bytes.fill(0, 2 * BLOCK, 3 * BLOCK);
    // Copies are never marked as closed.
    volume.bytes.copy(volume.bytes, BLOCK, 8193 * BLOCK, 8194 * BLOCK);
    const { warnings } = await volume.open();
    expect(warnings.map(({ code }) => code)).toEqual(['ext/dirty', 'ext/descriptors']);
    expect((await volume.listed()).entries.length).toBe(before.entries.length);
  });

  it('with features from the future is recognised, and not listed', async () => {
    const volume = new Volume('meta-groups');
    volume.bytes.writeUInt32LE(volume.bytes.readUInt32LE(BLOCK + 96) | 0x0200_0000, BLOCK + 96);
    const { isListed, warnings } = await volume.open();
    expect(isListed).toBe(false);
    expect(warnings.map(({ code }) => code)).toEqual(['ext/features']);
    expect((await volume.listed()).entries).toEqual([]);
  });

  it('that was in use, or had errors, says so', async () => {
    const volume = new Volume('ext2-revision-0');
    volume.bytes.writeUInt16LE(2, BLOCK + 58);
    expect((await volume.open()).warnings.map(({ code }) => code)).toEqual(['ext/dirty', 'ext/errors']);
  });

  it('tells files that e2compr compressed, and gives no bytes of them', async () => {
    const volume = new Volume('ext3');
    const { id } = await volume.entry('novel.doc');
    volume.bytes.writeUInt32LE(0x204, volume.inode(id) + 32);
    const entry = await volume.entry('novel.doc');
    expect(entry.attributes).toEqual(['compressed']);
    expect(entry.streams[0]?.packing).toBe('e2compr');
    await expect(entry.streams[0]?.runs()).rejects.toMatchObject({ code: 'ext/compressed' });
  });

  it('is not believed without a root folder where only a copy of its superblock is left', async () => {
    const volume = new Volume('superblock-copy');
    const format = fileSystems.get('ext');
    expect(await format?.probe(bufferSource(volume.bytes))).toBe(40);
    volume.bytes.fill(0, 0, 4000 * BLOCK);
    expect(await format?.probe(bufferSource(volume.bytes))).toBe(0);
  });
});

describe('attributes', () => {
  it('that claim more bytes than there are, are told as damage of their file alone', async () => {
    const volume = new Volume('ext4');
    const bytes = volume.bytes;
    const at = bytes.indexOf('comment') - 16;
    expect(bytes[at]).toBe(7);
    bytes.writeUInt32LE(0x7fff_ffff, at + 8);
    const { entries } = await volume.listed();
    const told = entries.filter(({ faults }) => faults !== undefined);
    expect(told.map(({ path }) => path)).toEqual(['Letters/Anna.txt']);
    expect(told[0]?.faults?.map(({ code }) => code)).toContain('ext/attributes');
  });
});

describe('deleted files', () => {
  it('lack the blocks that are in use again', async () => {
    const volume = new Volume('deleted');
    const { entries } = await volume.listed();
    const licence = entries.find(({ path }) => path === 'licence');
    expect(licence).toMatchObject({ isDeleted: true, linkCount: 0 });
    const [first] = (await licence?.streams[0]?.runs()) ?? [];
    expect(first).toMatchObject({ kind: 'stored' });
    const block = first?.kind === 'stored' ? first.at / BLOCK : 0;
    const bitmap = volume.bytes.readUInt32LE(2 * BLOCK) * BLOCK;
    const bit = block - 1;
    volume.bytes[bitmap + (bit >> 3)] = (volume.bytes[bitmap + (bit >> 3)] ?? 0) | (1 << (bit & 7));
    const again = (await volume.listed()).entries.find(({ path }) => path === 'licence');
    const runs = (await again?.streams[0]?.runs()) ?? [];
    expect(runs[0]).toMatchObject({ kind: 'absent', length: BLOCK });
    expect(runs[1]).toMatchObject({ kind: 'stored' });
  });

  it('tell when they were deleted', async () => {
    const { entries } = await new Volume('deleted').listed();
    const gone = entries.find(({ path }) => path === 'Deleted by mistake.txt');
    expect(gone?.times.deleted?.text).toMatch(/^20\d\d-/);
    expect(gone === undefined ? '' : (await content(gone)).toString()).toBe('gone, but not yet forgotten\n');
  });
});
