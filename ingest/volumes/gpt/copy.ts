/** One copy of a GUID partition table: its header and its array of entries, each with a checksum. */
import { crc32 } from 'node:zlib';
import { ascii, Fault, guid, layout, raw, u32le, u64le } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';

/** UEFI 2.10, table 5.5. */
const header = layout('GPT header', 92, {
  signature: [0, ascii(8)],
  revision: [8, u32le],
  headerSize: [12, u32le],
  headerCrc: [16, u32le],
  ownSector: [24, u64le],
  otherSector: [32, u64le],
  firstUsableSector: [40, u64le],
  lastUsableSector: [48, u64le],
  diskId: [56, guid],
  entriesSector: [72, u64le],
  entryCount: [80, u32le],
  entrySize: [84, u32le],
  entriesCrc: [88, u32le],
});

/** UEFI 2.10, table 5.6. */
const entryLayout = layout('GPT entry', 128, {
  typeId: [0, guid],
  id: [16, guid],
  firstSector: [32, u64le],
  lastSector: [40, u64le],
  attributes: [48, u32le],
  name: [56, raw(72)],
});

export type Entry = ReturnType<typeof entryLayout.decode>;

/** Real tables have 128 entries. */
const MOST_ENTRIES = 16_384;
const MOST_ENTRY_SIZE = 4096;
const MOST_TABLE = 16 * 1024 * 1024;

export interface Copy {
  readonly at: number;
  readonly diskId: string;
  readonly otherSector: number;
  readonly entriesCrc: number;
  /** Undefined where they are not in the image, or their count is absurd. */
  readonly entries: Buffer | undefined;
  readonly entrySize: number;
  readonly isHeaderSound: boolean;
  /** Header and entries have the checksums they should have. */
  readonly isSound: boolean;
  /** Header and entries on the disk. */
  readonly areas: readonly Range[];
}

/** Undefined where there is nothing of the kind. */
export async function copyAt(source: ByteSource, at: number, sectorSize: number): Promise<Copy | undefined> {
  if (at < 512 || at + sectorSize > source.size) return undefined;
  const bytes = await source.read(at, sectorSize);
  if (bytes.toString('latin1', 0, 8) !== 'EFI PART') return undefined;
  const h = decodedOr(() => header.decode(bytes));
  if (h === undefined) return broken(at, sectorSize);
  const { headerSize, entryCount, entrySize } = h;
  const isHeaderSound =
    headerSize >= 92 &&
    headerSize <= sectorSize &&
    crc32(Buffer.concat([bytes.subarray(0, 16), Buffer.alloc(4), bytes.subarray(20, headerSize)])) === h.headerCrc;
  // A volume that ends with the disk ends with the disk's second copy.
  if (isHeaderSound && h.ownSector * sectorSize !== at) return undefined;
  const length = entryCount * entrySize;
  const entriesAt = h.entriesSector * sectorSize;
  const isReadable =
    entryCount <= MOST_ENTRIES &&
    entrySize >= 128 &&
    entrySize <= MOST_ENTRY_SIZE &&
    entrySize % 8 === 0 &&
    length <= MOST_TABLE &&
    entriesAt >= 512 &&
    entriesAt + length <= source.size;
  const entries = isReadable ? await source.read(entriesAt, length) : undefined;
  return {
    at,
    diskId: h.diskId,
    otherSector: h.otherSector,
    entriesCrc: h.entriesCrc,
    entries,
    entrySize,
    isHeaderSound,
    isSound: isHeaderSound && entries !== undefined && crc32(entries) === h.entriesCrc,
    areas: [
      { offset: at, length: sectorSize },
      ...(entries === undefined ? [] : [{ offset: entriesAt, length: Math.ceil(length / sectorSize) * sectorSize }]),
    ],
  };
}

/** A header whose numbers can't be. */
function broken(at: number, length: number): Copy {
  const nothing = { diskId: '', otherSector: 0, entriesCrc: 0, entries: undefined, entrySize: 128 };
  return { at, ...nothing, isHeaderSound: false, isSound: false, areas: [{ offset: at, length }] };
}

/** Used entries with their numbers; `broken` counts those that can't be read. */
export function entriesOf({ entries = Buffer.alloc(0), entrySize }: Copy): {
  used: (Entry & { number: number })[];
  broken: number;
} {
  const used: (Entry & { number: number })[] = [];
  let broken = 0;
  for (let at = 0; at + entrySize <= entries.length; at += entrySize) {
    const bytes = entries.subarray(at, at + entrySize);
    if (bytes.subarray(0, 16).every((byte) => byte === 0)) continue;
    const entry = decodedOr(() => entryLayout.decode(bytes));
    if (entry !== undefined && entry.firstSector > 0 && entry.firstSector <= entry.lastSector)
      used.push({ ...entry, number: at / entrySize + 1 });
    else broken++;
  }
  return { used, broken };
}

function decodedOr<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
