/** The space-efficient sparse extent of newer ESX servers ("seSparse"): snapshots, with grains of 4 KiB. */
import { Fault, FaultKind, layout, u64le } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { MOST_SECTORS } from './descriptor.ts';
import { type DiskExtent, shortfall } from './disk-extent.ts';
import { LARGEST_DIRECTORY } from './grain-directory.ts';
import { BROKEN, GrainMap, HOLE, ZERO } from './grain-map.ts';

export const SE_SPARSE_MARK = Buffer.from('bebafeca00000000', 'hex');
const MARK = 0xcafebabe;
const VOLATILE_MARK = 0xcafecafe;
const VERSION = 0x2_0000_0001;
const GRAIN_SECTORS = 8;
const TABLE_SECTORS = 64;
const TABLE_ENTRY_COUNT = (TABLE_SECTORS * 512) / 8;

/** VMDKSESparseConstHeader, from QEMU block/vmdk.c; numbers are sectors. */
const header = layout('SESparse header', 512, {
  mark: [0, u64le],
  version: [8, u64le],
  capacity: [16, u64le],
  grainSectors: [24, u64le],
  tableSectors: [32, u64le],
  flags: [40, u64le],
  volatileSector: [80, u64le],
  volatileSectors: [88, u64le],
  directorySector: [128, u64le],
  directorySectors: [136, u64le],
  tablesSector: [144, u64le],
  tablesSectors: [152, u64le],
  grainsSector: [192, u64le],
  grainsSectors: [200, u64le],
});

/** VMDKSESparseVolatileHeader. */
const volatileHeader = layout('SESparse volatile header', 512, {
  mark: [0, u64le],
  replayJournal: [24, u64le],
});

/** @throws Fault for what is no such extent, says what can't be, or has a journal that was not replayed. */
export async function openSeSparse(source: ByteSource, start: number, size: number, name: string): Promise<DiskExtent> {
  const h = header.decode(await source.read(0, Math.min(header.size, source.size)));
  check(h);
  const inFile = (sector: number, sectors: number, what: string): void => {
    if (sector > 0 && (sector + sectors) * 512 <= source.size) return;
    const message = `the ${what} of the SESparse extent (sector ${sector}) is not in the file of ${source.size} bytes; the image is cut or damaged`;
    throw new Fault(FaultKind.Truncated, 'vmdk/directory-outside', message, { sector, size: source.size });
  };
  inFile(h.volatileSector, 1, 'volatile header');
  const now = volatileHeader.decode(await source.read(h.volatileSector * 512, volatileHeader.size));
  if (now.mark !== VOLATILE_MARK)
    throw new Fault(FaultKind.Corrupt, 'vmdk/se-sparse-mark', 'the volatile header of the SESparse extent is not there');
  if (now.replayJournal !== 0) {
    const message =
      'the SESparse extent has a journal that was not replayed: its tables are out of date; let the server that wrote it open and close the disk, and export it again';
    throw new Fault(FaultKind.Unsupported, 'vmdk/journal', message);
  }
  const count = Math.ceil(h.capacity / (GRAIN_SECTORS * TABLE_ENTRY_COUNT));
  const directorySize = count * 8;
  if (directorySize > LARGEST_DIRECTORY || directorySize > h.directorySectors * 512)
    throw new Fault(FaultKind.Corrupt, 'vmdk/capacity-absurd', `the SESparse header says a disk of ${h.capacity} sectors`);
  inFile(h.directorySector, Math.ceil(directorySize / 512), 'grain directory');
  const directory = await source.read(h.directorySector * 512, directorySize);
  const isThere = (index: number): boolean => directory.readBigUInt64LE(index * 8) !== 0n;
  let tableCount = 0;
  for (let index = 0; index < count; index++) if (isThere(index)) tableCount++;
  if (tableCount * TABLE_SECTORS * 512 > source.size) {
    const message = `the grain directory of the SESparse extent names ${tableCount} tables, more than a file of ${source.size} bytes holds; it is damaged`;
    throw new Fault(FaultKind.Corrupt, 'vmdk/tables-absurd', message, { tableCount, size: source.size });
  }

  return new GrainMap({
    start,
    size,
    source,
    grainSize: GRAIN_SECTORS * 512,
    tableEntryCount: TABLE_ENTRY_COUNT,
    hasTable: isThere,
    async loadTable(index) {
      const low = directory.readUInt32LE(index * 8);
      const sector = h.tablesSector + low * TABLE_SECTORS;
      const isValid = directory.readUInt32LE(index * 8 + 4) === 0x1000_0000 && (low + 1) * TABLE_SECTORS <= h.tablesSectors;
      if (!isValid || (sector + TABLE_SECTORS) * 512 > source.size) return undefined;
      return placesOf(await source.read(sector * 512, TABLE_SECTORS * 512), h.grainsSector);
    },
    knownSize: Math.min(size, h.capacity * 512),
    warnings: shortfall(name, h.capacity, size),
  }).check();
}

/** An entry: the kind in its top 4 bits, then the low 12 bits of the grain's number, then the rest of them. */
function placesOf(bytes: Buffer, grainsSector: number): Float64Array {
  const places = new Float64Array(TABLE_ENTRY_COUNT);
  for (let i = 0; i < TABLE_ENTRY_COUNT; i++) {
    const high = bytes.readUInt32LE(i * 8 + 4);
    const low = bytes.readUInt32LE(i * 8);
    const kind = high >>> 28;
    if (kind === 3) {
      const grain = ((high >>> 16) & 0xfff) + ((high & 0xffff) * 2 ** 32 + low) * 4096;
      const place = (grainsSector + grain * GRAIN_SECTORS) * 512;
      places[i] = Number.isSafeInteger(place) ? place : BROKEN;
    } else if (kind === 1 || kind === 2) places[i] = ZERO;
    else places[i] = kind === 0 && high === 0 && low === 0 ? HOLE : BROKEN;
  }
  return places;
}

function check(h: ReturnType<typeof header.decode>): void {
  const facts = { version: h.version, capacity: h.capacity, grainSectors: h.grainSectors, tableSectors: h.tableSectors };
  if (h.mark !== MARK)
    throw new Fault(FaultKind.Corrupt, 'vmdk/se-sparse-mark', 'the mark of a VMDK sparse extent (SESparse) is not there');
  if (h.version !== VERSION) {
    const message = `SESparse version ${h.version.toString(16)} is not read, only 2.1; convert a copy with the program that made it`;
    throw new Fault(FaultKind.Unsupported, 'vmdk/version', message, facts);
  }
  if (h.grainSectors !== GRAIN_SECTORS || h.tableSectors !== TABLE_SECTORS || h.flags !== 0) {
    const message = `the SESparse header says grains of ${h.grainSectors} and tables of ${h.tableSectors} sectors, flags ${h.flags}; ${GRAIN_SECTORS}, ${TABLE_SECTORS} and 0 are read`;
    throw new Fault(FaultKind.Unsupported, 'vmdk/grain-layout', message, facts);
  }
  if (h.capacity > MOST_SECTORS || Math.max(h.tablesSector, h.grainsSector, h.tablesSectors) > MOST_SECTORS)
    throw new Fault(FaultKind.Corrupt, 'vmdk/capacity-absurd', 'the SESparse header says sizes that no disk has', facts);
}
