/** The logs of a deposit, read. One that can't be read is a note: the imaging is told of elsewhere, or not at all, and the disk is the same. */
import { Fault, FaultKind, escaped } from '../kernel/index.ts';
import type { ByteSource } from '../media/index.ts';
import type { DepositFile, DepositNote } from './folder.ts';
import type { ImagingLog, LogRecord } from './imaging-log.ts';
import { headOf, linesOfLog } from './log-lines.ts';
import { kindOfLog } from './log-registry.ts';

/** Of a carrier there are a few; a folder with more is no carrier's. */
const MOST_LOGS = 200;

export interface DepositLog {
  readonly file: DepositFile;
  readonly log: ImagingLog;
}

export interface ParsedLog {
  /** Name in the deposit. */
  readonly file: string;
  readonly kind: string;
  readonly title: string;
  readonly writtenAt: Date;
  readonly record: LogRecord;
}

/** Undefined for whatever is not surely a log. */
export async function logIn(file: DepositFile, source: ByteSource): Promise<DepositLog | undefined> {
  const head = await headOf(source);
  const log = head === undefined ? undefined : kindOfLog(head);
  return log === undefined ? undefined : { file, log };
}

/** @throws Fault of kind 'unreadable' when the file system does not answer. */
export async function readLogs(logs: readonly DepositLog[]): Promise<{ parsed: ParsedLog[]; notes: DepositNote[] }> {
  const parsed: ParsedLog[] = [];
  const notes: DepositNote[] = [];
  if (logs.length > MOST_LOGS)
    notes.push({
      code: 'acquisition/log-unread',
      message: `${logs.length} logs came along; the first ${MOST_LOGS} were read, all are kept`,
    });
  for (const { file, log } of logs.slice(0, MOST_LOGS)) {
    try {
      const record = await log.parse(linesOfLog(file, log.longestLine));
      parsed.push({ file: file.name, kind: log.id, title: log.title, writtenAt: file.mtime, record });
      if (record.isTruncated)
        notes.push({
          code: 'acquisition/log-long',
          message: `"${escaped(file.name)}" tells more than was taken from it; the log is kept whole`,
        });
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      const message = `"${escaped(file.name)}" looks like a ${log.title}, and was kept without being read: ${error.message}`;
      notes.push({ code: 'acquisition/log-unread', message });
    }
  }
  return { parsed, notes };
}
