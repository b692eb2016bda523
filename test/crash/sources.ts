/** Disks to take in, each another one: bare images, split sets, folders with papers. */
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const EXAMPLE = fileURLToPath(new URL('../../examples/donated-disk/carrier', import.meta.url));

const SECTOR = 512;
const MIB = 1 << 20;

/** A new disk in the new folder `folder`: the path to ingest. */
export function newDisk(folder: string, random: () => number): string {
  mkdirSync(folder, { recursive: true });
  const image = randomBytes(SECTOR * Math.ceil((0.5 + 4 * random()) * (MIB / SECTOR)));
  image.fill(0, 200_000, 400_000);
  const kind = random();
  if (kind < 0.4) {
    writeFileSync(join(folder, 'disk.img'), image);
    return join(folder, 'disk.img');
  }
  if (kind < 0.7) {
    const half = SECTOR * Math.ceil(image.length / 2 / SECTOR);
    writeFileSync(join(folder, 'disk.001'), image.subarray(0, half));
    writeFileSync(join(folder, 'disk.002'), image.subarray(half));
  } else {
    writeFileSync(join(folder, 'disk.img'), image);
  }
  for (let paper = 0; paper < 20 * random(); paper += 1) {
    writeFileSync(join(folder, `paper ${paper}.txt`), randomBytes(3000).toString('base64'));
  }
  return folder;
}

/** An image of `size` bytes that does not compress and has no holes: random windows into one random MiB. */
export function largeDisk(path: string, size: number, random: () => number): string {
  const pattern = randomBytes(2 * MIB);
  const file = openSync(path, 'w');
  for (let at = 0; at < size; at += MIB) writeSync(file, pattern, Math.floor(random() * MIB), MIB, at);
  closeSync(file);
  return path;
}
