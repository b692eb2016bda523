/** How much a bag may ask of us. Every limit can be raised by the caller. */

export interface Limits {
  /** Entries of an archive. */
  readonly entries: number;
  /** Bytes that an archive may unpack to. */
  readonly totalSize: number;
  /** How many times its own size an archive may unpack to; looked at only above `ratioFloor` bytes. */
  readonly ratio: number;
  readonly ratioFloor: number;
  /** Characters in one line of a tag file. */
  readonly lineLength: number;
  /** Bytes of a tag file that is held in memory: bagit.txt, bag-info.txt. Manifests are streamed and have no limit. */
  readonly tagFileSize: number;
  /** Problems listed in a report, errors and warnings each. */
  readonly problems: number;
}

export const DEFAULT_LIMITS: Limits = {
  entries: 5_000_000,
  totalSize: 64 * 2 ** 40,
  ratio: 200,
  ratioFloor: 16 * 2 ** 20,
  lineLength: 64 * 1024,
  tagFileSize: 16 * 2 ** 20,
  problems: 500_000,
};
