/** What logs and the container tell of the imaging, as acquisition.json has it; and where they contradict each other. */
import { contradictions, vocabularyName, type Witness } from '../acquisition/index.ts';
import { escaped } from '../kernel/index.ts';
import { CONTAINER, type ImagingRecord } from '../package/index.ts';
import type { Measured } from './steps/measure.ts';
import type { Received } from './steps/receive.ts';

/** Sectors and areas that were not read right. */
const COUNTS_OF_LOSS: readonly string[] = ['badSectorCount', 'missingSectorCount', 'badTrackCount', 'badAreaCount'];

type Told = readonly { readonly name: string; readonly value: string | number | boolean }[];
const TEXTS = ['tool', 'toolVersion', 'examiner', 'startedAt', 'endedAt', 'verifiedAt', 'status'] as const;

/** One for each log; one for a container that names the program which made it. */
export function imagingOf({ known, medium, format, deposit }: Received): ImagingRecord[] {
  const logs = known.logs.map(({ file, kind, title, writtenAt, record }): ImagingRecord => {
    // A log that counts in sectors without telling how large they are means those of the medium.
    const size = medium?.sectorSize;
    const runs =
      size === undefined ? [] : record.badSectors.map(({ first, count }) => ({ offset: first * size, length: count * size }));
    const badRanges = [...record.badRanges, ...runs];
    return {
      log: file,
      kind,
      title,
      writtenAt: writtenAt.toISOString(),
      ...textsOf(record.facts),
      isWhole:
        badRanges.length === 0 && !record.facts.some(({ name, value }) => COUNTS_OF_LOSS.includes(name) && Number(value) > 0),
      badRanges: badRanges.filter(({ offset, length }) => Number.isSafeInteger(offset + length)),
      isTruncated: record.isTruncated,
      verifications: record.verifications.map(({ what, isVerified }) => ({ what, isVerified })),
    };
  });
  const own = containerFacts(medium?.facts ?? {});
  if (!own.some(({ name }) => name === 'tool')) return logs;
  const [first] = deposit.image.files;
  const { acquiredAt } = Object.fromEntries(own.map(({ name, value }) => [name, value]));
  const container: ImagingRecord = {
    log: CONTAINER,
    kind: format.id,
    title: format.title,
    writtenAt: first?.mtime.toISOString() ?? '',
    ...(typeof acquiredAt === 'string' ? { endedAt: acquiredAt } : {}),
    ...textsOf(own),
    isWhole: true,
    badRanges: [],
    isTruncated: false,
    verifications: [],
  };
  return [...logs, container];
}

/** Facts of the container by the names that logs have for the same things. */
export function containerFacts(facts: NonNullable<Received['medium']>['facts']): { name: string; value: string | number }[] {
  return Object.entries(facts).flatMap(([name, values]) =>
    [values].flat().map((value: string | number) => ({ name: vocabularyName(name), value })),
  );
}

/** Sentences for the archivist: logs against each other, the container, and the size of what was imaged. */
export function contradictionsOf({ known, medium, deposit }: Received, measured: Measured | undefined): string[] {
  const witnesses: Witness[] = known.logs.map(({ file, record }) => ({ called: `"${escaped(file)}"`, facts: record.facts }));
  if (medium !== undefined && !medium.isWhole)
    witnesses.push({ called: `the image itself`, facts: containerFacts(medium.facts) });
  if (measured !== undefined) {
    const called = medium?.isWhole === true ? `the size of "${escaped(deposit.image.name)}"` : 'the size of the disk inside';
    witnesses.push({ called, facts: [{ name: 'deviceSize', value: measured.size }] });
  }
  return contradictions(witnesses).map(({ message }) => message);
}

function textsOf(facts: Told): Partial<Record<(typeof TEXTS)[number], string>> {
  return Object.fromEntries(
    TEXTS.flatMap((name) => {
      const value = facts.find((fact) => fact.name === name)?.value;
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}
