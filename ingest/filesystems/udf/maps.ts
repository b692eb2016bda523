/** Partition maps of the logical volume descriptor, made into partitions. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { runsOf } from './allocation.ts';
import { map1, map2, mapHead, sparingTable } from './descriptors.ts';
import { FileType, type Icb, readIcb } from './icb.ts';
import { metadata, type Partition, physical, sparable, virtual } from './partitions.ts';
import type { Sequence } from './sequence.ts';
import type { Space } from './space.ts';
import { tagOf } from './tag.ts';
import { entityOf } from './text.ts';
import { readVirtualTable } from './virtual-table.ts';

/** Discs have one or two. */
const MOST_MAPS = 16;
const MOST_TABLE = 4 * 1024 * 1024;
const UNUSED_PACKET = 0xffff_fff0;

export interface Mapped {
  readonly warnings: readonly Fault[];
  /** From the virtual allocation table. */
  readonly label: Buffer | undefined;
}

/** Fills the partitions of the space. @throws Fault when a partition can't be mapped at all. */
export async function mapPartitions(space: Space, sequence: Sequence): Promise<Mapped> {
  const warnings: Fault[] = [];
  let label: Buffer | undefined;
  const count = Math.min(sequence.volume.mapCount, MOST_MAPS);
  for (let index = 0, at = 0; index < count && at + mapHead.size <= sequence.maps.length; index++) {
    const { type, length } = mapHead.decode(sequence.maps.subarray(at));
    const bytes = sequence.maps.subarray(at, at + length);
    if (length < map1.size || bytes.length < length) break;
    at += length;
    if (type === 1) space.partitions.set(index, base(map1.decode(bytes).number));
    else if (type === 2 && length >= map2.size) space.partitions.set(index, await second(bytes, index));
    else throw unknownMap(type, '');
  }
  return { warnings, label };

  function base(number: number): Partition {
    const place = sequence.partitions.get(number);
    if (place === undefined) throw noPartition(number);
    return physical(number, place.start, place.blockCount, space.blockSize);
  }

  async function second(bytes: Buffer, index: number): Promise<Partition> {
    const map = map2.decode(bytes);
    const kind = entityOf(map.kind).identifier;
    const below = base(map.number);
    if (kind.startsWith('*UDF Sparable Partition')) return sparablePartition(below, map);
    // A virtual or metadata partition stands on the physical one of the same number.
    const known = [...space.partitions].find(([, { number }]) => number === map.number);
    const physicalReference = known?.[0] ?? MOST_MAPS + index;
    if (known === undefined) space.partitions.set(physicalReference, below);
    if (kind.startsWith('*UDF Virtual Partition')) {
      const found = await readVirtualTable(space, physicalReference, sequence.partitions.get(map.number)?.start ?? 0);
      ({ label } = found);
      return virtual(below, found.table);
    }
    if (kind.startsWith('*UDF Metadata Partition')) return metadataPartition(map, physicalReference);
    throw unknownMap(2, kind);
  }

  async function sparablePartition(below: Partition, map: ReturnType<typeof map2.decode>): Promise<Partition> {
    const { packetBlockCount, tableCount, tableSize, tableSectors } = map;
    const moved = new Map<number, number>();
    let isRead = false;
    for (let index = 0; index < Math.min(tableCount, 4) && !isRead; index++) {
      const at = tableSectors.readUInt32LE(index * 4) * space.blockSize;
      const bytes = await space.paged.read(at, Math.min(tableSize, MOST_TABLE));
      if (bytes.length < sparingTable.size || tagOf(bytes)?.isCrcRight !== true) continue;
      const { kind, entryCount } = sparingTable.decode(bytes);
      if (!entityOf(kind).identifier.startsWith('*UDF Sparing Table')) continue;
      isRead = true;
      for (let entry = 0; entry < entryCount && sparingTable.size + entry * 8 + 8 <= bytes.length; entry++) {
        const original = bytes.readUInt32LE(sparingTable.size + entry * 8);
        if (original < UNUSED_PACKET) moved.set(original, bytes.readUInt32LE(sparingTable.size + entry * 8 + 4));
      }
    }
    if (!isRead) warnings.push(noSparing());
    return sparable(below, Math.max(1, packetBlockCount), moved, space.blockSize);
  }

  async function metadataPartition(map: ReturnType<typeof map2.decode>, partition: number): Promise<Partition> {
    let icb: Icb;
    try {
      icb = await metadataFile(map.metadataBlock, partition);
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      warnings.push(mirrorUsed(error));
      icb = await metadataFile(map.mirrorBlock, partition);
    }
    const ranges = (await runsOf(space, icb)).map((run) => ({
      offset: run.kind === 'stored' && run.source === space.volume ? run.at : -1,
      length: run.length,
    }));
    return metadata(map.number, ranges, space.blockSize);
  }

  async function metadataFile(block: number, partition: number): Promise<Icb> {
    const icb = await readIcb(space, { partition, block });
    if (icb.fileType === FileType.Metadata || icb.fileType === FileType.MetadataMirror) return icb;
    const message = `block ${block} should be the file of all metadata, and is a file of type ${icb.fileType}`;
    throw new Fault(FaultKind.Corrupt, 'udf/metadata-file', message, { block });
  }
}

function noPartition(number: number): Fault {
  const message = `the volume names partition ${number}, and no descriptor describes it`;
  return new Fault(FaultKind.Corrupt, 'udf/partition', message, { number });
}

function unknownMap(type: number, kind: string): Fault {
  const message = `a partition of the volume is mapped in a way that is not known: type ${type} ${kind}; send us the image`;
  return new Fault(FaultKind.Unsupported, 'udf/partition-map', message, { type, kind });
}

function noSparing(): Fault {
  const message =
    "the table of replaced packets can't be read: what was moved because of bad sectors is read from where it was before";
  return new Fault(FaultKind.Corrupt, 'udf/sparing-table', message);
}

function mirrorUsed(cause: Fault): Fault {
  const message = 'the file of all metadata is damaged; its mirror is used';
  return new Fault(FaultKind.Corrupt, 'udf/metadata-mirror', message, {}, { cause });
}
