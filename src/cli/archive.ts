/** What the command line asks of an archive, whether it opens the home itself or a running server has it. */
import type { Fault, Progress } from '#ingest/kernel';
import type { AccessionView, NewAccession } from '../accessions/accession.dto.ts';
import type { Hit } from '../catalogue/catalogue.dto.ts';
import type { IngestedPackage } from '../deposits/deposit.dto.ts';
import type { FindingView } from '../fixity/fixity.dto.ts';
import type { Extracted } from '../files/extracting.service.ts';
import type { DiskFileView, DiskView, FileFacets, FileScanView, FilesQuery } from '../files/files.dto.ts';
import type { KnownSetView } from '../known/known-sets.dto.ts';
import type { Checkup } from '../health/doctor.service.ts';
import type { ScanView } from '../scanning/scanning.dto.ts';
import type { SurveyedPackage } from '../surveys/survey.dto.ts';
import type { EventView, PackageFileView, PackageSummary, PackageView } from '../packages/package.dto.ts';

export interface IngestAsk {
  /** Absolute. */
  readonly path: string;
  readonly accession?: string | undefined;
  readonly title?: string | undefined;
  readonly again: boolean;
}

export interface ExportAsk {
  readonly package: string;
  readonly as: string;
  /** Absolute. */
  readonly to: string;
  readonly withHistory: boolean;
}

export interface Exported {
  readonly target: string;
  readonly bytes: number;
  readonly files: number;
  readonly sha256?: string | undefined;
  /** Of the disk, when the disk alone was exported. */
  readonly mediumSha256?: string | undefined;
  readonly notes?: readonly string[] | undefined;
}

export interface ExtractAsk {
  readonly package: string;
  /** Of files or folders, from the root of a volume; '' for the whole disk. */
  readonly paths: readonly string[];
  /** Absolute. */
  readonly to: string;
  /** From 0; undefined for every volume that has the paths. */
  readonly volume: number | undefined;
  readonly withDeleted: boolean;
}

/** `packages` undefined and `all` false: those that are due. */
export interface AuditAsk {
  readonly packages?: readonly string[] | undefined;
  readonly all: boolean;
}

export interface Audited {
  readonly package: string;
  readonly location: string;
  readonly outcome: string;
  readonly checkedBytes: number;
  readonly findings: readonly FindingView[];
}

/** `packages` undefined: those whose files inside were not read yet. */
export interface SurveyAsk {
  readonly packages?: readonly string[] | undefined;
  readonly again: boolean;
}

/** One that could not be surveyed; the others go on. */
export interface SurveyRefused {
  readonly package: string;
  readonly outcome: 'refused';
  readonly error: Fault;
}

export interface FileAsk {
  /** From the root of the volume. */
  readonly path: string;
  /** From 0; undefined for the only one that has the path. */
  readonly volume?: number | undefined;
  /** `resource`, or `alternate:name`; undefined for the file itself. */
  readonly stream?: string | undefined;
}

export interface FileInside {
  readonly size: number;
  /** As the survey found it; null where it could not. */
  readonly sha256: string | null;
  /** What the last virus scan said of it. */
  readonly scan: FileScanView | null;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface KnownAsk {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
}

export interface Archive extends AsyncDisposable {
  ingest(ask: IngestAsk, onProgress: Progress): Promise<IngestedPackage>;
  packages(accession?: string): AsyncIterable<PackageSummary>;
  package(id: string): Promise<PackageView>;
  files(id: string): AsyncIterable<PackageFileView>;
  history(id: string): Promise<EventView[]>;
  search(query: string, limit: number, known?: FilesQuery['known']): Promise<Hit[]>;
  /** Files inside disks. */
  findFiles(query: FilesQuery, limit: number): Promise<DiskFileView[]>;
  countFiles(query: FilesQuery): Promise<FileFacets>;
  /** All files inside the disk of a package, or one volume of it, some at a time. */
  filesInside(id: string, volume?: number): AsyncIterable<readonly DiskFileView[]>;
  /** The volumes of the disk inside a package. */
  disk(id: string): Promise<DiskView>;
  /** One file inside the disk of a package. The caller reads it to its end, or ends the iteration. */
  fileInside(id: string, ask: FileAsk): Promise<FileInside>;
  /** One after the other, in the order in which they are done. */
  audit(ask: AuditAsk, onProgress: Progress): AsyncIterable<Audited>;
  /** One after the other, in the order in which they are done. */
  survey(ask: SurveyAsk, onProgress: Progress): AsyncIterable<SurveyedPackage | SurveyRefused>;
  /** Every file of a package, and of the disk in it, given to the virus scanner. */
  scan(id: string, onProgress: Progress): Promise<ScanView>;
  /** What the last virus scan found. */
  scanOf(id: string): Promise<ScanView>;
  export(ask: ExportAsk, onProgress: Progress): Promise<Exported>;
  /** Files from inside the disk of a package. */
  extract(ask: ExtractAsk, onProgress: Progress): Promise<Extracted>;
  addAccession(accession: NewAccession): Promise<AccessionView>;
  accessions(): AsyncIterable<AccessionView>;
  addKnown(ask: KnownAsk, onProgress: Progress): Promise<KnownSetView>;
  knownSets(): Promise<KnownSetView[]>;
  /** @returns the set that is gone. */
  removeKnown(name: string): Promise<KnownSetView>;
  checkup(): Promise<Checkup>;
}
