/** The Amiga's rigid disk block: in one of the first sixteen blocks, with a list of partition blocks. */
import { ascii, Fault, FaultKind, layout, raw, u32be } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import { labelOf, overlapsOf, shownName } from '../rows.ts';
import { Confidence, type Volume, type VolumeScheme } from '../volumes.ts';

/** struct RigidDiskBlock of devices/hardblocks.h. */
const rigidDisk = layout('rigid disk block', 256, {
  id: [0, ascii(4)],
  longCount: [4, u32be],
  blockSize: [16, u32be],
  partitionList: [28, u32be],
  cylinderCount: [64, u32be],
  sectorsPerTrack: [68, u32be],
  headCount: [72, u32be],
  firstBlock: [128, u32be],
  lastBlock: [132, u32be],
  vendor: [160, ascii(8)],
  product: [168, ascii(16)],
  revision: [184, ascii(4)],
});

/** struct PartitionBlock of devices/hardblocks.h, with its DosEnvec of dos/filehandler.h from byte 128. */
const partition = layout('partition block', 256, {
  id: [0, ascii(4)],
  longCount: [4, u32be],
  next: [16, u32be],
  flags: [20, u32be],
  name: [36, raw(32)],
  surfaceCount: [140, u32be],
  blocksPerTrack: [148, u32be],
  lowCylinder: [164, u32be],
  highCylinder: [168, u32be],
  dosType: [192, raw(4)],
});

const BLOCK = 512;
const NONE = 0xffff_ffff;
const BOOTABLE = 1;
/** RDB_LOCATION_LIMIT of hardblocks.h. */
const PLACES = 16;
const MOST_PARTITIONS = 128;

export const format: VolumeScheme = {
  id: 'rdb',
  title: 'Amiga rigid disk block',
  sources: ['Commodore, devices/hardblocks.h (NDK 3.9)', 'Linux block/partitions/amiga.c'],
  rank: 30,

  async probe(source) {
    const found = await rigidDiskOf(source);
    if (found === undefined) return Confidence.No;
    return found.isSound ? Confidence.Certain : Confidence.Shadow;
  },

  async read(source) {
    const found = await rigidDiskOf(source);
    if (found === undefined)
      throw new Fault(FaultKind.Corrupt, 'rdb/block', 'no rigid disk block was found in the first sixteen blocks');
    const { at, disk } = found;
    const blockSize =
      disk.blockSize >= BLOCK && disk.blockSize <= 32_768 && disk.blockSize % BLOCK === 0 ? disk.blockSize : BLOCK;
    const warnings: Fault[] = [];
    const volumes: Volume[] = [];
    const areas: Range[] = [{ offset: at, length: BLOCK }];
    const reserved = { offset: disk.firstBlock * blockSize, length: (disk.lastBlock - disk.firstBlock + 1) * blockSize };
    if (!found.isSound) warnings.push(checksum('rigid disk block', at));
    const seen = new Set<number>();
    for (let block = disk.partitionList; block !== NONE; ) {
      const offset: number = block * blockSize;
      const bytes =
        offset + partition.size <= source.size ? await source.read(offset, Math.min(BLOCK, source.size - offset)) : undefined;
      const row = bytes?.toString('latin1', 0, 4) === 'PART' ? partition.decode(bytes) : undefined;
      if (bytes === undefined || row === undefined || seen.has(block) || seen.size >= MOST_PARTITIONS) {
        warnings.push(brokenList(block, volumes.length));
        break;
      }
      seen.add(block);
      areas.push({ offset, length: BLOCK });
      if (!isSumZero(bytes, row.longCount)) warnings.push(checksum('partition block', offset));
      const volume = volumeOf(row, seen.size, blockSize);
      if (volume === undefined) warnings.push(impossible(seen.size, row));
      else volumes.push(volume);
      block = row.next;
    }
    const end = Math.min(...volumes.map(({ offset }) => offset), source.size);
    const isReserved = reserved.length > 0 && reserved.offset + reserved.length <= end;
    const { vendor, product, revision, cylinderCount, headCount, sectorsPerTrack } = disk;
    const drive = shownName([vendor, product, revision].map((each) => shownName(each)).join(' '));
    return {
      scheme: 'rdb',
      sectorSize: blockSize,
      volumes,
      areas: isReserved ? [...areas, reserved] : areas,
      facts: { ...(drive === '' ? {} : { drive }), cylinderCount, headCount, sectorsPerTrack },
      warnings: [...warnings, ...overlapsOf(volumes, 'rdb/overlap')],
    };
  },
};

async function rigidDiskOf(source: ByteSource) {
  const bytes = await source.read(0, Math.min(PLACES * BLOCK, source.size));
  for (let at = 0; at + rigidDisk.size <= bytes.length; at += BLOCK) {
    if (bytes.toString('latin1', at, at + 4) !== 'RDSK') continue;
    const block = bytes.subarray(at, at + BLOCK);
    const disk = rigidDisk.decode(block);
    return { at, disk, isSound: isSumZero(block, disk.longCount) };
  }
  return undefined;
}

/** All long words of a block, the checksum among them, sum up to nothing. */
function isSumZero(bytes: Buffer, longCount: number): boolean {
  if (longCount * 4 > bytes.length) return false;
  let sum = 0;
  for (let at = 0; at < longCount * 4; at += 4) sum = (sum + bytes.readInt32BE(at)) | 0;
  return sum === 0;
}

function volumeOf(row: ReturnType<typeof partition.decode>, number: number, blockSize: number): Volume | undefined {
  const cylinder = row.surfaceCount * row.blocksPerTrack * blockSize;
  const offset = row.lowCylinder * cylinder;
  const length = (row.highCylinder - row.lowCylinder + 1) * cylinder;
  if (cylinder === 0 || length <= 0 || !Number.isSafeInteger(offset + length)) return undefined;
  const nameLength = Math.min(row.name[0] ?? 0, 31);
  const kind = row.dosType.toString('latin1', 0, 3);
  const version = row.dosType[3] ?? 0;
  return {
    number,
    offset,
    length,
    type: `${shownName(kind.replace(/[^ -~]/g, '?'))}\\${version}`,
    title: titleOf(kind, version),
    ...labelOf(row.name.toString('latin1', 1, 1 + nameLength)),
    ...((row.flags & BOOTABLE) === 0 ? {} : { isBootable: true as const }),
  };
}

const DOS_TYPES = [
  'OFS',
  'FFS',
  'OFS international',
  'FFS international',
  'OFS with cache',
  'FFS with cache',
  'OFS with long names',
  'FFS with long names',
];

function titleOf(kind: string, version: number): string | undefined {
  if (kind === 'DOS') return DOS_TYPES[version];
  if (kind === 'PFS' || kind === 'PDS') return 'Professional File System';
  if (kind === 'SFS') return 'Smart File System';
  if (kind === 'LNX') return 'Linux';
  if (kind === 'SWP') return 'Linux swap';
  if (kind === 'UNI') return 'Unix';
  if (kind === 'NBR' || kind === 'NBS' || kind === 'NBU') return 'NetBSD';
  return undefined;
}

function checksum(what: string, at: number): Fault {
  const message = `the ${what} at byte ${at} has a wrong checksum; it is read as it stands`;
  return new Fault(FaultKind.Corrupt, 'rdb/checksum', message, { at });
}

function brokenList(block: number, count: number): Fault {
  const message = `the list of partitions leads to block ${block}, which is no partition block or was listed before; the ${count} before it are listed`;
  return new Fault(FaultKind.Corrupt, 'rdb/list', message, { block, count });
}

function impossible(number: number, { lowCylinder, highCylinder }: { lowCylinder: number; highCylinder: number }): Fault {
  const message = `partition ${number} goes from cylinder ${lowCylinder} to ${highCylinder}, which can't be; it is left out`;
  return new Fault(FaultKind.Corrupt, 'rdb/partition', message, { number, lowCylinder, highCylinder });
}
