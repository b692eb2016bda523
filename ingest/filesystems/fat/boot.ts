/** The parameters of a FAT file system: from its boot sector, or for the first floppies, which had none there, from the media byte. */
import { Fault, FaultKind, layout, raw, u16le, u32le, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';

/** BIOS parameter block, offsets from Microsoft's FAT specification 1.03; FAT32's own fields overlap those of FAT12 and FAT16. */
const boot = layout('FAT boot sector', 512, {
  jump: [0x00, raw(3)],
  oem: [0x03, raw(8)],
  bytesPerSector: [0x0b, u16le],
  sectorsPerCluster: [0x0d, u8],
  reservedSectorCount: [0x0e, u16le],
  fatCount: [0x10, u8],
  rootEntryCount: [0x11, u16le],
  sectorCount16: [0x13, u16le],
  media: [0x15, u8],
  sectorsPerFat16: [0x16, u16le],
  sectorCount32: [0x20, u32le],
  extendedMark: [0x26, u8],
  serial: [0x27, u32le],
  label: [0x2b, raw(11)],
  sectorsPerFat32: [0x24, u32le],
  flags32: [0x28, u16le],
  rootCluster: [0x2c, u32le],
  extendedMark32: [0x42, u8],
  serial32: [0x43, u32le],
  label32: [0x47, raw(11)],
});

export type FatBits = 12 | 16 | 32;

/** Where everything lies; offsets and lengths in bytes of the volume. */
export interface FatShape {
  readonly bits: FatBits;
  readonly sectorSize: number;
  readonly clusterSize: number;
  /** Clusters are numbered from 2. */
  readonly clusterCount: number;
  readonly fatOffset: number;
  readonly fatLength: number;
  readonly fatCount: number;
  /** Which copy is used, from 0. */
  readonly activeFat: number;
  /** The fixed root directory; undefined on FAT32. */
  readonly root: { readonly offset: number; readonly length: number } | undefined;
  /** First cluster of the root on FAT32, else 0. */
  readonly rootCluster: number;
  readonly dataOffset: number;
  /** Of the file system by its own count. */
  readonly size: number;
  readonly media: number;
  /** False for floppies that are told by their size and first byte of the FAT. */
  readonly hasParameters: boolean;
  readonly oem: Buffer;
  /** From the boot sector; the root directory's wins. */
  readonly label: Buffer | undefined;
  readonly serial: number | undefined;
}

/** Floppies whose boot sector has no parameters: told by the first byte of their FAT, and by their size. */
interface OldFloppy {
  readonly media: number;
  readonly size: number;
  readonly sectorSize: number;
  readonly sectorsPerCluster: number;
  readonly sectorsPerFat: number;
  readonly rootEntryCount: number;
}

type OldRow = readonly [
  media: number,
  size: number,
  sectorSize: number,
  sectorsPerCluster: number,
  sectorsPerFat: number,
  rootEntryCount: number,
];
const OLD_FLOPPIES: readonly OldFloppy[] = (
  [
    [0xfe, 163_840, 512, 1, 1, 64],
    [0xfc, 184_320, 512, 1, 2, 64],
    [0xff, 327_680, 512, 2, 1, 112],
    [0xfd, 368_640, 512, 2, 2, 112],
    [0xf9, 737_280, 512, 2, 3, 112],
    [0xf9, 1_228_800, 512, 1, 7, 224],
    [0xf0, 1_474_560, 512, 1, 9, 224],
    [0xfe, 1_261_568, 1024, 1, 2, 192],
    [0xfe, 256_256, 128, 4, 6, 68],
  ] satisfies OldRow[]
).map(([media, size, sectorSize, sectorsPerCluster, sectorsPerFat, rootEntryCount]) => ({
  media,
  size,
  sectorSize,
  sectorsPerCluster,
  sectorsPerFat,
  rootEntryCount,
}));

/** Of disks that no PC formatted; larger than PCs have. */
const SECTOR_SIZES = [128, 256, 512, 1024, 2048, 4096, 8192, 16_384];
const LARGEST_FLOPPY = 4 * 1024 * 1024;

/** Undefined where no FAT file system can be: the parameters contradict each other, or the volume. */
export async function readShape(volume: ByteSource): Promise<FatShape | undefined> {
  if (volume.size < 512 * 4) return undefined;
  const bytes = await volume.read(0, 512);
  const told = shapeOf(bytes, volume.size, 12);
  if (told === undefined) return oldFloppy(volume);
  const { bits, fatOffset, fatLength, clusterCount, size } = told;
  const canBe16 = bits === 12 && size > LARGEST_FLOPPY && fatLength >= (clusterCount + 2) * 2 && fatOffset + 6 <= volume.size;
  if (!canBe16) return told;
  // Atari's hard disks have 16 bits, however few their clusters: the second entry is all ones in both, and the first 12 or 16 bits.
  const head = await volume.read(fatOffset, 4);
  return head[1] === 0xff && head[2] === 0xff && head[3] === 0xff && !isSigned(bytes) ? shapeOf(bytes, volume.size, 16) : told;
}

function isSigned(bytes: Buffer): boolean {
  return bytes[510] === 0x55 && bytes[511] === 0xaa;
}

/** @param bitsOfFew of a table with so few clusters that it has 12 on a PC. */
function shapeOf(bytes: Buffer, volumeSize: number, bitsOfFew: 12 | 16): FatShape | undefined {
  const b = boot.decode(bytes);
  const isPower = b.sectorsPerCluster > 0 && (b.sectorsPerCluster & (b.sectorsPerCluster - 1)) === 0;
  if (!SECTOR_SIZES.includes(b.bytesPerSector) || !isPower) return undefined;
  if (b.reservedSectorCount === 0 || b.fatCount === 0 || b.fatCount > 4) return undefined;
  const is32 = b.sectorsPerFat16 === 0;
  const sectorsPerFat = is32 ? b.sectorsPerFat32 : b.sectorsPerFat16;
  const sectorCount = b.sectorCount16 === 0 ? b.sectorCount32 : b.sectorCount16;
  const rootSectorCount = Math.ceil((b.rootEntryCount * 32) / b.bytesPerSector);
  const dataSector = b.reservedSectorCount + b.fatCount * sectorsPerFat + rootSectorCount;
  if (sectorsPerFat === 0 || sectorCount <= dataSector || (is32 ? b.rootEntryCount !== 0 : b.rootEntryCount === 0))
    return undefined;
  if (dataSector * b.bytesPerSector >= volumeSize) return undefined;
  const named = Math.floor((sectorCount - dataSector) / b.sectorsPerCluster);
  const bits = is32 ? 32 : named < 4085 ? bitsOfFew : 16;
  const fatLength = sectorsPerFat * b.bytesPerSector;
  // A table too short for its clusters is believed: what it does not describe can't be reached.
  const clusterCount = Math.min(named, Math.floor((fatLength * 8) / bits) - 2);
  if (clusterCount < 1) return undefined;
  const mark = is32 ? b.extendedMark32 : b.extendedMark;
  const isMirrored = !is32 || (b.flags32 & 0x80) === 0;
  return {
    bits,
    sectorSize: b.bytesPerSector,
    clusterSize: b.bytesPerSector * b.sectorsPerCluster,
    clusterCount,
    fatOffset: b.reservedSectorCount * b.bytesPerSector,
    fatLength,
    fatCount: b.fatCount,
    activeFat: isMirrored ? 0 : Math.min(b.flags32 & 15, b.fatCount - 1),
    root: is32
      ? undefined
      : { offset: (dataSector - rootSectorCount) * b.bytesPerSector, length: rootSectorCount * b.bytesPerSector },
    rootCluster: is32 ? b.rootCluster : 0,
    dataOffset: dataSector * b.bytesPerSector,
    size: sectorCount * b.bytesPerSector,
    media: b.media,
    hasParameters: true,
    oem: b.oem,
    label: mark === 0x29 ? (is32 ? b.label32 : b.label) : undefined,
    serial: mark === 0x29 || mark === 0x28 ? (is32 ? b.serial32 : b.serial) : undefined,
  };
}

async function oldFloppy(volume: ByteSource): Promise<FatShape | undefined> {
  for (const each of OLD_FLOPPIES.filter(({ size }) => size === volume.size)) {
    const { media, size, sectorSize, sectorsPerCluster, sectorsPerFat, rootEntryCount } = each;
    const fat = await volume.read(sectorSize, 3);
    if (fat[0] !== media || fat[1] !== 0xff || fat[2] !== 0xff) continue;
    const rootOffset = sectorSize * (1 + 2 * sectorsPerFat);
    const rootLength = rootEntryCount * 32;
    if (!looksLikeRoot(await volume.read(rootOffset, rootLength))) continue;
    const clusterSize = sectorSize * sectorsPerCluster;
    const dataOffset = rootOffset + Math.ceil(rootLength / sectorSize) * sectorSize;
    return {
      bits: 12,
      sectorSize,
      clusterSize,
      clusterCount: Math.floor((size - dataOffset) / clusterSize),
      fatOffset: sectorSize,
      fatLength: sectorSize * sectorsPerFat,
      fatCount: 2,
      activeFat: 0,
      root: { offset: rootOffset, length: rootLength },
      rootCluster: 0,
      dataOffset,
      size,
      media,
      hasParameters: false,
      oem: Buffer.alloc(0),
      label: undefined,
      serial: undefined,
    };
  }
  return undefined;
}

/** Every entry up to the last has a name and attributes that can be, or is deleted. */
function looksLikeRoot(root: Buffer): boolean {
  for (let at = 0; at < root.length; at += 32) {
    const first = root[at] ?? 0;
    if (first === 0) break;
    const isName = root.subarray(at, at + 11).every((byte, index) => byte >= 0x20 || (index === 0 && byte === 5));
    if (first !== 0xe5 && (!isName || ((root[at + 11] ?? 0) & 0xc0) !== 0)) return false;
  }
  return true;
}

export function notFat(): Fault {
  return new Fault(FaultKind.Corrupt, 'fat/boot', 'the boot sector does not describe a FAT file system');
}
