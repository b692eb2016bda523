/** Records of the HFS+ catalog. Source: Apple Technical Note TN1150, "Catalog File Data", "Fork Data Structure". */
import { layout, u16be, u32be, u8 } from '../../kernel/index.ts';
import { type CatalogShape, copyOf } from '../hfs/record.ts';
import type { Name, Stamps } from '../filesystems.ts';
import { extentsAt, type Fork } from '../hfs/forks.ts';
import { stampsOfMac } from '../stamps.ts';

/** What files and folders have in common; the forks of a file come behind it. */
export const catalogRecord = layout('HFS+ catalog record', 88, {
  flags: [2, u16be],
  id: [8, u32be],
  created: [12, u32be],
  modified: [16, u32be],
  changed: [20, u32be],
  accessed: [24, u32be],
  backedUp: [28, u32be],
  ownerId: [32, u32be],
  groupId: [36, u32be],
  adminFlags: [40, u8],
  ownerFlags: [41, u8],
  mode: [42, u16be],
  special: [44, u32be],
  type: [48, u32be],
  creator: [52, u32be],
  finderFlags: [56, u16be],
  added: [68, u32be],
  textEncoding: [80, u32be],
});

export type CatalogData = ReturnType<typeof catalogRecord.decode>;

const DATA_FORK_AT = 88;
const RESOURCE_FORK_AT = 168;
export const FILE_RECORD_SIZE = 248;

/** Length (2 bytes), parent (4), count of characters (2), name in UTF-16. */
export const catalogShape: CatalogShape = {
  format: 'hfsplus',
  keySize: (bytes, at) => (bytes.readUInt16BE(at) + 3) & ~1,
  kindAt: (bytes, dataAt) => bytes.readUInt16BE(dataAt),
  folderIdAt: 8,
};

/** A copy: the node it stands in need not be kept for it. */
export function nameIn(bytes: Buffer, at: number, dataAt: number): Buffer {
  const start = at + 8;
  return copyOf(bytes, start, Math.min(dataAt, start + 2 * bytes.readUInt16BE(at + 6)));
}

/** HFSPlusForkData, 80 bytes. Its size may be more than can be counted: then it is Infinity. */
export function forkAt(bytes: Buffer, at: number, id: number, isResource: boolean): Fork {
  const size = bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
  const extents = extentsAt(bytes, at + 16, 8, 4);
  return { id, isResource, size: Number.isSafeInteger(size) ? size : Number.POSITIVE_INFINITY, extents };
}

/** @param record of a file, at least FILE_RECORD_SIZE bytes. */
export function forksIn(record: Buffer, id: number): { readonly data: Fork; readonly resource: Fork } {
  return { data: forkAt(record, DATA_FORK_AT, id, false), resource: forkAt(record, RESOURCE_FORK_AT, id, true) };
}

const OWNER_FLAGS: readonly (readonly [bit: number, word: string])[] = [
  [0x01, 'no-dump'],
  [0x02, 'immutable'],
  [0x04, 'append-only'],
  [0x08, 'opaque'],
  [0x20, 'compressed'],
];
const ADMIN_FLAGS: readonly (readonly [bit: number, word: string])[] = [
  [0x01, 'archived'],
  [0x02, 'system-immutable'],
  [0x04, 'system-append-only'],
];
const LOCKED = 1;

/** Flags of the catalog and of BSD. */
export function flagWords({ flags, ownerFlags, adminFlags }: CatalogData, isFile: boolean): string[] {
  if (flags === 0 && ownerFlags === 0 && adminFlags === 0) return [];
  const of = (bits: number, words: typeof OWNER_FLAGS): string[] =>
    words.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word);
  return [
    ...(isFile && (flags & LOCKED) !== 0 ? ['locked'] : []),
    ...of(ownerFlags, OWNER_FLAGS),
    ...of(adminFlags, ADMIN_FLAGS),
  ];
}

/** HFS+ counts in UTC. */
export function timesOf({ created, modified, changed, accessed, backedUp }: CatalogData): Stamps {
  return stampsOfMac({ created, modified, changed, accessed, backedUp }, 'Z');
}

/**
 * HFS+ stores letters and their accents apart; they are shown together, as people write them (NFC), when nothing is lost by it:
 * names that Unicode would change otherwise stay as they are stored. `bytes` are never changed.
 */
export function composed(name: Name): Name {
  if (/^[\x20-\x7e]*$/.test(name.text)) return name;
  const text = name.text.normalize('NFC');
  return text.normalize('NFD') === name.text ? { ...name, text } : name;
}
