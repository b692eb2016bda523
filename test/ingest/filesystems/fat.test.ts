/** FAT with damage, and what formats of other systems ask of it. */
import { describe, expect, it } from 'vitest';
import { contentOf } from '#ingest/filesystems';
import { entryAt, look, type Looked, probed, volumeOf } from './small-disks.ts';

const SECTOR = 512;
/** Of the 1.44 MB fixture. */
const FAT = SECTOR;
const FAT_SIZE = 9 * SECTOR;
const ROOT = FAT + 2 * FAT_SIZE;
const DATA = ROOT + 14 * SECTOR;

/** Both copies of a FAT12. */
function link(volume: Buffer, cluster: number, next: number): void {
  for (const start of [FAT, FAT + FAT_SIZE]) {
    const at = start + Math.floor(cluster * 1.5);
    const old = volume.readUInt16LE(at);
    volume.writeUInt16LE(cluster % 2 === 1 ? (old & 0x000f) | (next << 4) : (old & 0xf000) | next, at);
  }
}

function entryPlace(volume: Buffer, start: number, shortName: string): number {
  for (let at = start; at < start + 14 * SECTOR; at += 32)
    if (volume.toString('latin1', at, at + 11) === shortName && volume[at + 11] !== 0x0f) return at;
  throw new RangeError(shortName);
}

async function text(looked: Looked, path: string): Promise<string> {
  const [stream] = entryAt(looked, path).streams;
  if (stream === undefined) throw new RangeError(path);
  const content = await contentOf(stream);
  return (await content.read(0, content.size)).toString('latin1');
}

describe('a FAT volume', () => {
  it('reads a file whose chain goes round once around', async () => {
    const volume = volumeOf('fat', 'fragments');
    const at = entryPlace(volume, ROOT, 'LARGE   BIN');
    const first = volume.readUInt16LE(at + 26);
    link(volume, first + 2, first);
    volume.writeUInt32LE(0x7fff_ffff, at + 28);
    const [stream] = entryAt(await look('fat', volume), 'LARGE.BIN').streams;
    const runs = (await stream?.runs()) ?? [];
    expect(runs.at(-1)?.kind).toBe('absent');
    expect(runs.filter(({ kind }) => kind === 'stored').reduce((sum, { length }) => sum + length, 0)).toBe(3 * SECTOR);
  });

  it('lists a folder whose chain goes round once, and tells it', async () => {
    const volume = volumeOf('fat', 'floppy');
    const cluster = volume.readUInt16LE(entryPlace(volume, ROOT, 'LETTERS    ') + 26);
    link(volume, cluster, cluster);
    const looked = await look('fat', volume);
    expect(looked.codes).toEqual(['fat/crossed']);
    expect(looked.entries.filter(({ path }) => path === 'LETTERS/ANNA.TXT')).toHaveLength(1);
  });

  it('does not go into a folder that is its own parent, nor into the root again', async () => {
    const volume = volumeOf('fat', 'floppy');
    const at = entryPlace(volume, ROOT, 'LETTERS    ');
    const cluster = volume.readUInt16LE(at + 26);
    const inside = DATA + (cluster - 2) * SECTOR;
    const end = placeOf(volume, (each) => volume[each] === 0, inside);
    volume.copy(volume, end, at, at + 32);
    volume.copy(volume, end + 32, at, at + 32);
    volume.writeUInt16LE(0, end + 32 + 26);
    const { damages } = await look('fat', volume);
    expect(damages.map(({ fault }) => fault.code)).toEqual(['filesystem/loop', 'filesystem/loop']);
  });

  it('cuts a folder where it runs into another', async () => {
    const volume = volumeOf('fat', 'floppy');
    const letters = volume.readUInt16LE(entryPlace(volume, ROOT, 'LETTERS    ') + 26);
    const deep = volume.readUInt16LE(entryPlace(volume, ROOT, 'DEEP       ') + 26);
    link(volume, deep, letters);
    const looked = await look('fat', volume);
    expect(looked.codes).toEqual(['fat/crossed']);
    expect(looked.entries.filter(({ name }) => name.text === 'ANNA.TXT')).toHaveLength(1);
  });

  it('shows the short name where a long one does not belong to it', async () => {
    const volume = volumeOf('fat', 'floppy');
    const long = placeOf(volume, (at) => volume[at + 11] === 0x0f && volume[at + 43] !== 0x0f);
    volume.writeUInt8((volume[long + 13] ?? 0) ^ 0xff, long + 13);
    expect((await look('fat', volume)).codes).toEqual(['fat/orphaned-name']);
  });

  it('tells an impossible date as it stands', async () => {
    const volume = volumeOf('fat', 'fragments');
    const at = entryPlace(volume, ROOT, 'LARGE   BIN');
    volume.writeUInt16LE((13 << 9) | (14 << 5) | 31, at + 24);
    const { modified } = entryAt(await look('fat', volume), 'LARGE.BIN').times;
    expect(modified?.text).toBeUndefined();
    expect(modified?.doubt).toMatch(/^1993-14-31T/);
  });

  it('reads short names by the code page that is asked for', async () => {
    const volume = volumeOf('fat', 'fragments');
    const at = entryPlace(volume, ROOT, 'LARGE   BIN');
    volume.writeUInt8(0x9a, at);
    expect(entryAt(await look('fat', volume), 'ÜARGE.BIN').name.encoding).toBe('cp437');
    expect(entryAt(await look('fat', volume, { codePage: 'cp866' }), 'ЪARGE.BIN').name.encoding).toBe('cp866');
  });

  it('takes what a cut image lacks for absent, and says that it is cut', async () => {
    const volume = volumeOf('fat', 'fragments').subarray(0, DATA + 10 * SECTOR);
    const looked = await look('fat', volume);
    const [stream] = entryAt(looked, 'LARGE.BIN').streams;
    expect(looked.codes).toEqual(['fat/size']);
    expect((await stream?.runs())?.map(({ kind }) => kind)).toContain('absent');
  });

  it('uses the copy of the table that is said to be in use', async () => {
    const volume = volumeOf('fat', 'fat32');
    const fatSize = volume.readUInt32LE(36) * SECTOR;
    const start = volume.readUInt16LE(14) * SECTOR;
    const whole = await text(await look('fat', volume), 'LETTERS/A folder with a long name/novel, 2nd draft.doc');
    volume.fill(0, start + 64, start + fatSize);
    volume.writeUInt16LE(0x81, 40);
    const looked = await look('fat', volume);
    expect(looked.codes).toEqual(['fat/copies-differ']);
    expect((await text(looked, 'LETTERS/A folder with a long name/novel, 2nd draft.doc')) === whole).toBe(true);
  });

  it('lists what a deleted folder held, as deleted', async () => {
    const volume = volumeOf('fat', 'floppy');
    const at = entryPlace(volume, ROOT, 'LETTERS    ');
    const cluster = volume.readUInt16LE(at + 26);
    volume.writeUInt8(0xe5, at);
    link(volume, cluster, 0);
    const looked = await look('fat', volume);
    const found = looked.entries.filter(({ isDeleted }) => isDeleted).map(({ path }) => path);
    expect(found).toContain('_ETTERS');
    expect(found).toContain('_ETTERS/ANNA.TXT');
  });

  it('marks the extended attributes of OS/2 as its own', async () => {
    const volume = volumeOf('fat', 'fragments');
    volume.write('EA DATA  SF', entryPlace(volume, ROOT, 'LARGE   BIN'), 'latin1');
    expect(entryAt(await look('fat', volume), 'EA DATA. SF').attributes).toContain('metadata');
  });

  it('is no remnant of a boot sector alone', async () => {
    const volume = volumeOf('fat', 'fat16');
    volume.fill(0, SECTOR);
    expect(await probed('fat', volume)).toBe(0);
  });

  it('has 16 bits on a hard disk of the Atari, however few its clusters', async () => {
    const looked = await look('fat', atariPartition());
    expect(looked.system.type).toBe('FAT16');
    expect(await text(looked, 'DESKTOP.INF')).toBe('A'.repeat(1024) + 'B'.repeat(100));
  });

  it('lists 50,000 files of one folder', async () => {
    const looked = await look('fat', crowded(50_000));
    expect(looked.entries).toHaveLength(50_001);
    expect(looked.damages).toEqual([]);
  });
});

function placeOf(volume: Buffer, is: (at: number) => boolean, start = ROOT): number {
  for (let at = start; at < volume.length; at += 32) if (is(at)) return at;
  throw new RangeError('no such entry');
}

/** As AHDI makes it: no jump, no mark, logical sectors of 1024 bytes, 16 bits for 3,000 clusters. */
function atariPartition(): Buffer {
  const [sectorSize, fatSectors, rootSectors] = [1024, 7, 8];
  const sectorCount = 6200;
  const volume = Buffer.alloc(sectorCount * sectorSize);
  volume.writeUInt16LE(sectorSize, 11);
  volume.set([2, 1, 0, 2], 13);
  volume.writeUInt16LE((rootSectors * sectorSize) / 32, 17);
  volume.writeUInt16LE(sectorCount, 19);
  volume.writeUInt8(0xf8, 21);
  volume.writeUInt16LE(fatSectors, 22);
  for (const start of [sectorSize, sectorSize * (1 + fatSectors)])
    [0xfff8, 0xffff, 5, 0, 0, 0xffff].forEach((value, index) => volume.writeUInt16LE(value, start + index * 2));
  const root = sectorSize * (1 + 2 * fatSectors);
  volume.write('DESKTOP INF', root, 'latin1');
  volume.writeUInt16LE(2, root + 26);
  volume.writeUInt32LE(1124, root + 28);
  const data = root + rootSectors * sectorSize;
  volume.fill('A', data, data + 1024);
  volume.fill('B', data + 1024, data + 2048);
  return volume;
}

/** FAT16 with one folder of empty files. */
function crowded(count: number): Buffer {
  const clusterSize = 32 * 1024;
  const clusterCount = 5000;
  const fatSectors = Math.ceil(((clusterCount + 2) * 2) / SECTOR);
  const dataStart = (1 + fatSectors + 32) * SECTOR;
  const needed = Math.ceil((count * 32) / clusterSize);
  const volume = Buffer.alloc(dataStart + needed * clusterSize);
  volume.writeUInt16LE(SECTOR, 11);
  volume.set([64, 1, 0, 1], 13);
  volume.writeUInt16LE(512, 17);
  volume.writeUInt8(0xf8, 21);
  volume.writeUInt16LE(fatSectors, 22);
  volume.writeUInt32LE((dataStart + clusterCount * clusterSize) / SECTOR, 32);
  volume.writeUInt32LE(0xffff_fff8, SECTOR);
  for (let index = 0; index < needed; index++)
    volume.writeUInt16LE(index + 1 < needed ? index + 3 : 0xffff, SECTOR + (index + 2) * 2);
  const root = (1 + fatSectors) * SECTOR;
  volume.write('CROWD      \x10', root, 'latin1');
  volume.writeUInt16LE(2, root + 26);
  for (let index = 0; index < count; index++)
    volume.write(`${String(index).padStart(8, 'F')}TXT`, dataStart + index * 32, 'latin1');
  return volume;
}
