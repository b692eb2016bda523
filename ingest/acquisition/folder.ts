/** The files below a folder, with names that can be kept; everything else is refused by name. Follows no link. */
import { constants, type Stats } from 'node:fs';
import { access, lstat, readdir } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import { Fault, FaultKind, escaped, inParallel, isSystemError, wordsOfSystemError } from '../kernel/index.ts';

/** A file of a deposit, as it lay there when it was looked at. */
export interface DepositFile {
  /** Absolute, for opening it. */
  readonly path: string;
  /** Relative to the deposit's root, `/`-separated, byte for byte as it was given. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly mtime: Date;
}

/** What the archivist should know and what does not hinder: a code and a sentence. */
export interface DepositNote {
  readonly code: string;
  readonly message: string;
}

export interface Limits {
  /** Files and folders in one deposit. */
  readonly entries: number;
  /** Folders inside folders. */
  readonly depth: number;
}

export const LIMITS: Limits = { entries: 1_000_000, depth: 64 };

/** Files looked into side by side: enough to wait for none alone, few enough for memory. */
export const FILES_AT_ONCE = 8;

const SHOWN = 20;

export interface Listing {
  /** In order of name. */
  readonly files: readonly DepositFile[];
  readonly emptyFolders: readonly string[];
}

/** What can't be kept, by the code of its Fault. */
interface Refused {
  readonly unnameable: string[];
  readonly links: string[];
  readonly specials: string[];
}

/**
 * Every file below `root`.
 * @throws Fault 'acquisition/name-not-utf8', 'acquisition/links-inside', 'acquisition/special-files' with the list;
 * 'acquisition/too-many-entries', 'acquisition/too-deep'; 'acquisition/no-permission', 'acquisition/unreadable'.
 */
export async function listFolder(root: string, limits: Limits = LIMITS): Promise<Listing> {
  const refused: Refused = { unnameable: [], links: [], specials: [] };
  const files: DepositFile[] = [];
  const emptyFolders: string[] = [];
  const waiting: { name: string; depth: number }[] = [{ name: '', depth: 0 }];
  let entries = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const names = await namesIn(join(root, folder.name), refused, folder.name);
    entries += names.length;
    if (entries > limits.entries) throw tooMany(root, limits.entries);
    if (names.length === 0 && folder.name !== '') emptyFolders.push(folder.name);
    const { name: above } = folder;
    const found = inParallel(names, async (own) => {
      const name = above === '' ? own : `${above}/${own}`;
      const path = `${root}/${name}`;
      return { name, path, stat: await statOf(path) };
    });
    for await (const { name, path, stat } of found) {
      if (stat.isDirectory()) {
        if (folder.depth + 1 > limits.depth) throw tooDeep(name, limits.depth);
        waiting.push({ name, depth: folder.depth + 1 });
      } else if (stat.isFile()) {
        files.push({ path, name, size: stat.size, mtime: stat.mtime });
      } else {
        (stat.isSymbolicLink() ? refused.links : refused.specials).push(name);
      }
    }
  }
  refuse(refused);
  return { files: files.sort(byName), emptyFolders: emptyFolders.sort() };
}

/** Names of one folder that are text. Names that are not are noted in `refused`. */
async function namesIn(path: string, refused: Refused, folder: string): Promise<string[]> {
  const names: string[] = [];
  let found: Buffer[];
  try {
    found = await readdir(path, { encoding: 'buffer' });
  } catch (error) {
    throw systemFault(path, error);
  }
  for (const name of found) {
    if (isUtf8(name)) names.push(name.toString('utf8'));
    else refused.unnameable.push(folder === '' ? escaped(name) : `${escaped(folder)}/${escaped(name)}`);
  }
  return names;
}

/** Names of the regular files and links right in `path`; what is neither, or is no text, is left out. */
export async function namesBeside(path: string): Promise<string[]> {
  return namesIn(path, { unnameable: [], links: [], specials: [] }, '');
}

/** A regular file beside the image; undefined for anything else, links included. */
export async function fileBeside(folder: string, name: string): Promise<DepositFile | undefined> {
  const path = join(folder, name);
  const stat = await statOf(path);
  return stat.isFile() ? { path, name, size: stat.size, mtime: stat.mtime } : undefined;
}

export async function statOf(path: string): Promise<Stats> {
  try {
    return await lstat(path);
  } catch (error) {
    throw systemFault(path, error);
  }
}

/** @throws Fault 'acquisition/no-permission' naming every file that this user may not read. */
export async function checkReadable(files: readonly DepositFile[]): Promise<void> {
  const closed: string[] = [];
  const isClosed = async ({ path }: DepositFile): Promise<boolean> => {
    try {
      await access(path, constants.R_OK);
      return false;
    } catch (error) {
      const fault = systemFault(path, error);
      if (fault.code !== 'acquisition/no-permission') throw fault;
      return true;
    }
  };
  for await (const { name, is } of inParallel(files, async (file) => ({ name: file.name, is: await isClosed(file) }))) {
    if (is) closed.push(name);
  }
  if (closed.length === 0) return;
  const message = `${counted(closed.length, 'file')} may not be read by this user: ${shown(closed)}; give read permission, or run as the owner`;
  throw new Fault(FaultKind.Refused, 'acquisition/no-permission', message, { files: listed(closed) });
}

export function systemFault(path: string, cause: unknown): Fault {
  const where = `"${escaped(path)}"`;
  const code = isSystemError(cause) ? cause.code : '';
  const facts = { path };
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `${where} may not be read by this user (${code}); give read permission, or run as the owner`;
    return new Fault(FaultKind.Refused, 'acquisition/no-permission', message, facts, { cause });
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const message = `${where} does not exist; check the spelling and that the drive is there`;
    return new Fault(FaultKind.Refused, 'acquisition/not-found', message, facts, { cause });
  }
  if (code === 'ELOOP') {
    const message = `${where} is a symbolic link that leads back to itself; give the path of the image itself`;
    return new Fault(FaultKind.Refused, 'acquisition/link-loop', message, facts, { cause });
  }
  return new Fault(
    FaultKind.Unreadable,
    'acquisition/unreadable',
    `${where} can't be read: ${wordsOfSystemError(cause)}`,
    facts,
    { cause },
  );
}

function refuse({ unnameable, links, specials }: Refused): void {
  const refusal = (code: string, message: string, names: readonly string[]): Fault =>
    new Fault(FaultKind.Refused, `acquisition/${code}`, message, { files: listed(names), count: names.length });
  if (unnameable.length > 0) {
    const message = `${counted(unnameable.length, 'name')} not valid UTF-8, which no manifest can carry: ${shown(unnameable)}; rename and keep a note of the first name`;
    throw refusal('name-not-utf8', message, unnameable);
  }
  if (links.length > 0) {
    const message = `${counted(links.length, 'symbolic link')} in the folder: ${shown(links)}; links are not followed: put the files themselves there, or take the links out`;
    throw refusal('links-inside', message, links);
  }
  if (specials.length > 0) {
    const message = `${counted(specials.length, 'entry', 'entries')} neither file nor folder (pipe, socket or device): ${shown(specials)}; take them out`;
    throw refusal('special-files', message, specials);
  }
}

function tooMany(root: string, limit: number): Fault {
  const message = `"${escaped(root)}" holds more than ${limit} files and folders; a deposit is one carrier: give the folder of one`;
  return new Fault(FaultKind.Refused, 'acquisition/too-many-entries', message, { limit });
}

function tooDeep(name: string, limit: number): Fault {
  const message = `"${escaped(name)}" lies more than ${limit} folders deep; a deposit is one carrier: give the folder of one`;
  return new Fault(FaultKind.Refused, 'acquisition/too-deep', message, { limit });
}

function byName(a: DepositFile, b: DepositFile): number {
  return a.name < b.name ? -1 : 1;
}

/** An image without a byte. */
export function emptyFile(names: readonly string[]): Fault {
  const message = `${shown(names)} ${names.length === 1 ? 'has' : 'have'} 0 bytes: there is no image in it; copy or image again`;
  return new Fault(FaultKind.Truncated, 'acquisition/empty-file', message, { files: listed(names) });
}

/** `1 file`, `3 files`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The first 20 names for facts. */
export function listed(names: readonly string[]): string[] {
  return names.slice(0, SHOWN).map((name) => escaped(name));
}

/** The first 20 names for a message, quoted, with the count of the rest. */
export function shown(names: readonly string[]): string {
  const rest = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return (
    listed(names)
      .map((name) => `"${name}"`)
      .join(', ') + rest
  );
}
