/** Cylinder, head and sector as a partition entry packs them, and the geometry by which they are counted. */

export interface Geometry {
  readonly headCount: number;
  readonly sectorsPerTrack: number;
}

/** Shown where a sector lies past what three bytes can say; no place. */
const CAPPED = 1023;

/** The sector's number from 0; undefined for what is no place. @param packed three bytes: head; sector and two bits of the cylinder; cylinder. */
export function chsSector(packed: Buffer, { headCount, sectorsPerTrack }: Geometry): number | undefined {
  const { cylinder, head, sector } = unpacked(packed);
  if (sector === 0 || sector > sectorsPerTrack || head >= headCount) return undefined;
  return (cylinder * headCount + head) * sectorsPerTrack + sector - 1;
}

/** Partitions end with a cylinder: the last head and sector of any entry are those of the disk. Without one, the most usual. */
export function geometryOf(entries: readonly { readonly type: number; readonly lastChs: Buffer }[]): Geometry {
  for (const { type, lastChs } of entries) {
    const { cylinder, head, sector } = unpacked(lastChs);
    if (type !== 0 && sector > 0 && cylinder < CAPPED) return { headCount: head + 1, sectorsPerTrack: sector };
  }
  return { headCount: 255, sectorsPerTrack: 63 };
}

function unpacked(packed: Buffer): { cylinder: number; head: number; sector: number } {
  const [head = 0, sector = 0, cylinder = 0] = packed;
  return { head, sector: sector & 0x3f, cylinder: cylinder | ((sector & 0xc0) << 2) };
}
