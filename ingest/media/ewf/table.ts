/** Version 1: the tables of chunk offsets, each with a copy (`table2`) that stands in when the first is damaged. */
import { Fault, FaultKind, layout, u32le, u64le } from '../../kernel/index.ts';
import { adler32 } from '../codecs/adler32.ts';
import type { ChunkEntries, ChunkPlace, ChunkTable } from './chunk-map.ts';
import type { Section } from './sections.ts';
import type { Segment } from './segments.ts';

const PACKED = 0x8000_0000;

const tableHeader = layout('EWF table header', 24, {
  entryCount: [0, u32le],
  baseOffset: [8, u64le],
  checksum: [20, u32le], // of the 20 bytes before
});

/** The sections that describe one stretch of chunks. */
export interface TableGroup {
  sectors?: Section;
  table?: Section;
  table2?: Section;
}

interface Copy {
  readonly section: Section;
  readonly count: number;
  readonly baseOffset: number;
}

export interface TableSettings {
  readonly segment: Segment;
  /** Of an unpacked chunk, in bytes. */
  readonly chunkSize: number;
  /** Tables of the oldest layout (ASR, SMART) have no checksum after their entries. */
  readonly hasChecksum: boolean;
  /** Told when a copy is damaged and the other stands in. */
  readonly warn: (fault: Fault) => void;
}

export function groupsOf(sections: readonly Section[]): TableGroup[] {
  const groups: TableGroup[] = [];
  for (const section of sections) {
    const last = groups.at(-1);
    if (section.type === 'sectors') groups.push({ sectors: section });
    else if (section.type === 'table') {
      if (last === undefined || last.table !== undefined || last.table2 !== undefined) groups.push({ table: section });
      else last.table = section;
    } else if (section.type === 'table2') {
      if (last === undefined || last.table2 !== undefined) groups.push({ table2: section });
      else last.table2 = section;
    }
  }
  return groups;
}

/** @throws Fault 'ewf/table' when no copy's header is right. */
export async function chunkTable(group: TableGroup, settings: TableSettings): Promise<ChunkTable | undefined> {
  const { segment, warn } = settings;
  const copies: Copy[] = [];
  const faults: Fault[] = [];
  for (const section of [group.table, group.table2]) {
    if (section === undefined) continue;
    try {
      copies.push(await headerOf(section, segment));
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      faults.push(error);
    }
  }
  const [first] = copies;
  if (first === undefined) {
    if (faults[0] !== undefined) throw faults[0];
    return undefined;
  }
  for (const fault of faults) warn(fault);
  return {
    source: segment.source,
    count: first.count,
    memory: first.count * 4,
    async load() {
      const damaged: Fault[] = [];
      for (const copy of copies) {
        if (copy.count !== first.count) continue;
        try {
          const entries = await entriesOf(copy, group.sectors?.end ?? copy.section.end, settings);
          for (const fault of damaged) warn(fault);
          return entries;
        } catch (error) {
          if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
          damaged.push(error);
        }
      }
      throw damaged[0] ?? tableFault(first.section, segment, 'has no entries');
    },
  };
}

async function headerOf(section: Section, segment: Segment): Promise<Copy> {
  const room = section.end - section.bodyOffset;
  if (room < tableHeader.size) throw tableFault(section, segment, `has ${room} bytes`);
  const { head } = section;
  const isThere = head !== undefined && head.length >= tableHeader.size;
  const bytes = isThere ? head : await segment.source.read(section.bodyOffset, tableHeader.size);
  if (bytes.readUInt32LE(20) !== adler32(bytes, 0, 20))
    throw tableFault(section, segment, 'does not match the checksum of its header');
  const { entryCount: count, baseOffset } = tableHeader.decode(bytes);
  if (count === 0 || count * 4 > room - tableHeader.size)
    throw tableFault(section, segment, `says ${count} entries and has room for ${Math.floor((room - tableHeader.size) / 4)}`);
  return { section, count, baseOffset };
}

async function entriesOf({ section, count, baseOffset }: Copy, end: number, settings: TableSettings): Promise<ChunkEntries> {
  const { segment, chunkSize, hasChecksum } = settings;
  const at = section.bodyOffset + tableHeader.size;
  const length = count * 4;
  const withChecksum = hasChecksum && at + length + 4 <= section.end;
  const bytes = await segment.source.read(at, withChecksum ? length + 4 : length);
  if (withChecksum && bytes.readUInt32LE(length) !== adler32(bytes, 0, length))
    throw tableFault(section, segment, 'does not match its checksum');
  const entries = new Uint32Array(count);
  let overflow = count;
  let before = -1;
  for (let index = 0; index < count; index++) {
    const entry = bytes.readUInt32LE(index * 4);
    entries[index] = entry;
    let offset = baseOffset + (index < overflow ? entry % PACKED : entry);
    if (index < overflow && offset <= before && entry >= PACKED && baseOffset + entry > before) {
      overflow = index; // EnCase 6.7 wrote past 2 GiB: the mark of packing is a part of the offset from here on
      offset = baseOffset + entry;
    }
    if (offset <= before || offset >= end)
      throw tableFault(
        section,
        segment,
        `has an entry (${index}) for byte ${offset}, after one for byte ${before} and before byte ${end}`,
      );
    before = offset;
  }
  const longest = chunkSize + (chunkSize >> 6) + 1024;
  const offsetOf = (index: number): number => {
    const entry = entries[index];
    if (entry === undefined) return end;
    return baseOffset + (index < overflow ? entry % PACKED : entry);
  };
  return {
    place(index): ChunkPlace {
      const at = offsetOf(index);
      const isPacked = index < overflow && (entries[index] ?? 0) >= PACKED;
      return { kind: isPacked ? 'zlib' : 'stored', at, packedLength: Math.min(offsetOf(index + 1) - at, longest) };
    },
  };
}

function tableFault({ type, offset }: Section, { number }: Segment, what: string): Fault {
  const message = `the chunk table "${type}" at byte ${offset} of segment ${number} ${what}; it is damaged`;
  return new Fault(FaultKind.Corrupt, 'ewf/table', message, { segment: number, offset, table: type });
}
