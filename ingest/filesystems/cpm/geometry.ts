/** Disks of CP/M machines. CP/M keeps these numbers in its BIOS, not on the disk: they are taken from a table, by size. */
import type { ByteSource } from '../../media/index.ts';

export interface CpmGeometry {
  readonly title: string;
  readonly sectorSize: number;
  readonly sectorsPerTrack: number;
  /** Of all sides. */
  readonly trackCount: number;
  readonly bootTrackCount: number;
  readonly blockSize: number;
  readonly directoryEntryCount: number;
  /** For each sector of a track as CP/M counts them: which one of the image it is. Undefined where they are the same. */
  readonly skew: readonly number[] | undefined;
  /** The disk itself says so. */
  readonly isTold: boolean;
}

type Row = readonly [
  title: string,
  sectorSize: number,
  sectorsPerTrack: number,
  trackCount: number,
  bootTrackCount: number,
  blockSize: number,
  directoryEntryCount: number,
  skew?: number | readonly number[],
];

/** CP/M's sectors 0 to 15 in an image of a 16-sector Apple disk, in DOS and in ProDOS order. */
const APPLE_DOS = [0, 6, 12, 3, 9, 15, 14, 5, 11, 2, 8, 7, 13, 4, 10, 1];
const APPLE_PRODOS = [0, 9, 3, 12, 6, 15, 1, 10, 4, 13, 7, 8, 2, 11, 5, 14];
const MICROBEE = [1, 4, 7, 0, 3, 6, 9, 2, 5, 8];

/** Of those that fit a disk equally well the first is taken. */
const TABLE: readonly Row[] = [
  ['IBM 3740, 8-inch', 128, 26, 77, 2, 1024, 64, 6],
  ['8-inch, without skew', 128, 26, 77, 2, 1024, 64],
  ['8-inch, double density', 128, 52, 77, 2, 2048, 128],
  ['Zenith 8-inch, double density', 256, 26, 77, 2, 2048, 128, 9],
  ['Apple II, DOS order', 256, 16, 35, 3, 1024, 64, APPLE_DOS],
  ['Apple II, ProDOS order', 256, 16, 35, 3, 1024, 64, APPLE_PRODOS],
  ['Osborne 1, single density', 256, 10, 40, 3, 2048, 64, 2],
  ['Osborne 1, double density', 1024, 5, 40, 3, 1024, 64],
  ['Osborne Executive or Vixen', 1024, 5, 80, 2, 2048, 128, 2],
  ['Kaypro II', 512, 10, 40, 1, 1024, 64],
  ['Kaypro 4', 512, 10, 80, 1, 2048, 64],
  ['Amstrad PCW or Spectrum +3, 180K', 512, 9, 40, 1, 1024, 64],
  ['Amstrad CPC, data', 512, 9, 40, 0, 1024, 64],
  ['Amstrad CPC, system', 512, 9, 40, 2, 1024, 64],
  ['Amstrad PCW, 720K', 512, 9, 160, 1, 2048, 256],
  ['CP/M-86, 720K', 512, 9, 160, 2, 2048, 256],
  ['CP/M-86, 160K', 512, 8, 40, 1, 1024, 64],
  ['CP/M-86, 320K', 512, 8, 80, 2, 2048, 64],
  ['CP/M-86, 1.2M', 512, 30, 80, 0, 4096, 256],
  ['CP/M-86, 1.44M', 512, 18, 160, 2, 4096, 256],
  ['Alphatronic', 256, 32, 40, 2, 2048, 128],
  ['Ampro or Visual 1050, 400K', 512, 10, 80, 2, 2048, 128],
  ['Visual 1050', 512, 10, 80, 0, 2048, 128],
  ['Ampro, 800K', 1024, 5, 160, 2, 2048, 256],
  ['Epson QX-10', 512, 20, 40, 2, 2048, 128],
  ['DEC Rainbow', 512, 10, 80, 2, 2048, 128, 2],
  ['MicroBee, 400K', 512, 10, 80, 2, 2048, 128, MICROBEE],
  ['Morrow MD2', 1024, 5, 40, 2, 2048, 128, 3],
  ['Morrow MD3', 1024, 5, 80, 2, 2048, 128, 3],
  ['NorthStar, 175K', 512, 10, 35, 2, 1024, 64, 5],
  ['NorthStar, 350K', 512, 10, 70, 2, 2048, 64, 5],
  ['TRS-80 Model 4, 180K', 256, 18, 40, 2, 2048, 128, 2],
  ['TRS-80 Model 4, 360K', 256, 18, 80, 2, 2048, 128, 2],
  ['TRS-80 Model I, Omikron', 128, 18, 35, 3, 1024, 64, 4],
  ['Bondwell 12', 256, 18, 40, 2, 2048, 64],
  ['Bondwell 14', 256, 18, 80, 2, 2048, 64],
  ['Spectravideo', 256, 17, 40, 3, 2048, 64],
  ['Robotron, 624K', 256, 16, 160, 2, 2048, 128],
  ['Robotron, 640K', 256, 16, 160, 0, 2048, 128],
  ['Robotron, 780K', 1024, 5, 160, 2, 2048, 128],
  ['Robotron 1715', 1024, 5, 160, 4, 2048, 128],
  ['Robotron, 800K', 1024, 5, 160, 0, 2048, 192],
  ['hard disk of 4 MB', 128, 32, 1024, 0, 2048, 256],
  ['z80pack hard disk', 128, 128, 255, 0, 2048, 1024],
  ['SIMH Altair hard disk', 128, 32, 2048, 6, 4096, 1024],
  ['hard disk of 8 MB', 1024, 128, 64, 0, 4096, 1024],
];

/** What can be a volume of this size, the likeliest first; what the disk tells of itself before all. */
export async function geometriesFor(volume: ByteSource): Promise<CpmGeometry[]> {
  const told = await toldBy(volume);
  const known = TABLE.filter(([, size, perTrack, tracks]) => size * perTrack * tracks === volume.size).map(geometryOf);
  return told === undefined ? known : [told, ...known];
}

function geometryOf(row: Row): CpmGeometry {
  const [title, sectorSize, sectorsPerTrack, trackCount, bootTrackCount, blockSize, directoryEntryCount, skew] = row;
  const order = typeof skew === 'number' ? skewed(sectorsPerTrack, skew) : skew;
  return {
    title,
    sectorSize,
    sectorsPerTrack,
    trackCount,
    bootTrackCount,
    blockSize,
    directoryEntryCount,
    skew: order,
    isTold: false,
  };
}

/** Every `step`th sector; where one is taken already, the next that is not. */
function skewed(count: number, step: number): number[] {
  const order: number[] = [];
  const taken = new Set<number>();
  for (let at = 0; order.length < count; at = (at + step) % count) {
    while (taken.has(at)) at = (at + 1) % count;
    taken.add(at);
    order.push(at);
  }
  return order;
}

/** The disc specification in the first sector of Amstrad PCW and Spectrum +3 disks. */
async function toldBy(volume: ByteSource): Promise<CpmGeometry | undefined> {
  if (volume.size < 65_536 || volume.size > 2_949_120) return undefined;
  const spec = await volume.read(0, 10);
  const [format = 0xff, sides = 0, tracks = 0, sectors = 0, sizeShift = 0] = spec;
  const [bootTrackCount = 0, blockShift = 0, directoryBlocks = 0] = spec.subarray(5);
  const sideCount = (sides & 3) === 0 ? 1 : 2;
  const isPlausible = format <= 3 && (sides & 3) <= 1 && sizeShift === 2 && blockShift >= 3 && blockShift <= 5;
  const size = tracks * sideCount * sectors * 512;
  if (!isPlausible || size !== volume.size || directoryBlocks === 0 || directoryBlocks > 16) return undefined;
  if (bootTrackCount >= tracks) return undefined;
  const blockSize = 128 << blockShift;
  return {
    title: 'Amstrad PCW or Spectrum +3',
    sectorSize: 512,
    sectorsPerTrack: sectors,
    trackCount: tracks * sideCount,
    bootTrackCount,
    blockSize,
    directoryEntryCount: (directoryBlocks * blockSize) / 32,
    skew: undefined,
    isTold: true,
  };
}
