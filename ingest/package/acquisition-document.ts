/** metadata/acquisition.json: what the imaging station's lists, logs and maps say, each fact with its source. schemas/acquisition.schema.json describes it. */
import type { ByteRange } from './finding.ts';

export interface AcquisitionDocument {
  readonly title: string;
  readonly image: {
    readonly name: string;
    readonly format: { readonly id: string; readonly title: string; readonly puid?: string; readonly basis: string };
    /** In order; paths in the package. */
    readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
  };
  /** The disk inside the image; absent for a container that was not opened. */
  readonly medium?: { readonly size: number; readonly sha256: string; readonly sectorSize: number };
  readonly facts: readonly AcquisitionFact[];
  readonly mapfile?: MapfileRecord;
  readonly checksums: readonly ChecksumRecord[];
  readonly warnings: readonly string[];
}

export interface AcquisitionFact {
  readonly name: string;
  readonly value: string | number;
  /** A file of the package with its line, or what it was worked out from. */
  readonly source: { readonly file?: string; readonly line?: number; readonly basis?: string };
}

/** A ddrescue mapfile: what was read of the disk, what not. Sizes in bytes. */
export interface MapfileRecord {
  readonly file: string;
  readonly size: number;
  readonly status: string;
  /** When the mapfile was last written, RFC 3339. */
  readonly writtenAt: string;
  readonly commandLine?: string;
  readonly startedAt?: string;
  readonly totals: {
    readonly rescued: number;
    readonly nonTried: number;
    readonly nonTrimmed: number;
    readonly nonScraped: number;
    readonly bad: number;
  };
  /** All that is not rescued, in order. */
  readonly blocks: readonly (ByteRange & { readonly status: string })[];
  /** True when there were more blocks than are listed; the mapfile itself has them all. */
  readonly truncated: boolean;
}

/** A digest that came with the disk, and what became of the comparison. A mismatch never gets this far. */
export interface ChecksumRecord {
  readonly list: string;
  readonly line: number;
  readonly algorithm: string;
  readonly digest: string;
  /** A path in the package, or `medium`. */
  readonly subject: string;
  readonly outcome: 'match';
}
