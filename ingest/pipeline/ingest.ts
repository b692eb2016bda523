/** The story of one ingest: received, copied in one pass, measured, compared, surveyed, described, sealed, read back, stored. */
import { identificationBy } from '../identification/index.ts';
import { Fault, FaultKind, isSystemError, wordsOfSystemError } from '../kernel/index.ts';
import { agrees, fluxInWords } from '../package/index.ts';
import { contradictionsOf } from './imaging.ts';
import type { IngestContext, IngestReport, IngestRequest } from './request.ts';
import { compare } from './steps/compare.ts';
import { compareFlux } from './steps/compare-flux.ts';
import { copy } from './steps/copy.ts';
import { describe } from './steps/describe.ts';
import { measure } from './steps/measure.ts';
import { readBack } from './steps/read-back.ts';
import { receive } from './steps/receive.ts';
import { seal } from './steps/seal.ts';
import { store } from './steps/store.ts';
import { survey } from './steps/survey.ts';

/**
 * Brings what lies at `request.path` into storage as a package: whole and verified, or not at all.
 * The staging folder is gone when this returns or throws; after a kill, recover() removes it.
 * @throws Fault with the reason: 'acquisition/…', 'digest/…', 'identification/…', 'ingest/…', 'storage/…'.
 */
export async function ingest(request: IngestRequest, context: IngestContext): Promise<IngestReport> {
  const identification = await identificationBy(context.pronom ?? '');
  const received = await receive(request, context);
  const id = context.newId();
  try {
    const bag = `${await context.storage.stage(id)}/bag`;
    const copied = await copy(received, bag, context);
    const measured = await measure(received, copied, bag, context);
    const { records: checksums, notes: compared } = await compare(received, copied, measured, request, context);
    await readBack(copied, bag, context);
    const flux = await compareFlux(received, copied, measured, bag, context);
    const { surveyed, isDue } = await survey(received, copied, measured, bag, identification, context);
    const damage = (measured?.damage ?? []).map(({ message }) => message);
    const notes = [
      ...received.notes,
      ...damage,
      ...compared,
      ...contradictionsOf(received, measured),
      ...flux.filter((record) => !agrees(record)).map(fluxInWords),
      ...(surveyed?.notes ?? []),
    ];
    const described = await describe({ id, request, received, copied, measured, surveyed, flux, checksums, notes }, bag, context);
    const sealed = await seal(described, copied, bag, context);
    await store(id, bag, context);
    return {
      id,
      title: described.title,
      payloadBytes: sealed.payloadBytes,
      payloadFiles: sealed.payloadFiles,
      medium: described.medium,
      survey: surveyed?.totals,
      isSurveyDue: isDue,
      tagManifestSha256: sealed.tagManifestSha256,
      notes,
    };
  } catch (error) {
    throw isSystemError(error) ? asFault(error, context.storage.place) : error;
  } finally {
    await context.storage.dropStage(id);
  }
}

/** A system error that no step put into words of its own came from writing the package. */
function asFault(error: NodeJS.ErrnoException, place: string): Fault {
  return new Fault(
    FaultKind.Unreadable,
    'ingest/storage-failed',
    `the package could not be written at ${place}: ${wordsOfSystemError(error)}; nothing was taken in. Mend that and ingest again`,
    { place, code: error.code ?? '' },
    { cause: error },
  );
}
