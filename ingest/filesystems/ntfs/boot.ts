/** The shape of an NTFS volume, from its boot sector or the copy in its last sector. */
import { Fault, FaultKind, layout, raw, u16le, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { u64 } from './numbers.ts';
import { Mark, RecordFlag, readRecord } from './record.ts';

/** Offsets from Linux-NTFS, "$Boot". */
const boot = layout('NTFS boot sector', 512, {
  oem: [0x03, raw(8)],
  bytesPerSector: [0x0b, u16le],
  sectorsPerCluster: [0x0d, u8],
  sectorCount: [0x28, u64],
  tableCluster: [0x30, u64],
  mirrorCluster: [0x38, u64],
  clustersPerRecord: [0x40, u8],
  serial: [0x48, raw(8)],
});

const LARGEST_CLUSTER = 2 * 1024 * 1024;
const LARGEST_RECORD = 64 * 1024;
export const ROOT = 5;

export interface NtfsShape {
  readonly sectorSize: number;
  readonly clusterSize: number;
  readonly clusterCount: number;
  /** Of a record of the master file table ($MFT), in bytes. */
  readonly recordSize: number;
  /** Where $MFT and $MFTMirr begin, in bytes of the volume. */
  readonly tableOffset: number;
  readonly mirrorOffset: number;
  /** Of the file system by its own count. */
  readonly size: number;
  /** 16 hexadecimal digits. */
  readonly serial: string;
}

export interface FoundShape {
  readonly shape: NtfsShape;
  /** Read from the last sector, since the first is damaged. */
  readonly isBackup: boolean;
  /** Both the table and the root folder are where they belong. */
  readonly isWhole: boolean;
}

/** Undefined where no NTFS can be: no boot sector, or none whose master file table is there. */
export async function findShape(volume: ByteSource): Promise<FoundShape | undefined> {
  for (const sectorSize of [0, 512, 1024, 2048, 4096]) {
    const isBackup = sectorSize > 0;
    const at = isBackup ? Math.floor(volume.size / sectorSize) * sectorSize - sectorSize : 0;
    if (at < 0 || at + boot.size > volume.size) continue;
    const shape = shapeOf(await volume.read(at, boot.size));
    if (shape === undefined || (isBackup && shape.sectorSize !== sectorSize)) continue;
    const hasTable = await isRecord(volume, shape, shape.tableOffset, RecordFlag.InUse);
    if (!hasTable && !(await isRecord(volume, shape, shape.mirrorOffset, RecordFlag.InUse))) continue;
    const rootAt = shape.tableOffset + ROOT * shape.recordSize;
    const hasRoot = await isRecord(volume, shape, rootAt, RecordFlag.InUse | RecordFlag.Directory);
    return { shape, isBackup, isWhole: hasTable && hasRoot };
  }
  return undefined;
}

function shapeOf(bytes: Buffer): NtfsShape | undefined {
  const b = boot.decode(bytes);
  if (b.oem.toString('latin1') !== 'NTFS    ') return undefined;
  const sectorSize = b.bytesPerSector;
  const sectorsPerCluster = b.sectorsPerCluster <= 0x80 ? b.sectorsPerCluster : 2 ** (256 - b.sectorsPerCluster);
  const clusterSize = sectorSize * sectorsPerCluster;
  if (![256, 512, 1024, 2048, 4096].includes(sectorSize) || !isPower(clusterSize) || clusterSize > LARGEST_CLUSTER)
    return undefined;
  const recordSize = b.clustersPerRecord < 0x80 ? b.clustersPerRecord * clusterSize : 2 ** (256 - b.clustersPerRecord);
  if (!isPower(recordSize) || recordSize < 512 || recordSize > LARGEST_RECORD) return undefined;
  const size = b.sectorCount * sectorSize;
  const clusterCount = Math.floor(b.sectorCount / sectorsPerCluster);
  if (!Number.isSafeInteger(size) || b.tableCluster >= clusterCount) return undefined;
  return {
    sectorSize,
    clusterSize,
    clusterCount,
    recordSize,
    tableOffset: b.tableCluster * clusterSize,
    mirrorOffset: Math.min(b.mirrorCluster, clusterCount) * clusterSize,
    size,
    serial: b.serial.readBigUInt64LE().toString(16).padStart(16, '0'),
  };
}

function isPower(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

async function isRecord(volume: ByteSource, shape: NtfsShape, at: number, flags: number): Promise<boolean> {
  if (at + shape.recordSize > volume.size) return false;
  const record = readRecord(Buffer.from(await volume.read(at, shape.recordSize)), 0);
  return record?.mark === Mark.File && (record.flags & flags) === flags;
}

export function notNtfs(): Fault {
  const message = 'no NTFS can be read here: neither boot sector leads to a master file table ($MFT)';
  return new Fault(FaultKind.Corrupt, 'ntfs/boot', message);
}
