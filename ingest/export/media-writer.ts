/**
 * The contract of a writer: the disk inside a package's image in, the bytes of another container out, from the first to the last.
 *
 * To add one: a file in writers/, named like its id, that exports `writer`. It decides how the container looks and nothing else.
 * Opening the stored image, verification before and after, padding, cancellation, progress and the target are done once, for
 * all of them, by exportMedium. test/conformance/writers.test.ts judges it unasked.
 */
import type { Range } from '../media/index.ts';

export interface MediaWriter {
  /** One word: the file's name, `--as`, the API. Differs from the ids of the exporters. */
  readonly id: string;
  readonly title: string;
  /** Of the file made, dot included. */
  readonly extension: string;
  /** Id of the image format that reads what this writes: what was written is read back before it counts. */
  readonly format: string;
  /** The container counts in units of so many bytes: the disk is filled up with zeros to a multiple of it; 1 takes any size. */
  readonly sectorSize: number;
  /** In bytes: larger disks are refused before anything is written. */
  readonly largest: number;
  /**
   * Bytes of a block, for containers whose tables stand before the blocks: which blocks hold more than zeros is then known
   * before the first byte is written. The medium is read once more for that.
   */
  readonly blockSize?: number;
  /** The file made may have holes where it has zeros. */
  readonly isSparse?: true;
  /** What comes out may be far smaller than what goes in, so free space can't be told beforehand. */
  readonly isCompressed?: true;
  /**
   * The container, in order; nothing is written twice, and no more than some MiB are held. The disk must be read to its end.
   * Depends on the disk alone: the same disk gives the same bytes.
   */
  write(disk: Disk): AsyncIterable<Uint8Array>;
}

/** A disk as a writer sees it. What was never read from the carrier is there as the image has it: zeros, or a program's filler. */
export interface Disk {
  /** Id of the package. */
  readonly id: string;
  /** In bytes; a multiple of the writer's sectorSize. */
  readonly size: number;
  /** The one date of the export: the disk's own are in `facts`. */
  readonly sealedAt: Date;
  readonly facts: DiskFacts;
  /** Which blocks of the writer's blockSize hold more than zeros; none when it has no blockSize. */
  readonly used: Blocks;
  /** 16 bytes that make a UUID in network order; the same for the same disk, writer and `what`. */
  uuid(what: string): Buffer;
  /** All bytes in order, in pieces of `length`; the last may be shorter. The buffers are the reader's. Read once. */
  chunks(length: number): AsyncGenerator<Buffer, void, undefined>;
  /** The blocks in use, in order, each of blockSize bytes: the last is filled up with zeros. Instead of `chunks`. */
  blocks(): AsyncGenerator<Buffer, void, undefined>;
  /** What was never read from the carrier, in order; neighbours as one. */
  absent(): AsyncGenerator<Range, void, undefined>;
}

export interface Blocks {
  /** Of the whole disk. */
  readonly count: number;
  readonly usedCount: number;
  has(index: number): boolean;
}

/** What is known of the disk's acquisition; printable. Dates as the image has them, ISO 8601. */
export type DiskFacts = Readonly<
  Partial<
    Record<
      'caseNumber' | 'evidenceNumber' | 'examiner' | 'description' | 'notes' | 'model' | 'serialNumber' | 'acquiredAt',
      string
    >
  >
>;
