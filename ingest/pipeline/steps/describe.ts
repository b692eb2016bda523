/** describe: what is known of the disk becomes metadata/acquisition.json and metadata/premis.xml. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { durableWrite, escaped } from '../../kernel/index.ts';
import { ACQUISITION_PATH, type AcquisitionDocument, PREMIS_PATH } from '../../package/index.ts';
import { writePremis } from '../../premis/index.ts';
import type { Ingested } from '../ingested.ts';
import { acquisitionDocument } from '../acquisition-document.ts';
import { premisOf } from '../premis-of.ts';
import type { IngestContext } from '../request.ts';
import { writeDocument } from '../write-document.ts';

export interface Described {
  readonly id: string;
  readonly title: string;
  readonly accession: string | undefined;
  readonly sealedAt: Date;
  readonly medium: { readonly size: number; readonly sha256: string } | undefined;
}

/** @throws Fault 'premis/not-valid' when the record would break our own schema. */
export async function describe(ingested: Ingested, bag: string, context: IngestContext): Promise<Described> {
  const { id, request, received } = ingested;
  await mkdir(join(bag, 'metadata'), { recursive: true });
  const acquisition: AcquisitionDocument = acquisitionDocument(ingested);
  await durableWrite(join(bag, ACQUISITION_PATH), `${JSON.stringify(acquisition, null, 2)}\n`);
  const sealedAt = context.clock.now();
  await writeDocument(join(bag, PREMIS_PATH), (sink) =>
    writePremis(sink, premisOf(ingested, acquisition, sealedAt, context), context.guard),
  );
  return {
    id,
    title: request.title ?? escaped(received.deposit.image.name).trim(),
    accession: request.accession?.number,
    sealedAt,
    medium: acquisition.medium,
  };
}
