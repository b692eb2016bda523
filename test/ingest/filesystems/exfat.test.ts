/** exFAT volumes made to mislead: chains in circles, sets that lie, tables that are gone. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type Entry,
  fileSystems,
  type FileSystem,
  type FileSystemFormat,
  LISTING_LIMITS,
  OPEN_OPTIONS,
} from '#ingest/filesystems';
import { bufferSource } from '../media/buffer-source.ts';

function exfat(): FileSystemFormat {
  const format = fileSystems.get('exfat');
  if (format === undefined) throw new RangeError('exfat');
  return format;
}

/** The fixture `awkward`, to be patched. */
class Volume {
  readonly bytes = gunzipSync(readFileSync(new URL('../../fixtures/filesystems/exfat/awkward.img.gz', import.meta.url)));
  readonly #fat = this.bytes.readUInt32LE(80) * 512;
  readonly #heap = this.bytes.readUInt32LE(88) * 512;
  readonly #clusterSize = 512 << (this.bytes[109] ?? 0);
  readonly root = this.bytes.readUInt32LE(96);

  place(cluster: number): number {
    return this.#heap + (cluster - 2) * this.#clusterSize;
  }

  link(cluster: number, next: number): void {
    this.bytes.writeUInt32LE(next, this.#fat + cluster * 4);
  }

  /** Where the first entry of the root folder of that type lies. */
  lone(type: number): number {
    let at = this.place(this.root);
    while (this.bytes[at] !== type) at += 32;
    return at;
  }

  /** Where the set of an entry begins. */
  async set(path: string): Promise<number> {
    return (await this.entry(path)).id * 32;
  }

  async firstCluster(path: string): Promise<number> {
    return this.bytes.readUInt32LE((await this.set(path)) + 32 + 20);
  }

  /** Makes the checksum of a set hold again. */
  sign(at: number): void {
    const length = 32 * (1 + (this.bytes[at + 1] ?? 0));
    let sum = 0;
    for (let i = 0; i < length; i++)
      if (i !== 2 && i !== 3) sum = (((sum & 1) << 15) + (sum >> 1) + (this.bytes[at + i] ?? 0)) & 0xffff;
    this.bytes.writeUInt16LE(sum, at + 2);
  }

  open(): Promise<FileSystem> {
    return exfat().open(bufferSource(this.bytes), OPEN_OPTIONS);
  }

  async warnings(): Promise<string[]> {
    return (await this.open()).warnings.map(({ code }) => code);
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
    const entry = (await this.listed()).entries.find((each) => each.path === path);
    if (entry === undefined) throw new RangeError(path);
    return entry;
  }

  async runs(path: string): Promise<[kind: string, length: number][]> {
    const runs = await (await this.entry(path)).streams[0]?.runs();
    return runs?.map(({ kind, length }) => [kind, length]) ?? [];
  }

  async faults(path: string): Promise<string[]> {
    return (await this.entry(path)).faults?.map(({ code }) => code) ?? [];
  }
}

describe('chains', () => {
  it('of a folder that lead to themselves end, and say so', async () => {
    const volume = new Volume();
    const first = await volume.firstCluster('many');
    volume.link(first, first);
    const { entries, damages } = await volume.listed();
    expect(damages).toContainEqual(['many', 'exfat/chain']);
    expect(new Set(entries.map(({ path }) => path)).size).toBe(entries.length);
  });

  it('of a file that lead to themselves give each cluster once; the rest is absent', async () => {
    const volume = new Volume();
    const first = await volume.firstCluster('in pieces.bin');
    volume.link(first + 3, first);
    expect(await volume.runs('in pieces.bin')).toEqual([
      ['stored', 4096],
      ['stored', 4096],
      ['absent', 50_000 - 8192],
    ]);
  });

  it.each([
    ['a free cluster', 0],
    ['no cluster', 0x00ff_ffff],
    ['the mark of a bad one', 0xffff_fff7],
    ['their end', 0xffff_ffff],
  ])('that lead to %s before their time are absent from there on', async (_, next) => {
    const volume = new Volume();
    volume.link(await volume.firstCluster('in pieces.bin'), next);
    expect(await volume.runs('in pieces.bin')).toEqual([
      ['stored', 4096],
      ['absent', 50_000 - 4096],
    ]);
  });

  it('that begin outside the volume, or run out of it, are absent', async () => {
    const volume = new Volume();
    const at = await volume.set('novel.doc');
    volume.bytes.writeUInt32LE(0x7fff_ffff, at + 32 + 20);
    volume.sign(at);
    expect(await volume.runs('novel.doc')).toEqual([['absent', 70_001]]);
    volume.bytes.writeUInt32LE(volume.bytes.readUInt32LE(92) + 1, at + 32 + 20);
    volume.sign(at);
    expect(await volume.runs('novel.doc')).toEqual([
      ['stored', 4096],
      ['absent', 70_001 - 4096],
    ]);
  });

  it('of the root folder that lead to themselves still let it be listed', async () => {
    const volume = new Volume();
    volume.link(volume.root, volume.root);
    const { entries, damages } = await volume.listed();
    expect(entries.length).toBeGreaterThan(10);
    expect(damages.map(([, code]) => code)).toContain('exfat/chain');
  });
});

describe('sets of entries', () => {
  it('whose checksum does not hold are listed with a fault', async () => {
    const volume = new Volume();
    const at = await volume.set('novel.doc');
    volume.bytes[at + 4] = 0x21;
    expect(await volume.faults('novel.doc')).toEqual(['exfat/set-checksum']);
  });

  it('whose name does not fit its hash are listed with a fault', async () => {
    const volume = new Volume();
    const at = await volume.set('novel.doc');
    volume.bytes.writeUInt16LE(0x1234, at + 32 + 4);
    volume.sign(at);
    expect(await volume.faults('novel.doc')).toEqual(['exfat/name-hash']);
  });

  it('that lack their names or their place are listed with a fault, and the rest is strange', async () => {
    const volume = new Volume();
    const at = await volume.set('novel.doc');
    volume.bytes[at + 1] = 1;
    const { entries, damages } = await volume.listed();
    expect(entries.filter(({ faults }) => faults?.[0]?.code === 'exfat/set').map(({ id }) => id * 32)).toEqual([at]);
    expect(damages).toEqual([['', 'exfat/stray']]);
  });

  it.each([
    ['more than the volume has', 0x7fff_ffff, 0],
    ['more than can be counted', 0xffff_ffff, 0],
    ['less than was written', 0, 5],
  ])('that claim %s have no bytes', async (_, high, low) => {
    const volume = new Volume();
    const at = await volume.set('novel.doc');
    volume.bytes.writeUInt32LE(low, at + 32 + 24);
    volume.bytes.writeUInt32LE(high, at + 32 + 28);
    volume.sign(at);
    expect(await volume.entry('novel.doc')).toMatchObject({ streams: [], faults: [{ code: 'exfat/size' }] });
  });

  it('of a folder that lies in itself are listed once', async () => {
    const volume = new Volume();
    const at = await volume.set('deep/1');
    volume.bytes.writeUInt32LE(await volume.firstCluster('deep'), at + 32 + 20);
    volume.sign(at);
    expect((await volume.listed()).damages).toEqual([['deep/1', 'filesystem/loop']]);
  });
});

describe('the volume', () => {
  it('without its table of capitals is listed, with hashes unchecked', async () => {
    const volume = new Volume();
    const at = volume.lone(0x82);
    volume.bytes[at + 4] = (volume.bytes[at + 4] ?? 0) ^ 1;
    expect(await volume.warnings()).toEqual(['exfat/capitals']);
    expect((await volume.listed()).entries.length).toBeGreaterThan(240);
  });

  it('without its bitmap tells of deleted files no bytes', async () => {
    const volume = new Volume();
    volume.bytes[volume.lone(0x81)] = 0x01;
    expect(await volume.warnings()).toEqual(['exfat/bitmap']);
    expect(await volume.runs('Deleted by mistake.txt')).toEqual([['absent', 28]]);
  });

  it('says when the copy of its boot region differs, and which of two is used', async () => {
    const volume = new Volume();
    volume.bytes[12 * 512 + 200] = 0xaa;
    expect(await volume.warnings()).toEqual(['exfat/boot-copies-differ']);
    volume.bytes[200] = 0xbb;
    expect(await volume.warnings()).toEqual(['exfat/boot-checksum']);
  });

  it('says when the medium failed, and where the image is cut', async () => {
    const volume = new Volume();
    volume.bytes[106] = 4;
    volume.bytes.writeUInt32LE(0x55_0000, 72);
    expect(await volume.warnings()).toEqual(['exfat/boot-copy']);
    volume.bytes.copy(volume.bytes, 0, 12 * 512, 13 * 512);
    volume.bytes[106] = 4;
    expect(await volume.warnings()).toEqual(['exfat/media-failure']);
    const system = await exfat().open(bufferSource(volume.bytes.subarray(0, -4096)), OPEN_OPTIONS);
    expect(system.warnings.map(({ code }) => code)).toEqual(['exfat/media-failure', 'exfat/volume-size']);
  });

  it('is not believed where only the copy of its boot region is left', async () => {
    const volume = new Volume();
    volume.bytes.fill(0, 0, 512);
    expect(await exfat().probe(bufferSource(volume.bytes))).toBe(40);
    volume.bytes.fill(0, volume.place(volume.root), volume.place(volume.root) + 4096);
    expect(await exfat().probe(bufferSource(volume.bytes))).toBe(0);
  });
});

describe('deleted files', () => {
  it('lack the clusters that are in use again', async () => {
    const volume = new Volume();
    const cluster = await volume.firstCluster('deleted in pieces.bin');
    const bitmap = volume.place(volume.bytes.readUInt32LE(volume.lone(0x81) + 20));
    const at = bitmap + ((cluster - 2) >> 3);
    volume.bytes[at] = (volume.bytes[at] ?? 0) | (1 << ((cluster - 2) & 7));
    expect((await volume.runs('deleted in pieces.bin'))[0]).toEqual(['absent', 4096]);
    expect((await volume.entry('deleted in pieces.bin')).streams[0]?.doubt).toContain('deleted');
  });
});
