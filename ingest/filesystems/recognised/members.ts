/** Marks of what is a part of something larger: swap, members of RAIDs, physical volumes, pools. */
import { layout, raw, u32le, u64le, uuidBe } from '../../kernel/index.ts';
import { decodedText } from '../names.ts';
import { type Kind, type Peek, type Recognised, serialOf, Strength } from './recognised.ts';

const text = (bytes: Buffer): string => decodedText(bytes, 'utf-8');

const SUSPENDED = new Set(['S1SUSPEND\0', 'S2SUSPEND\0', 'ULSUSPEND\0', 'LINHIB0001']);

/** union swap_header: the mark ends the first page, the rest stands at byte 1024. */
const swap: Kind = {
  id: 'swap',
  source: 'Linux include/linux/swap.h',
  strength: Strength.Strong,
  async recognise(volume) {
    for (const blockSize of [4096, 8192, 16_384, 32_768, 65_536]) {
      const mark = await volume.text(blockSize - 10, 10);
      if (mark === 'SWAP-SPACE') return { type: 'Linux swap', blockSize, facts: { version: 0 } };
      const head = await volume.at(1024, 44);
      if (head === undefined) return undefined;
      const isBig = head.readUInt32BE(0) === 1;
      const pageCount = isBig ? head.readUInt32BE(4) : head.readUInt32LE(4);
      const told = { label: text(head.subarray(28, 44)), ...serialOf(uuidBe.decode(head, 12)), blockSize };
      if (mark === 'SWAPSPACE2') return { type: 'Linux swap', ...told, size: (pageCount + 1) * blockSize, facts: { version: 1 } };
      if (SUSPENDED.has(mark)) return { type: 'Linux swap with a sleeping system', ...told, facts: { version: 1 } };
    }
    return undefined;
  },
};

const MD_MAGIC = 0xa92b_4efc;

/** struct mdp_superblock_1. */
const mdSuper = layout('Linux RAID super block', 256, {
  major: [4, u32le],
  uuid: [16, uuidBe],
  name: [32, raw(32)],
  level: [72, u32le],
  sectorCount: [80, u64le],
  diskCount: [92, u32le],
  ownSector: [144, u64le],
});

const mdraid: Kind = {
  id: 'linux-raid',
  source: 'Linux include/uapi/linux/raid/md_p.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const ends = Math.floor((volume.size - 8192) / 4096) * 4096;
    for (const [at, version] of [
      [4096, '1.2'],
      [0, '1.1'],
      [ends, '1.0'],
    ] as const) {
      const bytes = await volume.at(at, mdSuper.size);
      if (bytes?.readUInt32LE(0) !== MD_MAGIC) continue;
      const { major, uuid, name, level, sectorCount, diskCount, ownSector } = mdSuper.decode(bytes);
      if (major !== 1 || ownSector * 512 !== at) continue;
      return {
        type: 'Linux RAID member',
        label: text(name),
        ...serialOf(uuid),
        size: sectorCount * 512,
        facts: { version, level: level | 0, diskCount },
      };
    }
    return oldRaid(volume);
  },
};

/** mdp_super_t, in the byte order of the machine, 64 KiB before the last multiple of 64 KiB. */
async function oldRaid(volume: Peek): Promise<Recognised | undefined> {
  const bytes = await volume.at(Math.floor(volume.size / 65_536) * 65_536 - 65_536, 64);
  if (bytes === undefined) return undefined;
  const isBig = bytes.readUInt32BE(0) === MD_MAGIC;
  const u32 = (at: number): number => (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  if (u32(0) !== MD_MAGIC || u32(4) !== 0 || u32(8) > 91) return undefined;
  const uuid = [20, 52, 56, 60].map((at) => u32(at).toString(16).padStart(8, '0')).join('');
  const facts = { version: `0.${u32(8)}`, level: u32(28) | 0, diskCount: u32(40) };
  return {
    type: 'Linux RAID member',
    ...serialOf(uuid.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')),
    size: u32(32) * 1024,
    facts,
  };
}

const lvm2: Kind = {
  id: 'lvm2',
  source: 'LVM2 lib/format_text/layout.h',
  strength: Strength.Strong,
  async recognise(volume) {
    for (const at of [512, 0, 1024, 1536]) {
      const bytes = await volume.at(at, 512);
      const offset = bytes?.readUInt32LE(20) ?? 0;
      if (bytes?.toString('latin1', 0, 8) !== 'LABELONE' || bytes.toString('latin1', 24, 32) !== 'LVM2 001') continue;
      if (offset < 32 || offset + 40 > 512) continue;
      const id = bytes.toString('latin1', offset, offset + 32);
      const size = u64le.decode(bytes, offset + 32);
      return {
        type: 'LVM2 physical volume',
        serial: id.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7'),
        size,
      };
    }
    return undefined;
  },
};

const NVLIST_AT = 16_384;
const NVLIST_SIZE = 112 * 1024;
const UINT64 = 8;
const STRING = 9;

/** The label of a disk holds pairs of names and values, in XDR. */
const zfs: Kind = {
  id: 'zfs',
  source: 'Sun, ZFS On-Disk Specification (2006)',
  strength: Strength.Strong,
  async recognise(volume) {
    // Two labels stand at the beginning.
    for (const at of [0, 262_144]) {
      const head = await volume.at(at + NVLIST_AT, 12);
      // Encoding XDR, of either byte order; version 0; unique names.
      if (head === undefined || head[0] !== 1 || (head[1] ?? 2) > 1 || head.readUInt32BE(4) !== 0) continue;
      const pairs = pairsOf((await volume.at(at + NVLIST_AT, NVLIST_SIZE)) ?? head);
      const [name, guid] = [pairs.get('name'), pairs.get('pool_guid')];
      if (typeof name !== 'string' || typeof guid !== 'bigint') continue;
      const version = pairs.get('version');
      const host = pairs.get('hostname');
      return {
        type: 'ZFS pool member',
        label: name,
        serial: String(guid),
        facts: {
          ...(typeof version === 'bigint' ? { version: Number(version) } : {}),
          ...(typeof host === 'string' ? { host } : {}),
        },
      };
    }
    return undefined;
  },
};

/** Texts and numbers of the outermost list. */
function pairsOf(bytes: Buffer): Map<string, string | bigint> {
  const found = new Map<string, string | bigint>();
  for (let at = 12; at + 24 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const nameLength = bytes.readUInt32BE(at + 8);
    if (length < 24 || at + length > bytes.length || nameLength > length - 20) break;
    const name = bytes.toString('latin1', at + 12, at + 12 + nameLength);
    const value = at + 12 + Math.ceil(nameLength / 4) * 4;
    const end = at + length;
    const type = value + 8 <= end ? bytes.readUInt32BE(value) : 0;
    if (type === UINT64 && value + 16 <= end) found.set(name, bytes.readBigUInt64BE(value + 8));
    if (type === STRING && value + 12 <= end) {
      const from = value + 12;
      found.set(name, text(bytes.subarray(from, Math.min(end, from + Math.min(bytes.readUInt32BE(value + 8), 256)))));
    }
    at = end;
  }
  return found;
}

const VMFS_AT = 0x20_0000;

const vmfs: Kind = {
  id: 'vmfs',
  source: 'vmfs-tools, libvmfs/vmfs_volume.h and vmfs_fs.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const bytes = await volume.at(VMFS_AT, 256);
    if (bytes?.readUInt32LE(0) === 0x2fab_f15e) {
      const u = bytes.subarray(9, 25);
      const swapped = (from: number, to: number): string => Buffer.from(u.subarray(from, to).toReversed()).toString('hex');
      const uuid = `${swapped(0, 4)}-${swapped(4, 8)}-${swapped(8, 10)}-${u.toString('hex', 10)}`;
      return { type: 'VMFS', label: text(bytes.subarray(29, 157)), ...serialOf(uuid), facts: { version: bytes.readUInt8(8) } };
    }
    const member = await volume.at(0x10_0000, 4);
    return member?.readUInt32LE(0) === 0xc001_d00d ? { type: 'VMFS volume member' } : undefined;
  },
};

export const memberKinds: readonly Kind[] = [swap, mdraid, lvm2, zfs, vmfs];
