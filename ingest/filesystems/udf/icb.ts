/** Information control blocks: what UDF knows of a file besides its name. */
import { Fault, FaultKind, layout, raw, u16le, u32le, u64le, u8 } from '../../kernel/index.ts';
import type { Stamps } from '../filesystems.ts';
import { longAd } from './descriptors.ts';
import type { Address, Space } from './space.ts';
import { stampOf } from './stamps.ts';
import { crcFault, type Tag, TagId, tagOf } from './tag.ts';

/** ECMA-167 4/14.6, at 16 of each entry */
const icbTag = layout('ICB tag', 36, { strategy: [20, u16le], fileType: [27, u8], flags: [34, u16le] });

/** ECMA-167 4/14.9 */
const fileEntry = layout('file entry', 176, {
  ownerId: [36, u32le],
  groupId: [40, u32le],
  permissions: [44, u32le],
  linkCount: [48, u16le],
  size: [56, u64le],
  accessed: [72, raw(12)],
  modified: [84, raw(12)],
  changed: [96, raw(12)],
  attributesLength: [168, u32le],
  allocationLength: [172, u32le],
});

/** ECMA-167 4/14.17 */
const extendedFileEntry = layout('extended file entry', 216, {
  ownerId: [36, u32le],
  groupId: [40, u32le],
  permissions: [44, u32le],
  linkCount: [48, u16le],
  size: [56, u64le],
  accessed: [80, raw(12)],
  modified: [92, raw(12)],
  created: [104, raw(12)],
  changed: [116, raw(12)],
  streams: [152, raw(16)],
  attributesLength: [208, u32le],
  allocationLength: [212, u32le],
});

/** ECMA-167 4/14.7 */
const indirectEntry = layout('indirect entry', 52, { next: [36, raw(16)] });

/** ECMA-167 4/14.6.6 and UDF 2.60 §2.3.5.2 */
export const FileType = {
  Unspecified: 0,
  Directory: 4,
  File: 5,
  Block: 6,
  Character: 7,
  Pipe: 9,
  Socket: 10,
  Link: 12,
  StreamDirectory: 13,
  VirtualTable: 248,
  RealTime: 249,
  Metadata: 250,
  MetadataMirror: 251,
  MetadataBitmap: 252,
} as const;

const REWRITTEN = 4096;
/** Times that an entry was written anew, or lies elsewhere. */
const MOST_HOPS = 256;
const NOBODY = 0xffff_ffff;

export interface Icb {
  readonly address: Address;
  readonly fileType: number;
  /** ECMA-167 4/14.6.8 */
  readonly flags: number;
  readonly size: number;
  readonly permissions: number;
  readonly ownerId: number | undefined;
  readonly groupId: number | undefined;
  readonly linkCount: number;
  readonly times: Stamps;
  /** Directory of named streams. */
  readonly streams: Address | undefined;
  readonly extendedAttributes: Buffer;
  /** Allocation descriptors, or the content itself. */
  readonly allocation: Buffer;
  /** Where they lie, in bytes of the volume. */
  readonly allocationAt: number;
  readonly faults: readonly Fault[];
}

/** The newest version of an entry. @throws Fault when none stands there. */
export async function readIcb(space: Space, address: Address): Promise<Icb> {
  const { bytes, at } = await space.read(address);
  const tag = tagOf(bytes);
  if (isEntry(tag) && icbTag.field.strategy(bytes, 0) !== REWRITTEN) return decoded(bytes, at, address, tag);
  return followed(space, address);
}

/** An entry that says where it went, or what replaced it. */
async function followed(space: Space, address: Address): Promise<Icb> {
  const seen = new Set<number>();
  let newest: Icb | undefined;
  for (let at: Address | undefined = address; at !== undefined; ) {
    const here: Address = at;
    if (seen.has(here.block) || seen.size >= MOST_HOPS) throw loops(address);
    seen.add(here.block);
    const read = await space.read(here);
    const tag = tagOf(read.bytes);
    if (tag?.id === TagId.IndirectEntry) {
      at = nextOf(read.bytes);
      continue;
    }
    // A version that was announced and never written leaves the last one in force.
    if (newest !== undefined && !isEntry(tag)) return newest;
    newest = decoded(read.bytes, read.at, here, tag);
    if (icbTag.field.strategy(read.bytes, 0) !== REWRITTEN) return newest;
    // The block behind it leads to the version that replaced it.
    at = { partition: here.partition, block: here.block + 1 };
    const place = space.placeOf(at);
    const behind = place === undefined ? Buffer.alloc(0) : await space.paged.read(place, space.blockSize);
    if (tagOf(behind)?.id !== TagId.IndirectEntry) return newest;
  }
  if (newest === undefined) throw noEntry(address);
  return newest;
}

function isEntry(tag: Tag | undefined): tag is Tag {
  return tag?.id === TagId.FileEntry || tag?.id === TagId.ExtendedFileEntry;
}

/** Where an indirect entry leads; undefined at the end of a chain. */
function nextOf(bytes: Buffer): Address | undefined {
  if (bytes.length < indirectEntry.size) return undefined;
  return addressOf(indirectEntry.decode(bytes).next);
}

/** Of a long allocation descriptor; undefined when it is empty. */
export function addressOf(ad: Buffer): Address | undefined {
  const { length, block, partition } = longAd.decode(ad);
  return (length & 0x3fff_ffff) === 0 ? undefined : { partition, block };
}

/** @param at where the block lies, in bytes of the volume. */
export function decoded(bytes: Buffer, at: number, address: Address, tag: Tag | undefined): Icb {
  if (tag === undefined || !isEntry(tag)) throw noEntry(address);
  const { fileType, flags } = icbTag.decode(bytes);
  const extended = tag.id === TagId.ExtendedFileEntry ? extendedFileEntry.decode(bytes) : undefined;
  const e = extended ?? fileEntry.decode(bytes);
  const attributesAt = extended === undefined ? fileEntry.size : extendedFileEntry.size;
  const allocationAt = attributesAt + e.attributesLength;
  const end = allocationAt + e.allocationLength;
  if (end > bytes.length) throw tooLong(address, end, bytes.length);
  const [accessed, modified, changed] = [stampOf(e.accessed), stampOf(e.modified), stampOf(e.changed)];
  const created = extended && stampOf(extended.created);
  const times: { -readonly [K in keyof Stamps]: Stamps[K] } = {};
  if (modified !== undefined) times.modified = modified;
  if (accessed !== undefined) times.accessed = accessed;
  if (changed !== undefined) times.changed = changed;
  if (created !== undefined) times.created = created;
  const faults: Fault[] = [];
  if (!tag.isCrcRight) faults.push(crcFault('file entry', address.block));
  if (tag.location !== address.block) faults.push(elsewhere(address.block, tag.location));
  return {
    address,
    fileType,
    flags,
    size: e.size,
    permissions: e.permissions,
    ownerId: e.ownerId === NOBODY ? undefined : e.ownerId,
    groupId: e.groupId === NOBODY ? undefined : e.groupId,
    linkCount: e.linkCount,
    times,
    streams: extended && addressOf(extended.streams),
    extendedAttributes: bytes.subarray(attributesAt, allocationAt),
    allocation: bytes.subarray(allocationAt, end),
    allocationAt: at + allocationAt,
    faults,
  };
}

function noEntry({ partition, block }: Address): Fault {
  const message = `no file entry stands at block ${block} of partition ${partition}, where one is named: it is damaged or was never written`;
  return new Fault(FaultKind.Corrupt, 'udf/entry', message, { partition, block });
}

function loops({ partition, block }: Address): Fault {
  const message = `the entry at block ${block} of partition ${partition} leads from one place to the next without end`;
  return new Fault(FaultKind.Corrupt, 'udf/entry-loop', message, { partition, block });
}

function tooLong({ partition, block }: Address, end: number, blockSize: number): Fault {
  const message = `the file entry at block ${block} of partition ${partition} says it has ${end} bytes; a block has ${blockSize}`;
  return new Fault(FaultKind.Corrupt, 'udf/entry', message, { partition, block, end });
}

function elsewhere(block: number, location: number): Fault {
  const message = `the file entry at block ${block} says it belongs at block ${location}: it may be a remnant`;
  return new Fault(FaultKind.Corrupt, 'udf/location', message, { block, location });
}
