/** The file systems of Linux: ext2, ext3 and ext4, with deleted names. The journal is not replayed. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { typeOf, unknownFeatures } from '../ext/features.ts';
import { readGroups } from '../ext/groups.ts';
import { FileType, isInUse, typeOfInode } from '../ext/inode.ts';
import { Inodes } from '../ext/inodes.ts';
import { ExtTree } from '../ext/tree.ts';
import { factsOf, labelOf, serialOf, warningsOf } from '../ext/volume.ts';
import { findSuperblock, type FoundSuperblock, notExt } from '../ext/superblock.ts';
import { Confidence, type FileSystem, type FileSystemFormat } from '../filesystems.ts';
import { Pages } from '../pages.ts';

const ROOT = 2;
const CACHE_SIZE = 48 * 1024 * 1024;
const PROBE_CACHE_SIZE = 64 * 1024;

export const format: FileSystemFormat = {
  id: 'ext',
  title: 'ext2, ext3, ext4',
  sources: ['Linux Documentation/filesystems/ext4', 'Linux fs/ext4', 'e2fsprogs lib/ext2fs', 'Linux fs/ext2'],

  async probe(volume) {
    const found = await findSuperblock(volume, false);
    if (found === undefined) return Confidence.No;
    if (found.isJournal) return Confidence.Certain;
    const isRooted = await hasRoot(volume, found);
    // A copy outlives its file system by far: only with a root folder it is believed, and then less than anything else.
    if (found.group !== 0) return isRooted ? Confidence.Guess : Confidence.No;
    return isRooted ? Confidence.Certain : Confidence.Likely;
  },

  async open(volume) {
    const found = await findSuperblock(volume, true);
    if (found === undefined) throw notExt();
    return opened(volume, found);
  },
};

async function hasRoot(volume: ByteSource, found: FoundSuperblock): Promise<boolean> {
  const groups = await readGroups(volume, found, 1);
  const root = await new Inodes(new Pages(volume, PROBE_CACHE_SIZE), found.shape, groups).one(ROOT);
  return !(root instanceof Fault) && typeOfInode(root) === FileType.Directory && isInUse(root);
}

async function opened(volume: ByteSource, found: FoundSuperblock): Promise<FileSystem> {
  const { shape } = found;
  const serial = serialOf(found);
  const unknown = unknownFeatures(shape.features);
  const isListed = !found.isJournal && unknown.length === 0;
  const groups = isListed ? await readGroups(volume, found) : undefined;
  const tree = groups === undefined ? undefined : new ExtTree(new Pages(volume, CACHE_SIZE), shape, groups);
  return {
    format: 'ext',
    type: typeOf(shape.features),
    label: labelOf(found),
    ...(serial === undefined ? {} : { serial }),
    size: shape.blockCount * shape.blockSize,
    blockSize: shape.blockSize,
    isListed,
    facts: factsOf(found),
    warnings: [
      ...warningsOf(found, volume.size),
      ...(unknown.length === 0 ? [] : [unknownFault(unknown)]),
      ...(groups?.warnings ?? []),
    ],
    async *entries(limits, signal) {
      if (tree !== undefined) yield* tree.entries(ROOT, limits, signal);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function unknownFault(unknown: readonly string[]): Fault {
  const message = `the file system has features that this version does not know (${unknown.join(', ')}): its files are not listed`;
  return new Fault(FaultKind.Unsupported, 'ext/features', message, { features: unknown });
}
