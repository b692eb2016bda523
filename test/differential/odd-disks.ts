/** Disks of awkward sizes and contents, the same in every run: what containers are made of. */
import { createHash } from 'node:crypto';

export interface OddDisk {
  readonly title: string;
  readonly bytes: Buffer;
}

const SECTOR = 512;
const MIB = 1 << 20;

function noise(length: number, seed: string): Buffer {
  return createHash('shake256', { outputLength: length }).update(seed).digest();
}

/** Zeros with pieces in them; each piece is noise or, where `packs`, text. */
function sparse(size: number, pieces: readonly (readonly [at: number, length: number, packs?: boolean])[]): Buffer {
  const disk = Buffer.alloc(size);
  for (const [at, length, packs] of pieces)
    (packs === true ? Buffer.alloc(length, 'Strongroom keeps disks. ') : noise(length, `${size} ${at}`)).copy(disk, at);
  return disk;
}

/** No size is a whole number of clusters, grains, chunks or blocks of any container. */
export const ODD_DISKS: readonly OddDisk[] = [
  { title: '1 sector', bytes: noise(SECTOR, 'one') },
  { title: '63 sectors', bytes: sparse(63 * SECTOR, [[62 * SECTOR, SECTOR]]) },
  { title: '129 sectors of noise', bytes: noise(129 * SECTOR, 'a grain and one') },
  { title: 'zeros, 1 MiB and a sector', bytes: Buffer.alloc(MIB + SECTOR) },
  { title: 'noise, 3 MiB and a sector', bytes: noise(3 * MIB + SECTOR, 'three') },
  {
    title: 'text, 2 MiB less a sector',
    bytes: sparse(2 * MIB - SECTOR, [
      [SECTOR, 2 * MIB - 2 * SECTOR, true],
      [0, SECTOR],
    ]),
  },
  {
    title: 'sparse, 9 MiB and 7 sectors',
    bytes: sparse(9 * MIB + 7 * SECTOR, [
      [SECTOR * 3, 5000],
      [4 * MIB - 700, 1400, true],
      [6 * MIB, 70_001],
      [8 * MIB + 511, 2],
      [9 * MIB + 6 * SECTOR, SECTOR],
    ]),
  },
];

/** Not even whole sectors. */
export const CUT_DISKS: readonly OddDisk[] = [
  { title: '1000 bytes', bytes: noise(1000, 'cut') },
  { title: '1 MiB and 17 bytes', bytes: sparse(MIB + 17, [[MIB - 40_000, 40_017]]) },
];
