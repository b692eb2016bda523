/** Exit codes, and the options that every command takes. */
import { BagItError } from 'bagit-js';
import { Fault, FaultKind } from '#ingest/kernel';

export const ExitCode = {
  Done: 0,
  /** The answer is no: invalid bag, damage found, refused. */
  No: 1,
  WrongUsage: 2,
  /** The system failed: disk full, device gone, a mistake of the program. */
  SystemFailed: 3,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface GlobalOptions {
  readonly home?: string;
  readonly json?: boolean;
}

/** What we were given is the giver's business, even when it can't be read; what fails of our own is the system's. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof BagItError) return ExitCode.No;
  if (!(error instanceof Fault)) return ExitCode.SystemFailed;
  const isGiven = /^(?:acquisition|digest\/source)/.test(error.code);
  return error.kind === FaultKind.Unreadable && !isGiven ? ExitCode.SystemFailed : ExitCode.No;
}
