/** The VHDX metadata: what the disk is. */
import { Fault, FaultKind, guid, layout, u16le, u32le } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../media.ts';
import { MIB } from './header.ts';

const TABLE_SIZE = 64 * 1024;
const MOST_ITEMS = 2047;
const LARGEST_BLOCK = 256 * MIB;
const LARGEST_DISK = 64 * 2 ** 40;
const REQUIRED = 4;

const ITEMS = {
  fileParameters: 'caa16737-fa36-4d43-b3b6-33f0aa44e76b',
  diskSize: '2fa54224-cd1b-4876-b211-5dbed83bf4b8',
  diskId: 'beca12ab-b2e6-4523-93ef-c309e000c746',
  logicalSectorSize: '8141bf1d-a96f-4709-ba47-f233a8faab5f',
  physicalSectorSize: 'cda348c7-445d-4471-9cc9-e9885251c556',
  parentLocator: 'a8d35f2d-b30b-454d-abf7-d3d84834ab0c',
} as const;
const KNOWN = new Set<string>(Object.values(ITEMS));

/** "Metadata table entry" of [MS-VHDX] 2.6.1.2. */
const layoutOfItem = layout('VHDX metadata item', 32, {
  id: [0, guid],
  offset: [16, u32le],
  length: [20, u32le],
  flags: [24, u32le],
});

/** "Parent locator header" of [MS-VHDX] 2.6.2.6.1, and its entries. */
const layoutOfLocator = layout('VHDX parent locator', 20, { type: [0, guid], count: [18, u16le] });
const layoutOfPair = layout('VHDX parent locator entry', 12, {
  keyOffset: [0, u32le],
  valueOffset: [4, u32le],
  keyLength: [8, u16le],
  valueLength: [10, u16le],
});
const LOCATOR_OF_VHDX = 'b04aefb7-d19e-4a81-b789-25b8e9445913';
const LONGEST_LOCATOR = MIB;
const MOST_PAIRS = 64;

export interface Disk {
  /** In bytes. */
  readonly size: number;
  readonly blockSize: number;
  readonly logicalSectorSize: number;
  readonly physicalSectorSize?: number;
  readonly diskId?: string;
  /** Blocks stay allocated: the image is a fixed one. */
  readonly isFixed: boolean;
  /** What it says of its parent; undefined when it has none. */
  readonly parent?: ReadonlyMap<string, string>;
}

/** @throws Fault for items that are missing, wrong, or required and unknown. */
export async function metadataOf(image: ByteSource, region: Range): Promise<Disk> {
  const items = await itemsOf(image, region);
  const read = async (name: keyof typeof ITEMS, length: number): Promise<Buffer | undefined> => {
    const item = items.get(ITEMS[name]);
    if (item === undefined) return undefined;
    if (item.length < length)
      throw wrong(`${name} has ${item.length} bytes instead of ${length}`, { item: name, length: item.length });
    return image.read(region.offset + item.offset, length);
  };
  const parameters = await read('fileParameters', 8);
  const size = await read('diskSize', 8);
  const sector = await read('logicalSectorSize', 4);
  if (parameters === undefined || size === undefined || sector === undefined)
    throw wrong('block size, disk size or sector size is missing', { items: [...items.keys()] });
  const [blockSize, flags] = [parameters.readUInt32LE(0), parameters.readUInt32LE(4)];
  if (blockSize < MIB || blockSize > LARGEST_BLOCK || (blockSize & (blockSize - 1)) !== 0)
    throw wrong(`blocks of ${blockSize} bytes; 1 to 256 MiB, a power of two, are right`, { blockSize });
  const logicalSectorSize = sector.readUInt32LE();
  if (logicalSectorSize !== 512 && logicalSectorSize !== 4096)
    throw wrong(`sectors of ${logicalSectorSize} bytes; 512 or 4096 are right`, { logicalSectorSize });
  const bytes = size.readBigUInt64LE();
  if (bytes > BigInt(LARGEST_DISK) || bytes % BigInt(logicalSectorSize) !== 0n)
    throw wrong(`a disk of ${bytes} bytes; whole sectors of ${logicalSectorSize} bytes, up to ${LARGEST_DISK}, are right`, {
      diskSize: String(bytes),
    });
  const physical = (await read('physicalSectorSize', 4))?.readUInt32LE();
  const id = await read('diskId', 16);
  const hasParent = (flags & 2) !== 0;
  return {
    size: Number(bytes),
    blockSize,
    logicalSectorSize,
    isFixed: (flags & 1) !== 0,
    ...(physical === undefined ? {} : { physicalSectorSize: physical }),
    ...(id === undefined ? {} : { diskId: guid.decode(id, 0) }),
    ...(hasParent ? { parent: await locatorOf(image, region, items.get(ITEMS.parentLocator)) } : {}),
  };
}

async function itemsOf(image: ByteSource, region: Range): Promise<ReadonlyMap<string, Range>> {
  const table = await image.read(region.offset, TABLE_SIZE);
  const count = table.readUInt16LE(10);
  if (table.toString('latin1', 0, 8) !== 'metadata' || count > MOST_ITEMS)
    throw wrong(`no table of metadata at byte ${region.offset}`, { offset: region.offset, count });
  const items = new Map<string, Range>();
  for (let index = 0; index < count; index++) {
    const { id, offset, length, flags } = layoutOfItem.decode(table.subarray(32 + index * 32, 64 + index * 32));
    if (!KNOWN.has(id)) {
      if ((flags & REQUIRED) === 0) continue;
      const message = `the VHDX metadata has an item ${id} that must be understood and is not; the image is kept, but not read`;
      throw new Fault(FaultKind.Unsupported, 'vhdx/metadata-unknown', message, { item: id });
    }
    if (items.has(id) || offset < TABLE_SIZE || offset + length > region.length)
      throw wrong(`item ${id} (byte ${offset}, ${length} bytes) is there twice, or not in the region of ${region.length} bytes`, {
        item: id,
        offset,
        length,
      });
    items.set(id, { offset, length });
  }
  return items;
}

/** Keys and values, as they are. */
async function locatorOf(image: ByteSource, region: Range, item?: Range): Promise<ReadonlyMap<string, string>> {
  if (item === undefined || item.length < layoutOfLocator.size || item.length > LONGEST_LOCATOR)
    throw wrong('a parent, and no item that tells which', { length: item?.length ?? 0 });
  const bytes = await image.read(region.offset + item.offset, item.length);
  const { type, count } = layoutOfLocator.decode(bytes);
  if (type !== LOCATOR_OF_VHDX) {
    const message = `the VHDX image has a parent of another kind (${type}); only parents that are VHDX images are read`;
    throw new Fault(FaultKind.Unsupported, 'vhdx/parent-kind', message, { kind: type });
  }
  if (count > MOST_PAIRS || layoutOfLocator.size + count * layoutOfPair.size > bytes.length)
    throw wrong(`${count} entries about the parent in ${bytes.length} bytes`, { count, length: bytes.length });
  const found = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    const at = layoutOfLocator.size + index * layoutOfPair.size;
    const { keyOffset, valueOffset, keyLength, valueLength } = layoutOfPair.decode(bytes.subarray(at, at + layoutOfPair.size));
    if (keyOffset + keyLength > bytes.length || valueOffset + valueLength > bytes.length)
      throw wrong(`an entry about the parent that lies outside of its ${bytes.length} bytes`, { index, length: bytes.length });
    const text = (from: number, length: number): string => bytes.toString('utf16le', from, from + (length & ~1));
    found.set(text(keyOffset, keyLength), text(valueOffset, valueLength));
  }
  return found;
}

function wrong(what: string, facts: Fault['facts']): Fault {
  const message = `the VHDX metadata says: ${what}; the image is damaged or forged`;
  return new Fault(FaultKind.Corrupt, 'vhdx/metadata', message, facts);
}
