/** What an ingest is asked, what it needs around it, and what it answers. */
import type { Clock, Progress } from '../kernel/index.ts';
import type { EventAgent } from '../package/index.ts';
import type { PremisGuard } from '../premis/index.ts';
import type { Storage } from '../storage/index.ts';

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
  readonly organization: string | undefined;
  /** Asked once the medium's digest is known. */
  readonly holds: (mediumSha256: string) => Promise<HeldPackage | undefined>;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: Progress | undefined;
}

/** What is now in storage, whole and verified. The catalogue reads the rest from the package itself. */
export interface IngestReport {
  readonly id: string;
  readonly title: string;
  readonly payloadBytes: number;
  readonly payloadFiles: number;
  readonly mediumSize: number;
  readonly mediumSha256: string;
  readonly tagManifestSha256: string;
  /** For the archivist: what was found beside the image, and what is worth a look. */
  readonly notes: readonly string[];
}
