/** What an ingest is asked, what it needs around it, and what it answers. */
import type { Clock, Fault, Progress } from '../kernel/index.ts';
import type { EventAgent } from '../package/index.ts';
import type { PremisGuard } from '../premis/index.ts';
import type { Storage } from '../storage/index.ts';
import type { SurveyTotals } from '../survey/index.ts';

/** An accession, as far as its packages carry it. */
export interface AccessionFacts {
  readonly number: string;
  readonly title: string;
  readonly donor: string | undefined;
  readonly restrictions: string | undefined;
}

export interface IngestRequest {
  /** Absolute: an image, any member of a split set, or a folder that holds one carrier. */
  readonly path: string;
  /** Taken over from the image's name when absent. */
  readonly title: string | undefined;
  readonly accession: AccessionFacts | undefined;
  /** Keep the disk although the archive holds one with the same digest. */
  readonly again: boolean;
}

/** A package that holds a medium with the same digest. */
export interface HeldPackage {
  readonly id: string;
  readonly title: string;
}

export interface IngestContext {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly guard: PremisGuard;
  /** The program first, then the person. */
  readonly agents: readonly [EventAgent, ...EventAgent[]];
  /** Asked once the digests are known: the medium's, or the container's when it is not opened. */
  readonly holds: (sha256: string) => Promise<HeldPackage | undefined>;
  /**
   * Called when the package lies in storage: tells the journal, then the catalogue. Throws only while the journal knows nothing,
   * and the package is withdrawn; answers a Fault when only the catalogue is behind.
   */
  readonly stored: (id: string) => Promise<Fault | undefined>;
  /** How long an ingest may wait until all files inside are listed and digested; after that they are only listed. 0: not at all. */
  readonly surveyBudgetMs: number;
  /** Folder of PRONOM's signature files, by which the formats of the files inside are told; '' or undefined for our own table. */
  readonly pronom?: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: Progress | undefined;
}

/** What is now in storage, whole and verified. The catalogue reads the rest from the package itself. */
export interface IngestReport {
  readonly id: string;
  readonly title: string;
  readonly payloadBytes: number;
  readonly payloadFiles: number;
  /** Undefined for a container that this version does not open. */
  readonly medium: { readonly size: number; readonly sha256: string } | undefined;
  /** Undefined for what is not opened or could not be listed. */
  readonly survey: SurveyTotals | undefined;
  /** What is inside was not listed, or without digests, because it would have taken too long: surveyStored() does it. */
  readonly isSurveyDue: boolean;
  readonly tagManifestSha256: string;
  /** For the archivist: what was found beside the image, and what is worth a look. */
  readonly notes: readonly string[];
}
