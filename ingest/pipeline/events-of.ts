/** The events of an ingest in PREMIS terms, in the order in which they happened. */
import {
  type AcquisitionDocument,
  agrees,
  type EventAgent,
  fluxInWords,
  type FluxRecord,
  type NotAgreeing,
} from '../package/index.ts';
import {
  type LinkedAgent,
  type LinkedObject,
  local,
  type PremisEvent,
  type PremisIdentifier,
  preservationEvent,
  uuid,
} from '../premis/index.ts';
import { imagingEvents, type MakeEvent } from './imaging-events.ts';
import type { IngestContext } from './request.ts';
import type { Ingested } from './ingested.ts';

/** Lines of a list that an event's notes show. */
const MOST_NOTES = 50;

const FLUX_WORDS: Readonly<Record<NotAgreeing, string>> = {
  differing: 'the flux and the image differ',
  onlyInFlux: 'in the flux alone',
  onlyInImage: 'in the image alone',
  inNeither: 'in neither',
};

export function agentIdentifier({ name, version }: EventAgent): PremisIdentifier {
  return local(version === undefined ? name : `${name} ${version}`);
}

export function eventsOf(
  ingested: Ingested,
  acquisition: AcquisitionDocument,
  sealedAt: Date,
  context: IngestContext,
): PremisEvent[] {
  const { id, received, copied, checksums, notes } = ingested;
  const [program, ...people] = context.agents.map((agent): LinkedAgent => ({ ...agentIdentifier(agent), role: agent.role }));
  if (program === undefined) throw new TypeError('an ingest without a program');
  type Facts = Omit<Parameters<typeof preservationEvent>[0], 'id' | 'agents' | 'objects'>;
  const whole: PremisEvent['objects'] = [{ ...uuid(id), role: 'source' }];
  const event = (facts: Facts, agents: PremisEvent['agents'] = [program, ...people], objects = whole): PremisEvent =>
    preservationEvent({ ...facts, id: context.newId(), agents, objects });
  const { deposit, format, totalBytes, startedAt } = received;
  const count = copied.files.length;
  const algorithms = [...new Set(copied.files.flatMap(({ digests }) => Object.keys(digests)))];
  const lists = new Map<string, (typeof checksums)[number][]>();
  for (const record of checksums) {
    const records = lists.get(record.list);
    if (records === undefined) lists.set(record.list, [record]);
    else records.push(record);
  }
  return [
    ...imagingEvents(acquisition, event),
    event({
      type: 'transfer',
      at: startedAt,
      outcome: 'success',
      detail: `received ${count} files, ${totalBytes} bytes; the source was read once and left as it was`,
      notes: [`received as ${deposit.kind}: ${deposit.image.name}`, ...notes].slice(0, MOST_NOTES),
    }),
    event({
      type: 'message digest calculation',
      at: sealedAt,
      outcome: 'success',
      detail: `${algorithms.join(', ')} of each file, computed while it was copied; SHA-256 of each 1 MiB block of larger ones`,
    }),
    ...Array.from(lists, ([list, records]) =>
      event({
        type: 'fixity check',
        at: sealedAt,
        outcome: 'success',
        detail: `${records.length} digests given in ${list === 'container' ? 'the image itself' : list} agree with those computed`,
        notes: records.slice(0, MOST_NOTES).map(({ algorithm, digest, subject }) => `${algorithm} ${digest} ${subject}`),
      }),
    ),
    ...containerEvents(ingested, acquisition, sealedAt, event),
    ...ingested.flux.map((record) => {
      const captured = record.files.map((path): LinkedObject => ({ ...local(`${id}/${path}`), role: 'source' }));
      return event(fluxFacts(record, sealedAt), undefined, [...whole, ...captured]);
    }),
    event({
      type: 'format identification',
      at: sealedAt,
      outcome: format.id === 'raw' && format.basis === 'none' ? 'warning' : 'success',
      detail: `${format.title}${format.puid === undefined ? '' : ` (PRONOM ${format.puid})`}, identified by ${format.basis}`,
      notes:
        format.nameMismatch === undefined
          ? []
          : [`the name ends in .${format.nameMismatch.extension}, which promises ${format.nameMismatch.suggests.join(' or ')}`],
    }),
    ...surveyEvents(ingested, event),
    event({
      type: 'fixity check',
      at: sealedAt,
      outcome: 'success',
      detail: `${count} files were read back from storage and agree with what was received`,
    }),
    event({ type: 'ingestion', at: sealedAt, outcome: 'success', detail: 'sealed as a BagIt 1.0 package' }),
  ];
}

/** Comparing with a benchmark and noting the exceptions is what the vocabulary calls a validation. */
function fluxFacts(record: FluxRecord, at: Date): Parameters<MakeEvent>[0] {
  const ranges = record.comparison?.ranges ?? [];
  return {
    type: 'validation',
    at,
    outcome: agrees(record) ? 'success' : 'warning',
    detail: fluxInWords(record),
    notes: [
      `${record.format.title}: ${record.files.length === 1 ? 'one file' : `${record.files.length} files`}`,
      ...ranges.map(({ offset, length, what }) => `bytes ${offset} to ${offset + length - 1}: ${FLUX_WORDS[what]}`),
    ].slice(0, MOST_NOTES),
  };
}

/** The files inside, if they were listed before sealing. */
function surveyEvents({ surveyed }: Ingested, event: MakeEvent): PremisEvent[] {
  if (surveyed === undefined) return [];
  const { totals, fileSystems, path, at, notes } = surveyed;
  const { files, directories, deleted, withUnread, withFaults, damages } = totals;
  const systems = fileSystems.length === 0 ? 'no file system that is known' : fileSystems.join(', ');
  return [
    event({
      type: 'metadata extraction',
      at,
      outcome: withUnread + withFaults + damages > 0 ? 'warning' : 'success',
      detail: `${systems}: ${files} files in ${directories} folders, ${deleted} deleted entries, listed in ${path}`,
      notes: notes.slice(0, MOST_NOTES),
    }),
  ];
}

/** A container that was opened: whether it is sound, and the digests of the disk inside. */
function containerEvents(
  { received, measured }: Ingested,
  acquisition: AcquisitionDocument,
  at: Date,
  event: MakeEvent,
): PremisEvent[] {
  if (!received.format.readable || received.medium?.isWhole === true) return [];
  const { damage = [], medium } = acquisition;
  const isRead = measured?.digests !== undefined;
  const absent = measured?.extents?.absent ?? 0;
  const { title } = received.format;
  const found: PremisEvent[] = [
    event({
      type: 'validation',
      at,
      outcome: !isRead ? 'fail' : damage.length + absent > 0 ? 'warning' : 'success',
      detail: isRead
        ? `${title}: opened and read whole, with the checks that it carries`
        : `${title}: the disk inside can't be read whole; the image is kept as it came`,
      notes: [
        ...damage.map(({ message }) => message),
        ...(absent === 0 ? [] : [`${absent} bytes of the disk were never read from the carrier, as the image says`]),
      ].slice(0, MOST_NOTES),
    }),
  ];
  if (medium === undefined) return found;
  const algorithms = ['sha256', ...Object.keys(medium.digests ?? {})].join(', ');
  const detail = `${algorithms} of the disk inside, ${medium.size} bytes`;
  return [...found, event({ type: 'message digest calculation', at, outcome: 'success', detail })];
}
