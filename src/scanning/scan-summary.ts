/** What a scan of a package comes to: kept with the scan, and in its event. */
import { z } from 'zod';

export const ScannerVersionView = z.object({
  name: z.string(),
  version: z.string(),
  signatures: z.string().nullable().describe('Version of its signatures'),
  signaturesFrom: z.string().nullable().describe('When they were made, as the scanner says it'),
});

export const InfectedFile = z.object({
  volume: z.int().nullable().describe('Of the disk, from 0; null for a file of the package'),
  path: z.string().describe('From the root of the volume, or of the package'),
  stream: z.string().nullable(),
  found: z.string().describe("The scanner's name for it"),
});
export type InfectedFile = z.infer<typeof InfectedFile>;

export const ScanSummary = z.object({
  files: z.int().describe('Files and further streams, in the disk and beside it'),
  bytes: z.int(),
  clean: z.int(),
  infected: z.int(),
  notScanned: z.int(),
  scanners: z.array(ScannerVersionView).describe('Those that were used: signatures may change in the middle'),
  infectedFiles: z.array(InfectedFile).describe('The first of them'),
  reasons: z.array(z.object({ because: z.string(), files: z.int() })).describe('Why files were not scanned, the most frequent'),
  gaps: z.array(z.string()).describe('Parts of the disk whose files are not known, and so were not scanned'),
});
export type ScanSummary = z.infer<typeof ScanSummary>;

/** `412 of 420 files clean, 2 infected, 6 not scanned`. */
export function inWords({ files, clean, infected, notScanned }: ScanSummary): string {
  return `${clean} of ${files} files clean, ${infected} infected, ${notScanned} not scanned`;
}

/** `ClamAV 1.4.6, signatures 27829 (Mon Nov 23 08:24:00 2026)`. */
export function scannerInWords({ name, version, signatures, signaturesFrom }: ScanSummary['scanners'][number]): string {
  const date = signaturesFrom === null ? '' : ` (${signaturesFrom})`;
  return signatures === null ? `${name} ${version}` : `${name} ${version}, signatures ${signatures}${date}`;
}
