/** In which order an image has the 16 sectors of a track of an Apple II disk: DOS's or ProDOS's; either system may be on either. */
import type { ByteSource } from '../../media/index.ts';

export const SECTOR = 256;
const SECTORS = 16;
export const TRACK = SECTOR * SECTORS;

/** Where the disk itself has sectors 0, 1, 2 … as each system counts them (Beneath Apple DOS; ProDOS Technical Reference Manual). */
const PLACES = {
  dos: [0, 13, 11, 9, 7, 5, 3, 1, 14, 12, 10, 8, 6, 4, 2, 15],
  prodos: [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15],
} as const;

export type SectorOrder = keyof typeof PLACES;

/** For each sector as `system` counts it: which one of the image's track it is. */
export function slotsOf(system: SectorOrder, image: SectorOrder): readonly number[] {
  return PLACES[system].map((place) => PLACES[image].indexOf(place));
}

/** Volumes that are floppies of 16 sectors a track, where the order is in question. */
export function isFloppy({ size }: ByteSource): boolean {
  return size % TRACK === 0 && size <= 80 * TRACK;
}
