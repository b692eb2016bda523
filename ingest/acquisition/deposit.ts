/**
 * What came from the imaging station: which files are the image, and what came with it. Nothing is guessed: what can be read
 * two ways is a Fault that says what to do. Reads names and the first and last bytes of files, never whole files.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { Fault, FaultKind, escaped, inParallel } from '../kernel/index.ts';
import { type ByteSource, endsInMemory, fileSource, type ImageMember, openContainer } from '../media/index.ts';
import {
  FILES_AT_ONCE,
  type DepositFile,
  type DepositNote,
  LIMITS,
  type Limits,
  type Listing,
  checkReadable,
  fileBeside,
  listFolder,
  namesBeside,
  shown,
  statOf,
  systemFault,
} from './folder.ts';
import type { ImageFiles } from './deposited-image.ts';
import { fluxAmong } from './flux-captures.ts';
import { type FoundImages, imageIn, imageNamed } from './image-files.ts';
import { companionsOf } from './companion-names.ts';
import { isChecksumList } from './checksum-list.ts';
import { isMapfile } from './mapfile.ts';
import { type DepositLog, logIn } from './read-logs.ts';

export interface Deposit {
  /** What PATH was: one image file, a member of a split set, or the folder of one carrier. */
  readonly kind: 'file' | 'split' | 'folder';
  /** Absolute path of the folder that all names are relative to. */
  readonly root: string;
  readonly image: ImageFiles;
  /** Everything else, byte for byte as it came. */
  readonly submission: readonly DepositFile[];
  /** Those of the submission that are flux captures of the carrier, each with its files; none where flux is the image. */
  readonly flux: readonly ImageFiles[];
  /** Those of the submission that are lists of digests. */
  readonly checksumLists: readonly DepositFile[];
  /** Those of the submission that are ddrescue mapfiles. */
  readonly mapfiles: readonly DepositFile[];
  /** Those of the submission that an imaging program wrote as its log. */
  readonly logs: readonly DepositLog[];
  /** Names beside an image given by itself that are not part of the deposit. */
  readonly neighbours: ReadonlySet<string>;
  /** What the archivist should know, as `code` and a sentence; none of it hinders. */
  readonly notes: readonly DepositNote[];
}

/** Written by systems for themselves; kept, since it came with the deposit. */
const LITTER = /^(?:\.DS_Store|\._.*|\.Spotlight-V100|\.Trashes|\.fseventsd|__MACOSX|(?:eh)?thumbs\.db|desktop\.ini)$/is;

/**
 * Looks at PATH and tells the image from what came with it. A link given as PATH is followed; links inside are refused.
 * @throws Fault 'acquisition/…' when there is no image or more than one, a piece is missing, or something can't be kept.
 */
export async function readDeposit(path: string, limits: Limits = LIMITS): Promise<Deposit> {
  const { real, isFolder, notes } = await resolved(path);
  return isFolder ? ofFolder(real, limits, notes) : ofFile(real, notes);
}

/** The image's bytes: its pieces end to end, or the first segment of a container. The caller closes it. */
export function imageSource({ image }: Deposit): Promise<ByteSource> {
  return openContainer(membersOf(image), image.scheme !== 'segments');
}

/** The image's files, to be opened where they lie. */
export function membersOf({ files }: ImageFiles): ImageMember[] {
  return files.map(({ name, path }) => ({ name: basename(name), open: () => fileSource(path) }));
}

async function resolved(path: string): Promise<{ real: string; isFolder: boolean; notes: DepositNote[] }> {
  if (path === '' || path.includes('\0')) {
    throw new Fault(
      FaultKind.Refused,
      'acquisition/not-found',
      `"${escaped(path)}" is no path; give the path of an image or a folder`,
    );
  }
  const given = resolve(path);
  if (given.includes('\ufffd')) await mustBeNamed(given);
  const isLink = (await statOf(given)).isSymbolicLink();
  let real: string;
  try {
    real = await realpath(given);
  } catch (error) {
    if (!isLink || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw systemFault(given, error);
    const message = `"${escaped(given)}" is a symbolic link to something that is not there; give the path of the image itself`;
    throw new Fault(FaultKind.Refused, 'acquisition/dangling-link', message, { path: given }, { cause: error });
  }
  const stat = await statOf(real);
  const notes = isLink
    ? [{ code: 'acquisition/link-followed', message: `"${escaped(given)}" is a link; "${escaped(real)}" was taken` }]
    : [];
  if (stat.isFile() || stat.isDirectory()) return { real, isFolder: stat.isDirectory(), notes };
  const what = stat.isFIFO() ? 'pipe' : stat.isSocket() ? 'socket' : 'device';
  const advice = what === 'device' ? 'image it first, for example with ddrescue' : 'give the path of an image file or a folder';
  throw new Fault(FaultKind.Refused, `acquisition/is-${what}`, `"${escaped(real)}" is a ${what}, not a file; ${advice}`, {
    path: real,
  });
}

/** A name that is not UTF-8 reaches a program as U+FFFD, and can't be opened by that. */
async function mustBeNamed(path: string): Promise<void> {
  try {
    await statOf(path);
  } catch (cause) {
    const message = `"${escaped(path)}" is not there; if its name is not valid UTF-8, no manifest can carry it: rename and keep a note of the first name`;
    throw new Fault(FaultKind.Refused, 'acquisition/name-not-utf8', message, { path }, { cause });
  }
}

/** PATH is an image, or one piece of it: its set is found beside it, and what is named like it comes along. */
async function ofFile(path: string, notes: DepositNote[]): Promise<Deposit> {
  const root = dirname(path);
  const own = basename(path);
  const names = await namesBeside(root);
  const image = await imageNamed(own, root, names, notes);
  const { taken, unclear } = companionsOf(image, names);
  const submission: DepositFile[] = [];
  for (const name of taken) {
    const file = await fileBeside(root, name);
    if (file !== undefined) submission.push(file);
    else
      notes.push({
        code: 'acquisition/not-taken',
        message: `"${escaped(name)}" is named like the image, but is no regular file`,
      });
  }
  if (submission.length > 0) {
    const message = `taken along, being named like the image: ${shown(submission.map(({ name }) => name))}`;
    notes.push({ code: 'acquisition/taken-along', message });
  }
  if (unclear.length > 0) {
    const message = `left where they are, since they may belong to another image beside: ${shown(unclear)}`;
    notes.push({ code: 'acquisition/not-taken', message });
  }
  const ours = new Set([...image.files, ...submission].map(({ name }) => name));
  await checkReadable([...image.files, ...submission]);
  const neighbours = new Set(names.filter((name) => !ours.has(name)));
  const flux = await fluxAmong(submission);
  return sorted(image.files.length > 1 ? 'split' : 'file', root, { image, flux }, submission, notes, neighbours);
}

async function ofFolder(root: string, limits: Limits, notes: DepositNote[]): Promise<Deposit> {
  const listing: Listing = await listFolder(root, limits);
  if (listing.files.length === 0) {
    const message = `"${escaped(root)}" holds no files; give the folder that holds the image`;
    throw new Fault(FaultKind.Refused, 'acquisition/empty-folder', message, { path: root });
  }
  await checkReadable(listing.files);
  const found = await imageIn(root, listing.files, notes);
  const imageNames = new Set(found.image.files.map(({ name }) => name));
  const submission = listing.files.filter(({ name }) => !imageNames.has(name));
  if (listing.emptyFolders.length > 0) {
    const message = `empty folders are not kept, a bag has only files: ${shown(listing.emptyFolders)}`;
    notes.push({ code: 'acquisition/empty-folders', message });
  }
  return sorted('folder', root, found, submission, notes, new Set());
}

async function sorted(
  kind: Deposit['kind'],
  root: string,
  { image, flux }: FoundImages,
  submission: readonly DepositFile[],
  notes: DepositNote[],
  neighbours: ReadonlySet<string>,
): Promise<Deposit> {
  const litter = submission.filter(({ name }) => name.split('/').some((part) => LITTER.test(part))).map(({ name }) => name);
  if (litter.length > 0)
    notes.push({
      code: 'acquisition/litter',
      message: `written by an operating system for itself, kept all the same: ${shown(litter)}`,
    });
  const empty = submission.filter(({ size }) => size === 0).map(({ name }) => name);
  if (empty.length > 0) notes.push({ code: 'acquisition/empty-papers', message: `files of 0 bytes, kept: ${shown(empty)}` });
  const checksumLists: DepositFile[] = [];
  const mapfiles: DepositFile[] = [];
  const logs: DepositLog[] = [];
  const captured = new Set(flux.flatMap(({ files }) => files.map(({ name }) => name)));
  const papers = submission.filter(({ name, size }) => size > 0 && !LITTER.test(basename(name)) && !captured.has(name));
  for await (const { file, is } of inParallel(papers, async (file) => ({ file, is: await kindOf(file) }), FILES_AT_ONCE)) {
    if (is === 'mapfile') mapfiles.push(file);
    else if (is === 'list') checksumLists.push(file);
    else if (is !== undefined) logs.push(is);
  }
  return { kind, root, image, submission, flux, checksumLists, mapfiles, logs, neighbours, notes };
}

/** What a paper is to us; undefined for what is only kept. */
async function kindOf(file: DepositFile): Promise<'mapfile' | 'list' | DepositLog | undefined> {
  await using whole = await fileSource(file.path);
  const source = await endsInMemory(whole);
  if (await isMapfile(file, source)) return 'mapfile';
  // By content, so before what a name alone can make a list: dcfldd's hash log may be called `disk.md5`.
  return (await logIn(file, source)) ?? ((await isChecksumList(file, source)) ? 'list' : undefined);
}
