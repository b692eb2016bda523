/** What the steps before the description have found out. */
import type { ChecksumRecord, FluxRecord } from '../package/index.ts';
import type { IngestRequest } from './request.ts';
import type { Copied } from './steps/copy.ts';
import type { Measured } from './steps/measure.ts';
import type { Received } from './steps/receive.ts';
import type { Surveyed } from './steps/survey.ts';

export interface Ingested {
  readonly id: string;
  readonly request: IngestRequest;
  readonly received: Received;
  readonly copied: Copied;
  readonly measured: Measured | undefined;
  /** Undefined for what is not opened or could not be listed. */
  readonly surveyed: Surveyed | undefined;
  /** Captures of the carrier that came with its sector image. */
  readonly flux: readonly FluxRecord[];
  readonly checksums: readonly ChecksumRecord[];
  /** For the archivist: what reception and comparison found. */
  readonly notes: readonly string[];
}
