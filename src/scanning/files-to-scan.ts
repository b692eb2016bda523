/** Files of packages and of the disks in them, as a scan takes them: which are left out, and what opens the others. */
import type { ExtractedFile } from '#ingest/export';
import { Fault } from '#ingest/kernel';
import type { ByteSource, Media } from '#ingest/media';
import { openFile, openFiles } from '#ingest/survey';
import type { FileToScan } from './scan-run.ts';

export interface OnDisk {
  readonly id: number;
  readonly size: number;
  readonly place: ExtractedFile;
}

const PIECE = 1 << 18;

/** Undefined for a file that is scanned. */
function whyNot({ isDeleted, hasUnread, sha256, size }: ExtractedFile, media: Media): string | undefined {
  if (isDeleted) return 'it was deleted: what is left of it may belong to other files';
  if (hasUnread) return 'parts of it were never read from the carrier';
  // Without a digest a size is only a claim, which zeros that take no room would bear out for years.
  return sha256 === undefined && size > media.size * 4 ? 'it claims more bytes than its disk could hold' : undefined;
}

/** Whether its file system must be asked where it lies. */
export function mustBeAsked({ place, size }: OnDisk, media: Media): boolean {
  return place.runs === undefined && size > 0 && whyNot(place, media) === undefined;
}

/** Files that are opened by themselves. */
export function* byRuns(files: readonly OnDisk[], media: Media): Generator<FileToScan, void, undefined> {
  for (const { id, size, place } of files)
    yield {
      id,
      size,
      because: whyNot(place, media),
      async *bytes() {
        const source = await openFile(media, { ...place, runs: place.runs ?? [] });
        await using _ = source;
        yield* bytesOf(source, size);
      },
    };
}

/** Files of one volume whose file system is asked for all of them in one go. Each is good until the next is asked for. */
export async function* byFileSystem(files: readonly OnDisk[], media: Media): AsyncGenerator<FileToScan, void, undefined> {
  const left = new Map(files.map((file) => [file.place, file]));
  const places = files.map(({ place }) => place);
  for await (const { place, content } of openFiles(media, places)) {
    const file = left.get(place);
    if (file === undefined || !left.delete(place)) continue;
    const { id, size } = file;
    const isFault = content instanceof Fault;
    yield {
      id,
      size,
      because: isFault ? `its bytes could not be read: ${content.message}` : undefined,
      bytes: () => (isFault ? nothing() : bytesOf(content, size)),
    };
  }
  const because = 'the file system does not list it any more; audit the package';
  for (const { id, size } of left.values()) yield { id, size, because, bytes: nothing };
}

async function* bytesOf(source: ByteSource, size: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < size; at += PIECE) yield await source.read(at, Math.min(PIECE, size - at));
}

async function* nothing(): AsyncGenerator<Buffer, void, undefined> {}
