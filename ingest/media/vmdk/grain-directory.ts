/** The grain directory of sparse extents with 32-bit entries (KDMV, COWD), and one made by scanning a stream. */
import type { ByteSource } from '../media.ts';
import { BROKEN, HOLE, ZERO } from './grain-map.ts';
import type { StreamScan } from './stream.ts';

/** 16 million tables: 512 TiB with grains of 64 KiB, or what VMware's largest disk takes with the smallest. */
export const LARGEST_DIRECTORY = 64 * 1024 * 1024;

export interface GrainDirectory {
  /** Every table lies in the file. */
  readonly isWhole: boolean;
  /** Where nothing tells a hole from a grain that is missing. */
  readonly areHolesUnknown: boolean;
  readonly hasTable: (index: number) => boolean;
  readonly loadTable: (index: number) => Promise<Float64Array | undefined>;
}

export interface GrainDirectorySettings {
  readonly source: ByteSource;
  readonly at: number;
  readonly count: number;
  readonly tableEntryCount: number;
  /** Entry 1 means a grain of zeros. */
  readonly zeroed: boolean;
  /** Before it lie header and descriptor: no table and no grain does. */
  readonly firstSector: number;
}

/** undefined when the directory itself lies where none can be, or is too large to be one. */
export async function grainDirectory(settings: GrainDirectorySettings): Promise<GrainDirectory | undefined> {
  const { source, at, count, tableEntryCount, zeroed, firstSector } = settings;
  const tableSize = tableEntryCount * 4;
  if (count * 4 > LARGEST_DIRECTORY || at < firstSector * 512 || at + count * 4 > source.size) return undefined;
  const directory = await source.read(at, count * 4);
  const isInside = (sector: number): boolean => sector >= firstSector && sector * 512 + tableSize <= source.size;
  let tableCount = 0;
  let isWhole = true;
  for (let index = 0; index < count; index++) {
    const sector = directory.readUInt32LE(index * 4);
    if (sector === 0) continue;
    tableCount++;
    isWhole &&= isInside(sector);
  }
  // More tables than the file has room for: they are one table again and again.
  if (tableCount * tableSize > source.size) return undefined;
  return {
    isWhole,
    areHolesUnknown: false,
    hasTable: (index) => directory.readUInt32LE(index * 4) !== 0,
    async loadTable(index) {
      const sector = directory.readUInt32LE(index * 4);
      if (!isInside(sector)) return undefined;
      const bytes = await source.read(sector * 512, tableSize);
      const places = new Float64Array(tableEntryCount);
      for (let i = 0; i < tableEntryCount; i++) {
        const entry = bytes.readUInt32LE(i * 4);
        if (entry === 0) places[i] = HOLE;
        else if (entry === 1 && zeroed) places[i] = ZERO;
        else places[i] = entry < firstSector ? BROKEN : entry * 512;
      }
      return places;
    },
  };
}

/** The tables that a scan of the grains' own markers gave. */
export function scannedDirectory(scan: StreamScan): GrainDirectory {
  return {
    isWhole: true,
    areHolesUnknown: !scan.inOrder,
    hasTable: (index) => scan.tables.has(index),
    loadTable: (index) => Promise.resolve(scan.tables.get(index)),
  };
}
