/**
 * ProDOS, and the SOS of the Apple III: floppies in either order of sectors, 800K disks, hard disks.
 *
 * On disk: directories as chains of blocks with 13 entries each; files of one block, with an index, or with an index of indexes, the
 * unwritten parts left out. Deleted files keep their name and the place of their first block.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { BLOCK, ProdosBlocks } from '../apple2/blocks.ts';
import { isFloppy, type SectorOrder } from '../apple2/order.ts';
import {
  Confidence,
  type DataStream,
  type Entry,
  EntryKind,
  type FileSystem,
  type FileSystemFormat,
  type Found,
} from '../filesystems.ts';
import {
  attributesOf,
  deletedLength,
  type DirectoryEntry,
  directoryEntry,
  ENTRIES_AT,
  ENTRIES_PER_BLOCK,
  ENTRY_SIZE,
  keyBlock,
  nameOf,
  stampOfProdos,
  Storage,
  typeOf,
  VOLUME_BLOCK,
} from '../prodos/directory.ts';
import { extendedForks, type Fork, streamOf, unknownStorage } from '../prodos/forks.ts';
import { type Branch, damage, type Listed, pathIn, walkTree } from '../walk.ts';

const SEEDLING_SIZE = BLOCK;
const SAPLING_SIZE = BLOCK * 256;
const DIRECTORY_TYPE = 0x0f;

interface Directory {
  readonly id: number;
  readonly keyBlock: number;
}

export const format: FileSystemFormat = {
  id: 'prodos',
  title: 'ProDOS',
  sources: [
    'Apple Computer, ProDOS 8 Technical Reference Manual, appendix B',
    'Apple II Technical Notes: ProDOS 25 and 28, GS/OS 8',
    'Apple III SOS Reference Manual',
  ],

  async probe(volume) {
    return (await orderOf(volume)) === undefined ? Confidence.No : Confidence.Certain;
  },

  async open(volume) {
    const order = await orderOf(volume);
    if (order === undefined) {
      const message = 'block 2 does not begin the directory of a ProDOS volume';
      throw new Fault(FaultKind.Corrupt, 'prodos/volume', message);
    }
    return opened(volume, order);
  },
};

/** The order in which block 2 is the first block of a volume's directory. */
async function orderOf(volume: ByteSource): Promise<SectorOrder | undefined> {
  if (volume.size < (VOLUME_BLOCK + 1) * BLOCK) return undefined;
  for (const order of isFloppy(volume) ? (['prodos', 'dos'] as const) : (['prodos'] as const)) {
    const blocks = new ProdosBlocks(volume, order, VOLUME_BLOCK + 1);
    const h = keyBlock.decode(await blocks.block(VOLUME_BLOCK));
    const length = h.storageAndLength & 15;
    const isHeader = h.storageAndLength >> 4 === Storage.VolumeHeader && h.previous === 0 && length > 0;
    const isName = /^[A-Za-z][A-Za-z0-9.]*$/.test(h.name.toString('latin1', 0, length));
    const isShape = h.entryLength === ENTRY_SIZE && h.entriesPerBlock === ENTRIES_PER_BLOCK && h.blockCount > VOLUME_BLOCK;
    if (isHeader && isName && isShape) return order;
  }
  return undefined;
}

async function opened(volume: ByteSource, order: SectorOrder): Promise<FileSystem> {
  const h = keyBlock.decode(await new ProdosBlocks(volume, order, VOLUME_BLOCK + 1).block(VOLUME_BLOCK));
  const size = h.blockCount * BLOCK;
  const blocks = new ProdosBlocks(volume, order, h.blockCount);
  const isSos = (await blocks.block(0)).toString('latin1', 0, 64).includes('SOS BOOT');
  const created = stampOfProdos(h.createdDate, h.createdTime)?.text;
  return {
    format: 'prodos',
    type: isSos ? 'Apple SOS' : 'ProDOS',
    label: nameOf(h.name, h.storageAndLength & 15, h.caseBits).text,
    size,
    blockSize: BLOCK,
    isListed: true,
    facts: { blockCount: h.blockCount, ...(created === undefined ? {} : { formatted: created }) },
    warnings: volume.size < size ? [cut(size, volume.size)] : [],
    entries: (limits, signal) => {
      const seen = new Set<number>();
      const root = { node: { id: 0, keyBlock: VOLUME_BLOCK }, path: '', identity: VOLUME_BLOCK };
      return walkTree<Directory>(root, (branch) => list(volume, blocks, branch, seen), limits, signal);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** @param seen blocks of all directories so far: none belongs to two. */
async function* list(
  volume: ByteSource,
  blocks: ProdosBlocks,
  { node, path }: Branch<Directory>,
  seen: Set<number>,
): AsyncGenerator<Listed<Directory>> {
  for (let number = node.keyBlock; number !== 0; ) {
    if (seen.has(number)) throw circle(number);
    seen.add(number);
    const block = await blocks.block(number);
    const isKey = number === node.keyBlock;
    if (isKey && node.keyBlock !== VOLUME_BLOCK && (block[4] ?? 0) >> 4 !== Storage.SubdirectoryHeader) throw noHeader(number);
    const found: Found[] = [];
    const below: Listed<Directory>['below'][number][] = [];
    for (let index = isKey ? 1 : 0; index < ENTRIES_PER_BLOCK; index++) {
      const at = ENTRIES_AT + index * ENTRY_SIZE;
      const e = directoryEntry.decode(block.subarray(at, at + ENTRY_SIZE));
      const isDeleted = e.storageAndLength >> 4 === Storage.Deleted;
      if (isDeleted && (e.keyBlock === 0 || deletedLength(e.name) === 0)) continue;
      const entry = await entryOf(volume, blocks, e, { id: number * 16 + index, parentId: node.id, path, isDeleted });
      found.push(entry);
      if (entry.kind === EntryKind.Directory && !isDeleted)
        below.push({ node: { id: entry.id, keyBlock: e.keyBlock }, path: entry.path, identity: e.keyBlock });
    }
    yield { found, below };
    number = block.readUInt16LE(2);
    if (number !== 0 && !blocks.isInside(number)) {
      yield { found: [damage(path, noBlock(number))], below: [] };
      return;
    }
  }
}

async function entryOf(
  volume: ByteSource,
  blocks: ProdosBlocks,
  e: DirectoryEntry,
  where: { id: number; parentId: number; path: string; isDeleted: boolean },
): Promise<Entry> {
  const { id, parentId, path, isDeleted } = where;
  const storage = e.storageAndLength >> 4;
  const length = isDeleted ? deletedLength(e.name) : e.storageAndLength & 15;
  const name = nameOf(e.name, length, e.caseBits);
  const isDirectory = storage === Storage.Directory || (isDeleted && e.type === DIRECTORY_TYPE);
  const created = stampOfProdos(e.createdDate, e.createdTime);
  const modified = stampOfProdos(e.modifiedDate, e.modifiedTime);
  const content = isDirectory ? NO_CONTENT : await contentOf(volume, blocks, e, isDeleted);
  return {
    kind: isDirectory ? EntryKind.Directory : EntryKind.File,
    path: pathIn(path, { name }),
    name,
    id,
    parentId,
    isDeleted,
    streams: content.streams,
    times: { ...(created && { created }), ...(modified && { modified }) },
    attributes: attributesOf(e.access),
    facts: {
      type: typeOf(e.type),
      auxiliaryType: `$${e.auxiliary.toString(16).toUpperCase().padStart(4, '0')}`,
      ...content.facts,
    },
    ...(content.fault === undefined ? {} : { faults: [content.fault] }),
  };
}

interface Content {
  readonly streams: readonly DataStream[];
  readonly facts: Readonly<Record<string, string>>;
  readonly fault?: Fault;
}

const NO_CONTENT: Content = { streams: [], facts: {} };

async function contentOf(volume: ByteSource, blocks: ProdosBlocks, e: DirectoryEntry, isDeleted: boolean): Promise<Content> {
  const size = e.sizeLow + e.sizeHigh * 0x1_0000;
  const known = e.storageAndLength >> 4;
  // Deleting clears how it was stored, which its size tells.
  const guessed = size <= SEEDLING_SIZE ? Storage.Seedling : size <= SAPLING_SIZE ? Storage.Sapling : Storage.Tree;
  const storage = isDeleted ? guessed : known;
  const fork: Fork = { storage, keyBlock: e.keyBlock, size, blocksUsed: e.blocksUsed, isDeleted };
  if (storage !== Storage.Extended) {
    const content = { streams: [streamOf(volume, blocks, fork, 'data')], facts: {} };
    return storage < Storage.Extended ? content : { ...content, fault: unknownStorage(storage) };
  }
  try {
    const { forks, facts } = await extendedForks(blocks, e.keyBlock);
    return { streams: [streamOf(volume, blocks, forks[0], 'data'), streamOf(volume, blocks, forks[1], 'resource')], facts };
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    return { ...NO_CONTENT, fault: error };
  }
}

function circle(block: number): Fault {
  const message = `the blocks of the folder lead to block ${block}, which was read as a part of this or another folder; it is left out`;
  return new Fault(FaultKind.Corrupt, 'prodos/loop', message, { block });
}

function noHeader(block: number): Fault {
  const message = `block ${block} should begin a folder and does not; what was in it is lost`;
  return new Fault(FaultKind.Corrupt, 'prodos/no-header', message, { block });
}

function noBlock(block: number): Fault {
  const message = `the folder goes on in block ${block}, which the volume or its image does not have; what is there is lost`;
  return new Fault(FaultKind.Corrupt, 'prodos/folder-cut', message, { block });
}

function cut(size: number, volumeSize: number): Fault {
  const message = `the volume has ${size} bytes by its own count and the image ${volumeSize}: the image is cut`;
  return new Fault(FaultKind.Truncated, 'prodos/size', message, { size, volumeSize });
}
