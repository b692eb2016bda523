/**
 * scanning: files judged by a virus scanner that runs beside us. Bytes go out to it, a verdict comes back; nothing is ever changed.
 * May import: kernel. Imported by: src.
 * Entry: openScanner(address).
 */
export { openScanner, type ScannerOptions } from './clamd.ts';
export { type ClamdAddress, clamdAddress } from './clamd-address.ts';
export { notScanned, type Scanner, type ScannerVersion, type Verdict, WhyNot } from './scanner.ts';
