/** What a container tells of its making, beside what logs tell: one account each, one vocabulary, and contradictions named. */
import { describe, expect, it } from 'vitest';
import { contradictionsOf, imagingOf } from '#built/ingest/pipeline/imaging';
import { imagingAgents, imagingEvents } from '#built/ingest/pipeline/imaging-events';
import type { AcquisitionDocument } from '#ingest/package';
import type { ParsedLog } from '#ingest/acquisition';
import type { Received } from '../../../ingest/pipeline/steps/receive.ts';

const mtime = new Date('2026-11-20T08:00:00Z');
const log: ParsedLog = {
  file: 'disk.info',
  kind: 'guymager',
  title: 'Guymager acquisition info file',
  writtenAt: mtime,
  record: {
    facts: [
      { name: 'tool', value: 'Guymager', line: 8 },
      { name: 'examiner', value: 'Zoë Marrow', line: 9 },
      { name: 'caseNumber', value: '2026-014', line: 10 },
      { name: 'deviceSerial', value: 'BW-1', line: 11 },
      { name: 'startedAt', value: '5 May, afternoon', line: 12 },
    ],
    digests: [],
    verifications: [{ what: 'image', isVerified: false, line: 20 }],
    badRanges: [],
    badSectors: [{ first: 2, count: 3 }],
    isTruncated: false,
  },
};
const facts = {
  tool: 'EnCase',
  toolVersion: '6.1',
  examiner: 'Zoë Marrow',
  caseNumber: '2026-015',
  serialNumber: 'BW-1',
  acquiredAt: '2020-02-03T04:05:06',
};

/** As much of it as is looked at. */
function received(logs: readonly ParsedLog[], container: Record<string, string>): Received {
  return {
    known: { logs, facts: [], expected: [], mapfiles: [], notes: [] },
    medium: { isWhole: false, sectorSize: 2048, facts: container, storedDigests: {} },
    format: { id: 'ewf', title: 'EWF' },
    deposit: { image: { name: 'disk.E01', files: [{ mtime }] } },
  } as unknown as Received;
}

interface Told {
  readonly type: string;
  readonly at: Date;
  readonly outcome: string;
  readonly notes?: readonly string[];
  readonly agents: readonly { readonly value: string; readonly role: string }[];
}
/** Events as they are asked for. */
function eventsOf(from: Received): Told[] {
  const document = { mapfiles: [], facts: [], imaging: imagingOf(from) } as unknown as AcquisitionDocument;
  return imagingEvents(document, ((told: object, agents: unknown) => ({ ...told, agents })) as never);
}

describe('the accounts of an imaging', () => {
  it('are one of each log, and one of a container that names the program', () => {
    expect(imagingOf(received([log], facts))).toMatchObject([
      { log: 'disk.info', kind: 'guymager', examiner: 'Zoë Marrow' },
      { log: 'container', kind: 'ewf', tool: 'EnCase', toolVersion: '6.1', endedAt: '2020-02-03T04:05:06', isWhole: true },
    ]);
    expect(imagingOf(received([], { creator: 'x' }))).toEqual([]);
  });

  it('count sectors in the size of the medium where the log tells none', () => {
    expect(imagingOf(received([log], {}))).toMatchObject([{ isWhole: false, badRanges: [{ offset: 4096, length: 6144 }] }]);
  });

  it('name who and what once each', () => {
    const document = {
      mapfiles: [],
      facts: [],
      imaging: imagingOf(received([log, log], facts)),
    } as unknown as AcquisitionDocument;
    expect(imagingAgents(document).map(({ name, type }) => `${type} ${name}`)).toEqual([
      'software Guymager',
      'person Zoë Marrow',
      'software EnCase',
    ]);
  });

  it('become events, with what their time is worth', () => {
    const [imaging, compared, container, ...others] = eventsOf(received([log], facts));
    expect(imaging).toMatchObject({ type: 'imaging', outcome: 'warning', at: mtime });
    expect(imaging?.notes).toContain('the log tells the time as "5 May, afternoon"; this is when the file was last written');
    expect(compared).toMatchObject({ type: 'fixity check', outcome: 'fail' });
    expect(container).toMatchObject({ type: 'imaging', outcome: 'success', at: new Date('2020-02-03T04:05:06Z') });
    expect(container?.notes).toContain('told by the image itself (EWF)');
    expect(container?.agents).toMatchObject([
      { value: 'EnCase 6.1', role: 'executing program' },
      { value: 'Zoë Marrow', role: 'implementer' },
    ]);
    expect(others).toEqual([]);
  });

  it('of a program that only compared are no imaging', () => {
    const record = {
      ...log.record,
      facts: [{ name: 'verifiedAt', value: '2020-02-03T04:05:06Z', line: 1 } as const],
      badSectors: [],
    };
    expect(eventsOf(received([{ ...log, record }], {}))).toMatchObject([
      { type: 'fixity check', at: new Date('2020-02-03T04:05:06Z') },
    ]);
  });

  it('that contradict each other are shown side by side', () => {
    expect(contradictionsOf(received([log], facts), undefined)).toEqual([
      'contradiction in caseNumber: line 10 of "disk.info" says "2026-014", the image itself says "2026-015"; both are kept',
    ]);
  });

  it('are held against the size of what was imaged', () => {
    const record = { ...log.record, facts: [{ name: 'deviceSize', value: 1000, line: 4 } as const] };
    const measured = { size: 1024 } as Parameters<typeof contradictionsOf>[1];
    expect(contradictionsOf(received([{ ...log, record }], {}), measured)).toEqual([
      'contradiction in deviceSize: line 4 of "disk.info" says "1000", the size of the disk inside says "1024"; both are kept',
    ]);
  });
});
