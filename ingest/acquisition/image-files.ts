/** The files that are the image: told by content first, then by name; two answers are a Fault. */
import { Fault, FaultKind, escaped, inParallel } from '../kernel/index.ts';
import { ContentKind, type Identification, fileSource, identify } from '../media/index.ts';
import {
  FILES_AT_ONCE,
  type DepositFile,
  type DepositNote,
  checkReadable,
  counted,
  emptyFile,
  fileBeside,
  listed,
  shown,
} from './folder.ts';
import { describedBy, discOf, sheetsPerFolder } from './sheet-images.ts';
import { type NamedSet, SetKind, namedSets } from './split-set.ts';
import type { ImageFiles } from './deposited-image.ts';
import { fluxIn } from './flux-captures.ts';
import { checkExtents } from './vmdk-extents.ts';
import { withParts, withoutParts } from './with-parts.ts';

/** Endings that image files have and papers do not; what they hold is told by content. */
const IMAGE_ENDING =
  /\.(?:img|ima|image|dd|raw|bin|iso|dsk|st|adf|d64|d71|d81|d80|d82|vfd|flp|hdf|hda|usb|cdr|toast|mdf|2mg|po|hfs|0?[01]|0{1,3}[01]|aa|aaa)$/i;
const WRAPPER_ENDING = /\.(?:gz|bz2|xz|zst|zip|7z)$/i;
const WRAPPED_FLOPPY = /\.(?:adz|ipz)$/i;

export function hasImageEnding(name: string): boolean {
  return IMAGE_ENDING.test(name) || WRAPPED_FLOPPY.test(name) || IMAGE_ENDING.test(name.replace(WRAPPER_ENDING, ''));
}

type Find = (name: string) => Promise<DepositFile>;

/** The image that has `own` as its file or as one of its pieces, which all lie in `root`. */
export async function imageNamed(own: string, root: string, names: readonly string[], notes: DepositNote[]): Promise<ImageFiles> {
  const find: Find = async (name) => {
    const file = await fileBeside(root, name);
    if (file !== undefined) {
      await checkReadable([file]);
      return file;
    }
    const message = `"${escaped(name)}" belongs to the image and is no regular file; put the file itself there`;
    throw new Fault(FaultKind.Refused, 'acquisition/links-inside', message, { files: listed([name]) });
  };
  const described = await describedBy(own, root, names, notes, find);
  if (described !== undefined) return described;
  const set = namedSets(names)(own);
  const image = (set === undefined ? undefined : await joined(set, '', find, own, notes)) ?? single(await find(own));
  return withParts(image, new Map(names.map((name) => [name, () => find(name)])));
}

/** The image of a folder, and the flux that it was decoded from. */
export interface FoundImages {
  readonly image: ImageFiles;
  /** Captures of the same carrier beside a sector image; none where flux is the image. */
  readonly flux: readonly ImageFiles[];
}

/**
 * The one image among `files`. Flux beside a sector image is no second image: a folder holds one carrier, so it is the same one's.
 * @throws Fault 'acquisition/no-image', 'acquisition/two-images'.
 */
export async function imageIn(root: string, files: readonly DepositFile[], notes: DepositNote[]): Promise<FoundImages> {
  const images: ImageFiles[] = [];
  const wrapped: ImageFiles[] = [];
  const flux: ImageFiles[] = [];
  const empty: string[] = [];
  const byName = new Map(files.map((file) => [file.name, file]));
  const done = new Set<string>();
  const orphans: (() => Promise<ImageFiles>)[] = [];
  for (const [folder, { sets, papers, orphans: left }] of await sheetsPerFolder(files, notes)) {
    const find: Find = (name) => here(byName, name);
    for (const name of papers) done.add(folder + name);
    orphans.push(...left.map((set) => () => discOf(set, folder, find)));
    for (const set of sets) {
      const image = await discOf(set, folder, find);
      for (const member of image.files) done.add(member.name);
      images.push(image);
    }
  }
  const misleading = new Set<string>();
  const alone: DepositFile[] = [];
  for (const { file, folder, set } of withSets(files)) {
    if (done.has(file.name)) continue;
    const find: Find = (name) => here(byName, name);
    const key = `${folder}${set?.members[0] ?? ''}\0${set?.whole ?? ''}`;
    const image = set === undefined || misleading.has(key) ? undefined : await joined(set, folder, find, undefined, notes);
    if (image === undefined) misleading.add(key);
    if (image !== undefined) {
      for (const member of image.files) done.add(member.name);
      (set?.isFlux === true ? flux : images).push(image);
    } else if (file.size === 0) {
      if (hasImageEnding(file.name)) empty.push(file.name);
    } else {
      alone.push(file);
    }
  }
  for await (const { file, what } of inParallel(alone, async (file) => ({ file, what: await identified(file) }), FILES_AT_ONCE)) {
    if (fluxIn(what) !== undefined) flux.push(single(file));
    else if (isCandidate(file.name, what)) images.push(single(file));
    else if (mayWrapImage(file.name, what)) wrapped.push(single(file));
  }
  if (empty.length > 0) throw emptyFile(empty);
  if (images.length === 0 && flux.length === 0 && wrapped.length === 0) await orphans[0]?.();
  const found = await withoutParts(images.length > 0 ? images : wrapped, files);
  const [image = flux[0], ...others] = found;
  if (image === undefined || (found.length === 0 && flux.length > 1)) throw noImage(root, files.length, flux);
  if (others.length > 0) throw twoImages(found);
  return { image, flux: found.length === 0 ? [] : flux };
}

function here(byName: ReadonlyMap<string, DepositFile>, name: string): Promise<DepositFile> {
  const found = byName.get(name);
  return found === undefined ? Promise.reject(new TypeError(`${name} was not listed`)) : Promise.resolve(found);
}

/**
 * A file is the image when its content says so. Raw bytes and bare sizes say nothing, so there the ending must speak; a name
 * without any ending will do where the content at least begins like a disk.
 */
function isCandidate(name: string, what: Identification): boolean {
  const { inside } = what;
  if (what.kind === ContentKind.Wrapper)
    return inside !== undefined && inside.id !== 'raw' && isCandidate(insideName(name, what), inside);
  if (what.kind !== ContentKind.Image) return false;
  if (what.id !== 'raw' && what.basis === 'signature') return true;
  const own = name.slice(folderOf(name).length);
  return hasImageEnding(name) || (what.basis === 'signature' && !own.includes('.'));
}

/**
 * Compressed bytes that say nothing, as raw ones, or that can't be unpacked: with the right ending they are the image, but only
 * where nothing else is. Compressed logs, letters and archives of several files never are.
 */
function mayWrapImage(name: string, what: Identification): boolean {
  if (what.kind !== ContentKind.Wrapper) return false;
  const { inside } = what;
  if (inside === undefined) return hasImageEnding(name.replace(/\.\d{1,5}$/, ''));
  const inner = insideName(name, what);
  return mayWrapImage(inner, inside) || (inside.kind === ContentKind.Image && isCandidate(inner, inside));
}

/** What the wrapper calls its content; else its own name without the ending that it adds. */
function insideName(name: string, { insideName: said }: Identification): string {
  return said ?? name.replace(WRAPPER_ENDING, '').replace(/\.adz$/i, '.adf');
}

/**
 * The set as an image; undefined when the content says that the names mislead: the first piece is a paper (`report.001`), or
 * a later one is a whole image by itself (`disk.1`, `disk.2` as two floppies).
 */
async function joined(
  set: NamedSet,
  folder: string,
  find: Find,
  own: string | undefined,
  notes: DepositNote[],
): Promise<ImageFiles | undefined> {
  const files: DepositFile[] = [];
  for (const member of set.members) files.push(await find(folder + member));
  const [first, second] = files;
  if (first === undefined) return undefined;
  const begins = await identified(files.find(({ size }) => size > 0) ?? first);
  if (set.kind === SetKind.Segments) {
    const isSegment = !begins.isWhole && begins.kind === ContentKind.Image && begins.basis === 'signature';
    const isEmpty = files.every(({ size }) => size === 0);
    if (set.isFlux ? !isEmpty && begins.kind !== ContentKind.Flux : !isSegment) return undefined;
    if (set.missing.length > 0) throw gap(set, folder);
    if (!set.isFlux) await checkExtents(first, set.members);
    const empty = files.filter(({ size }) => size === 0).map(({ name }) => name);
    // A track that was not read has no stream; the disk's others have. An image begins with what tells its format.
    if (empty.length > 0 && (!set.isFlux || isEmpty)) throw emptyFile(empty);
    files.sort((a, b) => Number(a.size === 0) - Number(b.size === 0));
    return { name: folder + set.whole, files, totalSize: total(files), scheme: files.length > 1 ? 'segments' : 'single' };
  }
  const alone = (why: string): undefined => {
    if (own !== undefined && files.length > 1) {
      notes.push({ code: 'acquisition/taken-alone', message: `"${escaped(own)}" was taken alone: ${why}` });
    }
    return undefined;
  };
  if (first.size > 0 && begins.kind === ContentKind.Paper)
    return alone(`"${escaped(first.name)}" is no part of an image but: ${begins.title}`);
  if (own === undefined && begins.kind === ContentKind.Wrapper && !hasImageEnding(set.whole)) return undefined;
  const judged = set.headMissing ? first : second;
  if (judged !== undefined && isWhole(await identified(judged))) {
    return alone(`"${escaped(judged.name)}" is a whole image by itself, so the numbers count disks, not pieces`);
  }
  if (set.missing.length > 0) throw gap(set, folder);
  const empty = files.filter(({ size }) => size === 0).map(({ name }) => name);
  if (empty.length > 0) throw emptyFile(empty);
  await checkNotDisks(set, files);
  checkSizes(files);
  return { name: folder + set.whole, files, totalSize: total(files), scheme: files.length > 1 ? 'pieces' : 'single' };
}

/** An image by its own first bytes, which a piece from the middle of one does not have. */
function isWhole({ kind, id, basis }: Identification): boolean {
  return (kind === ContentKind.Image || kind === ContentKind.Flux) && id !== 'raw' && basis === 'signature';
}

/** `disk.1 disk.2`, all of a floppy's size: pieces or disks? Nobody can tell. */
async function checkNotDisks(set: NamedSet, files: readonly DepositFile[]): Promise<void> {
  if (!set.looseNumbers || files.length < 2 || new Set(files.map(({ size }) => size)).size > 1) return;
  for (const file of files.slice(0, 2)) if ((await identified(file)).id !== 'floppy') return;
  const names = files.map(({ name }) => name);
  const message = `${shown(names)} may be pieces of one image, or floppies by themselves: each has the size of one; name pieces "x.001", "x.002", and give each floppy a folder and a name like "x-1.img"`;
  throw new Fault(FaultKind.Refused, 'acquisition/pieces-or-disks', message, { files: listed(names) });
}

/** All but the last piece have one size, the last is no bigger. */
function checkSizes(files: readonly DepositFile[]): void {
  const expected = files[0]?.size ?? 0;
  for (const [i, { name, size }] of files.entries()) {
    const isLast = i === files.length - 1;
    if (size === expected || (isLast && size < expected)) continue;
    const should = isLast ? `at most ${expected}` : String(expected);
    const message = `piece "${escaped(name)}" has ${size} bytes; as piece ${i + 1} of ${files.length} it should have ${should}: copy it again, or another image's file has got in between`;
    throw new Fault(FaultKind.Truncated, 'acquisition/short-piece', message, { file: escaped(name), size, expected });
  }
}

function gap(set: NamedSet, folder: string): Fault {
  const missing = set.missing.map((name) => folder + name);
  const first =
    set.members[0] === undefined
      ? ''
      : `; there are ${set.members.length}, from "${escaped(set.members[0])}" to "${escaped(set.members.at(-1) ?? '')}"`;
  const message = `the image "${escaped(folder + set.whole)}" is not complete: ${shown(missing)} ${missing.length === 1 ? 'is' : 'are'} missing${first}; put it beside the others, or rename what is no piece`;
  return new Fault(FaultKind.Missing, 'acquisition/split-gap', message, { missing: listed(missing) });
}

function noImage(root: string, count: number, flux: readonly ImageFiles[]): Fault {
  const saw =
    flux.length > 1
      ? `${counted(flux.length, flux.some(({ files }) => files.length > 1) ? 'flux image' : 'flux file')} and no sector image`
      : `${counted(count, 'file')}, none of them a disk image`;
  const message = `"${escaped(root)}" holds ${saw}; if one is an image, give its path itself`;
  return new Fault(FaultKind.Missing, 'acquisition/no-image', message, { path: root, files: count });
}

function twoImages(images: readonly ImageFiles[]): Fault {
  const candidates = images.map(({ name }) => name).sort();
  const message = `there are ${images.length} disk images: ${shown(candidates)}; a deposit is one carrier: make one folder per carrier, or give the image's path itself`;
  return new Fault(FaultKind.Refused, 'acquisition/two-images', message, { candidates: listed(candidates) });
}

function single(file: DepositFile): ImageFiles {
  if (file.size === 0) throw emptyFile([file.name]);
  return { name: file.name, files: [file], totalSize: file.size, scheme: 'single' };
}

async function identified(file: DepositFile): Promise<Identification> {
  await using source = await fileSource(file.path);
  return await identify(source, file.name);
}

/** Each file with the set that its name may belong to, folder by folder. */
function* withSets(files: readonly DepositFile[]): Generator<{ file: DepositFile; folder: string; set: NamedSet | undefined }> {
  const folders = new Map<string, DepositFile[]>();
  for (const file of files) {
    const here = folders.get(folderOf(file.name));
    if (here === undefined) folders.set(folderOf(file.name), [file]);
    else here.push(file);
  }
  for (const [folder, here] of folders) {
    const setOf = namedSets(here.map(({ name }) => name.slice(folder.length)));
    for (const file of here) yield { file, folder, set: setOf(file.name.slice(folder.length)) };
  }
}

/** `a/b/` of `a/b/c`; empty for a name without a folder. */
function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

function total(files: readonly DepositFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
