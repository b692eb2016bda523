/** The volume header of HFS+ and HFSX, bare or inside an HFS volume that wraps it. Source: Apple Technical Note TN1150. */
import { Fault, FaultKind, layout, raw, u16be, u32be } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { embeddedRange, readHfsVolume } from '../hfs/volume.ts';

const HEADER_AT = 1024;
const HFS_PLUS = 0x482b;
const HFSX = 0x4858;

const volumeHeader = layout('HFS+ volume header', 512, {
  mark: [0, u16be],
  version: [2, u16be],
  attributes: [4, u32be],
  lastMountedBy: [8, raw(4)],
  journalInfoBlock: [12, u32be],
  created: [16, u32be],
  modified: [20, u32be],
  backedUp: [24, u32be],
  checked: [28, u32be],
  fileCount: [32, u32be],
  folderCount: [36, u32be],
  blockSize: [40, u32be],
  blockCount: [44, u32be],
  freeBlockCount: [48, u32be],
  writeCount: [68, u32be],
  encodings: [72, raw(8)],
  finderInfo: [80, raw(32)],
  extentsFile: [192, raw(80)],
  catalogFile: [272, raw(80)],
  attributesFile: [352, raw(80)],
});

/** JournalInfoBlock, and the beginning of the journal itself, which is in the byte order of the machine that wrote it. */
const journalInfo = layout('HFS+ journal info block', 52, {
  flags: [0, u32be],
  offsetHigh: [36, u32be],
  offset: [40, u32be],
});
const JOURNAL_IN_VOLUME = 1;
const JOURNAL_MAGIC = Buffer.from('JNLx');

export const VolumeAttribute = {
  LockedByHardware: 0x80,
  Unmounted: 0x100,
  Inconsistent: 0x800,
  Journaled: 0x2000,
  Locked: 0x8000,
} as const;

export interface HfsPlusVolume extends ReturnType<typeof volumeHeader.decode> {
  /** Where the HFS+ volume begins, in bytes of the volume that holds it. */
  readonly base: number;
  readonly isWrapped: boolean;
  /** Read from its copy near the end: the first is damaged. */
  readonly isCopy: boolean;
}

/** Undefined where no header makes sense. */
export async function readHfsPlusVolume(volume: ByteSource): Promise<HfsPlusVolume | undefined> {
  const wrapper = await readHfsVolume(volume);
  const range = wrapper && embeddedRange(wrapper);
  if (range !== undefined) {
    const inside = await headerIn(volume, range.offset, Math.min(range.length, volume.size - range.offset));
    if (inside !== undefined) return { ...inside, isWrapped: true };
  }
  const bare = await headerIn(volume, 0, volume.size);
  return bare && { ...bare, isWrapped: false };
}

async function headerIn(volume: ByteSource, base: number, length: number): Promise<Omit<HfsPlusVolume, 'isWrapped'> | undefined> {
  for (const at of [HEADER_AT, length - HEADER_AT]) {
    if (at < HEADER_AT || base + at + volumeHeader.size > volume.size) continue;
    const h = volumeHeader.decode(await volume.read(base + at, volumeHeader.size));
    const isMark = (h.mark === HFS_PLUS && h.version === 4) || (h.mark === HFSX && h.version === 5);
    const isPower = h.blockSize >= 512 && h.blockSize <= 2 ** 28 && (h.blockSize & (h.blockSize - 1)) === 0;
    if (isMark && isPower && h.blockCount > 0) return { ...h, base, isCopy: at !== HEADER_AT };
  }
  return undefined;
}

export function isHfsx({ mark }: Pick<HfsPlusVolume, 'mark'>): boolean {
  return mark === HFSX;
}

/** Changes that wait in the journal; the volume is read as it stands, without them. */
export async function journalWaits(volume: ByteSource, v: HfsPlusVolume): Promise<boolean> {
  const at = v.base + v.journalInfoBlock * v.blockSize;
  if ((v.attributes & VolumeAttribute.Journaled) === 0 || v.journalInfoBlock === 0 || at + 512 > volume.size) return false;
  const info = journalInfo.decode(await volume.read(at, journalInfo.size));
  const journalAt = v.base + info.offsetHigh * 2 ** 32 + info.offset;
  if ((info.flags & JOURNAL_IN_VOLUME) === 0 || journalAt + 24 > volume.size) return false;
  const head = await volume.read(journalAt, 24);
  const isJournal = head.subarray(0, 4).equals(JOURNAL_MAGIC) || Buffer.from(head.subarray(0, 4)).swap32().equals(JOURNAL_MAGIC);
  // Its first and its last byte that counts.
  return isJournal && !head.subarray(8, 16).equals(head.subarray(16, 24));
}

export function warningsOf(volume: ByteSource, v: HfsPlusVolume): Fault[] {
  const found: Fault[] = [];
  const add = (kind: FaultKind, code: string, message: string, facts = {}): number =>
    found.push(new Fault(kind, `hfsplus/${code}`, message, facts));
  const size = v.base + v.blockCount * v.blockSize;
  if (v.isCopy)
    add(
      FaultKind.Corrupt,
      'header-copy',
      'the volume header is damaged; its copy near the end of the volume is used, and may be older',
    );
  if ((v.attributes & VolumeAttribute.Unmounted) === 0)
    add(FaultKind.Corrupt, 'dirty', 'the volume was not closed in order: the last changes may be missing');
  if ((v.attributes & VolumeAttribute.Inconsistent) !== 0)
    add(FaultKind.Corrupt, 'inconsistent', 'the system that used the volume noted that its structures were damaged');
  if (size > volume.size) {
    const message = `the file system ends at byte ${size} and the volume at ${volume.size}: the image is cut, or was made of a part of the disk`;
    add(FaultKind.Truncated, 'size', message, { size, volumeSize: volume.size });
  }
  return found;
}
