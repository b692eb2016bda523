/** The events that happened before the archive knew of the disk, as mapfiles, logs and the container tell of them; and who did them. */
import { type AcquisitionDocument, CONTAINER, type ImagingRecord } from '../package/index.ts';
import {
  type LinkedAgent,
  local,
  personAgent,
  type PremisAgent,
  type PremisEvent,
  type preservationEvent,
  softwareAgent,
} from '../premis/index.ts';

export type MakeEvent = (
  facts: Omit<Parameters<typeof preservationEvent>[0], 'id' | 'agents' | 'objects'>,
  agents?: PremisEvent['agents'],
  objects?: PremisEvent['objects'],
) => PremisEvent;

/** Programs and people that mapfiles, logs and the container name, each once. */
export function imagingAgents(acquisition: AcquisitionDocument): PremisAgent[] {
  const mapped = acquisition.mapfiles.length === 0 ? [] : [mapfileProgram(acquisition)];
  const told = (acquisition.imaging ?? []).flatMap((record) => [programOf(record), ...personOf(record)]);
  const byName = new Map<string, PremisAgent>();
  for (const agent of [...mapped, ...told]) {
    const { value } = agent.identifiers[0];
    if (!byName.has(value)) byName.set(value, agent);
  }
  return [...byName.values()];
}

export function imagingEvents(acquisition: AcquisitionDocument, event: MakeEvent): PremisEvent[] {
  return [
    ...mapfileEvents(acquisition, event),
    ...(acquisition.imaging ?? []).flatMap((record) => [...imagingEvent(record, event), ...verificationEvent(record, event)]),
  ];
}

function programOf({ tool = 'unknown program', toolVersion = 'unknown' }: ImagingRecord): PremisAgent {
  return softwareAgent(local(`${tool} ${toolVersion}`), tool, toolVersion);
}

function personOf({ examiner }: ImagingRecord): PremisAgent[] {
  return examiner === undefined ? [] : [personAgent(local(examiner), examiner)];
}

function agentsOf(record: ImagingRecord): readonly [LinkedAgent, ...LinkedAgent[]] {
  const people = personOf(record).map((person): LinkedAgent => ({ ...person.identifiers[0], role: 'implementer' }));
  return [{ ...programOf(record).identifiers[0], role: 'executing program' }, ...people];
}

/** Of a program that only compared, the comparison is all there is to tell. */
function imagingEvent(record: ImagingRecord, event: MakeEvent): PremisEvent[] {
  if (record.verifiedAt !== undefined && record.startedAt === undefined && record.endedAt === undefined) return [];
  const { at, note } = timeOf(record.endedAt ?? record.startedAt, record);
  const { tool, toolVersion, status, badRanges, isWhole, isTruncated } = record;
  const badBytes = badRanges.reduce((sum, { length }) => sum + length, 0);
  const lost = `${badBytes} bytes in ${badRanges.length}${isTruncated ? ' and more' : ''} places of the medium could not be read`;
  const told = event(
    {
      type: 'imaging',
      at,
      outcome: isWhole ? 'success' : 'warning',
      detail: [tool ?? record.title, toolVersion, status === undefined ? undefined : `(${status})`].filter(Boolean).join(' '),
      notes: [...(badRanges.length > 0 ? [lost] : isWhole ? [] : ['not all could be read']), note, toldBy(record)],
    },
    agentsOf(record),
  );
  return [told];
}

function verificationEvent(record: ImagingRecord, event: MakeEvent): PremisEvent[] {
  const { verifications } = record;
  if (verifications.length === 0) return [];
  const { at, note } = timeOf(record.verifiedAt ?? record.endedAt ?? record.startedAt, record);
  const words = { image: 'the image', source: 'the carrier, read once more,' };
  const said = verifications.map(
    ({ what, isVerified }) => `${words[what]} ${isVerified ? 'agreed' : 'did NOT agree'} with what had been read`,
  );
  const outcome = verifications.every(({ isVerified }) => isVerified) ? 'success' : 'fail';
  const detail = `at the imaging station: ${said.join('; ')}`;
  return [event({ type: 'fixity check', at, outcome, detail, notes: [note, toldBy(record)] }, agentsOf(record))];
}

function toldBy({ log, title }: ImagingRecord): string {
  return log === CONTAINER ? `told by the image itself (${title})` : `told by ${log}`;
}

/** What the event's time is worth: exact where a zone is told; by a clock of unknown zone; or only the date of a file. */
function timeOf(told: string | undefined, { log, writtenAt }: ImagingRecord): { at: Date; note: string } {
  const hasZone = told !== undefined && /(?:Z|[+-]\d{2}:\d{2})$/.test(told);
  const isTime = told !== undefined && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.test(told);
  const at = new Date(isTime ? (hasZone ? told : `${told}Z`) : Number.NaN);
  if (told === undefined || Number.isNaN(at.getTime())) {
    const whose = log === CONTAINER ? 'the image' : 'the log';
    const why = told === undefined ? `${whose} tells no time` : `${whose} tells the time as "${told}"`;
    return { at: new Date(writtenAt), note: `${why}; this is when the file was last written` };
  }
  return { at, note: hasZone ? `${told} by the clock of the imaging station` : withoutZone(told) };
}

function withoutZone(told: string): string {
  return `${told} by the clock of the imaging station, whose time zone is not known; written as if UTC`;
}

function mapfileProgram(acquisition: AcquisitionDocument): PremisAgent {
  const version = factOf(acquisition, 'ddrescue version') ?? 'unknown';
  return softwareAgent(local(`GNU ddrescue ${version}`), 'GNU ddrescue', version);
}

function mapfileEvents(acquisition: AcquisitionDocument, event: MakeEvent): PremisEvent[] {
  const agent = mapfileProgram(acquisition);
  return acquisition.mapfiles.map(({ file, sums, writtenAt }) => {
    const { rescued, ...unread } = sums;
    const isWhole = Object.values(unread).every(({ bytes }) => bytes === 0);
    const { at, note } = imagedAt(acquisition, writtenAt);
    return event(
      {
        type: 'imaging',
        at,
        outcome: isWhole ? 'success' : 'warning',
        detail: factOf(acquisition, 'ddrescue command line') ?? 'GNU ddrescue',
        notes: [
          `${rescued.bytes} bytes rescued; ${unread.bad.bytes} bad, ${unread.nonTried.bytes} not tried, ${unread.nonTrimmed.bytes} not trimmed, ${unread.nonScraped.bytes} not scraped`,
          note,
          `told by ${file}`,
        ],
      },
      [{ ...agent.identifiers[0], role: 'executing program' }],
    );
  });
}

/** A mapfile tells its time without a zone, and the file's own date may be that of a copy: the note says what the event's time is worth. */
function imagedAt(acquisition: AcquisitionDocument, writtenAt: string): { at: Date; note: string } {
  const local = factOf(acquisition, 'ddrescue current time') ?? factOf(acquisition, 'ddrescue start time');
  const at = new Date(`${local?.replace(' ', 'T') ?? ''}Z`);
  return local === undefined || Number.isNaN(at.getTime())
    ? { at: new Date(writtenAt), note: 'the mapfile tells no time; this is when the file was last written' }
    : { at, note: withoutZone(local) };
}

function factOf({ facts }: AcquisitionDocument, name: string): string | undefined {
  return facts.find((fact) => fact.name === name)?.value.toString();
}
