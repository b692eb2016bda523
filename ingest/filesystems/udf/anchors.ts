/** Finds a UDF volume: the mark in its recognition sequence, and the anchors that lead to its descriptors. */
import { type ByteSource, type Range } from '../../media/index.ts';
import { anchor, extentAd } from './descriptors.ts';
import { TagId, tagOf } from './tag.ts';

const SECTOR_SIZES = [2048, 512, 1024, 4096] as const;
/** ECMA-167 2/8.3: structures of 2048 bytes (or a sector) from byte 32768 on. */
const RECOGNITION_AT = 32_768;
const MOST_RECOGNITION = 32;

export interface Anchor {
  readonly sectorSize: number;
  readonly sector: number;
  /** Volume descriptor sequences, in bytes of the volume. */
  readonly main: Range;
  readonly reserve: Range;
}

/** Whether the volume says that it is UDF: `NSR02` or `NSR03`. */
export async function isMarked(volume: ByteSource): Promise<boolean> {
  for (const step of [2048, 4096])
    for (let index = 0; index < MOST_RECOGNITION; index++) {
      const at = RECOGNITION_AT + index * step;
      if (at + 6 > volume.size) break;
      const id = (await volume.read(at, 6)).toString('latin1', 1);
      if (id === 'NSR02' || id === 'NSR03') return true;
      if (!['CD001', 'CDW02', 'BEA01', 'BOOT2', 'TEA01'].includes(id)) break;
    }
  return false;
}

/** Those that are there: at sector 256, at the last, 256 before it, and at 512 of a disc that is not closed (UDF 2.60 §2.2.3). */
export async function* anchorsOf(volume: ByteSource): AsyncGenerator<Anchor> {
  for (const sectorSize of SECTOR_SIZES) {
    const last = Math.floor(volume.size / sectorSize) - 1;
    for (const sector of new Set([256, last, last - 256, 512])) {
      const at = sector * sectorSize;
      if (sector < 0 || at + 512 > volume.size) continue;
      const bytes = await volume.read(at, 512);
      const tag = tagOf(bytes);
      if (tag?.id !== TagId.Anchor || tag.location !== sector || !tag.isCrcRight) continue;
      const { main, reserve } = anchor.decode(bytes);
      yield { sectorSize, sector, main: rangeOf(main, sectorSize), reserve: rangeOf(reserve, sectorSize) };
    }
  }
}

export function rangeOf(extent: Buffer, sectorSize: number): Range {
  const { length, location } = extentAd.decode(extent);
  return { offset: location * sectorSize, length };
}
