/** A tree of files as a program tells it, ours or another's: what each is by its path. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { alone, fileSource, openMedia } from '#ingest/media';
import { dataOf, EntryKind, type SurveyedFile, surveyOf } from '#ingest/survey';

/** `size md5` of a file by its path; `directory` of a directory. Links and devices are not in it. */
export type Listing = ReadonlyMap<string, string>;

export interface OurListing {
  /** Id of the file system's format. */
  readonly format: string;
  /** Of its volume, in bytes. */
  readonly offset: number;
  readonly files: Listing;
  /** By the bytes of names as they are stored, one character for each, with NUL between them. */
  readonly rawFiles: Listing;
}

/** What we show beside the tree: boot images of El Torito, and files whose folder is lost. */
const OURS_ALONE = /^\[(?:BOOT|orphans)\]/;

/** Every file system in the image, with the allocated files of its main tree (not a second one, lost files or earlier sessions). */
export async function ourListings(image: string): Promise<OurListing[]> {
  await using container = await fileSource(image);
  await using media = await openMedia(container, alone);
  const listings: { format: string; offset: number; all: SurveyedFile[] }[] = [];
  for await (const item of surveyOf(media, { algorithms: ['md5'] })) {
    if (item.kind === 'volume')
      listings.push({ format: item.volume.fileSystem?.format ?? 'none', offset: item.volume.offset, all: [] });
    if (item.kind === 'files')
      listings
        .at(-1)
        ?.all.push(
          ...item.files.filter(({ isDeleted, tree, path }) => !isDeleted && tree === undefined && !OURS_ALONE.test(path)),
        );
  }
  return listings.map(({ format, offset, all }) => ({ format, offset, files: byPath(all), rawFiles: byRawPath(all) }));
}

function byPath(all: readonly SurveyedFile[]): Listing {
  return new Map(all.flatMap((file) => pairOf(file.path.normalize('NFC'), file)));
}

function byRawPath(all: readonly SurveyedFile[]): Listing {
  const rawOf = new Map([['', '']]);
  const pairs: [string, string][] = [];
  for (const file of all) {
    const above = rawOf.get(file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')))) ?? '?';
    const path = (above === '' ? '' : `${above}\0`) + file.nameBytes.toString('latin1');
    rawOf.set(file.path, path);
    pairs.push(...pairOf(path, file));
  }
  return new Map(pairs);
}

function pairOf(path: string, file: SurveyedFile): [string, string][] {
  const data = dataOf(file);
  if (file.kind === EntryKind.Directory) return [[path, 'directory']];
  if (file.kind !== EntryKind.File) return [];
  const size = data?.size ?? 0;
  return [[path, `${size} ${data === undefined ? EMPTY : (data.digests?.['md5'] ?? `not read: ${data.remark?.code}`)}`]];
}

export const EMPTY = createHash('md5').digest('hex');

/** What a program unpacked into `folder`. Links are not followed. */
export function unpackedListing(folder: string): Listing {
  return new Map([...rawUnpackedListing(folder)].map(([path, what]) => [textOf(path), what]));
}

/** As `OurListing.rawFiles`. */
export function rawUnpackedListing(folder: string, above = '', found = new Map<string, string>()): Listing {
  const here = Buffer.concat([Buffer.from(folder), Buffer.from(above && `/${above.replaceAll('\0', '/')}`, 'latin1')]);
  for (const entry of readdirSync(here, { withFileTypes: true, encoding: 'buffer' })) {
    const key = (above === '' ? '' : `${above}\0`) + entry.name.toString('latin1');
    const path = Buffer.concat([here, Buffer.from('/'), entry.name]);
    if (entry.isDirectory()) {
      found.set(key, 'directory');
      rawUnpackedListing(folder, key, found);
    } else if (entry.isFile()) found.set(key, `${statSync(path).size} ${md5Of(path)}`);
  }
  return found;
}

function textOf(raw: string): string {
  return Buffer.from(raw, 'latin1').toString('utf8').replaceAll('\0', '/').normalize('NFC');
}

/** Of a file that may be sparse and large. */
function md5Of(path: Buffer): string {
  const hash = createHash('md5');
  const piece = Buffer.allocUnsafe(1 << 20);
  const fd = openSync(path, 'r');
  try {
    for (let count = 0; (count = readSync(fd, piece)) > 0; ) hash.update(piece.subarray(0, count));
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}

export interface Difference {
  readonly path: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Paths of which the two do not say the same. */
export function differences(ours: Listing, theirs: Listing): Difference[] {
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .map((path) => ({ path, ours: ours.get(path) ?? 'nothing', theirs: theirs.get(path) ?? 'nothing' }))
    .filter(({ ours, theirs }) => ours !== theirs);
}

/** The files alone, whatever they are called: each by its size and MD5, with how many are such. */
export function byContent(files: Listing): Listing {
  const counts = new Map<string, number>();
  for (const what of files.values()) if (what !== 'directory') counts.set(what, (counts.get(what) ?? 0) + 1);
  return new Map([...counts].map(([what, count]) => [what, String(count)]));
}
