/** GUID partition table (GPT): a header and an array of entries after the boot record, and both again at the end of the disk. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { type Copy, copyAt, type Entry, entriesOf } from '../gpt/copy.ts';
import { titleOf } from '../gpt/types.ts';
import { labelOf, overlapsOf } from '../rows.ts';
import { Confidence, type Volume, type VolumeScheme } from '../volumes.ts';

const SECTOR_SIZES = [512, 2048, 4096];
const LEGACY_BOOT = 4;

interface Copies {
  readonly sectorSize: number;
  readonly primary: Copy | undefined;
  readonly backup: Copy | undefined;
}

export const format: VolumeScheme = {
  id: 'gpt',
  title: 'GUID partition table',
  sources: ['UEFI Specification 2.10, chapter 5', 'util-linux libfdisk/src/gpt.c'],
  rank: 10,

  async probe(source, sectorSize) {
    const found = await copiesOf(source, sectorSize);
    if (found === undefined) return Confidence.No;
    const { primary, backup } = found;
    return primary?.isSound === true || backup?.isSound === true ? Confidence.Certain : Confidence.Shadow;
  },

  async read(source, hint) {
    const found = await copiesOf(source, hint);
    const chosen = found === undefined ? undefined : chosenOf(found);
    if (found === undefined || chosen === undefined)
      throw new Fault(FaultKind.Corrupt, 'gpt/header', 'no header of a GUID partition table was found');
    const { sectorSize } = found;
    const { used, broken } = entriesOf(chosen);
    const volumes = used.map((entry) => volumeOf(entry, sectorSize));
    // Of a table without a right checksum only what can be is believed.
    const isBelieved = ({ offset, length }: Volume): boolean => chosen.isSound || offset + length <= source.size;
    const believed = volumes.filter(isBelieved);
    const brokenCount = broken + volumes.length - believed.length;
    const announcement = await announcementOf(source);
    return {
      scheme: 'gpt',
      sectorSize,
      volumes: believed,
      areas: [...(found.primary?.areas ?? []), ...(found.backup?.areas ?? [])],
      ...(chosen.diskId === '' ? {} : { diskId: chosen.diskId }),
      ...(announcement === 'other' || announcement === 'disc' ? { isShadow: true as const } : {}),
      warnings: [
        ...warningsOf(found, source.size),
        ...(brokenCount > 0 ? [brokenEntries(brokenCount)] : []),
        ...(announcement === 'other' ? [unannounced()] : []),
        ...overlapsOf(believed, 'gpt/overlap'),
      ],
    };
  },
};

function chosenOf({ primary, backup }: Copies): Copy | undefined {
  if (primary?.isSound === true) return primary;
  if (backup?.isSound === true) return backup;
  return primary?.entries === undefined ? (backup ?? primary) : primary;
}

/** The surest by any sector size: images forget theirs. */
async function copiesOf(source: ByteSource, hint: number): Promise<Copies | undefined> {
  let doubtful: Copies | undefined;
  for (const sectorSize of new Set([hint, ...SECTOR_SIZES])) {
    if (sectorSize < 512 || sectorSize > 4096) continue;
    const last = (Math.floor(source.size / sectorSize) - 1) * sectorSize;
    const primary = await copyAt(source, sectorSize, sectorSize);
    const named = primary?.isHeaderSound === true ? primary.otherSector * sectorSize : last;
    const backup =
      (await copyAt(source, named, sectorSize)) ?? (named === last ? undefined : await copyAt(source, last, sectorSize));
    if (primary?.isSound === true || backup?.isSound === true) return { sectorSize, primary, backup };
    if (primary !== undefined || backup !== undefined) doubtful ??= { sectorSize, primary, backup };
  }
  return doubtful;
}

/** `gpt`: the boot record says that the disk has this table; `none`: there is no record; `disc`: it is that of a hybrid disc. */
async function announcementOf(source: ByteSource): Promise<'gpt' | 'none' | 'disc' | 'other'> {
  const bytes = await source.read(0, 512);
  if (bytes.readUInt16LE(510) !== 0xaa55) return 'none';
  const types = [0, 1, 2, 3].map((index) => bytes[446 + 16 * index + 4] ?? 0);
  if (types.includes(0xee)) return 'gpt';
  if (types.every((type) => type === 0)) return 'none';
  const descriptor = source.size < 34_816 ? undefined : await source.read(32_768, 6);
  return descriptor?.toString('latin1', 1) === 'CD001' ? 'disc' : 'other';
}

function volumeOf(
  { number, typeId, id, firstSector, lastSector, attributes, name }: Entry & { number: number },
  sectorSize: number,
): Volume {
  return {
    number,
    offset: firstSector * sectorSize,
    length: (lastSector - firstSector + 1) * sectorSize,
    type: typeId,
    title: titleOf(typeId),
    ...labelOf(name.toString('utf16le')),
    id,
    ...((attributes & LEGACY_BOOT) === 0 ? {} : { isBootable: true as const }),
  };
}

function warningsOf({ sectorSize, primary, backup }: Copies, size: number): Fault[] {
  const warnings: Fault[] = [];
  const warn = (kind: FaultKind, code: string, message: string): number =>
    warnings.push(new Fault(kind, code, message, { size }));
  const end = primary?.isHeaderSound === true ? (primary.otherSector + 1) * sectorSize : undefined;
  if (primary?.isSound !== true) {
    if (backup?.isSound === true)
      warn(FaultKind.Corrupt, 'gpt/primary', 'the first copy of the table is damaged; the one at the end is used');
    else
      warn(FaultKind.Corrupt, 'gpt/damaged', 'no copy of the table has right checksums; what can still be read of it is listed');
  } else if (end !== undefined && end > size) {
    const message = `the disk had ${end} bytes and the image has ${size}: the image is cut, or was made of a part of the disk`;
    warn(FaultKind.Truncated, 'gpt/cut', message);
  } else if (backup?.isSound !== true)
    warn(
      FaultKind.Corrupt,
      'gpt/backup',
      'the second copy of the table, at the end of the disk, is missing or damaged; the first is used',
    );
  else if (backup.entriesCrc !== primary.entriesCrc || backup.diskId !== primary.diskId)
    warn(FaultKind.Corrupt, 'gpt/copies-differ', 'the two copies of the table differ; the first is used');
  if (backup !== undefined && size - backup.at >= 2 * sectorSize) {
    const message = `the second copy of the table ends at byte ${backup.at + sectorSize}, and the image at byte ${size}: it was made larger, or is that of a larger disk`;
    warn(FaultKind.Corrupt, 'gpt/larger', message);
  }
  return warnings;
}

function brokenEntries(count: number): Fault {
  const message = `${count} entries of the table name places that can't be, or lie past the end of the image; they are left out`;
  return new Fault(FaultKind.Corrupt, 'gpt/entry', message, { count });
}

function unannounced(): Fault {
  const message =
    'the boot record has volumes of its own and does not announce the GUID partition table: one of the two is a remnant; both are listed';
  return new Fault(FaultKind.Corrupt, 'gpt/not-announced', message);
}
