/** Version 1: the sections of a segment file, each with a descriptor that names the next. */
import { Fault, FaultKind, ascii, escaped, layout, u32le, u64le } from '../../kernel/index.ts';
import { adler32 } from '../codecs/adler32.ts';
import type { Segment } from './segments.ts';

export const FILE_HEADER_SIZE = 13;
const SIGNATURE = 'EVF\t\r\n\xff\0';
/** Sections a file may have, however small: beyond that, one for so many bytes. */
const SECTIONS_AT_LEAST = 1024;
const BYTES_PER_SECTION = 16 * 1024;
const HEAD_SIZE = 24;

const descriptor = layout('EWF section descriptor', 76, {
  type: [0, ascii(16)],
  next: [16, u64le],
  size: [24, u64le], // with the descriptor; 0 where the writer left it
  checksum: [72, u32le],
});

export interface Section {
  readonly type: string;
  /** Of the descriptor, in the segment file. */
  readonly offset: number;
  readonly bodyOffset: number;
  /** Where the next section begins; `bodyOffset` for the last. */
  readonly end: number;
  /** Of a table: how its body begins. Read with the descriptor, since a large image has hundreds, each at a place of its own on the disk. */
  readonly head?: Buffer;
}

export interface Sections {
  readonly sections: readonly Section[];
  /** Why the sections after these could not be found. */
  readonly fault?: Fault;
  /** Offsets of descriptors whose size and next section disagree. */
  readonly disagreeing: readonly number[];
}

/** Segment number in the header of a segment file; undefined when it is none. */
export function segmentNumber(header: Buffer): number | undefined {
  if (header.toString('latin1', 0, 8) !== SIGNATURE || header[8] !== 1 || header.readUInt16LE(11) !== 0) return undefined;
  const number = header.readUInt16LE(9);
  return number === 0 ? undefined : number;
}

/** Follows the sections to the one that ends the segment, or as far as they lead. */
export async function sectionsOf({ source, name, number }: Segment): Promise<Sections> {
  const sections: Section[] = [];
  const disagreeing: number[] = [];
  const most = SECTIONS_AT_LEAST + source.size / BYTES_PER_SECTION;
  const stopped = (kind: FaultKind, code: string, what: string, offset: number): Sections => {
    const message = `segment ${number}${name === '' ? '' : ` ("${escaped(name)}")`} ${what}; ask for another copy`;
    return { sections, disagreeing, fault: new Fault(kind, code, message, { segment: number, offset, size: source.size }) };
  };
  for (let offset = FILE_HEADER_SIZE; ; ) {
    if (offset + descriptor.size > source.size)
      return stopped(
        FaultKind.Truncated,
        'ewf/segment-cut',
        `ends at byte ${source.size}, before its section at byte ${offset}`,
        offset,
      );
    if (sections.length >= most)
      return stopped(FaultKind.Corrupt, 'ewf/too-many-sections', `has more than ${Math.floor(most)} sections`, offset);
    const bytes = await source.read(offset, Math.min(descriptor.size + HEAD_SIZE, source.size - offset));
    if (bytes.readUInt32LE(72) !== adler32(bytes, 0, 72))
      return stopped(FaultKind.Corrupt, 'ewf/section-checksum', `has a damaged section descriptor at byte ${offset}`, offset);
    const { type, next, size } = descriptor.decode(bytes);
    const bodyOffset = offset + descriptor.size;
    if (type === 'done' || type === 'next') {
      sections.push({ type, offset, bodyOffset, end: bodyOffset });
      return { sections, disagreeing };
    }
    if (next < bodyOffset)
      return stopped(
        FaultKind.Corrupt,
        'ewf/section-order',
        `has a section at byte ${offset} that is followed by byte ${next}`,
        offset,
      );
    if (next > source.size)
      return stopped(
        FaultKind.Truncated,
        'ewf/segment-cut',
        `ends at byte ${source.size}, within the section at byte ${offset} that goes on to byte ${next}`,
        offset,
      );
    if (size !== 0 && size !== next - offset) disagreeing.push(offset);
    const isTable = type === 'table' || type === 'table2';
    const head = isTable ? { head: Buffer.from(bytes.subarray(descriptor.size)) } : {};
    sections.push({ type, offset, bodyOffset, end: next, ...head });
    offset = next;
  }
}
