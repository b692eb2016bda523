/** Extended attributes of ext: inside the inode, in a block of their own, and large ones in inodes of theirs. */
import { Fault, FaultKind, layout, u16le, u32le, u8 } from '../../kernel/index.ts';
import { decodedName } from '../names.ts';
import type { Pages } from '../pages.ts';
import type { Inode } from './inode.ts';
import type { ExtShape } from './superblock.ts';

/** Linux fs/ext4/xattr.h, struct ext4_xattr_entry; the name follows. */
const entryLayout = layout('ext attribute', 16, {
  nameLength: [0, u8],
  nameIndex: [1, u8],
  valueAt: [2, u16le],
  valueInode: [4, u32le],
  valueSize: [8, u32le],
});

const MAGIC = 0xea02_0000;
const BLOCK_HEADER = 32;

/** Beginnings of names, by number. */
const PREFIXES: readonly string[] = [
  '',
  'user.',
  'system.posix_acl_access',
  'system.posix_acl_default',
  'trusted.',
  'lustre.',
  'security.',
  'system.',
  'system.richacl',
  'encryption.',
  'gnu.',
];

export interface Attribute {
  readonly name: string;
  readonly size: number;
  /** Where its value lies on the volume. */
  readonly offset: number;
  /** The inode that holds the value instead; 0 for none. */
  readonly inode: number;
}

/** Where the rest of a small file lies that does not fit the inode's sixty bytes. */
export const INLINE_DATA = 'system.data';

export interface Attributes {
  readonly found: readonly Attribute[];
  readonly faults: readonly Fault[];
}

export const NO_ATTRIBUTES: Attributes = { found: [], faults: [] };

/** Those in the inode itself: no reading. */
export function attributesInside(inode: Inode, { inodeSize }: ExtShape): Attributes {
  const { page, at, attributesAt } = inode;
  if (attributesAt + 8 > inodeSize || page.readUInt32LE(at + attributesAt) !== MAGIC) return NO_ATTRIBUTES;
  const room = page.subarray(at + attributesAt + 4, at + inodeSize);
  return entriesOf(room, 0, 0, inode.offset + attributesAt + 4, inode.number);
}

/** Those in the block that the inode points to, which many inodes may share. */
export async function attributesBeside(inode: Inode, shape: ExtShape, pages: Pages): Promise<Attributes> {
  const { attributeBlock, number } = inode;
  const offset = attributeBlock * shape.blockSize;
  if (attributeBlock >= shape.blockCount || offset + shape.blockSize > pages.volume.size)
    return { found: [], faults: [bad(number, `their block ${attributeBlock} lies outside the volume`)] };
  const block = await pages.read(offset, shape.blockSize);
  if (block.readUInt32LE(0) !== MAGIC)
    return { found: [], faults: [bad(number, `block ${attributeBlock} holds something else`)] };
  return entriesOf(block, BLOCK_HEADER, BLOCK_HEADER, offset, number);
}

/** @param valuesFrom values lie from here on, counted as their offsets are: from the first byte of `room`. */
function entriesOf(room: Buffer, from: number, valuesFrom: number, offset: number, inode: number): Attributes {
  const found: Attribute[] = [];
  let at = from;
  while (at + 4 <= room.length && room.readUInt32LE(at) !== 0) {
    if (at + entryLayout.size > room.length) return { found, faults: [bad(inode, 'their list is cut')] };
    const entry = entryLayout.decode(room.subarray(at));
    const nameEnd = at + entryLayout.size + entry.nameLength;
    // An empty value lies nowhere.
    const isOwn = entry.valueInode === 0 && entry.valueSize > 0;
    if (nameEnd > room.length || (isOwn && (entry.valueAt < valuesFrom || entry.valueAt + entry.valueSize > room.length)))
      return { found, faults: [bad(inode, `one says that its value has ${entry.valueSize} bytes, and there are not so many`)] };
    found.push({
      name: nameOf(entry.nameIndex, room.subarray(at + entryLayout.size, nameEnd)),
      size: entry.valueSize,
      offset: offset + entry.valueAt,
      inode: entry.valueInode,
    });
    at = (nameEnd + 3) & ~3;
  }
  return { found, faults: [] };
}

function nameOf(index: number, name: Buffer): string {
  const prefix = PREFIXES[index] ?? `${index}.`;
  return name.length === 0 ? prefix : `${prefix}${decodedName(name, 'utf-8').text}`;
}

function bad(inode: number, why: string): Fault {
  const message = `attributes of inode ${inode} can't be read: ${why}`;
  return new Fault(FaultKind.Corrupt, 'ext/attributes', message, { inode });
}
