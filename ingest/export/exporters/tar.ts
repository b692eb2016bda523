/**
 * The bag as one tar file: POSIX ustar headers, pax records before the entries that need them and nowhere else.
 *
 * pax is needed for a path that is not ASCII or longer than 100 bytes, for 8 GiB and more, and for a date that eleven octal
 * digits can't hold. Folders have entries of their own (Archivematica wants them); owner 0, no names, modes 0644 and 0755.
 * Written here and not by tar-stream, whose headers hold dates as signed 32 bits (wrong from 2038 on), sizes from 8 GiB on in
 * GNU's base-256, and of a folder with a long name no name at all.
 */
import type { Contents, ExportEntry, Exporter } from '../exporter.ts';
import { writeArchive } from '../write-bytes.ts';

const BLOCK = 512;
const LONGEST_NAME = 100;
const OCTAL_11 = 0o77777777777;

export const exporter: Exporter = {
  id: 'tar',
  title: 'BagIt bag in a tar file',
  extension: '.tar',
  write: async (contents, target) => writeArchive(target, bytesOf(contents)),
};

async function* bytesOf(contents: Contents): AsyncGenerator<Uint8Array> {
  for await (const entry of contents.entries()) {
    yield headers(contents, entry);
    if (entry.kind === 'folder') continue;
    yield* entry.read();
    yield Buffer.alloc(padding(entry.size));
  }
  yield Buffer.alloc(2 * BLOCK);
}

function headers(contents: Contents, entry: ExportEntry): Buffer {
  const path = [contents.id, entry.path].filter((part) => part !== '').join('/');
  const name = entry.kind === 'folder' ? `${path}/` : path;
  const mode = entry.kind === 'folder' ? 0o755 : 0o644;
  const typeflag = entry.kind === 'folder' ? '5' : '0';
  const size = entry.kind === 'folder' ? 0 : entry.size;
  const mtime = Math.floor(contents.sealedAt.getTime() / 1000);
  const plainTime = Math.min(Math.max(mtime, 0), OCTAL_11);

  const bytes = Buffer.from(name, 'utf8');
  const plainName = bytes.length <= LONGEST_NAME && bytes.length === name.length;
  const records = Buffer.concat([
    ...(mtime === plainTime ? [] : [paxRecord('mtime', String(mtime))]),
    ...(plainName ? [] : [paxRecord('path', name)]),
    ...(size <= OCTAL_11 ? [] : [paxRecord('size', String(size))]),
  ]);
  const own = header({
    name: plainName ? bytes : shortened(bytes),
    mode,
    typeflag,
    size: size <= OCTAL_11 ? size : 0, // the pax record says it
    mtime: plainTime,
  });
  if (records.length === 0) return own;
  const pax = header({ name: Buffer.from('PaxHeader'), mode: 0o644, typeflag: 'x', size: records.length, mtime: plainTime });
  return Buffer.concat([pax, records, Buffer.alloc(padding(records.length)), own]);
}

/** One 512-byte ustar header (POSIX.1-2017, pax, "ustar Interchange Format"). */
function header(field: { name: Uint8Array; mode: number; typeflag: string; size: number; mtime: number }): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.set(field.name, 0);
  block.write(octal(field.mode, 7), 100);
  block.write(octal(0, 7), 108); // uid
  block.write(octal(0, 7), 116); // gid
  block.write(octal(field.size, 11), 124);
  block.write(octal(field.mtime, 11), 136);
  block.fill(' ', 148, 156); // the checksum counts itself as spaces
  block.write(field.typeflag, 156);
  block.write('ustar\x0000', 257);
  block.write(octal(0, 7), 329); // device numbers
  block.write(octal(0, 7), 337);
  block.write(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return block;
}

/** `length key=value\n`; the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`, 'utf8');
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** For readers without pax: as much of the name as fits, ASCII only. */
function shortened(name: Uint8Array): Uint8Array {
  return name.subarray(-LONGEST_NAME).map((byte) => (byte > 0x7e ? 0x5f : byte));
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
