/** Marks of the file systems of Unix and its relatives: UFS, Minix, System V, Xenix, SCO, SGI, QNX, Veritas. */
import { layout, raw, u32be, u32le, u64be, u64le } from '../../kernel/index.ts';
import { decodedText } from '../names.ts';
import { isBlockSize, type Kind, type Peek, type Recognised, serialOf, Strength } from './recognised.ts';

const text = (bytes: Buffer): string => decodedText(bytes, 'latin1');

/** struct fs of FreeBSD ufs/ffs/fs.h, of either byte order. */
const ufsSuper = (isBig: boolean) => {
  const u32 = isBig ? u32be : u32le;
  return layout('UFS super block', 1376, {
    fragmentCount: [36, u32],
    blockSize: [48, u32],
    fragmentSize: [52, u32],
    firstId: [144, u32],
    secondId: [148, u32],
    label: [680, raw(32)],
    fragmentCount2: [1080, isBig ? u64be : u64le],
    magic: [1372, u32],
  });
};
const UFS_SUPERS = [ufsSuper(false), ufsSuper(true)];
const UFS1 = 0x0001_1954;
const UFS2 = 0x1954_0119;

const ufs: Kind = {
  id: 'ufs',
  source: 'FreeBSD sys/ufs/ffs/fs.h',
  strength: Strength.Strong,
  async recognise(volume) {
    for (const at of [65_536, 8192, 0, 262_144]) {
      const bytes = await volume.at(at, 1376);
      if (bytes === undefined) continue;
      const isBig = bytes.readUInt32BE(1372) === UFS1 || bytes.readUInt32BE(1372) === UFS2;
      const magic = isBig ? bytes.readUInt32BE(1372) : bytes.readUInt32LE(1372);
      if (magic !== UFS1 && magic !== UFS2) continue;
      const s = UFS_SUPERS[isBig ? 1 : 0]?.decode(bytes);
      if (s === undefined || !isBlockSize(s.blockSize, 4096) || !isBlockSize(s.fragmentSize)) continue;
      const hex = (id: number): string => id.toString(16).padStart(8, '0');
      return {
        type: magic === UFS2 ? 'UFS2' : 'UFS1',
        label: text(s.label),
        ...serialOf(hex(s.firstId) + hex(s.secondId)),
        size: (magic === UFS2 ? s.fragmentCount2 : s.fragmentCount) * s.fragmentSize,
        blockSize: s.blockSize,
        facts: { byteOrder: isBig ? 'big-endian' : 'little-endian' },
      };
    }
    return undefined;
  },
};

/** Version and length of names, by magic. */
const MINIX: ReadonlyMap<number, readonly [version: 1 | 2, nameLength: number]> = new Map([
  [0x137f, [1, 14]],
  [0x138f, [1, 30]],
  [0x2468, [2, 14]],
  [0x2478, [2, 30]],
]);

const minix: Kind = {
  id: 'minix',
  source: 'Linux include/uapi/linux/minix_fs.h',
  strength: Strength.Weak,
  async recognise(volume) {
    const bytes = await volume.at(1024, 32);
    if (bytes === undefined) return undefined;
    for (const isBig of [false, true]) {
      const u16 = (at: number): number => (isBig ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at));
      const u32 = (at: number): number => (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
      const known = MINIX.get(u16(16));
      const isThird = u16(24) === 0x4d5a && isBlockSize(u16(28), 1024, 32_768);
      if (known === undefined && !isThird) continue;
      const [version, nameLength] = known ?? [3, 60];
      const blockSize = isThird && known === undefined ? u16(28) : 1024;
      const zoneCount = version === 1 ? u16(2) : u32(20);
      const [inodeCount, inodeMaps, zoneMaps] = version === 3 ? [u32(0), u16(6), u16(8)] : [u16(0), u16(4), u16(6)];
      const hasMaps = inodeMaps * blockSize * 8 >= inodeCount && zoneMaps > 0 && inodeCount > 0 && zoneCount > 0;
      const rootAt = (2 + inodeMaps + zoneMaps) * blockSize;
      if (!hasMaps || !(await isDirectoryAt(volume, rootAt, isBig))) continue;
      return { type: `Minix ${version}`, size: zoneCount * blockSize, blockSize, facts: { nameLength, inodeCount } };
    }
    return undefined;
  },
};

/** The first inode is the root; its first two bytes are type and permissions. */
async function isDirectoryAt(volume: Peek, at: number, isBig: boolean): Promise<boolean> {
  const mode = await volume.at(at, 2);
  return mode !== undefined && ((isBig ? mode.readUInt16BE(0) : mode.readUInt16LE(0)) & 0xf000) === 0x4000;
}

const SYSV_MAGIC = 0xfd18_7e20;
const XENIX_MAGIC = 0x002b_5544;

/** struct sysv4_super_block of Linux sysv_fs.h; some start behind boot tracks. */
const sysv: Kind = {
  id: 'sysv',
  source: 'Linux include/linux/sysv_fs.h',
  strength: Strength.Strong,
  async recognise(volume) {
    for (const at of [512, 9728, 15_872, 18_944]) {
      const bytes = await volume.at(at, 512);
      if (bytes === undefined) continue;
      for (const isBig of [false, true]) {
        const u32 = (offset: number): number => (isBig ? bytes.readUInt32BE(offset) : bytes.readUInt32LE(offset));
        const shift = u32(508);
        if (u32(504) !== SYSV_MAGIC || shift < 1 || shift > 3) continue;
        const blockSize = 256 << shift;
        return { type: 'System V', label: text(bytes.subarray(440, 446)), size: u32(4) * blockSize, blockSize };
      }
    }
    return undefined;
  },
};

const xenix: Kind = {
  id: 'xenix',
  source: 'Linux include/linux/sysv_fs.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const bytes = await volume.at(1024, 1024);
    if (bytes?.readUInt32LE(1016) !== XENIX_MAGIC) return undefined;
    const shift = bytes.readUInt32LE(1020);
    if (shift < 1 || shift > 2) return undefined;
    const label = text(bytes.subarray(632, 638));
    return { type: 'Xenix', label, size: bytes.readUInt32LE(2) * (256 << shift), blockSize: 256 << shift };
  },
};

/** struct bfs_super_block of Linux bfs_fs.h. */
const bfs: Kind = {
  id: 'bfs',
  source: 'Linux include/uapi/linux/bfs_fs.h',
  strength: Strength.Weak,
  async recognise(volume) {
    const bytes = await volume.at(0, 512);
    if (bytes?.readUInt32LE(0) !== 0x1bad_face) return undefined;
    const [start, end] = [bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
    if (start < 512 || end <= start) return undefined;
    return { type: 'SCO BFS', label: text(bytes.subarray(44, 50)), size: end + 1, blockSize: 512 };
  },
};

/** struct efs_super of Linux efs_fs_sb.h. */
const efs: Kind = {
  id: 'efs',
  source: 'Linux include/linux/efs_fs_sb.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const bytes = await volume.at(512, 92);
    const magic = bytes?.readUInt32BE(28);
    if (bytes === undefined || (magic !== 0x0007_2959 && magic !== 0x0007_295a)) return undefined;
    return { type: 'EFS', label: text(bytes.subarray(32, 38)), size: bytes.readUInt32BE(0) * 512, blockSize: 512 };
  },
};

const qnx4: Kind = {
  id: 'qnx4',
  source: 'Linux include/uapi/linux/qnx4_fs.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const isBoot = (await volume.text(4, 6)) === 'QNX4FS';
    return isBoot && (await volume.text(512, 2)) === '/\0' ? { type: 'QNX4', blockSize: 512 } : undefined;
  },
};

/** struct vxfs_sb of Linux fs/freevxfs/vxfs.h; HP-UX has it in the other byte order, elsewhere. */
const vxfs: Kind = {
  id: 'vxfs',
  source: 'Linux fs/freevxfs/vxfs.h',
  strength: Strength.Strong,
  async recognise(volume): Promise<Recognised | undefined> {
    for (const [at, isBig] of [
      [1024, false],
      [8192, true],
    ] as const) {
      const bytes = await volume.at(at, 64);
      if (bytes === undefined) continue;
      const u32 = (offset: number): number => (isBig ? bytes.readUInt32BE(offset) : bytes.readUInt32LE(offset));
      if (u32(0) !== 0xa501_fcf5 || u32(4) === 0 || u32(4) > 32 || !isBlockSize(u32(32))) continue;
      return { type: 'VxFS', size: u32(36) * u32(32), blockSize: u32(32), facts: { version: u32(4) } };
    }
    return undefined;
  },
};

export const unixKinds: readonly Kind[] = [ufs, minix, sysv, xenix, bfs, efs, qnx4, vxfs];
