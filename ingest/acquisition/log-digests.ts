/** The digests that logs give, as digests to be compared: of the medium, or of a file of the deposit that the log names. */
import { posix } from 'node:path';
import { escaped } from '../kernel/index.ts';
import type { ExpectedDigest, Matched } from './checksum-match.ts';
import type { Deposit } from './deposit.ts';
import { type DepositNote, shown } from './folder.ts';
import type { ParsedLog } from './read-logs.ts';

/** A log names files as they were at the imaging station; those that are not here by these names can't be compared, and a note says so. */
export function digestsOfLogs({ image, submission }: Pick<Deposit, 'image' | 'submission'>, logs: readonly ParsedLog[]): Matched {
  /** By the last part of the path; undefined where two files have it. */
  const byBase = new Map<string, string | undefined>();
  for (const { name } of [...image.files, ...submission]) {
    const base = posix.basename(name);
    byBase.set(base, byBase.has(base) ? undefined : name);
  }
  const expected: ExpectedDigest[] = [];
  const notes: DepositNote[] = [];
  for (const { file, record } of logs) {
    const missing = new Set<string>();
    for (const { algorithm, digest, of, line } of record.digests) {
      const source = { file, line };
      if (of === 'medium') {
        expected.push({ algorithm, digest, of, source });
        continue;
      }
      const own = byBase.get(of.file);
      if (own === undefined) missing.add(of.file);
      else expected.push({ algorithm, digest, of: { file: own }, source });
    }
    if (missing.size === 0) continue;
    const message = `"${escaped(file)}" has digests of files that are not here by these names, so they were not compared: ${shown([...missing])}`;
    notes.push({ code: 'acquisition/log-names-missing-file', message });
  }
  return { expected, notes };
}
