/** The one error that this package throws. Faults of a bag are not thrown: they are in the report. */
import type { Code } from './codes.ts';
import type { Problem } from './report.ts';

export class BagItError extends Error {
  override readonly name = 'BagItError';
  readonly code: Code;
  /** With 'cannot-carry' and 'copy-differs': the single things that are wrong. */
  readonly problems: readonly Problem[];

  constructor(code: Code, message: string, options: { cause?: unknown; problems?: readonly Problem[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
  }
}

/** The `code` of a system error such as ENOENT; '' for anything else. */
export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** What went wrong, in the words of whoever threw it. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
