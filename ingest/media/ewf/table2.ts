/** Version 2 (Ex01): the sector tables, 16 bytes a chunk. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ChunkPlace, ChunkTable } from './chunk-map.ts';
import { type Section2, damaged, dataOf, listOf } from './sections2.ts';
import type { Segment } from './segments.ts';

const ENTRY_SIZE = 16;
const LARGEST_TABLE = 64 * 1024 * 1024;
const PACKED = 1;
const CHECKED = 2;
const PATTERN = 4;

export interface Table2Settings {
  readonly segment: Segment;
  /** Number of the chunk that comes next. */
  readonly firstChunk: number;
  /** 0 none, 1 zlib, 2 bzip2: of the set. */
  readonly compression: number;
  /** Of an unpacked chunk, in bytes. */
  readonly chunkSize: number;
}

/** @throws Fault 'ewf2/section-data' when its header is damaged; 'ewf2/table-order' when chunks before it are missing. */
export async function chunkTable2(section: Section2, settings: Table2Settings): Promise<ChunkTable> {
  const { segment, firstChunk, compression, chunkSize } = settings;
  if (section.dataSize < 36) throw damaged(section, `has ${section.dataSize} bytes`);
  const { source } = segment;
  const header = await source.read(section.dataOffset, 32);
  const first = header.readBigUInt64LE();
  const count = header.readUInt32LE(8);
  if (first !== BigInt(firstChunk)) {
    const message = `the sector table at byte ${section.dataOffset} of segment ${segment.number} begins with chunk ${first}, expected ${firstChunk}; a table is missing or damaged`;
    throw new Fault(FaultKind.Corrupt, 'ewf2/table-order', message, { segment: segment.number, expected: firstChunk });
  }
  if (count === 0 || count * ENTRY_SIZE > section.dataSize - 36) throw damaged(section, `says ${count} entries`);
  const longest = chunkSize + (chunkSize >> 6) + 1024;
  return {
    source,
    count,
    memory: count * ENTRY_SIZE,
    async load() {
      const entries = listOf(section, await dataOf(section, source, LARGEST_TABLE), { countAt: 8, entrySize: ENTRY_SIZE });
      if (entries.length !== count * ENTRY_SIZE) throw damaged(section, `changed while it was read`);
      for (let at = 0; at < entries.length; at += ENTRY_SIZE) {
        const flags = entries.readUInt32LE(at + 12);
        if ((flags & PACKED) !== 0 && (flags & PATTERN) !== 0) continue;
        const offset = entries.readUInt32LE(at + 4) * 0x1_0000_0000 + entries.readUInt32LE(at);
        const size = entries.readUInt32LE(at + 8);
        if (size === 0 || size > longest || offset + size > source.size || ((flags & PACKED) !== 0 && compression === 0))
          throw damaged(section, `has an entry (${at / ENTRY_SIZE}) for ${size} bytes at byte ${offset}, flags ${flags}`);
      }
      return { place: (index) => placeOf(entries.subarray(index * ENTRY_SIZE, (index + 1) * ENTRY_SIZE), compression) };
    },
  };
}

function placeOf(entry: Buffer, compression: number): ChunkPlace {
  const flags = entry.readUInt32LE(12);
  if ((flags & PACKED) !== 0 && (flags & PATTERN) !== 0) return { kind: 'pattern', pattern: entry.subarray(0, 8) };
  const at = entry.readUInt32LE(4) * 0x1_0000_0000 + entry.readUInt32LE(0);
  const packedLength = entry.readUInt32LE(8);
  if ((flags & PACKED) !== 0) return { kind: compression === 2 ? 'bzip2' : 'zlib', at, packedLength };
  return { kind: (flags & CHECKED) !== 0 ? 'stored' : 'bare', at, packedLength };
}
