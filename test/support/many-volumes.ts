/** Disks with four volumes: the fixtures FAT floppy, NTFS tree and HFS floppy, and the FAT floppy once more; or floppies alone. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

const SECTOR = 512;
/** First sector, MBR type, fixture. */
const VOLUMES = [
  [63, 0x06, 'fat/floppy'],
  [8192, 0x07, 'ntfs/tree'],
  [24_576, 0xaf, 'hfs/floppy'],
  [28_672, 0x06, 'fat/floppy'],
] as const;

/** Without the NTFS tree, whose sparse file of 5 GB takes long to be digested. */
const FLOPPIES = [
  [63, 0x06, 'fat/floppy'],
  [8192, 0xaf, 'hfs/floppy'],
  [12_288, 0x06, 'fat/floppy'],
  [16_384, 0xaf, 'hfs/floppy'],
] as const;

export interface TrueFile {
  readonly path: string;
  readonly kind: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly md5?: string;
}

/** 17 MiB. */
export function manyVolumes(): Promise<Buffer> {
  return diskOf(VOLUMES, 33_000);
}

/** 10 MiB. */
export function fourFloppies(): Promise<Buffer> {
  return diskOf(FLOPPIES, 20_480);
}

async function diskOf(volumes: typeof VOLUMES | typeof FLOPPIES, sectorCount: number): Promise<Buffer> {
  const disk = Buffer.alloc(sectorCount * SECTOR);
  for (const [index, [first, type, name]] of volumes.entries()) {
    const volume = gunzipSync(await readFile(fixture(`${name}.img.gz`)));
    volume.copy(disk, first * SECTOR);
    const at = 446 + index * 16;
    disk.writeUInt8(type, at + 4);
    disk.writeUInt32LE(first, at + 8);
    disk.writeUInt32LE(volume.length / SECTOR, at + 12);
  }
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

/** What other programs say is in the volume. */
export function truthOf(volume: number): Promise<TrueFile[]> {
  return truth(VOLUMES[volume]?.[2] ?? '');
}

/** The same of a volume of four floppies. */
export function truthOfFloppy(volume: number): Promise<TrueFile[]> {
  return truth(FLOPPIES[volume]?.[2] ?? '');
}

async function truth(name: string): Promise<TrueFile[]> {
  const packed = await readFile(fixture(`${name}.truth.json.gz`)).catch(() => undefined);
  const text = packed === undefined ? await readFile(fixture(`${name}.truth.json`)) : gunzipSync(packed);
  return (JSON.parse(text.toString()) as { entries: TrueFile[] }).entries;
}

function fixture(name: string): URL {
  return new URL(`../fixtures/filesystems/${name}`, import.meta.url);
}
