/**
 * The bag as one zip file: entries stored, zip64 where a number needs it, names in UTF-8 and flagged so.
 *
 * Each local header states size and CRC-32, so that readers which never look at the central directory can read the file too;
 * a data descriptor behind a stored entry would lock them out (Java's ZipInputStream refuses it). The price: a file larger
 * than BUFFERED is read twice, first for its CRC alone. For large images tar is the better choice.
 * Written here and not by yazl, which puts dates in the machine's own time zone (other bytes elsewhere), turns `\` in names
 * into `/`, always adds data descriptors, and computes the CRC in JavaScript, nine times slower than zlib.crc32 (measured).
 */
import { crc32 } from 'node:zlib';
import { escaped, Fault, FaultKind } from '../../kernel/index.ts';
import type { Contents, ExportEntry, Exporter, ExportFile } from '../exporter.ts';
import { Spool } from '../spool.ts';
import { writeArchive } from '../write-bytes.ts';

/** In bytes: smaller files are held in memory while their CRC is computed. */
const BUFFERED = 8 << 20;
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;

const UTF8_NAME = 1 << 11;
const MADE_BY_UNIX = (3 << 8) | 45;
const ZIP64_TAG = 0x0001;
const UNIX_TIME_TAG = 0x5455; // "UT"

export const exporter: Exporter = {
  id: 'zip',
  title: 'BagIt bag in a zip file',
  extension: '.zip',
  // A directory of a million records does not belong in memory.
  write: async (contents, target) => writeArchive(target, bytesOf(contents, new Spool(`${target}-directory`))),
};

async function* bytesOf(contents: Contents, directory: Spool): AsyncGenerator<Uint8Array> {
  const date = dosDate(contents.sealedAt);
  const time = unixTime(contents.sealedAt);
  let offset = 0;
  let count = 0;
  for await (const entry of contents.entries()) {
    const member = { name: nameOf(contents, entry), kind: entry.kind, date, time, size: 0, crc: 0, offset };
    let body: AsyncIterable<Uint8Array> | readonly Uint8Array[] = [];
    if (entry.kind === 'file') {
      member.size = entry.size;
      ({ crc: member.crc, body } = await withCrc(entry));
    }
    const header = localHeader(member);
    yield header;
    yield* body;
    offset += header.length + member.size;
    await directory.add(directoryRecord(member));
    count += 1;
  }
  yield* await directory.read();
  yield endRecords(count, directory.size, offset);
}

async function withCrc(entry: ExportFile): Promise<{ crc: number; body: AsyncIterable<Uint8Array> | readonly Uint8Array[] }> {
  let crc = 0;
  if (entry.size <= BUFFERED) {
    const body: Uint8Array[] = [];
    for await (const chunk of entry.read()) {
      crc = crc32(chunk, crc);
      body.push(chunk);
    }
    return { crc, body };
  }
  for await (const chunk of entry.read(0.5)) crc = crc32(chunk, crc);
  return { crc, body: entry.read(0.5) };
}

interface Member {
  readonly name: Buffer;
  readonly kind: 'file' | 'folder';
  readonly date: number;
  readonly time: Buffer;
  readonly size: number;
  readonly crc: number;
  readonly offset: number;
}

/** APPNOTE 4.3.7. */
function localHeader(member: Member): Buffer {
  const large = member.size >= MAX_32;
  const extra = Buffer.concat([...(large ? [extraField(ZIP64_TAG, u64(member.size), u64(member.size))] : []), member.time]);
  const fixed = Buffer.alloc(30);
  fixed.writeUInt32LE(0x04034b50, 0);
  common(fixed, 4, member, { large, sizesOnly: large, extra });
  return Buffer.concat([fixed, member.name, extra]);
}

/** APPNOTE 4.3.12. */
function directoryRecord(member: Member): Buffer {
  const large = member.size >= MAX_32;
  const far = member.offset >= MAX_32;
  const wide = [...(large ? [u64(member.size), u64(member.size)] : []), ...(far ? [u64(member.offset)] : [])];
  const extra = Buffer.concat([...(wide.length > 0 ? [extraField(ZIP64_TAG, ...wide)] : []), member.time]);
  const fixed = Buffer.alloc(46);
  fixed.writeUInt32LE(0x02014b50, 0);
  fixed.writeUInt16LE(MADE_BY_UNIX, 4);
  common(fixed, 6, member, { large: large || far, sizesOnly: large, extra });
  // Unix mode in the upper half, the DOS folder bit in the lower.
  fixed.writeUInt32LE(member.kind === 'folder' ? 0o40755 * 0x10000 + 0x10 : 0o100644 * 0x10000, 38);
  fixed.writeUInt32LE(far ? MAX_32 : member.offset, 42);
  return Buffer.concat([fixed, member.name, extra]);
}

/** The fields that both headers share, in the same order. */
function common(
  fixed: Buffer,
  at: number,
  member: Member,
  { large, sizesOnly, extra }: { large: boolean; sizesOnly: boolean; extra: Buffer },
): void {
  const size = sizesOnly ? MAX_32 : member.size;
  fixed.writeUInt16LE(large ? 45 : 20, at); // version needed
  fixed.writeUInt16LE(UTF8_NAME, at + 2);
  fixed.writeUInt16LE(0, at + 4); // stored
  fixed.writeUInt32LE(member.date, at + 6);
  fixed.writeUInt32LE(member.crc, at + 10);
  fixed.writeUInt32LE(size, at + 14);
  fixed.writeUInt32LE(size, at + 18);
  fixed.writeUInt16LE(member.name.length, at + 22);
  fixed.writeUInt16LE(extra.length, at + 24);
}

/** APPNOTE 4.3.14 to 4.3.16; the zip64 pair only when a number needs it. */
function endRecords(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX_16), 8);
  end.writeUInt16LE(Math.min(count, MAX_16), 10);
  end.writeUInt32LE(Math.min(size, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  if (count < MAX_16 && size < MAX_32 && offset < MAX_32) return end;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4); // bytes of this record that follow
  end64.writeUInt16LE(MADE_BY_UNIX, 12);
  end64.writeUInt16LE(45, 14);
  end64.set(
    [u64(count), u64(count), u64(size), u64(offset)].reduce((a, b) => Buffer.concat([a, b])),
    24,
  );
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.set(u64(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}

function nameOf(contents: Contents, entry: ExportEntry): Buffer {
  const path = [contents.id, entry.path].filter((part) => part !== '').join('/');
  const name = Buffer.from(entry.kind === 'folder' ? `${path}/` : path, 'utf8');
  if (name.length <= MAX_16) return name;
  throw new Fault(
    FaultKind.Unsupported,
    'export/name-too-long',
    `"${escaped(path)}" has ${name.length} bytes, a name in a zip file at most ${MAX_16}; export as tar`,
    { path: entry.path },
  );
}

/** Time below, date above; in UTC, although the format means local time, so that every machine writes the same. */
function dosDate(at: Date): number {
  const year = at.getUTCFullYear();
  if (year < 1980) return 0x0021_0000; // 1 January 1980, the first there is
  if (year > 2107) return 0xff9f_bf7d; // 31 December 2107, the last
  const date = ((year - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return date * 0x10000 + time;
}

/** Info-ZIP's UTC seconds, which readers prefer to the DOS date; left out where 31 bits can't hold them. */
function unixTime(at: Date): Buffer {
  const seconds = Math.floor(at.getTime() / 1000);
  if (seconds < 0 || seconds > 0x7fffffff) return Buffer.alloc(0);
  const value = Buffer.alloc(5);
  value.writeUInt8(1, 0); // only the time of modification
  value.writeUInt32LE(seconds, 1);
  return extraField(UNIX_TIME_TAG, value);
}

function extraField(tag: number, ...values: Buffer[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(tag, 0);
  head.writeUInt16LE(
    values.reduce((length, value) => length + value.length, 0),
    2,
  );
  return Buffer.concat([head, ...values]);
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}
