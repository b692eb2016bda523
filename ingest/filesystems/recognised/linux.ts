/** Marks of file systems that Linux uses. */
import { crc32 } from 'node:zlib';
import { ascii, layout, raw, u16be, u16le, u32be, u32le, u64be, u64le, uuidBe } from '../../kernel/index.ts';
import { decodedText } from '../names.ts';
import { isBlockSize, type Kind, serialOf, Strength } from './recognised.ts';

const text = (bytes: Buffer): string => decodedText(bytes, 'utf-8');

/** struct xfs_dsb. */
const xfsSuper = layout('XFS super block', 120, {
  blockSize: [4, u32be],
  blockCount: [8, u64be],
  uuid: [32, uuidBe],
  allocationGroupCount: [88, u32be],
  version: [100, u16be],
  sectorSize: [102, u16be],
  label: [108, raw(12)],
});

const xfs: Kind = {
  id: 'xfs',
  source: 'XFS Algorithms and Data Structures, 3rd edition',
  strength: Strength.First,
  async recognise(volume) {
    const bytes = await volume.at(0, 512);
    if (bytes?.toString('latin1', 0, 4) !== 'XFSB') return undefined;
    const { blockSize, blockCount, uuid, version, sectorSize, label } = xfsSuper.decode(bytes);
    if (!isBlockSize(blockSize) || !isBlockSize(sectorSize) || blockCount === 0) return undefined;
    const size = blockCount * blockSize;
    return { type: 'XFS', label: text(label), ...serialOf(uuid), size, blockSize, facts: { version: version & 15 } };
  },
};

/** struct btrfs_super_block. */
const btrfsSuper = layout('Btrfs super block', 560, {
  uuid: [32, uuidBe],
  ownPlace: [48, u64le],
  magic: [64, ascii(8)],
  size: [112, u64le],
  deviceCount: [136, u64le],
  sectorSize: [144, u32le],
  nodeSize: [148, u32le],
  label: [299, raw(256)],
});
const BTRFS_AT = 65_536;

const btrfs: Kind = {
  id: 'btrfs',
  source: 'Btrfs on-disk format',
  strength: Strength.Strong,
  async recognise(volume) {
    const bytes = await volume.at(BTRFS_AT, btrfsSuper.size);
    if (bytes?.toString('latin1', 64, 72) !== '_BHRfS_M') return undefined;
    const { uuid, ownPlace, size, deviceCount, sectorSize, nodeSize, label } = btrfsSuper.decode(bytes);
    if (ownPlace !== BTRFS_AT || !isBlockSize(sectorSize)) return undefined;
    return {
      type: 'Btrfs',
      label: text(label),
      ...serialOf(uuid),
      size,
      blockSize: sectorSize,
      facts: { deviceCount, nodeSize },
    };
  },
};

/** struct reiserfs_super_block. */
const reiserSuper = layout('ReiserFS super block', 116, {
  blockCount: [0, u32le],
  blockSize: [44, u16le],
  magic: [52, ascii(10)],
  uuid: [84, uuidBe],
  label: [100, raw(16)],
});
const REISER_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['ReIsErFs', '3.5'],
  ['ReIsEr2Fs', '3.6'],
  ['ReIsEr3Fs', '3.6 with its journal elsewhere'],
]);

const reiserfs: Kind = {
  id: 'reiserfs',
  source: 'Linux fs/reiserfs/reiserfs.h',
  strength: Strength.Strong,
  async recognise(volume) {
    for (const at of [65_536, 8192]) {
      const bytes = await volume.at(at, reiserSuper.size);
      if (bytes === undefined) continue;
      const { blockCount, blockSize, magic, uuid, label } = reiserSuper.decode(bytes);
      const version = REISER_VERSIONS.get(magic);
      if (version === undefined || !isBlockSize(blockSize) || blockCount === 0) continue;
      const named = version === '3.5' ? {} : { label: text(label), ...serialOf(uuid) };
      return { type: 'ReiserFS', ...named, size: blockCount * blockSize, blockSize, facts: { version } };
    }
    return undefined;
  },
};

const reiser4: Kind = {
  id: 'reiser4',
  source: 'reiser4progs, include/reiser4/types.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const bytes = await volume.at(65_536, 52);
    if (bytes?.toString('latin1', 0, 8) !== 'ReIsEr4\0') return undefined;
    const blockSize = bytes.readUInt16LE(18);
    if (!isBlockSize(blockSize)) return undefined;
    return { type: 'Reiser4', label: text(bytes.subarray(36, 52)), ...serialOf(uuidBe.decode(bytes, 20)), blockSize };
  },
};

/** struct jfs_superblock. */
const jfsSuper = layout('JFS super block', 184, {
  version: [4, u32le],
  sectorCount: [8, u64le],
  blockSize: [16, u32le],
  sectorSize: [24, u32le],
  uuid: [136, uuidBe],
  label: [152, raw(16)],
});

const jfs: Kind = {
  id: 'jfs',
  source: 'Linux fs/jfs/jfs_superblock.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const bytes = await volume.at(32_768, jfsSuper.size);
    if (bytes?.toString('latin1', 0, 4) !== 'JFS1') return undefined;
    const { version, sectorCount, blockSize, sectorSize, uuid, label } = jfsSuper.decode(bytes);
    if (!isBlockSize(blockSize, 512, 4096) || !isBlockSize(sectorSize, 512, 4096)) return undefined;
    return { type: 'JFS', label: text(label), ...serialOf(uuid), size: sectorCount * sectorSize, blockSize, facts: { version } };
  },
};

/** struct f2fs_super_block. */
const f2fsSuper = layout('F2FS super block', 1148, {
  magic: [0, u32le],
  major: [4, u16le],
  minor: [6, u16le],
  blockShift: [16, u32le],
  blockCount: [36, u64le],
  uuid: [108, uuidBe],
  label: [124, raw(1024)],
});

const f2fs: Kind = {
  id: 'f2fs',
  source: 'Linux include/linux/f2fs_fs.h',
  strength: Strength.Strong,
  async recognise(volume) {
    for (const at of [1024, 5120]) {
      const bytes = await volume.at(at, f2fsSuper.size);
      if (bytes?.readUInt32LE(0) !== 0xf2f5_2010) continue;
      const { major, minor, blockShift, blockCount, uuid, label } = f2fsSuper.decode(bytes);
      if (blockShift < 9 || blockShift > 16 || blockCount === 0) continue;
      const blockSize = 1 << blockShift;
      const name = decodedText(label, 'utf-16le');
      return {
        type: 'F2FS',
        label: name,
        ...serialOf(uuid),
        size: blockCount * blockSize,
        blockSize,
        facts: { version: `${major}.${minor}` },
      };
    }
    return undefined;
  },
};

/** struct nilfs_super_block. */
const nilfsSuper = layout('NILFS2 super block', 248, {
  revision: [0, u32le],
  magic: [6, u16le],
  length: [8, u16le],
  seed: [12, u32le],
  checksum: [16, u32le],
  blockShift: [20, u32le],
  size: [32, u64le],
  uuid: [152, uuidBe],
  label: [168, raw(80)],
});

const nilfs2: Kind = {
  id: 'nilfs2',
  source: 'Linux include/uapi/linux/nilfs2_ondisk.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const bytes = await volume.at(1024, 1024);
    if (bytes?.readUInt16LE(6) !== 0x3434) return undefined;
    const { revision, length, seed, checksum, blockShift, size, uuid, label } = nilfsSuper.decode(bytes);
    if (length < 20 || length > 1024 || blockShift > 6) return undefined;
    const checked = Buffer.concat([bytes.subarray(0, 16), Buffer.alloc(4), bytes.subarray(20, length)]);
    if (~crc32(checked, ~seed >>> 0) >>> 0 !== checksum) return undefined;
    return {
      type: 'NILFS2',
      label: text(label),
      ...serialOf(uuid),
      size,
      blockSize: 1024 << blockShift,
      facts: { version: revision },
    };
  },
};

/** struct erofs_super_block. */
const erofs: Kind = {
  id: 'erofs',
  source: 'Linux fs/erofs/erofs_fs.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const bytes = await volume.at(1024, 128);
    const shift = bytes?.readUInt8(12) ?? 0;
    if (bytes?.readUInt32LE(0) !== 0xe0f5_e1e2 || shift < 9 || shift > 16) return undefined;
    const size = bytes.readUInt32LE(36) * 2 ** shift;
    return {
      type: 'EROFS',
      label: text(bytes.subarray(64, 80)),
      ...serialOf(uuidBe.decode(bytes, 48)),
      size,
      blockSize: 2 ** shift,
    };
  },
};

export const linuxKinds: readonly Kind[] = [xfs, btrfs, reiserfs, reiser4, jfs, f2fs, nilfs2, erofs];
