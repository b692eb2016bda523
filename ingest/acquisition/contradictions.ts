/** Where two sources say different things of one carrier. They are shown side by side: which is right is the archivist's to find out. */
import { escaped } from '../kernel/index.ts';
import type { DepositNote } from './folder.ts';
import type { FactName } from './imaging-log.ts';

/** One source and what it says, by names of the vocabulary. */
export interface Witness {
  /** For people: `"disk.E01.txt"`, `the image itself`. */
  readonly called: string;
  readonly facts: readonly { readonly name: string; readonly value: string | number | boolean; readonly line?: number }[];
}

/** What is the same however often a carrier is imaged, and what a case file is found by. */
const COMPARED = [
  'caseNumber',
  'evidenceNumber',
  'examiner',
  'deviceModel',
  'deviceSerial',
  'deviceSize',
  'sectorSize',
] as const satisfies readonly FactName[];

interface Said {
  readonly value: string | number | boolean;
  readonly where: string;
}

/** A note for each value that differs from the first one given. Spaces and upper case make no difference. */
export function contradictions(witnesses: readonly Witness[]): DepositNote[] {
  return COMPARED.flatMap((name) => {
    const [first, ...others] = witnesses.flatMap((witness) => said(witness, name));
    if (first === undefined) return [];
    return others
      .filter(({ value }) => plain(value) !== plain(first.value))
      .map(({ value, where }) => ({
        code: 'acquisition/contradiction',
        message: `contradiction in ${name}: ${first.where} says "${escaped(String(first.value))}", ${where} says "${escaped(String(value))}"; both are kept`,
      }));
  });
}

function said({ called, facts }: Witness, name: (typeof COMPARED)[number]): Said[] {
  const fact = (wanted: FactName): Witness['facts'][number] | undefined => facts.find((one) => one.name === wanted);
  const found = fact(name);
  if (found !== undefined) return [{ value: found.value, where: at(called, found.line) }];
  const [count, size] = [fact('sectorCount'), fact('sectorSize')];
  if (name !== 'deviceSize' || typeof count?.value !== 'number' || typeof size?.value !== 'number') return [];
  return [{ value: count.value * size.value, where: `${at(called, count.line)}, in sectors,` }];
}

function at(called: string, line: number | undefined): string {
  return line === undefined ? called : `line ${line} of ${called}`;
}

function plain(value: string | number | boolean): string {
  return String(value)
    .replace(/[\s_]+/g, '')
    .toLowerCase();
}
