/** Marks of file systems of OS/2, BeOS, NetWare, Windows Server and the Amiga. */
import { layout, raw, u32be, u32le, u64be, u64le } from '../../kernel/index.ts';
import { decodedText } from '../names.ts';
import { isBlockSize, type Kind, serialOf, Strength } from './recognised.ts';

const hex = (bytes: Buffer): string => Buffer.from(bytes.toReversed()).toString('hex');

const hpfs: Kind = {
  id: 'hpfs',
  source: 'Linux fs/hpfs/hpfs.h',
  strength: Strength.Strong,
  async recognise(volume) {
    const bytes = await volume.at(16 * 512, 1024);
    if (bytes?.readUInt32LE(0) !== 0xf995_e849 || bytes.readUInt32LE(4) !== 0xfa53_e9c5) return undefined;
    const boot = await volume.at(0, 512);
    const isNamed = boot?.[0x26] === 0x28 || boot?.[0x26] === 0x29;
    const label = isNamed ? decodedText(boot.subarray(0x2b, 0x36), 'cp437') : '';
    const serial = isNamed ? serialOf(hex(boot.subarray(0x27, 0x2b))) : {};
    return {
      type: 'HPFS',
      label,
      ...serial,
      size: bytes.readUInt32LE(16) * 512,
      blockSize: 512,
      facts: { version: bytes.readUInt8(8) },
    };
  },
};

/** disk_super_block of Practical File System Design, p. 47. */
const beSuper = (isBig: boolean) => {
  const u32 = isBig ? u32be : u32le;
  return layout('BeFS super block', 116, {
    label: [0, raw(32)],
    mark: [32, u32],
    blockSize: [40, u32],
    blockCount: [48, isBig ? u64be : u64le],
    secondMark: [68, u32],
    thirdMark: [112, u32],
  });
};
const BE_MARKS = new Set(['1SFB', 'BFS1']);
const BE_SUPERS = [beSuper(false), beSuper(true)];

const befs: Kind = {
  id: 'befs',
  source: 'D. Giampaolo, Practical File System Design; Linux fs/befs',
  strength: Strength.Strong,
  async recognise(volume) {
    for (const at of [512, 0])
      for (const structure of BE_SUPERS) {
        const bytes = await volume.at(at, structure.size);
        if (bytes === undefined || !BE_MARKS.has(bytes.toString('latin1', 32, 36))) continue;
        const { label, mark, blockSize, blockCount, secondMark, thirdMark } = structure.decode(bytes);
        if (mark !== 0x4246_5331 || secondMark !== 0xdd12_1031 || thirdMark !== 0x15b6_830e || !isBlockSize(blockSize, 1024))
          continue;
        return { type: 'BeFS', label: decodedText(label, 'utf-8'), size: blockCount * blockSize, blockSize };
      }
    return undefined;
  },
};

const nwfs: Kind = {
  id: 'nwfs',
  source: 'Linux NWFS, nwfs/nwstruct.h',
  strength: Strength.Strong,
  async recognise(volume) {
    return (await volume.text(0x4000, 8)) === 'HOTFIX00' ? { type: 'NetWare 386 (NWFS)' } : undefined;
  },
};

/** libfsrefs, Resilient File System (ReFS): volume header. */
const refsHeader = layout('ReFS volume header', 64, {
  sectorCount: [24, u64le],
  sectorSize: [32, u32le],
  clusterSectorCount: [36, u32le],
  version: [40, raw(2)],
  serial: [56, raw(8)],
});

const refs: Kind = {
  id: 'refs',
  source: 'libfsrefs, Resilient File System (ReFS) format',
  strength: Strength.First,
  async recognise(volume) {
    const bytes = await volume.at(0, 512);
    if (bytes?.toString('latin1', 3, 11) !== 'ReFS\0\0\0\0' || bytes.toString('latin1', 16, 20) !== 'FSRS') return undefined;
    const { sectorCount, sectorSize, clusterSectorCount, version, serial } = refsHeader.decode(bytes);
    if (!isBlockSize(sectorSize, 512, 4096) || clusterSectorCount === 0) return undefined;
    const facts = { version: `${version[0]}.${version[1]}` };
    return {
      type: 'ReFS',
      ...serialOf(hex(serial)),
      size: sectorCount * sectorSize,
      blockSize: sectorSize * clusterSectorCount,
      facts,
    };
  },
};

const AMIGA: ReadonlyMap<string, readonly [id: string, type: string]> = new Map([
  ['PFS\x01', ['pfs', 'Professional File System']],
  ['PFS\x02', ['pfs', 'Professional File System']],
  ['muAF', ['pfs', 'Professional File System (multi-user)']],
  ['AFS\x01', ['pfs', 'Ami-FileSafe']],
  ['SFS\x00', ['sfs', 'Smart File System']],
  ['SFS\x02', ['sfs', 'Smart File System 2']],
]);

/** The Amiga's other file systems write their DosType into the first block, where DOS has its own. */
function amiga(id: 'pfs' | 'sfs', source: string): Kind {
  return {
    id,
    source,
    strength: Strength.Weak,
    async recognise(volume) {
      const [kind, type] = AMIGA.get(await volume.text(0, 4)) ?? [];
      if (kind !== id || type === undefined) return undefined;
      const label = id === 'pfs' ? pfsLabel(await volume.at(1024, 512)) : '';
      return { type, label };
    },
  };
}

/** The root block of PFS stands in sector 2 and has its name at byte 20, with its length before. */
function pfsLabel(root: Buffer | undefined): string {
  const length = Math.min(root?.[20] ?? 0, 31);
  const mark = root?.toString('latin1', 0, 4) ?? '';
  return root !== undefined && AMIGA.has(mark) ? decodedText(root.subarray(21, 21 + length), 'latin1') : '';
}

export const otherKinds: readonly Kind[] = [
  hpfs,
  befs,
  nwfs,
  refs,
  amiga('pfs', 'pfs3aio blocks.h'),
  amiga('sfs', 'SFS, blockstructure.h'),
];
