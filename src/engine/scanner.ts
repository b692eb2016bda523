/** The virus scanner of this installation. Built here and nowhere else. */
import { openScanner, type Scanner } from '#ingest/scanning';
import type { Settings } from '../config/settings.ts';

/** For Nest: `@Inject(SCANNER) scanner: ScannerSource`. */
export const SCANNER = Symbol('scanner');

/** A scanner that has proven nothing yet: one for each scan. Undefined where none is configured. */
export type ScannerSource = () => Scanner | undefined;

export function scannerOf({ clamd, clamdMaxBytes }: Settings): ScannerSource {
  return () => (clamd === '' ? undefined : openScanner(clamd, { maxBytes: clamdMaxBytes }));
}
