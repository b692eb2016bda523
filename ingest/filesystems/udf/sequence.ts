/** The volume descriptor sequence: what the volume and its partitions are; of each descriptor the newest counts. */
import type { ByteSource, Range } from '../../media/index.ts';
import { type Anchor, rangeOf } from './anchors.ts';
import { logicalVolume, partition, pointer, primary } from './descriptors.ts';
import { TagId, tagOf } from './tag.ts';

/** Sixteen sectors are usual. */
const MOST_SECTORS = 256;

export interface PartitionPlace {
  /** In sectors. */
  readonly start: number;
  readonly blockCount: number;
}

export interface Sequence {
  readonly primary: ReturnType<typeof primary.decode> | undefined;
  readonly volume: ReturnType<typeof logicalVolume.decode>;
  /** Partition maps, as bytes. */
  readonly maps: Buffer;
  /** By partition number. */
  readonly partitions: ReadonlyMap<number, PartitionPlace>;
  /** A descriptor of it has a wrong checksum. */
  readonly isDamaged: boolean;
}

/** Undefined when no logical volume is described there. */
export async function readSequence(volume: ByteSource, { sectorSize }: Anchor, range: Range): Promise<Sequence | undefined> {
  let found: { sequence: number; bytes: Buffer } | undefined;
  let first: { sequence: number; fields: ReturnType<typeof primary.decode> } | undefined;
  const partitions = new Map<number, PartitionPlace & { sequence: number }>();
  const seen = new Set<number>();
  let isDamaged = false;
  let left = MOST_SECTORS;
  for (let stretch: Range | undefined = range; stretch !== undefined; ) {
    const { offset, length }: Range = stretch;
    stretch = undefined;
    if (seen.has(offset)) break;
    seen.add(offset);
    for (let at = offset; at + sectorSize <= Math.min(offset + length, volume.size) && left-- > 0; at += sectorSize) {
      const bytes = await volume.read(at, sectorSize);
      const tag = tagOf(bytes);
      if (tag === undefined || tag.id === TagId.Terminating) break;
      if (tag.location !== at / sectorSize) continue;
      if (!tag.isCrcRight) {
        isDamaged = true;
        continue;
      }
      if (tag.id === TagId.Primary) {
        const fields = primary.decode(bytes);
        if (fields.sequence >= (first?.sequence ?? 0)) first = { sequence: fields.sequence, fields };
      } else if (tag.id === TagId.Partition) {
        const { sequence, number, start, blockCount } = partition.decode(bytes);
        if (sequence >= (partitions.get(number)?.sequence ?? 0)) partitions.set(number, { sequence, start, blockCount });
      } else if (tag.id === TagId.LogicalVolume) {
        const { sequence } = logicalVolume.decode(bytes);
        if (sequence >= (found?.sequence ?? 0)) found = { sequence, bytes };
      } else if (tag.id === TagId.Pointer) stretch = rangeOf(pointer.decode(bytes).next, sectorSize);
    }
  }
  if (found === undefined) return undefined;
  const fields = logicalVolume.decode(found.bytes);
  const maps = found.bytes.subarray(logicalVolume.size, logicalVolume.size + fields.mapLength);
  return { primary: first?.fields, volume: fields, maps, partitions, isDamaged };
}
