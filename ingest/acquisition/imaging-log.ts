/**
 * The contract of a log that an imaging program wrote: one file in logs/ for each kind, told by its content, never by its name.
 *
 * A log is a witness, not a specification: it may be cut, translated, edited by hand or in an old code page. So a reader takes what
 * it knows, passes over the rest, and never throws for what stands in the log; what is not in the vocabulary is not a fact.
 */
import type { ListAlgorithm } from './checksum-list.ts';

/** All names of facts, for logs as for what containers say of their making. Times are ISO 8601, with a zone only where the log has one. */
export const FACT_NAMES = {
  caseNumber: 'as the imaging station was told',
  evidenceNumber: 'as the imaging station was told',
  examiner: 'who made the image',
  description: 'of the carrier, in the words of the imaging station',
  notes: 'of who made the image',
  tool: 'program that read the carrier',
  toolVersion: 'its version',
  commandLine: 'how it was called',
  operatingSystem: 'of the imaging station',
  hostName: 'of the imaging station',
  writeBlocker: 'what kept the carrier from being written to',
  devicePath: 'name of the device at the imaging station: /dev/sdb',
  deviceVendor: 'who made the carrier, or the drive it lies in',
  deviceModel: 'of the carrier, or the drive it lies in',
  deviceSerial: 'serial number',
  deviceInterface: 'how it was attached: USB, SATA',
  deviceSize: 'bytes',
  readerModel: 'drive that read a carrier which is no drive itself: a disc, a floppy',
  readerSerial: 'its serial number',
  readerFirmware: 'its firmware',
  hiddenAreas: 'HPA and DCO, as the log words it',
  mediaType: 'kind of carrier or of source, as the log words it',
  imageFormat: 'format that was written, as the log words it',
  imagePath: 'where the image was written',
  sectorSize: 'bytes',
  sectorCount: 'sectors of the carrier',
  badSectorCount: 'sectors that could not be read right',
  missingSectorCount: 'sectors of a floppy that were not found at all',
  goodSectorCount: 'sectors of a floppy that were read right',
  badAreaCount: 'runs of the carrier that could not be read',
  readErrorCount: 'errors, each try counted',
  rescued: 'share or size that was read, as the log words it',
  trackCount: 'tracks that the log tells of',
  goodTrackCount: 'tracks without fault',
  badTrackCount: 'tracks with bad or missing sectors',
  badTracks: 'these tracks, each with its counts; the first 100',
  startedAt: 'when reading began',
  endedAt: 'when the program was done',
  acquiredAt: 'when the image was made, where only one time is told',
  verifiedAt: 'when the image had been compared',
  status: 'how it ended, as the log words it',
} as const;
export type FactName = keyof typeof FACT_NAMES;

/** Names that readers of containers have for the same things. */
const CONTAINER_NAMES: Readonly<Record<string, FactName>> = {
  model: 'deviceModel',
  serialNumber: 'deviceSerial',
  deviceSerialNumber: 'deviceSerial',
  mediaModel: 'deviceModel',
  mediaSerialNumber: 'deviceSerial',
  driveModel: 'readerModel',
  driveSerialNumber: 'readerSerial',
  driveFirmwareRevision: 'readerFirmware',
};

/** The name that a container's fact has beside those of logs. */
export function vocabularyName(name: string): string {
  return Object.hasOwn(CONTAINER_NAMES, name) ? (CONTAINER_NAMES[name] ?? name) : name;
}

export interface LogLine {
  /** The first line is 1. */
  readonly number: number;
  /** Decoded, without the line's end. */
  readonly text: string;
}

export interface LogFact {
  readonly name: FactName;
  readonly value: string | number | boolean;
  readonly line: number;
}

export interface LogDigest {
  readonly algorithm: ListAlgorithm;
  /** Lower-case hex. */
  readonly digest: string;
  /** What was imaged; or a file that was written, by its bare name. */
  readonly of: 'medium' | { readonly file: string };
  readonly line: number;
}

/** The log says that something was compared with what had been read. */
export interface LogVerification {
  /** `source`: the carrier was read once more. */
  readonly what: 'image' | 'source';
  readonly isVerified: boolean;
  readonly line: number;
}

/** Bytes of the medium that could not be read. */
export interface BadRange {
  readonly offset: number;
  readonly length: number;
}

export interface LogRecord {
  readonly facts: readonly LogFact[];
  readonly digests: readonly LogDigest[];
  readonly verifications: readonly LogVerification[];
  readonly badRanges: readonly BadRange[];
  /** Runs of sectors, where the log does not tell how large a sector is. */
  readonly badSectors: readonly { readonly first: number; readonly count: number }[];
  /** The log tells more than is kept of it. */
  readonly isTruncated: boolean;
}

export interface ImagingLog {
  /** Its file's name. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Where the form is written down, or who writes it. */
  readonly sources: readonly string[];
  /** Bytes of the longest line it needs whole; longer ones come cut. 8192 where nothing is said, 16 MiB at most. */
  readonly longestLine?: number;
  /** By the first 64 KiB, decoded. Sure of it: a list of digests, a map, a text of any other kind is not a log. */
  matches(head: string): boolean;
  /** Reads the lines once. Memory is bounded however many there are. Throws nothing for what they say. */
  parse(lines: AsyncIterable<LogLine>): Promise<LogRecord>;
}
