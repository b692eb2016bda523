/** The types to know: a file system in a volume, its entries, their streams, and what a format must answer. */
import type { Fault } from '../kernel/index.ts';
import type { ByteSource, Run } from '../media/index.ts';

/** How sure a format is. Boot sectors outlive their file system: a format believes in itself only when its root structure is there. */
export const Confidence = {
  No: 0,
  /** No mark of its own, only believable content (CP/M, a DOS 1.x floppy without parameters). */
  Guess: 40,
  /** Its structures are there, but some do not fit. */
  Likely: 75,
  Certain: 100,
} as const;

/** A name as the file system stores it, and as people read it. */
export interface Name {
  /** As stored: the padding taken off, nothing else. */
  readonly bytes: Buffer;
  /** Never empty; without control characters, lone surrogates or `/` (see names.ts). */
  readonly text: string;
  /** What `text` was decoded by: `utf-8`, `utf-16le`, `cp437`, `macintosh`, … */
  readonly encoding: string;
}

/** A time as it was recorded. Nothing is corrected: an impossible date is told as such. */
export interface Stamp {
  /**
   * RFC 3339 with `Z` or an offset where the file system says which; without either where it is the local time of a place nobody noted.
   * Undefined when no such date exists.
   */
  readonly text: string | undefined;
  /** In seconds: 2 for a FAT modification, 86400 for a date without time. */
  readonly resolutionSeconds: number;
  /** What stands there, for a date that is impossible (month 0, hour 25) or beyond belief. */
  readonly doubt?: string;
}

export interface Stamps {
  readonly modified?: Stamp;
  readonly accessed?: Stamp;
  /** Made, on this file system. */
  readonly created?: Stamp;
  /** Its metadata were changed. */
  readonly changed?: Stamp;
  readonly backedUp?: Stamp;
  readonly deleted?: Stamp;
}

/** `data` is the file itself. */
export const StreamKind = { Data: 'data', Resource: 'resource', Alternate: 'alternate', Attribute: 'attribute' } as const;
export type StreamKind = (typeof StreamKind)[keyof typeof StreamKind];

/** One sequence of bytes of an entry. */
export interface DataStream {
  readonly kind: StreamKind;
  /** Name of an alternate stream or attribute; '' of the data and of the resource fork. */
  readonly name: string;
  /** In bytes, as it is read. */
  readonly size: number;
  /**
   * Where its bytes lie: in order, without gaps, [0, size) exactly once; `source` of stored runs is the volume (or piecesOf it, or
   * bytes that lie inside a structure). `absent` is what the structures don't give: never zeros of the file.
   * Walks the tables when it is asked, and not before: a promise, unless nothing is to be read for it. At most `MOST_RUNS`.
   * @throws Fault of kind 'corrupt' for chains that are broken so that nothing can be read; 'unsupported' for what is not decoded.
   */
  runs(): readonly Run[] | Promise<readonly Run[]>;
  /** How the bytes were stored, when not as they are: `lznt1`, `zlib`, `decmpfs zlib`, `encrypted`. */
  readonly packing?: string;
  /** Why its bytes may not be its own: clusters of a deleted file, taken to lie one after the other. */
  readonly doubt?: string;
}

export const EntryKind = {
  File: 'file',
  Directory: 'directory',
  Link: 'link',
  Character: 'character',
  Block: 'block',
  Pipe: 'pipe',
  Socket: 'socket',
  Whiteout: 'whiteout',
  /** A name without anything known behind it. */
  Unknown: 'unknown',
} as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

/** A file, a folder, or what else a directory names. */
export interface Entry {
  readonly kind: EntryKind;
  /** Names from the root, joined by `/`; without a leading one. Unique among the allocated, unless the disk itself says so twice. */
  readonly path: string;
  readonly name: Name;
  /** As the file system counts: inode, MFT record, CNID, first cluster. Unique in it, but for hard links. */
  readonly id: number;
  /** `id` of the directory it is in. */
  readonly parentId: number | undefined;
  /** What a deleted entry's structures still tell is told, and no more. */
  readonly isDeleted: boolean;
  /** The first is the data, where it has any; a directory has none unless it carries forks. */
  readonly streams: readonly DataStream[];
  readonly times: Stamps;
  /** Permission bits with the type bits, as POSIX has them. */
  readonly mode?: number;
  readonly ownerId?: number;
  readonly groupId?: number;
  readonly linkCount?: number;
  /** Of a symbolic link: text, never followed. */
  readonly target?: string;
  /** Words of the file system itself: `read-only`, `hidden`, `system`, `archive`, `compressed`, `encrypted`, `locked` … */
  readonly attributes: readonly string[];
  /** More that it tells, printable: `type` and `creator` of the Macintosh, load address, comment, reparse tag. camelCase. */
  readonly facts?: Readonly<Record<string, string | number>>;
  /** Which of several trees of one disc it was found in, when not in the main one: `joliet`, `iso9660`. */
  readonly tree?: string;
  /** What of this entry is doubtful or could not be read. */
  readonly faults?: readonly Fault[];
}

/** A branch that could not be listed. The rest goes on. */
export interface Damage {
  readonly kind: 'damage';
  /** Of the directory, or '' for the whole. */
  readonly path: string;
  readonly fault: Fault;
}

export type Found = Entry | Damage;

/** What a listing may cost. A stranger's image can ask for anything. */
export interface ListingLimits {
  readonly entryCount: number;
  /** Directories inside directories. */
  readonly depth: number;
}

export const LISTING_LIMITS: ListingLimits = { entryCount: 16 * 1024 * 1024, depth: 255 };
/** Runs of one stream: a full 4 GB file in clusters of 2 KiB, none beside the other. */
export const MOST_RUNS = 2 * 1024 * 1024;

export interface FileSystem extends AsyncDisposable {
  /** Id of the format that reads it; of what is recognised only, one word of its own: `xfs`, `luks`. */
  readonly format: string;
  /** As people call it: `FAT12`, `ext4`, `NTFS 3.1`, `ISO 9660 with Joliet`. */
  readonly type: string;
  /** Without padding; '' when it has none. */
  readonly label: string;
  /** Serial number or UUID, lower case. */
  readonly serial?: string;
  /** In bytes, by its own count: may be less or more than the volume. */
  readonly size: number;
  /** In bytes: cluster, block, allocation unit. */
  readonly blockSize: number;
  /** False when it is recognised and named, but its files are not listed by this version. */
  readonly isListed: boolean;
  readonly isEncrypted?: boolean;
  /** What else it says of itself: version, who made it, last mounted, dates. Printable; camelCase. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** What is wrong without hindering the listing: not cleanly unmounted, a copy that differs. */
  readonly warnings: readonly Fault[];
  /**
   * Every entry once, in batches, as they come; a directory before what is in it; deleted ones too. The root itself is none.
   * Ends with a Damage 'filesystem/too-many' at the limit. Damage of structures is a Damage, never thrown.
   * @throws Fault of kind 'unreadable' when the storage fails; `signal.reason`.
   */
  entries(limits: ListingLimits, signal?: AbortSignal): AsyncIterable<readonly Found[]>;
}

export interface OpenOptions {
  /** Code page of names that carry none (FAT short names, CP/M): `cp437` unless told otherwise. A name that iconv-lite knows. */
  readonly codePage: string;
  /** The same for names of the old Macintosh that do not say their script: `macintosh` (Roman), `maccyrillic`, `shift_jis` … */
  readonly macScript: string;
}

export const OPEN_OPTIONS: OpenOptions = { codePage: 'cp437', macScript: 'macintosh' };

/** One file in `formats/`; judged by test/conformance/filesystems.test.ts. */
export interface FileSystemFormat {
  /** One word everywhere: file name, fixture folder, database, API. */
  readonly id: string;
  readonly title: string;
  /** The documents the reader was written from. */
  readonly sources: readonly string[];
  /** Stands beside others on one volume, each with a tree of its own: the bridges and hybrids of optical discs. */
  readonly isBridge?: true;
  /** A `Confidence`, by content only: magic, and the root structure that belongs to it. Reads a few KiB at most. */
  probe(volume: ByteSource): Promise<number>;
  /** Closing the result leaves the volume open. @throws Fault when not even the root can be read. */
  open(volume: ByteSource, options: OpenOptions): Promise<FileSystem>;
}
