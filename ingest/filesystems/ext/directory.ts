/** The folders of ext: names with the number of their inode; and names that were deleted and still stand between them. */
import { Fault, FaultKind, layout, u16le, u32le, u8 } from '../../kernel/index.ts';

/** Linux fs/ext4/ext4.h, struct ext4_dir_entry_2; without the feature filetype the length of the name has 16 bits. */
export const directoryEntry = layout('ext directory entry', 8, {
  inode: [0, u32le],
  length: [4, u16le],
  nameLength: [6, u8],
  type: [7, u8],
});

export interface Slot {
  /** 0 when it is deleted and its number gone. */
  readonly inode: number;
  /** As the folder says: 1 file, 2 folder, 3 character, 4 block, 5 pipe, 6 socket, 7 link; 0 unknown. */
  readonly type: number;
  /** Where its name stands: a copy of each would be most of the work. */
  readonly block: Buffer;
  readonly nameAt: number;
  readonly nameLength: number;
  readonly isRemnant: boolean;
}

export interface DirectoryShape {
  /** The feature filetype. */
  readonly hasTypes: boolean;
  readonly inodeCount: number;
  /** Its blocks hold an index as well, in what looks like unused room. */
  readonly isIndexed: boolean;
}

const HEADER = 8;
const CHECKSUM_TYPE = 0xde;
export const CHECKSUM_TAIL = 12;

/**
 * What one block holds, `.` and `..` left out; remnants too.
 * @returns why its rest could not be read, if so.
 */
export function slotsOf(block: Buffer, shape: DirectoryShape, slots: Slot[]): Fault | undefined {
  const isIndex = shape.isIndexed && isIndexBlock(block);
  for (let at = 0; at < block.length; ) {
    const left = block.length - at;
    const length = left < HEADER ? 0 : lengthAt(block, at);
    const nameLength = left < HEADER ? 0 : nameLengthAt(block, at, shape.hasTypes);
    if (length < HEADER || length % 4 !== 0 || length > left || HEADER + nameLength > length)
      return badEntry(at, length, nameLength, left);
    const inode = block.readUInt32LE(at);
    const areDots = isDots(block, at + HEADER, nameLength);
    if (inode !== 0 || nameLength > 0) {
      if (nameLength > 0 && !areDots)
        slots.push({ inode, type: typeAt(block, at, shape), block, nameAt: at + HEADER, nameLength, isRemnant: inode === 0 });
      // Behind `..` the root of an index may lie.
      if (!(areDots && shape.isIndexed)) remnantsOf(block, at + used(nameLength), at + length, shape, slots);
    } else if (!isIndex && !(shape.hasTypes && block[at + 7] === CHECKSUM_TYPE))
      remnantsOf(block, at + HEADER, at + length, shape, slots);
    at += length;
  }
  return undefined;
}

/** A deleted entry becomes part of the one before it, and stays readable until its room is used. */
function remnantsOf(block: Buffer, from: number, to: number, shape: DirectoryShape, slots: Slot[]): void {
  for (let at = from; at + HEADER + 1 <= to; ) {
    const inode = block.readUInt32LE(at);
    const nameLength = nameLengthAt(block, at, shape.hasTypes);
    const length = lengthAt(block, at);
    const isEntry =
      inode > 0 &&
      inode <= shape.inodeCount &&
      nameLength > 0 &&
      nameLength <= 255 &&
      length >= used(nameLength) &&
      length % 4 === 0 &&
      at + length <= block.length &&
      at + used(nameLength) <= to &&
      typeAt(block, at, shape) <= 7 &&
      isName(block, at + HEADER, nameLength);
    if (isEntry && !isDots(block, at + HEADER, nameLength))
      slots.push({ inode, type: typeAt(block, at, shape), block, nameAt: at + HEADER, nameLength, isRemnant: true });
    at += isEntry ? used(nameLength) : 4;
  }
}

function used(nameLength: number): number {
  return (HEADER + nameLength + 3) & ~3;
}

/** Blocks of 64 KiB don't fit sixteen bits: the two lowest, which are free, are the highest then. */
function lengthAt(block: Buffer, at: number): number {
  const length = block.readUInt16LE(at + 4);
  if (block.length < 65_536) return length;
  return length === 0xffff || length === 0 ? 65_536 : (length & 0xfffc) | ((length & 3) << 16);
}

function nameLengthAt(block: Buffer, at: number, hasTypes: boolean): number {
  return hasTypes ? (block[at + 6] ?? 0) : block.readUInt16LE(at + 6);
}

function typeAt(block: Buffer, at: number, { hasTypes }: DirectoryShape): number {
  // The upper half marks what Lustre adds behind the name.
  return hasTypes ? (block[at + 7] ?? 0) & 15 : 0;
}

function isDots(block: Buffer, at: number, length: number): boolean {
  return block[at] === 0x2e && (length === 1 || (length === 2 && block[at + 1] === 0x2e));
}

function isName(block: Buffer, at: number, length: number): boolean {
  const name = block.subarray(at, at + length);
  return !name.includes(0) && !name.includes(0x2f);
}

/** An inner block of the index of a folder that has one looks like one unused entry, without a name; the root has `.` and `..` before it. */
export function isIndexBlock(block: Buffer): boolean {
  return block.readUInt32LE(0) === 0 && lengthAt(block, 0) === block.length && block[6] === 0;
}

/** A block's checksum stands in what looks like an unused entry at its end. */
export function checksumOf(block: Buffer): number | undefined {
  const at = block.length - CHECKSUM_TAIL;
  const tail = directoryEntry.decode(block.subarray(at));
  const isTail = tail.inode === 0 && tail.length === CHECKSUM_TAIL && tail.nameLength === 0 && tail.type === CHECKSUM_TYPE;
  return isTail ? block.readUInt32LE(at + HEADER) : undefined;
}

function badEntry(at: number, length: number, nameLength: number, left: number): Fault {
  const message = `the entry at byte ${at} of a block of this folder says it has ${length} bytes, with a name of ${nameLength}; ${left} are left: the rest of the block is not listed`;
  return new Fault(FaultKind.Corrupt, 'ext/directory', message, { at, length, nameLength });
}
