/** Version 1: the small sections after the chunks: unread sectors, tracks, digests. Each keeps its own checksums. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { adler32 } from '../codecs/adler32.ts';
import type { Range, StoredDigests } from '../media.ts';
import type { Section } from './sections.ts';
import type { Segment } from './segments.ts';

/** Largest list of unread sectors or tracks that is read, in bytes. */
const LARGEST_LIST = 8 * 1024 * 1024;

/** @throws Fault 'ewf/note' when it is damaged. */
export async function digestsOf(section: Section, segment: Segment): Promise<StoredDigests> {
  const isDigest = section.type === 'digest';
  const size = isDigest ? 80 : 36;
  if (section.end - section.bodyOffset < size) throw damaged(section, segment, `has no ${size} bytes`);
  const bytes = await segment.source.read(section.bodyOffset, size);
  checkSum(bytes, 0, size - 4, section, segment);
  const hex = (from: number, to: number): string => bytes.toString('hex', from, to);
  return { ...named('md5', hex(0, 16)), ...(isDigest ? named('sha1', hex(16, 36)) : {}) };
}

/** All zeros where none was computed. */
export function named(name: 'md5' | 'sha1', hex: string): StoredDigests {
  return /^0*$/.test(hex) ? {} : { [name]: hex };
}

/** Pairs of first sector and number of sectors. @throws Fault 'ewf/note'. */
export function unreadOf(section: Section, segment: Segment): Promise<(readonly [sector: number, sectorCount: number])[]> {
  return listOf(section, segment, { headerSize: 520, entrySize: 8 }, (bytes, at) => [
    bytes.readUInt32LE(at),
    bytes.readUInt32LE(at + 4),
  ]);
}

/** Tracks, each with its first sector. @throws Fault 'ewf/note'. */
export function tracksOf(section: Section, segment: Segment): Promise<string[]> {
  return listOf(section, segment, { headerSize: 36, entrySize: 32 }, (bytes, at) =>
    trackText(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)),
  );
}

export function trackText(flags: number, sector: number): string {
  return `${(flags & 1) === 0 ? 'data' : 'audio'} from sector ${sector}`;
}

/** Sorted, merged, in bytes, within the medium. `outside` counts those that lie past its end. */
export function unreadRanges(
  pairs: readonly (readonly [sector: number, sectorCount: number])[],
  sectorSize: number,
  size: number,
): { readonly ranges: readonly Range[]; readonly outside: number } {
  const ranges: { offset: number; length: number }[] = [];
  let outside = 0;
  for (const [sector, count] of pairs.toSorted(([a], [b]) => a - b)) {
    const start = sector * sectorSize;
    const end = start + count * sectorSize;
    // The last sector of the medium may be cut: what lies past its end by less than that is not outside.
    if (start >= size || end >= size + sectorSize) outside++;
    const last = ranges.at(-1);
    const offset = Math.max(start, last === undefined ? 0 : last.offset + last.length);
    const length = Math.min(end, size) - offset;
    if (length <= 0) continue;
    if (last !== undefined && last.offset + last.length === offset) last.length += length;
    else ranges.push({ offset, length });
  }
  return { ranges, outside };
}

async function listOf<T>(
  section: Section,
  segment: Segment,
  { headerSize, entrySize }: { readonly headerSize: number; readonly entrySize: number },
  entry: (bytes: Buffer, at: number) => T,
): Promise<T[]> {
  const room = section.end - section.bodyOffset;
  if (room < headerSize) throw damaged(section, segment, `has ${room} bytes`);
  const header = await segment.source.read(section.bodyOffset, headerSize);
  checkSum(header, 0, headerSize - 4, section, segment);
  const count = header.readUInt32LE();
  const length = count * entrySize;
  if (length + 4 > room - headerSize || length > LARGEST_LIST) throw damaged(section, segment, `says ${count} entries`);
  if (count === 0) return [];
  const bytes = await segment.source.read(section.bodyOffset + headerSize, length + 4);
  checkSum(bytes, 0, length, section, segment);
  return Array.from({ length: count }, (_, index) => entry(bytes, index * entrySize));
}

function checkSum(bytes: Buffer, from: number, to: number, section: Section, segment: Segment): void {
  if (bytes.readUInt32LE(to) !== adler32(bytes, from, to)) throw damaged(section, segment, 'does not match its checksum');
}

function damaged({ type, offset }: Section, { number }: Segment, what: string): Fault {
  const message = `the section "${type}" at byte ${offset} of segment ${number} ${what}; it is damaged, and what it says is not used`;
  return new Fault(FaultKind.Corrupt, 'ewf/note', message, { segment: number, offset, section: type });
}
