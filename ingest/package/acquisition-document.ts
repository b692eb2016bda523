/** metadata/acquisition.json: what the imaging station's lists, logs and maps say, each fact with its source. schemas/acquisition.schema.json describes it. */
import type { AcquisitionFact, MapSummary } from '../acquisition/index.ts';

export interface AcquisitionDocument {
  readonly image: {
    readonly name: string;
    readonly format: { readonly id: string; readonly title: string; readonly puid?: string; readonly basis: string };
    /** In order; paths in the package. */
    readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
  };
  /** The disk inside the image; absent for a container that was not opened, or that could not be read whole. */
  readonly medium?: Medium;
  /** What is damaged in the container, and which range of the medium that spoils; absent where nothing is. */
  readonly damage?: readonly ContainerDamage[];
  /** A `file` is named as received; it lies below data/submission/. */
  readonly facts: readonly AcquisitionFact[];
  /** ddrescue mapfiles: what was read of the disk, what not. */
  readonly mapfiles: readonly (MapSummary & { readonly writtenAt: string })[];
  /** What each log, and the container, tells of the imaging; absent where nothing does. */
  readonly imaging?: readonly ImagingRecord[];
  /** Flux of the same carrier, which the image was decoded from; absent where none came, or where flux is the image. */
  readonly flux?: readonly FluxRecord[];
  readonly checksums: readonly ChecksumRecord[];
  /** For the archivist: what was noticed, in sentences. */
  readonly notes: readonly string[];
}

export interface Medium {
  readonly size: number;
  readonly sha256: string;
  readonly sectorSize: number;
  /** Further digests, by BagIt's spelling: those that came along. */
  readonly digests?: Readonly<Record<string, string>>;
  /** What lies in it; absent where nothing is around it, since then it is the image's. */
  readonly format?: MediumFormat;
  readonly extents?: MediumExtents;
}

export interface MediumFormat {
  readonly id: string;
  readonly title: string;
  readonly puid?: string;
}

/** Bytes of each kind; the ranges that were never read from the carrier, of which the first 100,000 are listed. */
export interface MediumExtents {
  readonly data: number;
  readonly zero: number;
  readonly absent: number;
  readonly absentRanges: readonly { readonly offset: number; readonly length: number }[];
  readonly isTruncated: boolean;
}

export interface ContainerDamage {
  readonly code: string;
  readonly message: string;
  /** In the medium, in bytes; absent where the damage is of no one place. */
  readonly offset?: number;
  readonly length?: number;
}

/** The image itself, where another source would be named by its file. */
export const CONTAINER = 'container';

/** One account of the imaging. All else that it says stands among the facts, by the same source. */
export interface ImagingRecord {
  /** As received, below data/submission/; or `container`: the image itself tells. */
  readonly log: string;
  /** Of log or of container: guymager, ewf … */
  readonly kind: string;
  readonly title: string;
  /** When the file was last modified, by its own file system; empty when that is not known. */
  readonly writtenAt: string;
  readonly tool?: string;
  readonly toolVersion?: string;
  readonly examiner?: string;
  /** Times as the source has them, ISO 8601 where they could be read; without a zone where it tells none. */
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly verifiedAt?: string;
  readonly status?: string;
  /** It tells of nothing that could not be read. */
  readonly isWhole: boolean;
  /** Bytes of the medium that could not be read, where it tells which; the first 20,000 runs. */
  readonly badRanges: readonly { readonly offset: number; readonly length: number }[];
  /** There are more than are kept here. */
  readonly isTruncated: boolean;
  readonly verifications: readonly { readonly what: 'image' | 'source'; readonly isVerified: boolean }[];
}

/** A capture of the carrier's flux, kept beside the sector image. */
export interface FluxRecord {
  /** As received. */
  readonly name: string;
  readonly format: MediumFormat;
  /** Paths in the package: one file, or a stream for each track. */
  readonly files: readonly string[];
  /** Absent for what can't be decoded, and then `notCompared` says why. */
  readonly comparison?: FluxComparison;
  readonly notCompared?: { readonly code: string; readonly message: string };
}

/** The sectors that the flux decodes to, against those of the image. Neither is taken for the right one. */
export interface FluxComparison {
  /** In bytes, as the counts have it. */
  readonly sectorSize: number;
  /** Of the two disks, in bytes; where they differ, what both have from byte 0 on is compared. */
  readonly fluxSize: number;
  readonly imageSize: number;
  /** Of an Apple II disk: the order in which the image has the sectors of a track, where the flux has them in the other. */
  readonly sectorOrder?: 'DOS 3.3' | 'ProDOS';
  /** Together all that were compared. */
  readonly sectors: Readonly<Record<'agreeing' | NotAgreeing, number>>;
  /** Of the image's medium: all that do not agree, in order of the flux; the first 20,000. */
  readonly ranges: readonly { readonly offset: number; readonly length: number; readonly what: NotAgreeing }[];
  /** There are more than are kept here. */
  readonly isTruncated: boolean;
}

/** Both have other bytes; or one has none: its checksum was bad, or it was not found, or never read. */
export type NotAgreeing = 'differing' | 'onlyInFlux' | 'onlyInImage' | 'inNeither';

/** A digest that came with the disk, and what became of the comparison. A mismatch never gets this far. */
export interface ChecksumRecord {
  /** As received, below data/submission/; or `container`: the image carries it itself. */
  readonly list: string;
  /** Absent for a digest of the container. */
  readonly line?: number;
  readonly algorithm: string;
  readonly digest: string;
  /** A path in the package, or `medium`. */
  readonly subject: string;
  readonly outcome: 'match';
}
