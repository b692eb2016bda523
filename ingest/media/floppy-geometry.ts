/** Sizes of floppy sector images and what may have made them. */

export interface FloppyGeometry {
  readonly cylinders: number;
  readonly heads: number;
  /** 0 where the count changes with the track (zoned recording). */
  readonly sectorsPerTrack: number;
  readonly bytesPerSector: number;
  readonly likely: string;
}

function row(cylinders: number, heads: number, sectorsPerTrack: number, bytesPerSector: number, likely: string): FloppyGeometry {
  return { cylinders, heads, sectorsPerTrack, bytesPerSector, likely };
}

/** The image size in bytes, then every geometry that makes it, PC first. Several mean: only the content can tell. */
const TABLE: readonly (readonly [number, ...FloppyGeometry[]])[] = [
  [89_600, row(35, 1, 10, 256, 'TRS-80 (JV1)')],
  [92_160, row(40, 1, 18, 128, 'Atari 8-bit SD')],
  [102_400, row(40, 1, 10, 256, 'Acorn DFS or TRS-80 (JV1)')],
  [116_480, row(35, 1, 13, 256, 'Apple II DOS 3.2')],
  [133_120, row(40, 1, 26, 128, 'Atari 8-bit ED')],
  [143_360, row(35, 1, 16, 256, 'Apple II DOS 3.3 or ProDOS')],
  [163_840, row(40, 1, 8, 512, 'PC 160K'), row(40, 1, 16, 256, 'Apple II, 40 tracks')],
  [176_640, row(35, 1, 0, 256, 'Commodore D67')],
  [184_320, row(40, 1, 9, 512, 'PC 180K'), row(40, 1, 18, 256, 'Atari 8-bit DD')],
  [204_800, row(80, 1, 10, 256, 'Acorn DFS or TRS-80 (JV1)'), row(40, 2, 10, 256, 'Acorn DFS, both sides')],
  [256_256, row(77, 1, 26, 128, '8-inch SD (IBM 3740)')],
  [327_680, row(40, 2, 8, 512, 'PC 320K')],
  [368_640, row(40, 2, 9, 512, 'PC 360K')],
  [409_600, row(80, 1, 0, 512, 'Macintosh 400K'), row(80, 2, 10, 256, 'Acorn DFS, both sides')],
  [533_248, row(77, 1, 0, 256, 'Commodore D80')],
  [655_360, row(80, 2, 8, 512, 'PC 640K'), row(80, 2, 16, 256, 'Acorn ADFS L or TR-DOS')],
  [737_280, row(80, 2, 9, 512, 'PC, Atari ST or MSX 720K')],
  [
    819_200,
    row(80, 2, 10, 512, 'PC, Atari ST, D81 or ProDOS 800K'),
    row(80, 2, 0, 512, 'Macintosh 800K'),
    row(80, 2, 5, 1024, 'Acorn ADFS D/E'),
  ],
  [901_120, row(80, 2, 11, 512, 'Amiga DD or Atari ST')],
  [1_066_496, row(77, 2, 0, 256, 'Commodore D82')],
  [1_228_800, row(80, 2, 15, 512, 'PC 1.2M')],
  [1_261_568, row(77, 2, 8, 1024, 'PC-98 or X68000')],
  [1_474_560, row(80, 2, 18, 512, 'PC 1.44M')],
  [1_720_320, row(80, 2, 21, 512, 'PC DMF')],
  [1_802_240, row(80, 2, 22, 512, 'Amiga HD')],
  [2_949_120, row(80, 2, 36, 512, 'PC 2.88M')],
];
const BY_SIZE = new Map(TABLE.map(([size, ...geometries]) => [size, geometries]));

/** Atari ST disks with a few cylinders more than 80, of 10 or 11 sectors. */
const ST_ODD = [81, 82, 83, 84].flatMap((cylinders) => [
  row(cylinders, 2, 10, 512, 'Atari ST'),
  row(cylinders, 2, 11, 512, 'Atari ST'),
]);

/** Largest size in the table, in bytes. */
export const LARGEST_FLOPPY = 2_949_120;

/** Every geometry that makes an image of `size` bytes; none when no floppy has it. */
export function geometriesOf(size: number): readonly FloppyGeometry[] {
  return BY_SIZE.get(size) ?? ST_ODD.filter((g) => g.cylinders * g.heads * g.sectorsPerTrack * g.bytesPerSector === size);
}
