/**
 * The bag as one tar file, written by tar-stream: POSIX ustar headers, pax records before the entries that need them.
 *
 * pax is asked for where the library's ustar header would not hold: a path that is not ASCII or longer than 100 bytes, 8 GiB and
 * more, a date that 31 bits can't hold. Folders have entries of their own (Archivematica wants them); owner 0, no names, modes
 * 0644 and 0755. A reader that knows nothing of pax finds such an entry under the name PaxHeader.
 */
import { pipeline } from 'node:stream/promises';
import { type Header, type Pack, pack } from 'tar-stream';
import type { Contents, ExportEntry, Exporter } from '../exporter.ts';
import { bytesWhile } from '../library-stream.ts';
import { writeArchive } from '../write-bytes.ts';

const LONGEST_NAME = 100;
/** In bytes: from here on the library writes a size in GNU's base-256; pax says it for the readers of POSIX. */
const EIGHT_GIB = 8 * 1024 ** 3;
/** In seconds: the library cuts dates to signed 32 bits. */
const LATEST = 0x7fffffff;

export const exporter: Exporter = {
  id: 'tar',
  title: 'BagIt bag in a tar file',
  extension: '.tar',
  async write(contents, target) {
    const archive = pack();
    return writeArchive(
      target,
      bytesWhile(archive, async () => fill(archive, contents)),
    );
  },
};

async function fill(archive: Pack, contents: Contents): Promise<void> {
  for await (const entry of contents.entries()) {
    const header = headerOf(contents, entry);
    if (entry.kind === 'folder') await folder(archive, header);
    else await pipeline(entry.read(), archive.entry(header));
  }
  archive.finalize();
}

async function folder(archive: Pack, header: EntryHeader): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    archive.entry(header, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
}

type EntryHeader = Partial<Header> & Pick<Header, 'name'>;

function headerOf(contents: Contents, entry: ExportEntry): EntryHeader {
  const path = entry.path === '' ? contents.id : `${contents.id}/${entry.path}`;
  const name = entry.kind === 'folder' ? `${path}/` : path;
  const size = entry.kind === 'folder' ? 0 : entry.size;
  const seconds = Math.floor(contents.sealedAt.getTime() / 1000);
  const plainSeconds = Math.min(Math.max(seconds, 0), LATEST);

  const bytes = Buffer.byteLength(name);
  const plainName = bytes <= LONGEST_NAME && bytes === name.length;
  const pax = {
    ...(seconds === plainSeconds ? {} : { mtime: String(seconds) }),
    ...(size < EIGHT_GIB ? {} : { size: String(size) }),
  };
  return {
    name,
    size,
    mtime: new Date(plainSeconds * 1000),
    ...(entry.kind === 'folder' ? { type: 'directory', mode: 0o755 } : { type: 'file', mode: 0o644 }),
    // With any `pax`, an empty one too, the library writes the path there, whole.
    ...(plainName && Object.keys(pax).length === 0 ? {} : { pax }),
  };
}
