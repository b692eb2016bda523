/** The disk label of the BSDs: on a disk of its own, or in a volume of a PC partition table. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type Label, labelOf, type Row } from '../bsd/label.ts';
import { overlapsOf } from '../rows.ts';
import { Confidence, type Place, type Volume, type VolumeScheme } from '../volumes.ts';

const TITLES: ReadonlyMap<number, string> = new Map([
  [1, 'swap'],
  [2, 'Unix version 6'],
  [3, 'Unix version 7'],
  [4, 'Unix System V'],
  [5, '4.1BSD'],
  [6, 'Unix version 8'],
  [7, 'UFS'],
  [8, 'FAT'],
  [9, '4.4LFS'],
  [10, 'other'],
  [11, 'HPFS'],
  [12, 'ISO 9660'],
  [13, 'boot'],
  [14, 'Amiga'],
  [15, 'Macintosh HFS'],
  [16, 'Acorn FileCore'],
  [17, 'ext2'],
  [18, 'NTFS'],
  [19, 'RAIDframe or Vinum'],
  [27, 'ZFS'],
]);

const UNUSED = 0;
/** `c` is the whole of the disk or of the BSD part; on NetBSD for PCs `d` is the whole disk. */
const RAW = [2, 3];
/** OpenBSD and NetBSD count from the beginning of the disk. */
const COUNTS_BY_DISK = new Set(['0xa6', '0xa9', '824cc7a0-36a8-11e3-890a-952519ad3f61']);

export const format: VolumeScheme = {
  id: 'bsd',
  title: 'BSD disk label',
  sources: ['FreeBSD sys/disklabel.h and geom/geom_bsd.c', 'OpenBSD sys/disklabel.h', 'Linux block/partitions/msdos.c'],
  rank: 60,

  async probe(source, sectorSize) {
    const label = await labelOf(source, sectorSize);
    if (label === undefined) return Confidence.No;
    return label.isSound ? Confidence.Certain : Confidence.Shadow;
  },

  async read(source, hint, place) {
    const label = await labelOf(source, hint);
    if (label === undefined) throw new Fault(FaultKind.Corrupt, 'bsd/label', 'no disk label was found');
    const { at, length, sectorSize, rows, diskId, isSound } = label;
    const sectorCount = Math.ceil(source.size / sectorSize);
    const used = rows.filter((row) => !isRaw(row, sectorCount));
    const base = baseOf(label, used, sectorCount, place);
    // In a volume of another table the label names its neighbours too.
    const isHere = ({ startSector }: Row): boolean =>
      startSector >= base && (place.type === '' || startSector - base < sectorCount);
    const volumes = used.filter(isHere).map((row) => volumeOf(row, base, sectorSize));
    return {
      scheme: 'bsd',
      sectorSize,
      volumes,
      areas: [{ offset: at, length }],
      ...(diskId === undefined ? {} : { diskId }),
      warnings: [...(isSound ? [] : [checksum()]), ...overlapsOf(volumes, 'bsd/overlap')],
    };
  },
};

/** Unused rows are `c` and `d`, or room that was left; what is as large as all of it is no volume either. */
function isRaw({ index, kind, sectorCount }: Row, wholeSectorCount: number): boolean {
  return kind === UNUSED && (RAW.includes(index) || sectorCount >= wholeSectorCount);
}

/** Where its sector 0 is, as a sector of its own count: what brings most rows into the source. Equal ones: in the order of trust. */
function baseOf({ rows, sectorSize }: Label, used: readonly Row[], sectorCount: number, place: Place): number {
  const raw = rows.find(({ index }) => index === RAW[0])?.startSector ?? 0;
  const here = Math.floor(place.offset / sectorSize);
  const bases = COUNTS_BY_DISK.has(place.type) ? [here, raw, 0] : [raw, here, 0];
  const fitCount = (base: number): number =>
    used.filter((row) => row.startSector >= base && row.startSector + row.sectorCount <= base + sectorCount).length;
  return bases.reduce((best, base) => (fitCount(base) > fitCount(best) ? base : best));
}

function volumeOf({ index, kind, startSector, sectorCount }: Row, base: number, sectorSize: number): Volume {
  return {
    number: index + 1,
    offset: (startSector - base) * sectorSize,
    length: sectorCount * sectorSize,
    type: String(kind),
    title: TITLES.get(kind),
    ...(index < 26 ? { label: String.fromCharCode(97 + index) } : {}),
  };
}

function checksum(): Fault {
  return new Fault(FaultKind.Corrupt, 'bsd/checksum', 'the disk label has a wrong checksum; it is read as it stands');
}
