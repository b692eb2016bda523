/** Discs of several files that a sheet holds together (CUE, CCD, MDS): which of the files in a folder each sheet names. */
import { Fault, FaultKind, escaped } from '../kernel/index.ts';
import { fileSource, formats, identify } from '../media/index.ts';
import { type DepositFile, type DepositNote, listed, shown } from './folder.ts';

const SHEET_ENDING = /\.(?:cue|ccd|mds)$/i;
/** Best first, where several describe the same files: those that state addresses before those that only add up. */
const BEST_FIRST = ['ccd', 'mds'];

export interface SheetSet {
  /** Bare names, the sheet first; what it names in its order. */
  readonly members: readonly string[];
  /** Those that may not be missing. */
  readonly needed: readonly string[];
  readonly missing: readonly string[];
  readonly format: string;
}

export interface Sheets {
  readonly sets: readonly SheetSet[];
  /** Sheets that are papers here: others describe the same files better, none of their files is there, or they can't be read. */
  readonly papers: ReadonlySet<string>;
  /** Those of the papers of which no file is there: all that is left of a disc, where nothing else is. */
  readonly orphans: readonly SheetSet[];
}

export function isSheetName(name: string): boolean {
  return SHEET_ENDING.test(name);
}

/**
 * @param files those of one folder that are named like sheets.
 * @param names bare names of everything in it.
 * @param given a file of the image that the archivist chose: only sets that have it count, and a sheet comes before all others.
 * @throws Fault 'acquisition/two-sheets' where two describe the same files equally well.
 */
export async function sheetsAmong(
  files: readonly DepositFile[],
  names: readonly string[],
  notes: DepositNote[],
  given?: string,
): Promise<Sheets> {
  const found: SheetSet[] = [];
  const papers = new Set<string>();
  const spelling = spellings(names);
  for (const file of files) {
    const own = bare(file.name);
    try {
      const set = await setOf(file, own, spelling);
      if (set !== undefined && (given === undefined || set.members.includes(given))) found.push(set);
    } catch (error) {
      if (!(error instanceof Fault) || own === given) throw error;
      papers.add(own);
      notes.push({
        code: 'acquisition/sheet-unread',
        message: `"${escaped(own)}" can't be read as the sheet of a disc: ${error.message}`,
      });
    }
  }
  const orphans = found.filter(({ members }) => members.length === 1 && members[0] !== given);
  const sets: SheetSet[] = [];
  const claimed = new Map<string, SheetSet>();
  const others = found.filter((set) => !orphans.includes(set));
  for (const set of others.sort((a, b) => compare(a, b, given))) {
    const rivals = new Set(set.members.slice(1).flatMap((name) => claimed.get(name) ?? []));
    for (const rival of rivals) if (compare(rival, set, given) === 0) throw twoSheets(rival, set);
    if (rivals.size > 0) continue;
    for (const name of set.members.slice(1)) claimed.set(name, set);
    sets.push(set);
  }
  const taken = new Set(sets.map(({ members }) => members[0]));
  for (const { members } of found) if (!taken.has(members[0])) papers.add(members[0] ?? '');
  return { sets, papers, orphans };
}

async function setOf(
  file: DepositFile,
  own: string,
  spelling: (name: string) => string | undefined,
): Promise<SheetSet | undefined> {
  await using source = await fileSource(file.path);
  const { id, readable } = await identify(source);
  const format = readable ? formats.get(id) : undefined;
  if (format?.files === undefined) return undefined;
  const named = await format.files(source, own);
  const members = new Set([own]);
  const needed = new Set([own]);
  const missing: string[] = [];
  for (const { name, isOptional } of named) {
    const there = spelling(name);
    if (there !== undefined && there !== own) {
      members.add(there);
      if (isOptional !== true) needed.add(there);
    } else if (isOptional !== true) missing.push(name);
  }
  return { members: [...members], needed: [...needed], missing, format: id };
}

/** The name as it stands in the folder: exactly so, or else the only one that differs in case. */
function spellings(names: readonly string[]): (name: string) => string | undefined {
  const byLowerCase = new Map<string, string[]>();
  for (const name of names) {
    const alike = byLowerCase.get(name.toLowerCase());
    if (alike === undefined) byLowerCase.set(name.toLowerCase(), [name]);
    else alike.push(name);
  }
  return (name) => {
    const same = byLowerCase.get(name.toLowerCase()) ?? [];
    if (same.includes(name)) return name;
    return same.length === 1 ? same[0] : undefined;
  };
}

/** Below zero when `a` describes its files better. */
function compare(a: SheetSet, b: SheetSet, given: string | undefined): number {
  const ranks = (set: SheetSet): number[] => [
    set.members[0] === given ? 0 : 1,
    set.missing.length === 0 ? 0 : 1,
    BEST_FIRST.includes(set.format) ? BEST_FIRST.indexOf(set.format) : BEST_FIRST.length,
    -set.members.length,
    isNamedAlike(set) ? 0 : 1,
  ];
  const other = ranks(b);
  return ranks(a).reduce((so, rank, i) => (so === 0 ? rank - (other[i] ?? 0) : so), 0);
}

function isNamedAlike({ members: [sheet = '', first = ''] }: SheetSet): boolean {
  return stemOf(sheet).toLowerCase() === stemOf(first).toLowerCase();
}

function stemOf(name: string): string {
  return name.replace(/(?<=.)\.[^.]*$/, '');
}

function bare(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function twoSheets(a: SheetSet, b: SheetSet): Fault {
  const sheets = [a.members[0] ?? '', b.members[0] ?? ''].sort();
  const message = `${shown(sheets)} both describe the same files; give the path of the sheet that counts, or put the other one elsewhere`;
  return new Fault(FaultKind.Refused, 'acquisition/two-sheets', message, { files: listed(sheets) });
}
