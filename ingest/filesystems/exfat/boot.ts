/** The boot region of exFAT: parameters, their checksum, and the copy behind it. */
import { Fault, FaultKind, layout, raw, u16le, u32le, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';

/** Microsoft, exFAT file system specification, section 3.1. */
const boot = layout('exFAT boot sector', 512, {
  name: [3, raw(8)],
  mustBeZero: [11, raw(53)],
  sectorCountLow: [72, u32le],
  sectorCountHigh: [76, u32le],
  fatSector: [80, u32le],
  fatSectorCount: [84, u32le],
  heapSector: [88, u32le],
  clusterCount: [92, u32le],
  rootCluster: [96, u32le],
  serial: [100, u32le],
  revision: [104, u16le],
  flags: [106, u16le],
  sectorShift: [108, u8],
  clusterShift: [109, u8],
  fatCount: [110, u8],
  percentInUse: [112, u8],
  mark: [510, u16le],
});

export const VolumeFlag = { SecondFat: 1, Dirty: 2, MediaFailure: 4 } as const;

/** In sectors: eleven that are summed, and one of checksums. */
const REGION = 12;
/** The flags and the use of the volume change without a new checksum. */
const UNSUMMED: ReadonlySet<number> = new Set([106, 107, 112]);

/** Where everything lies; offsets and lengths in bytes of the volume. */
export interface ExfatShape {
  readonly sectorSize: number;
  readonly clusterSize: number;
  /** Clusters are numbered from 2. */
  readonly clusterCount: number;
  readonly fatOffset: number;
  readonly fatLength: number;
  /** 2 for TexFAT. */
  readonly fatCount: number;
  /** Which of them is used, from 0; the bitmap of the same number belongs to it. */
  readonly activeFat: number;
  readonly heapOffset: number;
  readonly rootCluster: number;
  /** Of the file system by its own count. */
  readonly size: number;
  readonly serial: number;
  readonly revision: number;
  readonly flags: number;
  /** 255 when nobody counted. */
  readonly percentInUse: number;
}

export interface FoundBoot {
  readonly shape: ExfatShape;
  readonly isCopy: boolean;
  readonly warnings: readonly Fault[];
}

interface Region {
  readonly shape: ExfatShape;
  readonly bytes: Buffer;
  readonly isSound: boolean;
}

/** Undefined where neither the boot region nor its copy describes exFAT. */
export async function findBoot(volume: ByteSource): Promise<FoundBoot | undefined> {
  const main = await regionAt(volume, 0, undefined);
  const copy = await copyOf(volume, main);
  if (main?.isSound === true) {
    const isSame = copy === undefined || main.bytes.equals(copy.bytes);
    return { shape: main.shape, isCopy: false, warnings: isSame ? [] : [otherCopy()] };
  }
  if (copy?.isSound === true) return { shape: copy.shape, isCopy: true, warnings: [usedCopy()] };
  return main === undefined ? undefined : { shape: main.shape, isCopy: false, warnings: [badChecksum()] };
}

async function copyOf(volume: ByteSource, main: Region | undefined): Promise<Region | undefined> {
  const sizes = main === undefined ? [512, 1024, 2048, 4096] : [main.shape.sectorSize];
  for (const size of sizes) {
    const found = await regionAt(volume, REGION * size, size);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function regionAt(volume: ByteSource, offset: number, sectorSize: number | undefined): Promise<Region | undefined> {
  if (offset + boot.size > volume.size) return undefined;
  const shape = shapeOf(await volume.read(offset, boot.size), volume.size);
  if (shape === undefined || (sectorSize !== undefined && shape.sectorSize !== sectorSize)) return undefined;
  if (offset + REGION * shape.sectorSize > volume.size) return undefined;
  const bytes = await volume.read(offset, REGION * shape.sectorSize);
  const sum = checksum(bytes, (REGION - 1) * shape.sectorSize);
  let isSound = true;
  for (let at = (REGION - 1) * shape.sectorSize; at < bytes.length; at += 4) isSound &&= bytes.readUInt32LE(at) === sum;
  for (const at of UNSUMMED) bytes[at] = 0;
  return { shape, bytes, isSound };
}

function checksum(bytes: Buffer, end: number): number {
  let sum = 0;
  for (let at = 0; at < end; at++) if (!UNSUMMED.has(at)) sum = (((sum << 31) | (sum >>> 1)) + (bytes[at] ?? 0)) >>> 0;
  return sum;
}

function shapeOf(bytes: Buffer, volumeSize: number): ExfatShape | undefined {
  const b = boot.decode(bytes);
  if (b.name.toString('latin1') !== 'EXFAT   ' || b.mark !== 0xaa55 || b.mustBeZero.some((byte) => byte !== 0)) return undefined;
  if (b.sectorShift < 9 || b.sectorShift > 12 || b.sectorShift + b.clusterShift > 25) return undefined;
  if (b.fatCount < 1 || b.fatCount > 2 || b.revision >> 8 !== 1) return undefined;
  const sectorSize = 2 ** b.sectorShift;
  const clusterSize = sectorSize * 2 ** b.clusterShift;
  const fatLength = b.fatSectorCount * sectorSize;
  const size = (b.sectorCountLow + b.sectorCountHigh * 0x1_0000_0000) * sectorSize;
  const isInOrder = b.fatSector >= 2 * REGION && b.heapSector >= b.fatSector + b.fatCount * b.fatSectorCount;
  // What the table does not describe can't be reached.
  const clusterCount = Math.min(b.clusterCount, 0xffff_fff5, fatLength / 4 - 2);
  const heapOffset = b.heapSector * sectorSize;
  if (!isInOrder || clusterCount < 1 || heapOffset >= volumeSize || !Number.isSafeInteger(size)) return undefined;
  if (b.rootCluster < 2 || b.rootCluster >= clusterCount + 2) return undefined;
  return {
    sectorSize,
    clusterSize,
    clusterCount,
    fatOffset: b.fatSector * sectorSize,
    fatLength,
    fatCount: b.fatCount,
    activeFat: b.fatCount === 2 ? b.flags & VolumeFlag.SecondFat : 0,
    heapOffset,
    rootCluster: b.rootCluster,
    size,
    serial: b.serial,
    revision: b.revision,
    flags: b.flags,
    percentInUse: b.percentInUse,
  };
}

export function notExfat(): Fault {
  return new Fault(FaultKind.Corrupt, 'exfat/boot', 'neither the boot sector nor its copy describes an exFAT file system');
}

function otherCopy(): Fault {
  const message = 'the copy of the boot region differs from it; the first is used, whose checksum holds';
  return new Fault(FaultKind.Corrupt, 'exfat/boot-copies-differ', message);
}

function usedCopy(): Fault {
  return new Fault(FaultKind.Corrupt, 'exfat/boot-copy', 'the boot region is damaged; its copy is used, whose checksum holds');
}

function badChecksum(): Fault {
  const message = 'the checksum of the boot region does not hold, nor does that of a copy: where things lie may be wrong';
  return new Fault(FaultKind.Corrupt, 'exfat/boot-checksum', message);
}
