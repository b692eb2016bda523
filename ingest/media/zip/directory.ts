/** The central directory of a zip file (APPNOTE 6.3.10, with zip64), read at once, and where the bytes of an entry lie. */
import { Fault, FaultKind, escaped, layout, raw, u16le, u32le, u64le } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';

const LARGEST_DIRECTORY = 64 * 1024 * 1024;
const LARGEST_COMMENT = 0xffff;

const endRecord = layout('end of a zip directory', 22, {
  mark: [0, raw(4)],
  disk: [4, u16le],
  entryCount: [10, u16le],
  directorySize: [12, u32le],
  directoryOffset: [16, u32le],
  commentLength: [20, u16le],
});

const locator64 = layout('zip64 locator', 20, {
  mark: [0, raw(4)],
  disk: [4, u32le],
  offset: [8, u64le],
});

const endRecord64 = layout('zip64 end of a zip directory', 56, {
  mark: [0, raw(4)],
  disk: [16, u32le],
  entryCount: [32, u64le],
  directorySize: [40, u64le],
  directoryOffset: [48, u64le],
});

const centralHeader = layout('zip directory entry', 46, {
  mark: [0, raw(4)],
  flags: [8, u16le],
  method: [10, u16le],
  crc: [16, u32le],
  packedSize: [20, u32le],
  size: [24, u32le],
  nameLength: [28, u16le],
  extraLength: [30, u16le],
  commentLength: [32, u16le],
  offset: [42, u32le],
});

const localHeader = layout('zip entry', 30, {
  mark: [0, raw(4)],
  nameLength: [26, u16le],
  extraLength: [28, u16le],
});

export interface ZipEntry {
  readonly name: string;
  readonly isEncrypted: boolean;
  /** 0 stored, 8 deflate. */
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
}

export interface ZipDirectory {
  readonly entries: readonly ZipEntry[];
  readonly comment: string;
}

/** @throws Fault 'zip/no-directory' for a cut file; 'zip/directory' for damage; 'zip/too-large' for a directory above 64 MiB. */
export async function readDirectory(zip: ByteSource): Promise<ZipDirectory> {
  const tailSize = Math.min(zip.size, endRecord.size + LARGEST_COMMENT);
  const tail = await zip.read(zip.size - tailSize, tailSize);
  const at = endAt(tail);
  const end = endRecord.decode(tail.subarray(at));
  let { entryCount, directorySize, directoryOffset } = end;
  const endOffset = zip.size - tailSize + at;
  if (entryCount === 0xffff || directorySize === 0xffffffff || directoryOffset === 0xffffffff) {
    const found = await end64(zip, endOffset);
    if (found !== undefined) ({ entryCount, directorySize, directoryOffset } = found);
  }
  if (end.disk !== 0) throw damaged('it is one of several files', { disk: end.disk });
  if (directorySize > LARGEST_DIRECTORY) {
    const message = `the zip file has a directory of ${directorySize} bytes; up to ${LARGEST_DIRECTORY} are read`;
    throw new Fault(FaultKind.Unsupported, 'zip/too-large', message, { directorySize });
  }
  if (directoryOffset + directorySize > endOffset || entryCount * centralHeader.size > directorySize)
    throw damaged(`its directory (byte ${directoryOffset}, ${directorySize} bytes, ${entryCount} entries) is not in it`, {
      directoryOffset,
    });
  const bytes = await zip.read(directoryOffset, directorySize);
  return { entries: entriesOf(bytes, entryCount, zip.size), comment: tail.toString('latin1', at + endRecord.size) };
}

/** Where the bytes of an entry begin. @throws Fault 'zip/entry'. */
export async function dataOffset(zip: ByteSource, { name, offset, packedSize }: ZipEntry): Promise<number> {
  const inside = offset + localHeader.size <= zip.size;
  const head = inside ? localHeader.decode(await zip.read(offset, localHeader.size)) : undefined;
  if (head?.mark.toString('latin1') !== 'PK\x03\x04') throw entryFault(name, 'does not begin where the directory says');
  const start = offset + localHeader.size + head.nameLength + head.extraLength;
  if (start + packedSize > zip.size) throw entryFault(name, 'ends past the end of the file');
  return start;
}

function entryFault(name: string, what: string): Fault {
  const message = `the entry "${escaped(name)}" of the zip file ${what}; the file is damaged`;
  return new Fault(FaultKind.Corrupt, 'zip/entry', message, { entry: escaped(name) });
}

/** The last end record whose comment reaches the end of the file. */
function endAt(tail: Buffer): number {
  for (let at = tail.length - endRecord.size; at >= 0; at--) {
    if (tail.readUInt32LE(at) === 0x06054b50 && at + endRecord.size + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  const message = 'the zip file has no directory at its end; it is cut, or something follows it';
  throw new Fault(FaultKind.Truncated, 'zip/no-directory', message);
}

async function end64(
  zip: ByteSource,
  endOffset: number,
): Promise<{ entryCount: number; directorySize: number; directoryOffset: number } | undefined> {
  if (endOffset < locator64.size) return undefined;
  const locator = locator64.decode(await zip.read(endOffset - locator64.size, locator64.size));
  if (locator.mark.toString('latin1') !== 'PK\x06\x07') return undefined;
  if (locator.offset + endRecord64.size > endOffset) throw damaged('its zip64 record is not in it', { offset: locator.offset });
  const found = endRecord64.decode(await zip.read(locator.offset, endRecord64.size));
  if (found.mark.toString('latin1') !== 'PK\x06\x06')
    throw damaged('its zip64 record is not where it should be', { offset: locator.offset });
  if (found.disk !== 0) throw damaged('it is one of several files', { disk: found.disk });
  return found;
}

function entriesOf(bytes: Buffer, count: number, fileSize: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const h =
      at + centralHeader.size <= bytes.length ? centralHeader.decode(bytes.subarray(at, at + centralHeader.size)) : undefined;
    if (h?.mark.toString('latin1') !== 'PK\x01\x02') throw damaged(`its directory has ${i} entries of ${count}`, { found: i });
    const extraAt = at + centralHeader.size + h.nameLength;
    const end = extraAt + h.extraLength + h.commentLength;
    if (end > bytes.length) throw damaged('its directory ends inside of an entry', { found: i });
    const sizes = withZip64(h, bytes.subarray(extraAt, extraAt + h.extraLength));
    const name = bytes.toString((h.flags & 0x800) === 0 ? 'latin1' : 'utf8', at + centralHeader.size, extraAt);
    if (sizes.packedSize > fileSize || sizes.offset > fileSize) throw entryFault(name, 'lies past the end of the file');
    entries.push({ name, isEncrypted: (h.flags & 1) === 1, method: h.method, crc: h.crc, ...sizes });
    at = end;
  }
  return entries;
}

/** The 64-bit fields come in this order, each only where its 32-bit one is full. */
function withZip64(
  h: { size: number; packedSize: number; offset: number },
  extra: Buffer,
): { size: number; packedSize: number; offset: number } {
  const sizes = { size: h.size, packedSize: h.packedSize, offset: h.offset };
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      let from = at + 4;
      for (const key of ['size', 'packedSize', 'offset'] as const) {
        if (sizes[key] !== 0xffffffff) continue;
        if (from + 8 > Math.min(end, extra.length)) throw damaged('its directory has a zip64 entry without the sizes', {});
        sizes[key] = u64le.decode(extra, from);
        from += 8;
      }
    }
    at = end;
  }
  return sizes;
}

function damaged(what: string, facts: Record<string, number>): Fault {
  return new Fault(FaultKind.Corrupt, 'zip/directory', `the zip file is damaged: ${what}`, facts);
}
