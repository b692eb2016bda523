/** compare: the digests that came along against those of the bytes that were kept; and is the disk in the archive already? */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ChecksumRecord } from '../../package/index.ts';
import type { IngestContext, IngestRequest } from '../request.ts';
import type { Copied } from './copy.ts';
import type { Received } from './receive.ts';

/** @throws Fault 'ingest/digest-mismatch' with both values, 'ingest/already-held' with the package that holds the disk. */
export async function compare(
  received: Received,
  copied: Copied,
  request: IngestRequest,
  context: IngestContext,
): Promise<readonly ChecksumRecord[]> {
  const byName = new Map(copied.files.map((file) => [file.source.name, file]));
  const records: ChecksumRecord[] = [];
  for (const { algorithm, digest, of, source } of received.known.expected) {
    const file = of === 'medium' ? undefined : byName.get(of.file);
    const found = of === 'medium' ? copied.image.digests[algorithm] : file?.digests[algorithm];
    const name = of === 'medium' ? received.deposit.image.name : of.file;
    if (found === undefined) throw new TypeError(`no ${algorithm} of ${name} was computed`);
    if (found !== digest) throw mismatch({ name, algorithm, given: digest, found, list: source.file, line: source.line });
    records.push({ list: source.file, line: source.line, algorithm, digest, subject: file?.path ?? 'medium', outcome: 'match' });
  }
  if (!request.again) await mustBeNew(copied, context);
  return records;
}

async function mustBeNew(copied: Copied, context: IngestContext): Promise<void> {
  const digest = copied.image.digests.sha256 ?? copied.files[0]?.sha256 ?? '';
  const held = await context.holds(digest);
  if (held === undefined) return;
  throw new Fault(
    FaultKind.Refused,
    'ingest/already-held',
    `the archive holds this disk already: package ${held.id} ("${held.title}") has the same SHA-256 ${digest}; use --again to keep it twice`,
    { package: held.id, sha256: digest },
  );
}

function mismatch(facts: { name: string; algorithm: string; given: string; found: string; list: string; line: number }): Fault {
  const { name, algorithm, given, found, list, line } = facts;
  return new Fault(
    FaultKind.Corrupt,
    'ingest/digest-mismatch',
    `${name} is not what ${list} says: its ${algorithm} is ${found}, line ${line} of the list gives ${given}; nothing was taken in. Ask whoever sent it for a whole copy`,
    facts,
  );
}
