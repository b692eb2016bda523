/** HFS+ and HFSX, the file system of Mac OS 8.1 to macOS 10.12: links, attributes and packed files too; the journal is not replayed. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { Confidence, type FileSystem, type FileSystemFormat, type Found, type ListingLimits } from '../filesystems.ts';
import { BTree, recordsOf } from '../hfs/btree.ts';
import { Catalog } from '../hfs/catalog.ts';
import { Forks } from '../hfs/forks.ts';
import { recordAt, ROOT_PARENT_ID } from '../hfs/record.ts';
import { Attributes } from '../hfsplus/attributes.ts';
import { EntryReader } from '../hfsplus/entries.ts';
import { Links } from '../hfsplus/links.ts';
import { catalogShape, composed, forkAt, nameIn } from '../hfsplus/records.ts';
import { type HfsPlusVolume, isHfsx, journalWaits, readHfsPlusVolume, VolumeAttribute, warningsOf } from '../hfsplus/volume.ts';
import { decodedCode, decodedName } from '../names.ts';
import { stampOfMac } from '../stamps.ts';
import { damage } from '../walk.ts';

const FileId = { Extents: 3, Catalog: 4, BadBlocks: 5, Attributes: 8 } as const;
/** HFSX may tell upper and lower case apart, or not. */
const BINARY_COMPARE = 0xbc;

export const format: FileSystemFormat = {
  id: 'hfsplus',
  title: 'HFS+',
  sources: ['Apple, Technical Note TN1150: HFS Plus Volume Format', 'xnu bsd/hfs/hfs_format.h', 'libfshfs documentation'],
  isBridge: true,

  async probe(volume) {
    const v = await readHfsPlusVolume(volume);
    if (v === undefined) return Confidence.No;
    // The copy at the end outlives what was written over the rest.
    const most = v.isCopy ? Confidence.Guess : Confidence.Certain;
    const catalog = await orFault(() => treeOf(volume, v, 'catalog', forksOf(volume, v)));
    if (catalog instanceof Fault) return Math.min(most, Confidence.Guess);
    return (await rootName(catalog)) === undefined ? Math.min(most, Confidence.Likely) : most;
  },

  async open(volume) {
    const v = await readHfsPlusVolume(volume);
    if (v === undefined) throw notHfsPlus();
    return opened(volume, v);
  },
};

async function opened(volume: ByteSource, v: HfsPlusVolume): Promise<FileSystem> {
  const forks = forksOf(volume, v);
  const warnings = warningsOf(volume, v);
  if (await journalWaits(volume, v)) warnings.push(journalPending());
  const extents = await orFault(async () => forks.load(await treeOf(volume, v, 'extents', forks), 4, warnings));
  if (extents instanceof Fault) warnings.push(extents);
  const catalog = await treeOf(volume, v, 'catalog', forks);
  return {
    format: 'hfsplus',
    type: isHfsx(v) ? 'HFSX' : 'HFS+',
    label: (await rootName(catalog)) ?? '',
    ...serialOf(v),
    size: v.blockCount * v.blockSize,
    blockSize: v.blockSize,
    isListed: true,
    facts: factsOf(v, catalog, forks),
    warnings,
    entries: (limits, signal) => entries(volume, v, catalog, forks, limits, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function* entries(
  source: ByteSource,
  v: HfsPlusVolume,
  tree: BTree,
  forks: Forks,
  limits: ListingLimits,
  signal?: AbortSignal,
): AsyncGenerator<readonly Found[]> {
  const faults: Fault[] = [];
  const catalog = await Catalog.read(tree, catalogShape, faults, signal);
  const attributes = await orFault(async () =>
    v.attributesFile.readUInt32BE(12) === 0
      ? undefined
      : Attributes.read(await treeOf(source, v, 'attributes', forks), forks, faults, signal),
  );
  if (attributes instanceof Fault) faults.push(attributes);
  if (faults.length > 0) yield faults.map((fault) => damage('', fault));
  const links = await Links.read(catalog);
  const known = attributes instanceof Fault ? undefined : attributes;
  const reader = new EntryReader({ source, forks, size: v.blockCount * v.blockSize, attributes: known, links });
  yield* catalog.entries((record, path) => reader.decoded(record, path), limits, signal);
}

function forksOf(volume: ByteSource, { base, blockSize, blockCount }: HfsPlusVolume): Forks {
  return new Forks(volume, { start: base, blockSize, blockCount });
}

async function treeOf(
  volume: ByteSource,
  v: HfsPlusVolume,
  tree: 'catalog' | 'extents' | 'attributes',
  forks: Forks,
): Promise<BTree> {
  const [bytes, id] = {
    catalog: [v.catalogFile, FileId.Catalog] as const,
    extents: [v.extentsFile, FileId.Extents] as const,
    attributes: [v.attributesFile, FileId.Attributes] as const,
  }[tree];
  const fork = forkAt(bytes, 0, id, false);
  const size = Math.min(fork.size, volume.size);
  return BTree.open(await forks.content({ ...fork, size }), { format: 'hfsplus', tree });
}

/** The root folder has the name of the volume; it is the first record of all. */
async function rootName(catalog: BTree): Promise<string | undefined> {
  const leaf = await catalog.firstLeaf();
  const record = leaf && recordAt(catalogShape, leaf, recordsOf(leaf.bytes), 0);
  if (record?.parentId !== ROOT_PARENT_ID) return undefined;
  return composed(decodedName(nameIn(record.bytes, record.at, record.dataAt), 'utf-16be')).text;
}

function serialOf({ finderInfo }: HfsPlusVolume): { serial?: string } {
  const serial = finderInfo.toString('hex', 24, 32);
  return /^0+$/.test(serial) ? {} : { serial };
}

function factsOf(v: HfsPlusVolume, catalog: BTree, forks: Forks): Record<string, string | number> {
  const badBlockCount = forks.blocksOf(FileId.BadBlocks);
  const has = (bit: number): boolean => (v.attributes & bit) !== 0;
  const lastMountedBy = decodedCode(v.lastMountedBy, 'macintosh');
  return {
    fileCount: v.fileCount,
    folderCount: v.folderCount,
    // Of all its times, this one alone is local.
    ...textOf('created', v.created, ''),
    ...textOf('modified', v.modified, 'Z'),
    ...textOf('backedUp', v.backedUp, 'Z'),
    ...textOf('checked', v.checked, 'Z'),
    lastMountedBy,
    ...(has(VolumeAttribute.Journaled) ? { journaled: 'yes' } : {}),
    ...(has(VolumeAttribute.Locked) || has(VolumeAttribute.LockedByHardware) ? { locked: 'yes' } : {}),
    ...(isHfsx(v) ? { caseSensitive: catalog.keyCompare === BINARY_COMPARE ? 'yes' : 'no' } : {}),
    ...(badBlockCount === 0 ? {} : { badBlockCount }),
    ...(v.isWrapped ? { wrappedIn: 'HFS' } : {}),
  };
}

function textOf(name: string, seconds: number, zone: 'Z' | ''): Record<string, string> {
  const text = stampOfMac(seconds, zone)?.text;
  return text === undefined ? {} : { [name]: text };
}

async function orFault<T>(act: () => Promise<T>): Promise<T | Fault> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    return error;
  }
}

function notHfsPlus(): Fault {
  return new Fault(FaultKind.Corrupt, 'hfsplus/header', 'neither the volume header nor its copy describes an HFS+ volume');
}

function journalPending(): Fault {
  const message = 'the journal holds changes that were not yet made; the volume is listed as it stands, without them';
  return new Fault(FaultKind.Corrupt, 'hfsplus/journal', message);
}
