/** The types to know: a table that divides a medium, and the volumes it names. */
import type { Fault } from '../kernel/index.ts';
import type { ByteSource, Range } from '../media/index.ts';

/** How sure a scheme is. Several tables can be true of one medium (a hybrid disc): all of them are listed. */
export const Confidence = {
  No: 0,
  /** Its structures are there, but it speaks for another table (a protective MBR), or checks fail. */
  Shadow: 25,
  /** Believable, without a mark of its own. */
  Likely: 75,
  Certain: 100,
} as const;

/** One row of a table: a stretch of the medium that was given a purpose. Offsets are those of the source that the table was read from. */
export interface Volume extends Range {
  /** As people call it: from 1, but slices of Sun and SGI from 0; BSD's letters are 1 for `a` and so on. */
  readonly number: number;
  /** The table's own word for its type: `0x06`, a GUID, `Apple_HFS`, `DOS\1`. */
  readonly type: string;
  /** The same in words, where the type is known: `FAT16`, `EFI system`. */
  readonly title: string | undefined;
  /** The name that the table gives it. */
  readonly label?: string;
  /** Its GUID or other identity, lower case. */
  readonly id?: string;
  /** Marked to be started from. */
  readonly isBootable?: true;
  /** It only holds other volumes of the same table (an extended partition): nothing is looked for in it. */
  readonly isContainer?: true;
}

/** A table as it was read. */
export interface VolumeTable {
  /** Id of the scheme. */
  readonly scheme: string;
  /** In bytes, by which the table counts. */
  readonly sectorSize: number;
  /** In order of their rows. They may overlap, or end after the medium: then a warning says so. */
  readonly volumes: readonly Volume[];
  /** What the table itself takes: boot records, headers, entries. */
  readonly areas: readonly Range[];
  /** Identity of the disk, where the table has one. */
  readonly diskId?: string;
  /**
   * It speaks for another table (a protective boot record), or the system would use another one of this medium (a hybrid).
   * Its volumes that reach into what surer tables take for themselves are placeholders, and are not looked into.
   */
  readonly isShadow?: true;
  /** What else it tells of itself. Printable; camelCase. */
  readonly facts?: Readonly<Record<string, string | number>>;
  /** What is wrong without hindering the listing; data, never a log line. */
  readonly warnings: readonly Fault[];
}

/** Where a source stands: some tables inside volumes count from the beginning of the disk. */
export interface Place {
  /** Of its first byte on the medium. */
  readonly offset: number;
  /** `Volume.type` of the volume it is; '' for the medium itself. */
  readonly type: string;
}

/** One file in `formats/`; judged by test/conformance/volumes.test.ts. */
export interface VolumeScheme {
  /** One word everywhere: file name, fixture folder, database, API. */
  readonly id: string;
  readonly title: string;
  /** The documents the reader was written from. */
  readonly sources: readonly string[];
  /** Its place in the order of asking: a scheme that others imitate comes first. Lower is earlier. */
  readonly rank: number;
  /** A `Confidence`, by content only. Reads a few KiB at most. */
  probe(source: ByteSource, sectorSize: number): Promise<number>;
  /**
   * What could be read of the table, with warnings for what could not.
   * @param sectorSize of the medium, in bytes: a hint, since images forget it.
   * @throws Fault when nothing of it can be read.
   */
  read(source: ByteSource, sectorSize: number, place: Place): Promise<VolumeTable>;
}
