/** In which order an image has the 16 sectors of a track of an Apple II disk: DOS's or ProDOS's; either system may be on either. */
import { APPLE_SECTOR_PLACES, type ByteSource } from '../../media/index.ts';

export const SECTOR = 256;
const SECTORS = 16;
export const TRACK = SECTOR * SECTORS;

export type SectorOrder = keyof typeof APPLE_SECTOR_PLACES;

/** For each sector as `system` counts it: which one of the image's track it is. */
export function slotsOf(system: SectorOrder, image: SectorOrder): readonly number[] {
  const imaged: readonly number[] = APPLE_SECTOR_PLACES[image];
  return APPLE_SECTOR_PLACES[system].map((place) => imaged.indexOf(place));
}

/** Volumes that are floppies of 16 sectors a track, where the order is in question. */
export function isFloppy({ size }: ByteSource): boolean {
  return size % TRACK === 0 && size <= 80 * TRACK;
}
