/** Discs as images: a sheet and the files that it names, complete or told as incomplete. */
import { Fault, FaultKind, escaped } from '../kernel/index.ts';
import { type DepositFile, type DepositNote, checkReadable, emptyFile, fileBeside, listed, shown } from './folder.ts';
import { type SheetSet, type Sheets, isSheetName, sheetsAmong } from './sheets.ts';

/** An `ImageFiles` whose first file is the sheet. */
export interface DiscFiles {
  readonly name: string;
  readonly files: readonly DepositFile[];
  readonly totalSize: number;
  readonly scheme: 'single' | 'segments';
}

/** The disc whose sheet is `own`, or names it. */
export async function describedBy(
  own: string,
  root: string,
  names: readonly string[],
  notes: DepositNote[],
  find: (name: string) => Promise<DepositFile>,
): Promise<DiscFiles | undefined> {
  const found: DepositFile[] = [];
  for (const name of names.filter((each) => isSheetName(each))) {
    const file = await fileBeside(root, name);
    if (file !== undefined) found.push(file);
  }
  if (found.length === 0) return undefined;
  await checkReadable(found);
  const { sets } = await sheetsAmong(found, names, notes, own);
  const [set] = sets;
  return set === undefined ? undefined : discOf(set, '', find);
}

/** The sheets of each folder that has any. */
export async function sheetsPerFolder(files: readonly DepositFile[], notes: DepositNote[]): Promise<Map<string, Sheets>> {
  const found = new Map<string, Sheets>();
  const folders = new Map<string, DepositFile[]>();
  for (const file of files) {
    const folder = file.name.slice(0, file.name.lastIndexOf('/') + 1);
    const inside = folders.get(folder) ?? [];
    folders.set(folder, inside);
    inside.push(file);
  }
  for (const [folder, inside] of folders) {
    const sheets = inside.filter(({ name, size }) => size > 0 && isSheetName(name));
    if (sheets.length === 0) continue;
    const names = inside.map(({ name }) => name.slice(folder.length));
    found.set(folder, await sheetsAmong(sheets, names, notes));
  }
  return found;
}

/** @throws Fault 'acquisition/split-gap' for files that the sheet names and that are not there. */
export async function discOf(set: SheetSet, folder: string, find: (name: string) => Promise<DepositFile>): Promise<DiscFiles> {
  const [sheet = ''] = set.members;
  if (set.missing.length > 0) {
    const missing = set.missing.map((name) => folder + name);
    const message = `the disc of "${escaped(folder + sheet)}" is not complete: it names ${shown(missing)}; put ${missing.length === 1 ? 'it' : 'them'} beside it, under that name`;
    throw new Fault(FaultKind.Missing, 'acquisition/split-gap', message, { missing: listed(missing) });
  }
  const files: DepositFile[] = [];
  for (const member of set.members) files.push(await find(folder + member));
  const needed = new Set(set.needed.map((name) => folder + name));
  const empty = files.filter(({ name, size }) => size === 0 && needed.has(name)).map(({ name }) => name);
  if (empty.length > 0) throw emptyFile(empty);
  return {
    name: folder + sheet,
    files,
    totalSize: files.reduce((sum, { size }) => sum + size, 0),
    scheme: files.length > 1 ? 'segments' : 'single',
  };
}
