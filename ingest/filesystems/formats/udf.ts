/**
 * UDF 1.02 to 2.60: DVD, Blu-ray, packet-written CD, and hard disks formatted so.
 *
 * Partitions are read as they lie, with replaced packets, by the virtual table of discs written once, and by the metadata file of 2.50.
 * Streams of the whole volume (its system stream directory) are not listed.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { Confidence, EntryKind, type FileSystem, type FileSystemFormat, type Found } from '../filesystems.ts';
import { runsOf } from '../udf/allocation.ts';
import { type Anchor, anchorsOf, isMarked } from '../udf/anchors.ts';
import { identifiersOf } from '../udf/directory.ts';
import { entryOf, idOf, isDirectoryIcb } from '../udf/entries.ts';
import { factsOf, integrityOf, labelOf, openFault, revisionOf, serialOf } from '../udf/facts.ts';
import { readFileSet } from '../udf/file-set.ts';
import { readIcb } from '../udf/icb.ts';
import { mapPartitions } from '../udf/maps.ts';
import { readSequence, type Sequence } from '../udf/sequence.ts';
import { type Address, Space } from '../udf/space.ts';
import { type Branch, damage, type Listed, walkTree } from '../walk.ts';

interface Directory {
  readonly address: Address;
  readonly id: number;
  readonly isDeleted: boolean;
}

export const format: FileSystemFormat = {
  id: 'udf',
  title: 'UDF',
  sources: ['ECMA-167, 3rd edition', 'OSTA Universal Disk Format Specification 1.02, 1.50, 2.01, 2.50 and 2.60'],
  isBridge: true,

  async probe(volume) {
    const isUdf = await isMarked(volume);
    const found = await find(volume);
    if (found === undefined) return isUdf ? Confidence.Likely : Confidence.No;
    return isUdf ? Confidence.Certain : Confidence.Likely;
  },

  async open(volume) {
    const found = await find(volume);
    if (found === undefined) throw noAnchor();
    return opened(volume, found);
  },
};

interface Start {
  readonly anchor: Anchor;
  readonly sequence: Sequence;
  readonly warnings: readonly Fault[];
}

/** The first anchor that leads to a logical volume, by its main sequence or the reserve. */
async function find(volume: ByteSource): Promise<Start | undefined> {
  for await (const anchor of anchorsOf(volume)) {
    const main = await readSequence(volume, anchor, anchor.main);
    if (main?.isDamaged === false) return { anchor, sequence: main, warnings: [] };
    const reserve = await readSequence(volume, anchor, anchor.reserve);
    const sequence = reserve ?? main;
    if (sequence !== undefined) return { anchor, sequence, warnings: [reserveUsed()] };
  }
  return undefined;
}

async function opened(volume: ByteSource, { anchor, sequence, warnings }: Start): Promise<FileSystem> {
  const { blockSize } = sequence.volume;
  if (blockSize !== anchor.sectorSize) throw badBlockSize(blockSize, anchor.sectorSize);
  const space = new Space(volume, blockSize);
  const mapped = await mapPartitions(space, sequence);
  const fileSet = await readFileSet(space, sequence.volume.fileSet);
  const integrity = await integrityOf(volume, anchor, sequence);
  const open = openFault(integrity, space.partitions);
  const size = [...sequence.partitions.values()].reduce((sum, { blockCount }) => sum + blockCount * blockSize, 0);
  const end = Math.max(...[...sequence.partitions.values()].map(({ start, blockCount }) => (start + blockCount) * blockSize));
  const isVirtual = [...space.partitions.values()].some(({ kind }) => kind === 'virtual');
  const serial = serialOf(sequence);
  return {
    format: 'udf',
    type: `UDF ${revisionOf(sequence)}`,
    label: labelOf(sequence, mapped),
    ...(serial === undefined ? {} : { serial }),
    size,
    blockSize,
    isListed: true,
    facts: { ...factsOf(sequence, space.partitions), ...integrity?.facts },
    warnings: [
      ...warnings,
      ...mapped.warnings,
      ...(fileSet.fault === undefined ? [] : [fileSet.fault]),
      ...(open === undefined ? [] : [open]),
      // The partition of a disc that is written once reaches to the end of what could be.
      ...(end > volume.size && !isVirtual ? [cut(end, volume.size)] : []),
    ],
    entries: (limits, signal) => {
      const root = { address: fileSet.root, id: idOf(fileSet.root), isDeleted: false };
      return walkTree<Directory>({ node: root, path: '', identity: root.id }, (branch) => list(space, branch), limits, signal);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function* list(space: Space, { node, path }: Branch<Directory>): AsyncGenerator<Listed<Directory>> {
  const icb = await readIcb(space, node.address);
  if (!isDirectoryIcb(icb)) throw noDirectory(node.address);
  for await (const { found: identifiers, faults } of identifiersOf(space, await runsOf(space, icb), icb.size)) {
    const found: Found[] = [];
    const below: Listed<Directory>['below'][number][] = [];
    for (const identifier of identifiers) {
      const { entry, icb: child } = await entryOf(space, identifier, node.id, path, node.isDeleted);
      found.push(entry);
      const { address } = identifier;
      if (address === undefined || entry.kind !== EntryKind.Directory) continue;
      const { isDeleted } = entry;
      // What is deleted and has links again is another's directory by now.
      if (isDeleted && (child === undefined || child.linkCount > 0)) continue;
      if (child !== undefined) below.push({ node: { address, id: entry.id, isDeleted }, path: entry.path, identity: entry.id });
    }
    yield { found: [...found, ...faults.map((fault) => damage(path, fault))], below };
  }
}

function noAnchor(): Fault {
  const message = 'no anchor leads to the descriptors of the volume: the image is cut, or the disc was not finished';
  return new Fault(FaultKind.Corrupt, 'udf/anchor', message);
}

function reserveUsed(): Fault {
  const message = 'the main sequence of volume descriptors is damaged; the reserve is used';
  return new Fault(FaultKind.Corrupt, 'udf/main-sequence', message);
}

function badBlockSize(got: number, sectorSize: number): Fault {
  const message = `the volume says blocks of ${got} bytes and has sectors of ${sectorSize}: they must be the same`;
  return new Fault(FaultKind.Unsupported, 'udf/block-size', message, { got, sectorSize });
}

function cut(size: number, volumeSize: number): Fault {
  const message = `the file system ends at byte ${size} and the image at byte ${volumeSize}: it is cut, or was made of a part of the disk`;
  return new Fault(FaultKind.Truncated, 'udf/cut', message, { size, volumeSize });
}

function noDirectory({ partition, block }: Address): Fault {
  const message = `block ${block} of partition ${partition} should be a folder, and is not`;
  return new Fault(FaultKind.Corrupt, 'udf/no-directory', message, { partition, block });
}
