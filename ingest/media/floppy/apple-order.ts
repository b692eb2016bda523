/** Apple II disks of 16 sectors a track: where the disk itself has sectors 0, 1, 2 … as each system counts them. */

/** Beneath Apple DOS, chapter 3; ProDOS Technical Reference Manual, appendix B. */
export const APPLE_SECTOR_PLACES = {
  dos: [0, 13, 11, 9, 7, 5, 3, 1, 14, 12, 10, 8, 6, 4, 2, 15],
  prodos: [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15],
} as const;
