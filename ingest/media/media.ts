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
}

/** `data` has stored bytes, `zero` is known to be zeros without reading, `absent` is not in this container. */
export const ExtentKind = { Data: 'data', Zero: 'zero', Absent: 'absent' } as const;
export type ExtentKind = (typeof ExtentKind)[keyof typeof ExtentKind];

/** A run of the medium, in bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly kind: ExtentKind;
}

export type MediaFacts = Readonly<Record<string, string | number>>;

/** The disk inside its container. Closing it closes what the format opened, never the container. */
export interface Media extends ByteSource {
  /** Id of the format that reads it. */
  readonly format: string;
  /** Logical sector size in bytes. */
  readonly sectorSize: number;
  /** What the container says of itself (geometry, labels, stored digests), for PREMIS. */
  readonly facts: MediaFacts;
  /** What is wrong without hindering the reading; data, never a log line. */
  readonly warnings: readonly Fault[];
  /** Runs in order; together they cover [0, size) exactly once. */
  extents(): AsyncIterable<Extent>;
}

/** How sure a format is, 0 to 100. The surest wins, a tie is a Fault. */
export const Confidence = {
  No: 0,
  /** Anything can be it: `raw`, which so comes last by itself. */
  Last: 1,
  /** Only the size speaks for it. */
  Size: 50,
  /** Its structures are there, but do not fit the size. */
  Likely: 75,
  /** Its structures are there and fit. */
  Certain: 100,
} as const;

/** Other files of the same deposit, for formats made of several. Asked by bare name only; a path is never followed. */
export interface Companions {
  find(name: string): Promise<ByteSource | undefined>;
}

/** A container that came alone. */
export const alone: Companions = { find: () => Promise.resolve(undefined) };

/** One file in `formats/`; judged by test/conformance/media.test.ts. */
export interface MediaFormat {
  /** One word everywhere: file name, fixture folder, database, API. */
  readonly id: string;
  readonly title: string;
  /** The documents the reader was written from. */
  readonly sources: readonly string[];
  /** PRONOM identifier, where one name fits all that the format reads. */
  readonly puid?: string;
  /** A `Confidence`, by content only: never by the name. */
  probe(container: ByteSource): Promise<number>;
  open(container: ByteSource, companions: Companions): Promise<Media>;
}

/** Most bytes one read may ask for: a length found in an image can be as large as the image. */
const READ_LIMIT = 256 * 1024 * 1024;

/**
 * Checks a window before anything is allocated for it.
 * @throws Fault 'truncated' past the end; 'unsupported' over 256 MiB at once. @throws RangeError for what is no count of bytes.
 */
export function checkWindow(size: number, offset: number, length: number, what: string): void {
  for (const n of [offset, length]) if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${n} is no count of bytes`);
  if (length > size - offset) {
    const message = `${what} ends at byte ${size}; bytes ${offset} to ${offset + length} were asked for; ask for a whole copy`;
    throw new Fault(FaultKind.Truncated, 'media/past-end', message, { size, offset, length });
  }
  if (length > READ_LIMIT) {
    const message = `${length} bytes of ${what} were asked for at once; the limit is ${READ_LIMIT}`;
    throw new Fault(FaultKind.Unsupported, 'media/read-too-large', message, { length, limit: READ_LIMIT });
  }
}
