/** A dynamic disk of Windows (LDM): recognised by its private header. Its volumes may span disks, and are not put together. */
import { ascii, Fault, FaultKind, layout, u16be, u64be } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import { shownName } from '../rows.ts';
import { Confidence, type VolumeScheme } from '../volumes.ts';

/** PRIVHEAD, from linux-ntfs's ldm documentation; numbers are sectors. */
const privateHeader = layout('LDM private header', 0x13b, {
  magic: [0x00, ascii(8)],
  major: [0x0c, u16be],
  minor: [0x0e, u16be],
  diskId: [0x30, ascii(64)],
  groupId: [0xb0, ascii(64)],
  groupName: [0xf0, ascii(31)],
  dataStart: [0x11b, u64be],
  dataCount: [0x123, u64be],
  databaseStart: [0x12b, u64be],
  databaseCount: [0x133, u64be],
});

const SECTOR = 512;
/** The copy on a disk with an MBR. On a GPT it is the last sector of the volume that is kept for the database. */
const FIRST = 6 * SECTOR;

export const format: VolumeScheme = {
  id: 'ldm',
  title: 'Windows dynamic disk (LDM)',
  sources: ['Linux Documentation/admin-guide/ldm.rst and block/partitions/ldm.h', 'libldm'],
  rank: 85,

  async probe(source) {
    const found = await headerOf(source);
    return found === undefined ? Confidence.No : Confidence.Certain;
  },

  async read(source, _sectorSize, place) {
    const found = await headerOf(source);
    if (found === undefined) throw new Fault(FaultKind.Corrupt, 'ldm/header', 'no private header of a dynamic disk was found');
    const { at, header } = found;
    const { major, minor, databaseStart, databaseCount, diskId, groupId, groupName } = header;
    const group = shownName(groupName);
    const database: Range = { offset: databaseStart * SECTOR - place.offset, length: databaseCount * SECTOR };
    const isInside = database.offset >= 0 && database.offset + database.length <= source.size && database.length > 0;
    return {
      scheme: 'ldm',
      sectorSize: SECTOR,
      volumes: [],
      areas: [{ offset: at, length: SECTOR }, ...(isInside ? [database] : [])],
      diskId: shownName(diskId).toLowerCase(),
      facts: { version: `${major}.${minor}`, groupId: shownName(groupId).toLowerCase(), ...(group === '' ? {} : { group }) },
      warnings: [notAssembled(group)],
    };
  },
};

async function headerOf(source: ByteSource) {
  for (const at of [FIRST, (Math.floor(source.size / SECTOR) - 1) * SECTOR]) {
    if (at < 0 || at + SECTOR > source.size) continue;
    const bytes = await source.read(at, SECTOR);
    if (bytes.toString('latin1', 0, 8) !== 'PRIVHEAD') continue;
    const { major } = privateHeader.decode(bytes);
    if (major === 2) return { at, header: privateHeader.decode(bytes) };
  }
  return undefined;
}

function notAssembled(group: string): Fault {
  const message = `the disk is one of the dynamic disks of Windows${group === '' ? '' : ` (group ${group})`}: its volumes may lie in pieces and on several disks, and are not put together by this version`;
  return new Fault(FaultKind.Unsupported, 'ldm/not-assembled', message, { group });
}
