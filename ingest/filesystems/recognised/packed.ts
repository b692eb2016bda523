/** Marks of file systems that are written once, as one piece: SquashFS, CramFS, romfs. */
import { decodedText } from '../names.ts';
import { isBlockSize, type Kind, Strength } from './recognised.ts';

const PACKINGS = ['', 'gzip', 'lzma', 'lzo', 'xz', 'lz4', 'zstd'];

/** struct squashfs_super_block; the first three versions had other fields, of either byte order. */
const squashfs: Kind = {
  id: 'squashfs',
  source: 'Linux fs/squashfs/squashfs_fs.h',
  strength: Strength.First,
  async recognise(volume) {
    const bytes = await volume.at(0, 96);
    const mark = bytes?.toString('latin1', 0, 4) ?? '';
    if (bytes === undefined || !['hsqs', 'sqsh', 'shsq', 'qshs'].includes(mark)) return undefined;
    const isBig = mark === 'sqsh' || mark === 'qshs';
    const major = isBig ? bytes.readUInt16BE(28) : bytes.readUInt16LE(28);
    const minor = isBig ? bytes.readUInt16BE(30) : bytes.readUInt16LE(30);
    if (major < 1 || major > 4) return undefined;
    const version = `${major}.${minor}`;
    if (major < 4 || isBig) return { type: 'SquashFS', facts: { version } };
    const blockSize = bytes.readUInt32LE(12);
    const used = bytes.readBigUInt64LE(40);
    if (!isBlockSize(blockSize, 4096, 1 << 20) || used > Number.MAX_SAFE_INTEGER) return undefined;
    const packing = PACKINGS[bytes.readUInt16LE(20)] ?? '';
    return { type: 'SquashFS', size: Number(used), blockSize, facts: { version, ...(packing === '' ? {} : { packing }) } };
  },
};

/** struct cramfs_super. */
const cramfs: Kind = {
  id: 'cramfs',
  source: 'Linux include/uapi/linux/cramfs_fs.h',
  strength: Strength.First,
  async recognise(volume) {
    for (const at of [0, 512]) {
      const bytes = await volume.at(at, 64);
      if (bytes?.toString('latin1', 16, 32) !== 'Compressed ROMFS') continue;
      const isBig = bytes.readUInt32BE(0) === 0x28cd_3d45;
      if (!isBig && bytes.readUInt32LE(0) !== 0x28cd_3d45) continue;
      const size = isBig ? bytes.readUInt32BE(4) : bytes.readUInt32LE(4);
      const label = decodedText(bytes.subarray(48, 64), 'latin1');
      return {
        type: 'CramFS',
        label: label === 'Compressed' ? '' : label,
        size,
        blockSize: 4096,
        facts: { byteOrder: isBig ? 'big-endian' : 'little-endian' },
      };
    }
    return undefined;
  },
};

const romfs: Kind = {
  id: 'romfs',
  source: 'Linux Documentation/filesystems/romfs.rst',
  strength: Strength.First,
  async recognise(volume) {
    const bytes = await volume.at(0, Math.min(512, volume.size));
    if (bytes === undefined || bytes.length < 32 || bytes.toString('latin1', 0, 8) !== '-rom1fs-') return undefined;
    return { type: 'romfs', label: decodedText(bytes.subarray(16, 128), 'utf-8'), size: bytes.readUInt32BE(8), blockSize: 16 };
  },
};

export const packedKinds: readonly Kind[] = [squashfs, cramfs, romfs];
