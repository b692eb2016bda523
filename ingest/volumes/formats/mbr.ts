/** The partition table of PCs (MBR): four entries in the boot record, and a chain of extended records for the logical volumes. */
import { Fault, FaultKind, layout, raw, u16le, u32le, u8 } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import { Confidence, type Volume, type VolumeScheme } from '../volumes.ts';
import { chsSector, type Geometry, geometryOf } from '../mbr/chs.ts';
import { titleOf } from '../mbr/types.ts';

const SIGNATURE = 0xaa55;
const EXTENDED = new Set([0x05, 0x0f, 0x85]);
const PROTECTIVE = 0xee;
/** Logical volumes: real disks stay far below; a chain that goes on is a loop or a forgery. */
const MOST_LOGICAL = 128;

const record = layout('master boot record', 512, {
  diskId: [0x1b8, u32le],
  first: [0x1be, raw(16)],
  second: [0x1ce, raw(16)],
  third: [0x1de, raw(16)],
  fourth: [0x1ee, raw(16)],
  signature: [0x1fe, u16le],
});

const entryLayout = layout('partition entry', 16, {
  status: [0, u8],
  firstChs: [1, raw(3)],
  type: [4, u8],
  lastChs: [5, raw(3)],
  startSector: [8, u32le],
  sectorCount: [12, u32le],
});

interface Row {
  readonly status: number;
  readonly type: number;
  readonly startSector: number;
  readonly sectorCount: number;
}

export const format: VolumeScheme = {
  id: 'mbr',
  title: 'PC partition table (MBR)',
  sources: [
    'Microsoft, Windows 2000 Resource Kit, chapter 32 (Disk Concepts)',
    'util-linux libfdisk/src/dos.c',
    'IBM PC DOS 3.30 fdisk',
  ],
  rank: 90,

  async probe(source) {
    if (source.size < record.size) return Confidence.No;
    const bytes = await source.read(0, record.size);
    const rows = rowsOf(bytes, geometryOf(entriesOf(bytes)));
    if (rows === undefined || looksLikeFileSystem(bytes)) return Confidence.No;
    const used = rows.filter(({ type }) => type !== 0);
    if (used.length === 0) return Confidence.No;
    if (used.some(({ startSector }) => startSector === 0 || startSector * 512 >= source.size)) return Confidence.No;
    return used.some(({ type }) => type === PROTECTIVE) ? Confidence.Shadow : Confidence.Likely;
  },

  async read(source, hint) {
    const bytes = await source.read(0, record.size);
    const sectorSize = hint === 4096 || hint === 2048 ? await sectorSizeBy(source, bytes, hint) : 512;
    const geometry = geometryOf(entriesOf(bytes));
    const rows = rowsOf(bytes, geometry) ?? [];
    const { diskId } = record.decode(bytes);
    const volumes: Volume[] = [];
    const areas: Range[] = [{ offset: 0, length: sectorSize }];
    const warnings: Fault[] = [];
    for (const [index, row] of rows.entries()) if (row.type !== 0) volumes.push(volumeOf(row, index + 1, 0, sectorSize));
    for (const row of rows) if (EXTENDED.has(row.type)) await logicalOf(row.startSector);
    const isShadow = rows.some(({ type }) => type === PROTECTIVE);
    return {
      scheme: 'mbr',
      sectorSize,
      volumes,
      areas,
      ...(diskId === 0 ? {} : { diskId: diskId.toString(16).padStart(8, '0') }),
      ...(isShadow ? { isShadow: true as const } : {}),
      warnings: [...warnings, ...overlapsOf(volumes)],
    };

    /** Each record has one volume, counted from itself, and the next record, counted from the extended partition. */
    async function logicalOf(start: number): Promise<void> {
      const seen = new Set<number>();
      for (let at: number | undefined = start; at !== undefined; ) {
        const offset: number = at * sectorSize;
        if (seen.has(at) || seen.size >= MOST_LOGICAL || offset + record.size > source.size) {
          warnings.push(brokenChain(at, seen.size, source.size, seen.has(at)));
          return;
        }
        seen.add(at);
        const linked = rowsOf(await source.read(offset, record.size), geometry);
        if (linked === undefined) {
          warnings.push(brokenChain(at, seen.size, source.size, false));
          return;
        }
        areas.push({ offset, length: sectorSize });
        for (const row of linked.filter(({ type, sectorCount }) => type !== 0 && !EXTENDED.has(type) && sectorCount > 0))
          volumes.push(volumeOf(row, 4 + seen.size, at, sectorSize));
        const next = linked.find(({ type }) => EXTENDED.has(type));
        at = next === undefined ? undefined : start + next.startSector;
      }
    }
  },
};

function entriesOf(bytes: Buffer) {
  const { first, second, third, fourth } = record.decode(bytes);
  return [first, second, third, fourth].map((entry) => entryLayout.decode(entry));
}

/** Undefined for a sector that is no such record. Old tables count by cylinder, head and sector alone. */
function rowsOf(bytes: Buffer, geometry: Geometry): Row[] | undefined {
  if (record.decode(bytes).signature !== SIGNATURE) return undefined;
  const entries = entriesOf(bytes);
  if (entries.some(({ status }) => status !== 0 && status !== 0x80)) return undefined;
  return entries.map(({ status, type, startSector, sectorCount, firstChs, lastChs }) => {
    if (type === 0 || sectorCount !== 0) return { status, type, startSector, sectorCount };
    const start = chsSector(firstChs, geometry);
    return { status, type, startSector: start, sectorCount: Math.max(0, chsSector(lastChs, geometry) - start + 1) };
  });
}

/** A FAT or NTFS boot sector ends with the same two bytes, and its code can look like entries. */
function looksLikeFileSystem(bytes: Buffer): boolean {
  const hasJump = bytes[0] === 0xe9 || (bytes[0] === 0xeb && bytes[2] === 0x90);
  const oem = bytes.toString('latin1', 3, 11);
  if (oem === 'NTFS    ' || oem === 'EXFAT   ' || oem === '-FVE-FS-') return true;
  const bytesPerSector = bytes.readUInt16LE(0x0b);
  const sectorsPerCluster = bytes[0x0d] ?? 0;
  const isBpb =
    [512, 1024, 2048, 4096].includes(bytesPerSector) &&
    sectorsPerCluster > 0 &&
    (sectorsPerCluster & (sectorsPerCluster - 1)) === 0 &&
    bytes.readUInt16LE(0x0e) > 0 &&
    [1, 2].includes(bytes[0x10] ?? 0) &&
    (bytes[0x15] ?? 0) >= 0xf0;
  return hasJump && isBpb;
}

/** Where the first volume begins with a boot record or the image ends there tells by which sectors the table counts. */
async function sectorSizeBy(source: ByteSource, bytes: Buffer, hint: number): Promise<number> {
  const ends = entriesOf(bytes).map(({ startSector, sectorCount }) => startSector + sectorCount);
  const most = Math.max(...ends);
  if (most * hint > source.size && most * 512 <= source.size) return 512;
  const first = entriesOf(bytes).find(({ type }) => type !== 0)?.startSector ?? 0;
  const at = first * 512;
  if (at + 512 > source.size) return hint;
  return (await source.read(at + 510, 2)).readUInt16LE(0) === SIGNATURE ? 512 : hint;
}

function volumeOf({ status, type, startSector, sectorCount }: Row, number: number, base: number, sectorSize: number): Volume {
  return {
    number,
    offset: (base + startSector) * sectorSize,
    length: sectorCount * sectorSize,
    type: `0x${type.toString(16).padStart(2, '0')}`,
    title: titleOf(type),
    ...(status === 0x80 ? { isBootable: true as const } : {}),
    ...(EXTENDED.has(type) ? { isContainer: true as const } : {}),
  };
}

function overlapsOf(volumes: readonly Volume[]): Fault[] {
  const sorted = volumes.filter(({ isContainer }) => isContainer !== true).toSorted((a, b) => a.offset - b.offset);
  return sorted.flatMap((volume, index) => {
    const before = sorted[index - 1];
    if (before === undefined || before.offset + before.length <= volume.offset) return [];
    const message = `volumes ${before.number} and ${volume.number} of the partition table overlap at byte ${volume.offset}; one of them is a remnant, or the table is damaged`;
    return [new Fault(FaultKind.Corrupt, 'mbr/overlap', message, { first: before.number, second: volume.number })];
  });
}

function brokenChain(sector: number, count: number, size: number, isLoop: boolean): Fault {
  const why = isLoop
    ? 'comes back to a record it has passed'
    : count >= MOST_LOGICAL
      ? `goes on after ${MOST_LOGICAL} records`
      : 'leads to no such record';
  const message = `the chain of logical volumes ${why} at sector ${sector}; the ${count} before it are listed`;
  return new Fault(FaultKind.Corrupt, 'mbr/chain', message, { sector, count, size });
}
