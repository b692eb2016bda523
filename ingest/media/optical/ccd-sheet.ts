/** The text of a CloneCD control file: sections in brackets, `name=value` lines. */
import { Fault, FaultKind } from '../../kernel/index.ts';

export interface CcdEntry {
  readonly session: number;
  /** 1 to 99 for tracks, A0 to A2 and more for what the lead-in says besides. */
  readonly point: number;
  /** Bit 2: a data track. */
  readonly control: number;
  /** Where it begins, in sectors from LBA 0. */
  readonly plba: number;
}

export interface CcdSheet {
  readonly version: string | undefined;
  readonly catalog: string | undefined;
  readonly isScrambled: boolean;
  readonly entries: readonly CcdEntry[];
  /** Mode (0 audio, 1, 2) by number of track. */
  readonly modes: ReadonlyMap<number, number>;
}

/** A lead-in has three entries more than tracks, for each session. */
const MOST_SECTIONS = 1000;

/** @throws Fault 'ccd/sections', 'ccd/number', 'ccd/entry', 'ccd/no-track'. */
export function parseCcd(lines: readonly string[]): CcdSheet {
  const sections = sectionsOf(lines);
  const entries: CcdEntry[] = [];
  const modes = new Map<number, number>();
  const points = new Set<string>();
  for (const [name, values] of sections) {
    const number = (key: string): number => numberOf(name, key, values.get(key));
    if (name.startsWith('entry ')) {
      const entry = { session: number('session'), point: number('point'), control: number('control'), plba: number('plba') };
      const key = `${entry.session} ${entry.point}`;
      if (entry.point < 1 || points.has(entry.point <= 99 ? `${entry.point}` : key)) {
        const message = `[${name}] of the control file is for point ${entry.point}, which is none or was there before; it is damaged`;
        throw new Fault(FaultKind.Corrupt, 'ccd/entry', message, { point: entry.point });
      }
      points.add(entry.point <= 99 ? `${entry.point}` : key);
      entries.push(entry);
    } else if (name.startsWith('track ')) modes.set(numberOf(name, name, name.slice(6)), number('mode'));
  }
  if (!entries.some(({ point }) => point <= 99))
    throw new Fault(FaultKind.Corrupt, 'ccd/no-track', 'the control file has no entry of a track; it is cut');
  return {
    version: sections.get('clonecd')?.get('version') || undefined,
    catalog: sections.get('disc')?.get('catalog') || undefined,
    isScrambled: Number(sections.get('disc')?.get('datatracksscrambled') ?? 0) !== 0,
    entries,
    modes,
  };
}

function sectionsOf(lines: readonly string[]): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const line of lines) {
    const text = line.trim();
    if (text.startsWith('[') && text.endsWith(']')) {
      section = new Map();
      sections.set(text.slice(1, -1).trim().toLowerCase(), section);
      if (sections.size > MOST_SECTIONS) {
        const message = `the control file has more than ${MOST_SECTIONS} sections; no disc has so many`;
        throw new Fault(FaultKind.Corrupt, 'ccd/sections', message, { limit: MOST_SECTIONS });
      }
      continue;
    }
    const equals = text.indexOf('=');
    if (equals > 0) section.set(text.slice(0, equals).trim().toLowerCase(), text.slice(equals + 1).trim());
  }
  return sections;
}

function numberOf(section: string, key: string, value: string | undefined): number {
  if (value !== undefined && /^(?:-?\d{1,9}|0x[0-9a-f]{1,7})$/i.test(value)) return Number(value);
  const message = `[${section.slice(0, 40)}] of the control file has no number "${key.slice(0, 40)}" where one belongs`;
  throw new Fault(FaultKind.Corrupt, 'ccd/number', message, { section: section.slice(0, 40), key: key.slice(0, 40) });
}
