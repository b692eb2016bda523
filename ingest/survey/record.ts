/** What a survey tells of a medium: its volumes, and every file with where its bytes lie. Plain data, ready to be written. */
import type { Digests } from '../digest/index.ts';
import type { EntryKind, Stamps, StreamKind } from '../filesystems/index.ts';
import type { FileFormat } from '../identification/index.ts';
import type { Range } from '../media/index.ts';

export type { FileFormat };

/** A record while it is made. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Why something could not be read, or is in doubt. */
export interface Remark {
  readonly code: string;
  readonly message: string;
}

/** A branch that could not be listed. */
export interface SurveyedDamage extends Remark {
  readonly path: string;
}

/** A volume with one file system, or none; a volume with two (ISO 9660 and HFS) is told twice. */
export interface SurveyedVolume {
  /** From 0; what files refer to. */
  readonly index: number;
  /** Id of the table that names it; 'none' for a medium without one. */
  readonly scheme: string;
  /** As people count: `2`, `2.5`; '' without a table. */
  readonly number: string;
  /** Of the volume on the medium. */
  readonly offset: number;
  readonly length: number;
  readonly type: string;
  readonly title?: string;
  readonly label?: string;
  readonly id?: string;
  readonly fileSystem?: SurveyedFileSystem;
  readonly remarks: readonly Remark[];
}

export interface SurveyedFileSystem {
  readonly format: string;
  readonly type: string;
  readonly label: string;
  readonly serial?: string;
  readonly size: number;
  readonly blockSize: number;
  readonly isListed: boolean;
  readonly isEncrypted?: boolean;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** `zero` was never written, `absent` is nowhere, `resident` lies inside a structure, `packed` must be unpacked. */
export type ByteRunKind = 'stored' | 'packed' | 'resident' | 'zero' | 'absent';

/** A piece of a stream, and where its bytes lie. */
export interface ByteRun {
  readonly kind: ByteRunKind;
  /** In the stream. */
  readonly fileOffset: number;
  /** Bytes of the stream. */
  readonly length: number;
  /** On the medium; undefined where it lies nowhere, or in several pieces. */
  readonly imageOffset?: number;
  /** Bytes on the medium, of a packed run. */
  readonly packedLength?: number;
}

export interface SurveyedStream {
  readonly kind: StreamKind;
  readonly name: string;
  readonly size: number;
  readonly runs: readonly ByteRun[];
  /** The runs are more than are told; the digests are of all. */
  readonly hasMoreRuns?: true;
  /** Undefined when it was not asked for, or the bytes could not all be read. */
  readonly digests?: Digests;
  readonly format?: FileFormat;
  readonly packing?: string;
  readonly doubt?: string;
  /** Parts of the stream that were never read from the carrier: what stands there is not the file's. */
  readonly unread?: readonly Range[];
  /** Why the bytes could not be read. */
  readonly remark?: Remark;
}

export interface SurveyedFile {
  /** Index of its volume. */
  readonly volume: number;
  readonly kind: EntryKind;
  /** From the root of its file system, without a leading `/`. */
  readonly path: string;
  /** As stored, and what it was decoded by. */
  readonly nameBytes: Buffer;
  readonly encoding: string;
  readonly id: number;
  readonly parentId?: number;
  readonly isDeleted: boolean;
  readonly streams: readonly SurveyedStream[];
  readonly times: Stamps;
  readonly mode?: number;
  readonly ownerId?: number;
  readonly groupId?: number;
  readonly linkCount?: number;
  readonly target?: string;
  readonly attributes: readonly string[];
  readonly facts?: Readonly<Record<string, string | number>>;
  readonly tree?: string;
  readonly remarks?: readonly Remark[];
}

/** Counts of one survey. */
export interface SurveyTotals {
  readonly volumes: number;
  readonly files: number;
  readonly directories: number;
  readonly deleted: number;
  /** Of the data of allocated files, in bytes. */
  readonly bytes: number;
  /** Files with parts that were never read from the carrier. */
  readonly withUnread: number;
  /** Files whose bytes could not all be read for another reason. */
  readonly withFaults: number;
  /** Branches that could not be listed. */
  readonly damages: number;
}
