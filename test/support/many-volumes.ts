/** A disk of 17 MiB with four volumes: the fixtures FAT floppy, NTFS tree and HFS floppy, and the FAT floppy once more. */
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

export interface TrueFile {
  readonly path: string;
  readonly kind: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly md5?: string;
}

export async function manyVolumes(): Promise<Buffer> {
  const disk = Buffer.alloc(33_000 * SECTOR);
  for (const [index, [first, type, name]] of VOLUMES.entries()) {
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
export async function truthOf(volume: number): Promise<TrueFile[]> {
  const name = VOLUMES[volume]?.[2] ?? '';
  const packed = await readFile(fixture(`${name}.truth.json.gz`)).catch(() => undefined);
  const text = packed === undefined ? await readFile(fixture(`${name}.truth.json`)) : gunzipSync(packed);
  return (JSON.parse(text.toString()) as { entries: TrueFile[] }).entries;
}

function fixture(name: string): URL {
  return new URL(`../fixtures/filesystems/${name}`, import.meta.url);
}
