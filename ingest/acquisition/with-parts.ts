/** The files that an image is made of besides itself: parents of a snapshot, extents, a data file. Told by opening it, not by names. */
import { Fault, FaultKind } from '../kernel/index.ts';
import { fileSource, identify, openImage } from '../media/index.ts';
import type { DepositFile } from './folder.ts';
import type { FoundMedium, ImageFiles } from './deposited-image.ts';
import { SetKind } from './split-set.ts';

/**
 * `image` with the files among `beside` that its medium is read from: they are the image too.
 * An image that can't be opened for another reason stays as it is: it is kept as it came.
 * @param beside names and files in the image's own folder.
 * @throws Fault of kind 'missing' naming the file that must be deposited with it; of kind 'unreadable'.
 */
export async function withParts(image: ImageFiles, beside: ReadonlyMap<string, () => Promise<DepositFile>>): Promise<ImageFiles> {
  if (!(await wraps(image))) return image;
  const own = new Map(image.files.map((file) => [baseName(file.name), file]));
  const opened = new Map<string, DepositFile>(own);
  // What neighbours have to do with it is no part of what the image alone says.
  let isAlone = true;
  const others = [...beside].filter(([name]) => !own.has(name));
  const members = [
    ...Array.from(own, ([name, { path }]) => ({ name, open: () => fileSource(path) })),
    ...others.map(([name, find]) => ({
      name,
      async open() {
        isAlone = false;
        const file = await find();
        opened.set(name, file);
        return fileSource(file.path);
      },
    })),
  ];
  let parts: readonly string[];
  let medium: FoundMedium;
  try {
    await using found = await openImage(members, false);
    const { isWhole, sectorSize, facts, storedDigests, warnings } = found.media;
    medium = { isWhole, sectorSize, facts, storedDigests, warnings };
    parts = found.media.parts;
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Missing || error.kind === FaultKind.Unreadable) throw error;
    return isAlone ? { ...image, medium: error } : image;
  }
  const added = parts.flatMap((name) => (own.has(name) ? [] : (opened.get(name) ?? [])));
  if (added.length === 0) return isAlone ? { ...image, medium } : image;
  const files = [...image.files, ...new Set(added)];
  return { ...image, files, totalSize: files.reduce((sum, { size }) => sum + size, 0), scheme: SetKind.Segments };
}

/** Each image with the files that it is made of; those that are a part of another, such as a snapshot's parent, are none by themselves. */
export async function withoutParts(images: readonly ImageFiles[], files: readonly DepositFile[]): Promise<ImageFiles[]> {
  const found: ImageFiles[] = [];
  const folders = new Map<string, Map<string, () => Promise<DepositFile>>>();
  for (const file of files) {
    const folder = folderOf(file.name);
    const finders = folders.get(folder) ?? new Map<string, () => Promise<DepositFile>>();
    folders.set(
      folder,
      finders.set(baseName(file.name), () => Promise.resolve(file)),
    );
  }
  for (const image of images) {
    try {
      found.push(await withParts(image, folders.get(folderOf(image.name)) ?? new Map()));
    } catch (error) {
      if (images.length === 1 || !(error instanceof Fault) || error.kind !== FaultKind.Missing) throw error;
      found.push(image);
    }
  }
  const parts = new Set(found.flatMap((image) => image.files.slice(1).map(({ name }) => name)));
  return found.filter(({ files: [head] }) => head === undefined || !parts.has(head.name));
}

/** Something else than the medium's own bytes, in a format that this version reads. */
async function wraps({ files: [head], scheme }: ImageFiles): Promise<boolean> {
  if (head === undefined || scheme === SetKind.Pieces) return false;
  await using source = await fileSource(head.path);
  const { readable, isWhole } = await identify(source, head.name);
  return readable && !isWhole;
}

/** `a/b/` of `a/b/c`; empty for a name without a folder. */
function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
