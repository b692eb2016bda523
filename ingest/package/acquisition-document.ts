/** metadata/acquisition.json: what the imaging station's lists, logs and maps say, each fact with its source. schemas/acquisition.schema.json describes it. */
import type { AcquisitionFact, MapSummary } from '../acquisition/index.ts';

export interface AcquisitionDocument {
  readonly image: {
    readonly name: string;
    readonly format: { readonly id: string; readonly title: string; readonly puid?: string; readonly basis: string };
    /** In order; paths in the package. */
    readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
  };
  /** The disk inside the image; absent for a container that was not opened. */
  readonly medium?: { readonly size: number; readonly sha256: string; readonly sectorSize: number };
  /** A `file` is named as received; it lies below data/submission/. */
  readonly facts: readonly AcquisitionFact[];
  /** ddrescue mapfiles: what was read of the disk, what not. */
  readonly mapfiles: readonly (MapSummary & { readonly writtenAt: string })[];
  readonly checksums: readonly ChecksumRecord[];
  /** For the archivist: what was noticed, in sentences. */
  readonly notes: readonly string[];
}

/** A digest that came with the disk, and what became of the comparison. A mismatch never gets this far. */
export interface ChecksumRecord {
  /** As received, below data/submission/. */
  readonly list: string;
  readonly line: number;
  readonly algorithm: string;
  readonly digest: string;
  /** A path in the package, or `medium`. */
  readonly subject: string;
  readonly outcome: 'match';
}
