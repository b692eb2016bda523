/** compare: the digests that came along against those of the bytes that were kept; and is the disk in the archive already? */
import type { Algorithm } from '../../digest/index.ts';
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ChecksumRecord } from '../../package/index.ts';
import type { IngestContext, IngestRequest } from '../request.ts';
import type { Copied } from './copy.ts';
import type { Measured } from './measure.ts';
import type { Received } from './receive.ts';

export interface Compared {
  readonly records: readonly ChecksumRecord[];
  /** For the archivist. */
  readonly notes: readonly string[];
}

/**
 * What came along for the medium of a container that could not be read whole is not compared, and `notes` say so.
 * @throws Fault 'ingest/digest-mismatch' with both values, 'ingest/already-held' with the package that holds the disk.
 */
export async function compare(
  received: Received,
  copied: Copied,
  measured: Measured | undefined,
  request: IngestRequest,
  context: IngestContext,
): Promise<Compared> {
  const byName = new Map(copied.files.map((file) => [file.source.name, file]));
  const records: ChecksumRecord[] = [];
  const unchecked: string[] = [];
  const image = received.deposit.image.name;
  for (const { algorithm, digest, of, source } of received.known.expected) {
    const file = of === 'medium' ? undefined : byName.get(of.file);
    const found = of === 'medium' ? measured?.digests?.[algorithm] : file?.digests[algorithm];
    const name = of === 'medium' ? image : of.file;
    if (found === undefined && of === 'medium' && measured?.digests === undefined) {
      unchecked.push(`${algorithm} ${digest} (${source.file}, line ${source.line})`);
      continue;
    }
    if (found === undefined) throw new TypeError(`no ${algorithm} of ${name} was computed`);
    if (found !== digest) {
      const kind = received.known.logs.some(({ file }) => file === source.file) ? 'log' : 'list';
      throw mismatch({ name, algorithm, given: digest, found, list: source.file, line: source.line }, kind);
    }
    records.push({ list: source.file, line: source.line, algorithm, digest, subject: file?.path ?? 'medium', outcome: 'match' });
  }
  for (const [algorithm, digest] of Object.entries(received.medium?.storedDigests ?? {}) as [Algorithm, string][]) {
    const found = measured?.digests?.[algorithm];
    if (found === undefined) unchecked.push(`${algorithm} ${digest} (in the image itself)`);
    else if (found !== digest) throw storedMismatch({ name: image, algorithm, stored: digest, found });
    else records.push({ list: 'container', algorithm, digest, subject: 'medium', outcome: 'match' });
  }
  if (!request.again) await mustBeNew(copied, measured, context);
  const why = 'the disk inside could not be read whole, so digests given for it were not compared';
  return { records, notes: unchecked.length === 0 ? [] : [`${why}: ${unchecked.slice(0, 20).join('; ')}`] };
}

async function mustBeNew(copied: Copied, measured: Measured | undefined, context: IngestContext): Promise<void> {
  for (const digest of new Set([measured?.digests?.sha256, copied.files[0]?.sha256])) {
    const held = digest === undefined ? undefined : await context.holds(digest);
    if (held === undefined || digest === undefined) continue;
    throw new Fault(
      FaultKind.Refused,
      'ingest/already-held',
      `the archive holds this disk already: package ${held.id} ("${held.title}") has the same SHA-256 ${digest}; use --again to keep it twice`,
      { package: held.id, sha256: digest },
    );
  }
}

function storedMismatch(facts: { name: string; algorithm: string; stored: string; found: string }): Fault {
  const { name, algorithm, stored, found } = facts;
  return new Fault(
    FaultKind.Corrupt,
    'ingest/stored-digest-mismatch',
    `the disk inside ${name} is not what was imaged: its ${algorithm} is ${found}, the image itself says ${stored}; nothing was taken in. Ask whoever sent it for a whole copy`,
    facts,
  );
}

type Mismatch = { name: string; algorithm: string; given: string; found: string; list: string; line: number };

function mismatch(facts: Mismatch, kind: 'list' | 'log'): Fault {
  const { name, algorithm, given, found, list, line } = facts;
  return new Fault(
    FaultKind.Corrupt,
    'ingest/digest-mismatch',
    `${name} is not what ${list} says: its ${algorithm} is ${found}, line ${line} of the ${kind} gives ${given}; nothing was taken in. Ask whoever sent it for a whole copy`,
    facts,
  );
}
