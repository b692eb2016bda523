/** seal: the folder becomes a BagIt bag, and the bag is checked as a stranger would check it. */
import { validateBag } from 'bagit-js';
import { byteOrder, Fault, FaultKind } from '../../kernel/index.ts';
import { type SealedPackage, sealPackage } from '../../package/index.ts';
import type { IngestContext } from '../request.ts';
import type { Copied } from './copy.ts';
import type { Described } from './describe.ts';

/** @throws Fault 'ingest/bag-incomplete' when our own bag breaks a rule of RFC 8493 or of our profile. */
export async function seal(described: Described, copied: Copied, bag: string, context: IngestContext): Promise<SealedPackage> {
  const { id, title, accession, sealedAt } = described;
  const [{ name, version = '' }] = context.agents;
  const payload = copied.files.toSorted((a, b) => byteOrder(a.path, b.path));
  const sealed = await sealPackage(bag, { id, title, accession, sealedAt, software: `${name} ${version}`, payload });
  const report = await validateBag(bag, { completenessOnly: true });
  if (report.complete) return sealed;
  const [first] = report.errors;
  throw new Fault(
    FaultKind.Corrupt,
    'ingest/bag-incomplete',
    `the bag just made is not complete: ${first?.message ?? 'for no reason given'}; nothing was taken in. This is a mistake in the program: please report it`,
    { errors: report.errors.map(({ code, path }) => `${code} ${path ?? ''}`) },
  );
}
