/** The types to know: bytes, the medium inside a container, its runs, and what a format must answer. */
import { Fault, FaultKind } from '../kernel/index.ts';

/** Bytes that can be read anywhere. Whoever opens one closes it. */
export interface ByteSource extends AsyncDisposable {
  /** In bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from byte `offset`.
   * @throws Fault 'truncated' past the end, before anything is allocated; 'unreadable' when the storage fails (worth a retry).
   */
  read(offset: number, length: number): Promise<Buffer>;
  /** Where these bytes lie as they are in one open file, for those who can read it without a copy; undefined where they don't. */
  fileAt?(offset: number, length: number): FilePlace | undefined;
}

export interface FilePlace {
  readonly file: OpenFile;
  /** Where in the file. */
  readonly at: number;
}

export interface OpenFile {
  /** As ByteSource.read, into `into`, all of it. @throws what it throws; `into` may then be partly written. */
  readInto(at: number, into: Buffer): Promise<void>;
  /** Gives the system's number for the file to `act`; until that has settled, closing the file waits. */
  lend<T>(act: (fd: number) => Promise<T>): Promise<T>;
}

/** `data` has stored bytes, `zero` is known to be zeros without reading, `absent` was never read from the carrier. */
export const ExtentKind = { Data: 'data', Zero: 'zero', Absent: 'absent' } as const;
export type ExtentKind = (typeof ExtentKind)[keyof typeof ExtentKind];

/** A range of the medium, in bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** What read() gives for an `absent` one (zeros, or the imaging program's filler) is not the disk's. */
export interface Extent extends Range {
  readonly kind: ExtentKind;
}

export type MediaFacts = Readonly<Record<string, string | number | readonly string[]>>;

/** Digests of the medium that its container carries, lower-case hex. */
export type StoredDigests = Readonly<Partial<Record<'md5' | 'sha1' | 'sha256', string>>>;

/** Compares checksums while a medium is read whole. */
export interface Verifier {
  /** The next bytes of the medium, from its first on. */
  update(bytes: Buffer): void;
  /** After the last: what does not agree, each with `mediumOffset` and `mediumLength` among its facts. */
  finish(): readonly Fault[];
}

/** The disk inside its container. Closing it closes what the format opened, never the container or its companions. */
export interface Media extends ByteSource {
  /** Id of the format that reads it. */
  readonly format: string;
  /** The medium is the container's own bytes, from the first to the last: its digests are the container's. */
  readonly isWhole: boolean;
  /** Logical sector size in bytes. */
  readonly sectorSize: number;
  /** What the container says of itself (geometry, labels, who imaged what, when), for PREMIS. Names are camelCase. */
  readonly facts: MediaFacts;
  /** To be compared with the medium's own, once they are known. */
  readonly storedDigests: StoredDigests;
  /** Bare names of the other files that it is made of, in order: segments, extents, parents. */
  readonly parts: readonly string[];
  /** What is wrong without hindering the reading; data, never a log line. */
  readonly warnings: readonly Fault[];
  /** Where the container carries checksums of parts of the medium: compares them, given all of its bytes. */
  readonly verifier?: (() => Verifier) | undefined;
  /**
   * Runs in order; together they cover the window once, the whole medium unless told otherwise.
   * Neighbours of one kind may come as several.
   */
  extents(window?: Range): AsyncIterable<Extent>;
  /**
   * As `read`, for who reads on and on: the bytes come in the memory of `spare`, or in other, and are the reader's alone, so that
   * the next read can have their memory. What it did with `spare` before is lost, also when this fails.
   */
  readInto?(offset: number, length: number, spare: ArrayBuffer): Promise<Buffer>;
}

/** How sure a format is, 0 to 100. The surest wins, a tie is a Fault. */
export const Confidence = {
  No: 0,
  /** Anything can be it: `raw`, which so comes last by itself. */
  Last: 1,
  /** Only the size speaks for it. */
  Size: 50,
  /** Its structures are there, but do not fit the size; or a short mark, as of a wrapper, that a file system's may outweigh. */
  Likely: 75,
  /** It wraps nothing, and what lies in it (a file system, a volume descriptor) is there and fits. */
  Fits: 90,
  /** The container's own signature is there: whatever the disk inside looks like, this is around it. */
  Certain: 100,
} as const;

/** What a wrapper holds. */
export interface Content {
  /** In bytes. */
  readonly size: number;
  /** Id of its format. */
  readonly format: string;
}

/** Other files of the same deposit, for formats made of several. Asked by bare name only; a path is never followed. */
export interface Companions {
  /** Bare name of the container itself; '' when it has none. */
  readonly own: string;
  /** Bare names of the others, sorted. */
  readonly names: readonly string[];
  /** What the wrapper `own` holds, where all of it was unpacked before; so it need not be only to learn this. */
  readonly content?: Content | undefined;
  /** The file of that name, exactly spelled or else differing in case only; stays the companions' to close. */
  find(name: string): Promise<ByteSource | undefined>;
  /**
   * The same file opened as a medium: a parent, a backing file. The caller closes it.
   * @param as id of the only format it may be read as; without it, its content tells.
   * @throws Fault 'media/chain-loop', 'media/chain-long', and what opening it throws.
   */
  media(name: string, as?: string): Promise<Media | undefined>;
  /**
   * What a wrapper holds, opened as a medium by its content, with the same companions. The caller closes it, and then `source`.
   * @param name bare name of what is inside, or ''.
   * @param as id of the only format it may be read as; without it, its content tells.
   * @throws Fault 'media/wrapped-deep' for wrappers in wrappers in wrappers, and what opening it throws.
   */
  inner(source: ByteSource, name: string, as?: string): Promise<Media>;
}

/** The beginning of what a wrapper holds, and the name it has for it. */
export interface Inside {
  readonly head: Buffer;
  readonly name?: string;
}

/** A file that a sheet names. */
export interface NamedFile {
  /** Bare: what the sheet has of a path is cut off. */
  readonly name: string;
  /** Belongs to the image where it is there; the image can be read without it. */
  readonly isOptional?: true;
}

/** One file in `formats/`; judged by test/conformance/media.test.ts. */
export interface MediaFormat {
  /** One word everywhere: file name, fixture folder, database, API. */
  readonly id: string;
  readonly title: string;
  /** The documents the reader was written from. */
  readonly sources: readonly string[];
  /** PRONOM identifier, where one name fits all that the format reads. */
  readonly puid?: string;
  /** It wraps nothing: the medium is the container's own bytes. */
  readonly isWhole?: true;
  /** A `Confidence`, by content only: never by the name. Reads a few KiB at most. */
  probe(container: ByteSource): Promise<number>;
  /**
   * Only of wrappers, whose medium is another image: the first `most` bytes of what is inside.
   * @throws Fault when there is no one file inside, or it can't be unpacked.
   */
  inside?(container: ByteSource, most: number): Promise<Inside>;
  /**
   * For a container that is a sheet: the files that it names and that make one image with it, in order. Opens none of them.
   * @param own bare name of the container: some sheets go by that.
   * @throws Fault for a sheet that is none.
   */
  files?(container: ByteSource, own: string): Promise<readonly NamedFile[]>;
  /** @throws Fault for damage, for what is missing, and for what this version does not read. */
  open(container: ByteSource, companions: Companions): Promise<Media>;
}

/** Most bytes one read may ask for: a length found in an image can be as large as the image. */
const READ_LIMIT = 256 * 1024 * 1024;

/**
 * Checks a window before anything is allocated for it.
 * @throws Fault 'truncated' past the end; 'unsupported' over 256 MiB at once. @throws RangeError for what is no count of bytes.
 */
export function checkWindow(size: number, offset: number, length: number, what: string): void {
  checkInside(
    size,
    offset,
    length,
    (end) => `${what} ends at byte ${size}; bytes ${offset} to ${end} were asked for; ask for a whole copy`,
  );
  if (length > READ_LIMIT) {
    const message = `${length} bytes of ${what} were asked for at once; the limit is ${READ_LIMIT}`;
    throw new Fault(FaultKind.Unsupported, 'media/read-too-large', message, { length, limit: READ_LIMIT });
  }
}

/**
 * Checks that a range lies in the first `size` bytes, however long it is.
 * @param says the message for one that ends at `end`. @throws Fault 'truncated' past the end; RangeError for what is no count of bytes.
 */
export function checkInside(size: number, offset: number, length: number, says: (end: number) => string): void {
  for (const n of [offset, length]) if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${n} is no count of bytes`);
  if (length > size - offset)
    throw new Fault(FaultKind.Truncated, 'media/past-end', says(offset + length), { size, offset, length });
}
