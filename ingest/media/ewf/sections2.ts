/** Version 2 (Ex01): the sections of a segment file, each with a descriptor behind its data that names the one before. */
import { createHash } from 'node:crypto';
import { Fault, FaultKind, escaped, guid, layout, raw, u16le, u32le, u64le, u8 } from '../../kernel/index.ts';
import { adler32 } from '../codecs/adler32.ts';
import type { ByteSource } from '../media.ts';
import type { Segment } from './segments.ts';

const SIGNATURE = 'EVF2\r\n\x81\0';
const HASHED = 1;
const ENCRYPTED = 2;
const SECTIONS_AT_LEAST = 1024;
const BYTES_PER_SECTION = 16 * 1024;

export const SectionType = {
  Device: 1,
  Case: 2,
  SectorData: 3,
  SectorTable: 4,
  Errors: 5,
  Sessions: 6,
  Md5: 8,
  Sha1: 9,
  Keys: 0x0b,
  Next: 0x0d,
  Done: 0x0f,
} as const;

export const fileHeader = layout('EWF2 file header', 32, {
  signature: [0, raw(8)],
  major: [8, u8],
  minor: [9, u8],
  compression: [10, u16le],
  segment: [12, u32le],
  setGuid: [16, guid],
});

const descriptor = layout('EWF2 section descriptor', 64, {
  type: [0, u32le],
  flags: [4, u32le],
  previous: [8, u64le],
  dataSize: [16, u64le], // with the padding
  size: [24, u32le],
  padding: [28, u32le],
  md5: [32, raw(16)], // of the data with its padding
  checksum: [60, u32le],
});

export interface Section2 {
  readonly type: number;
  readonly dataOffset: number;
  readonly dataSize: number;
  /** Undefined where the writer computed none. */
  readonly md5?: string;
}

export function segmentNumber2(header: Buffer): number | undefined {
  const h = fileHeader.decode(header);
  return h.signature.toString('latin1') === SIGNATURE && h.major === 2 && h.segment > 0 ? h.segment : undefined;
}

/** In the order of the file. @throws Fault when the chain is cut or damaged, or the segment is encrypted. */
export async function sections2Of({ source, name, number }: Segment): Promise<Section2[]> {
  const sections: Section2[] = [];
  const fault = (kind: FaultKind, code: string, what: string, offset: number): Fault => {
    const message = `segment ${number}${name === '' ? '' : ` ("${escaped(name)}")`} ${what}; ask for another copy`;
    return new Fault(kind, code, message, { segment: number, offset, size: source.size });
  };
  const most = SECTIONS_AT_LEAST + source.size / BYTES_PER_SECTION;
  for (let offset = source.size - descriptor.size; ; ) {
    if (offset < fileHeader.size) throw fault(FaultKind.Truncated, 'ewf2/segment-cut', `ends at byte ${source.size}`, offset);
    if (sections.length >= most)
      throw fault(FaultKind.Corrupt, 'ewf2/too-many-sections', `has more than ${Math.floor(most)} sections`, offset);
    const bytes = await source.read(offset, descriptor.size);
    if (bytes.readUInt32LE(60) !== adler32(bytes, 0, 60)) {
      const what =
        sections.length === 0 ? 'is cut: no section ends at its end' : `has a damaged section descriptor at byte ${offset}`;
      throw fault(sections.length === 0 ? FaultKind.Truncated : FaultKind.Corrupt, 'ewf2/section-checksum', what, offset);
    }
    const { type, flags, previous, dataSize, size, md5 } = descriptor.decode(bytes);
    if ((flags & ENCRYPTED) !== 0 || type === SectionType.Keys)
      throw fault(FaultKind.Unsupported, 'ewf2/encrypted', 'is encrypted; it is kept, but only a decrypted one is read', offset);
    const start = previous === 0 ? fileHeader.size : previous + descriptor.size;
    if (size !== descriptor.size || dataSize > offset - start)
      throw fault(
        FaultKind.Corrupt,
        'ewf2/section-order',
        `has a section at byte ${offset} with data of ${dataSize} bytes, after one that ends at byte ${start}`,
        offset,
      );
    const isHashed = (flags & HASHED) !== 0;
    sections.push({ type, dataOffset: offset - dataSize, dataSize, ...(isHashed ? { md5: md5.toString('hex') } : {}) });
    if (previous === 0) return sections.toReversed();
    offset = previous;
  }
}

/** All data of a section, checked by its MD5 where it has one. @throws Fault 'ewf2/section-data'. */
export async function dataOf(section: Section2, source: ByteSource, longest: number): Promise<Buffer> {
  const { type, dataOffset, dataSize, md5 } = section;
  if (dataSize > longest) throw damaged(section, `has ${dataSize} bytes, more than the ${longest} that are read`);
  const bytes = await source.read(dataOffset, dataSize);
  const found = md5 === undefined ? undefined : createHash('md5').update(bytes).digest('hex');
  if (found !== md5) throw damaged({ type, dataOffset }, `does not match its MD5 (${found}, stored ${md5})`);
  return bytes;
}

/** Entries of a list with checksums before and behind them. @throws Fault 'ewf2/section-data'. */
export function listOf(
  section: Section2,
  bytes: Buffer,
  settings: { readonly countAt: number; readonly entrySize: number },
): Buffer {
  const { countAt, entrySize } = settings;
  if (bytes.length < 36) throw damaged(section, `has ${bytes.length} bytes`);
  if (bytes.readUInt32LE(16) !== adler32(bytes, 0, 16)) throw damaged(section, 'does not match the checksum of its header');
  const count = bytes.readUInt32LE(countAt);
  const end = 32 + count * entrySize;
  if (end + 4 > bytes.length)
    throw damaged(section, `says ${count} entries and has room for ${Math.floor((bytes.length - 36) / entrySize)}`);
  if (bytes.readUInt32LE(end) !== adler32(bytes, 32, end)) throw damaged(section, 'does not match the checksum of its entries');
  return bytes.subarray(32, end);
}

export function damaged({ type, dataOffset }: { readonly type: number; readonly dataOffset: number }, what: string): Fault {
  const message = `the section of type ${type} at byte ${dataOffset} ${what}; it is damaged`;
  return new Fault(FaultKind.Corrupt, 'ewf2/section-data', message, { section: type, offset: dataOffset });
}
