/** The partition table of PCs (MBR): four entries in the boot record, and a chain of extended records for the logical volumes. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import { geometryOf } from '../mbr/chs.ts';
import { chainOf } from '../mbr/logical.ts';
import { entriesOf, isExtended, isStatusDoubtful, record, type Row, rowsOf, SIGNATURE } from '../mbr/record.ts';
import { titleOf } from '../mbr/types.ts';
import { overlapsOf } from '../rows.ts';
import { Confidence, type Volume, type VolumeScheme } from '../volumes.ts';

export const format: VolumeScheme = {
  id: 'mbr',
  title: 'PC partition table (MBR)',
  sources: [
    'Microsoft, Windows 2000 Resource Kit, chapter 32 (Disk Concepts)',
    'util-linux libfdisk/src/dos.c',
    'IBM PC DOS 3.30 fdisk',
    'syslinux utils/isohybrid.c',
  ],
  rank: 90,

  async probe(source) {
    if (source.size < record.size) return Confidence.No;
    const bytes = await source.read(0, record.size);
    const rows = rowsOf(bytes);
    if (rows === undefined || looksLikeFileSystem(bytes)) return Confidence.No;
    const used = usedOf(rows);
    if (used.length === 0 || used.some(({ startSector }) => startSector * 512 >= source.size)) return Confidence.No;
    // A sector of code is not to be taken for a table: what is doubtful in one way must be right in the others.
    const isDoubtful = rows.some(isStatusDoubtful) || used.some(({ startSector }) => startSector === 0);
    const isTight = used.every((row) => (row.startSector + row.sectorCount) * 512 <= source.size) && !overlap(used);
    if (isDoubtful && !isTight) return Confidence.No;
    return used.some(isProtective) ? Confidence.Shadow : Confidence.Likely;
  },

  async read(source, hint) {
    const bytes = await source.read(0, record.size);
    const sectorSize = hint === 4096 || hint === 2048 ? await sectorSizeBy(source, bytes, hint) : 512;
    const geometry = geometryOf(entriesOf(bytes));
    const rows = rowsOf(bytes, geometry) ?? [];
    const used = usedOf(rows);
    const volumes: Volume[] = [];
    const areas: Range[] = [{ offset: 0, length: sectorSize }];
    const warnings: Fault[] = [];
    for (const row of used) volumes.push(volumeOf(row, rows.indexOf(row) + 1, 0, sectorSize));
    let number = 4;
    for (const row of used.filter(isExtended)) {
      const chain = await chainOf(source, row, sectorSize, geometry);
      for (const { row: each, base } of chain.logical) volumes.push(volumeOf(each, ++number, base, sectorSize));
      areas.push(...chain.areas);
      warnings.push(...chain.warnings);
    }
    const { diskId } = record.decode(bytes);
    const isShadow = used.some(isProtective);
    return {
      scheme: 'mbr',
      sectorSize,
      volumes,
      areas,
      ...(diskId === 0 ? {} : { diskId: diskId.toString(16).padStart(8, '0') }),
      ...(isShadow ? { isShadow: true as const } : {}),
      warnings: [
        ...warnings,
        ...used.filter(isStatusDoubtful).map(doubtfulStatus),
        ...overlapsOf(
          volumes.filter(({ offset }) => offset > 0),
          'mbr/overlap',
        ),
      ],
    };
  },
};

/** Placeholders that keep other systems away: a GUID partition table is there, or the file system of an optical disc. */
function isProtective({ type, startSector }: Row): boolean {
  return type === 0xee || (type === 0xcd && startSector === 1);
}

/** The rows that name something. FreeBSD's boot record of a disk without a partition table names 50,000 sectors that mean nothing. */
function usedOf(rows: readonly Row[]): readonly Row[] {
  return rows.filter(
    ({ type, startSector, sectorCount }) => type !== 0 && !(type === 0xa5 && startSector === 0 && sectorCount === 50_000),
  );
}

function overlap(rows: readonly Row[]): boolean {
  const sorted = rows.toSorted((a, b) => a.startSector - b.startSector);
  // What begins with the disk holds the others: the whole of an optical disc.
  return sorted.some(({ startSector }, index) => {
    const before = sorted[index - 1];
    return before !== undefined && before.startSector > 0 && before.startSector + before.sectorCount > startSector;
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

function volumeOf(row: Row, number: number, base: number, sectorSize: number): Volume {
  const { status, type, startSector, sectorCount } = row;
  return {
    number,
    offset: (base + startSector) * sectorSize,
    length: sectorCount * sectorSize,
    type: `0x${type.toString(16).padStart(2, '0')}`,
    title: titleOf(type),
    ...(status === 0x80 ? { isBootable: true as const } : {}),
    ...(isExtended(row) ? { isContainer: true as const } : {}),
  };
}

function doubtfulStatus({ status, type, startSector }: Row): Fault {
  const message = `the entry at sector ${startSector} has status 0x${status.toString(16)}, where 0 or 0x80 belongs; it is listed as it stands`;
  return new Fault(FaultKind.Corrupt, 'mbr/status', message, { status, type, startSector });
}
