/** The digests that logs give, as digests to be compared: of the medium, or of a file of the deposit that the log names. */
import { posix } from 'node:path';
import { escaped } from '../kernel/index.ts';
import type { ExpectedDigest, Matched } from './checksum-match.ts';
import type { Deposit } from './deposit.ts';
import { type DepositNote, shown } from './folder.ts';
import type { ParsedLog } from './read-logs.ts';

/** A log names files as they were at the imaging station; those that are not here by these names can't be compared, and a note says so. */
export function digestsOfLogs({ image, submission }: Pick<Deposit, 'image' | 'submission'>, logs: readonly ParsedLog[]): Matched {
  const names = [...image.files, ...submission].map(({ name }) => name);
  const fileCalled = (name: string): string | undefined => {
    const [one, ...others] = names.filter((own) => posix.basename(own) === name);
    return others.length === 0 ? one : undefined;
  };
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
      const own = fileCalled(of.file);
      if (own === undefined) missing.add(of.file);
      else expected.push({ algorithm, digest, of: { file: own }, source });
    }
    if (missing.size === 0) continue;
    const message = `"${escaped(file)}" has digests of files that are not here by these names, so they were not compared: ${shown([...missing])}`;
    notes.push({ code: 'acquisition/log-names-missing-file', message });
  }
  return { expected, notes };
}
