/**
 * Files that Mac OS X packed for itself (decmpfs): in an attribute, or in chunks of 64 KiB in the resource fork.
 *
 * No document of Apple's tells it. Sources: xnu bsd/sys/decmpfs.h; libfshfs documentation; linux-apfs-rw compress.c; 7-Zip HfsHandler.cpp.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type ByteSource, type Codec, lzfse, lzvn, type Run, zlib } from '../../media/index.ts';
import { clipped, heldBytes, heldRuns, piecesOf, RunList } from '../content.ts';
import { MOST_RUNS } from '../filesystems.ts';
import { DECMPFS_HEADER, type PackedAs } from './attributes.ts';

const CHUNK = 64 * 1024;
/** Of a file that is packed in its attribute, which has some KiB: more than any real one unpacks to. */
const MOST_INLINE = 64 * 1024 * 1024;
/** The table of chunks stands at the beginning of the resource fork's data, which begin behind its header. */
const RESOURCE_HEADER = 256;

interface Method {
  readonly name: string;
  readonly isInFork: boolean;
  /** Undefined for what is stored as it is. */
  readonly codec: Codec | undefined;
  /** A first byte that says that the rest is stored as it is. */
  readonly isPlain: (first: number) => boolean;
  /** Whether chunks have places and lengths (as a resource), or only places. */
  readonly isResource?: true;
}

const zlibMark = (first: number): boolean => (first & 15) === 15;
const lzvnMark = (first: number): boolean => first === 0x06;
const lzfseMark = (first: number): boolean => first !== 0x62;
const always = (): boolean => true;

const METHODS: ReadonlyMap<number, Method> = new Map([
  [3, { name: 'zlib', isInFork: false, codec: zlib, isPlain: zlibMark }],
  [4, { name: 'zlib', isInFork: true, codec: zlib, isPlain: zlibMark, isResource: true }],
  [7, { name: 'LZVN', isInFork: false, codec: lzvn, isPlain: lzvnMark }],
  [8, { name: 'LZVN', isInFork: true, codec: lzvn, isPlain: lzvnMark }],
  [9, { name: 'plain', isInFork: false, codec: undefined, isPlain: always }],
  [10, { name: 'plain', isInFork: true, codec: undefined, isPlain: always, isResource: true }],
  [11, { name: 'LZFSE', isInFork: false, codec: lzfse, isPlain: lzfseMark }],
  [12, { name: 'LZFSE', isInFork: true, codec: lzfse, isPlain: lzfseMark }],
]);
/** The attribute has the file as it is, without a mark before it. */
const BARE = 1;

/** What the packing is called; undefined for one that is not unpacked here. */
export function packingOf({ method }: PackedAs): string | undefined {
  if (method === BARE) return 'decmpfs plain';
  const known = METHODS.get(method);
  return known && `decmpfs ${known.name}`;
}

export function isInFork({ method }: PackedAs): boolean {
  return METHODS.get(method)?.isInFork ?? false;
}

/**
 * The runs of a packed file.
 * @param id of the file, for the keys of its chunks.
 * @param stored the runs of the resource fork, or of the attribute with its header: as the method has it.
 * @param source the same as bytes.
 * @throws Fault 'hfsplus/packed' for what does not fit together, 'hfsplus/packing' for a method that is not known.
 */
export async function unpackedRuns(
  volume: ByteSource,
  id: number,
  packed: PackedAs,
  stored: readonly Run[],
  source: ByteSource,
): Promise<readonly Run[]> {
  const { method, size } = packed;
  const known = METHODS.get(method);
  if (method !== BARE && known === undefined) throw unknownMethod(method);
  if (known?.isInFork === true) return chunkRuns(volume, id, size, known, stored, source);
  if (size > MOST_INLINE) throw misfit(`its attribute says that it has ${size} bytes`);
  const bytes = await source.read(DECMPFS_HEADER, source.size - DECMPFS_HEADER);
  if (known === undefined) return plainRuns(bytes, size);
  if (bytes.length > 0 && known.isPlain(bytes[0] ?? 0)) return plainRuns(bytes.subarray(bytes.length === size ? 0 : 1), size);
  if (size === 0) return [];
  const chunk = { key: `decmpfs ${id}`, source: heldBytes(bytes), at: 0, packedLength: bytes.length, size };
  return [{ kind: 'packed', chunk: { ...chunk, unpack: unpacker(known, size) }, skip: 0, offset: 0, length: size }];
}

function plainRuns(bytes: Buffer, size: number): readonly Run[] {
  if (bytes.length !== size) throw misfit(`it has ${bytes.length} bytes, and says ${size}`);
  return heldRuns(bytes);
}

async function chunkRuns(
  volume: ByteSource,
  id: number,
  size: number,
  method: Method,
  stored: readonly Run[],
  source: ByteSource,
): Promise<readonly Run[]> {
  const count = Math.ceil(size / CHUNK);
  // Each chunk has at least four bytes in the table of the fork: no size makes a list longer than the fork allows.
  if (count > MOST_RUNS || count * 4 > source.size) throw misfit(`its ${count} chunks can't be in ${source.size} bytes`);
  const places = await placesOf(source, count, method);
  const list = new RunList(volume, size);
  for (let index = 0; index < count; index++) {
    const at = places[2 * index] ?? 0;
    const packedLength = places[2 * index + 1] ?? 0;
    const chunkSize = Math.min(CHUNK, size - index * CHUNK);
    const place = placed(volume, stored, at, packedLength);
    if (packedLength === 0 || packedLength > 2 * CHUNK || at + packedLength > source.size || place === undefined) {
      list.absent(chunkSize);
      continue;
    }
    const chunk = { key: `decmpfs ${id}.${index}`, ...place, packedLength, size: chunkSize };
    const run = { chunk: { ...chunk, unpack: unpacker(method, chunkSize) }, skip: 0, offset: 0, length: chunkSize };
    list.add({ kind: 'packed', ...run });
  }
  return list.done();
}

/** Place in the fork and length of each chunk, one after the other. */
async function placesOf(source: ByteSource, count: number, method: Method): Promise<number[]> {
  const places: number[] = [];
  if (method.isResource !== true) {
    if ((count + 1) * 4 > source.size) throw misfit('its table of chunks is cut');
    const table = await source.read(0, (count + 1) * 4);
    for (let i = 0; i < count; i++) {
      const at = table.readUInt32LE(i * 4);
      places.push(at, Math.max(0, table.readUInt32LE(i * 4 + 4) - at));
    }
    return places;
  }
  const header = source.size < RESOURCE_HEADER ? undefined : await source.read(0, 4);
  const start = (header?.readUInt32BE(0) ?? 0) + 4;
  if (header === undefined || start + 4 + count * 8 > source.size) throw misfit('its table of chunks is cut');
  const table = await source.read(start, 4 + count * 8);
  if (table.readUInt32LE(0) !== count) throw misfit(`it has ${table.readUInt32LE(0)} chunks instead of ${count}`);
  for (let i = 0; i < count; i++) places.push(start + table.readUInt32LE(4 + i * 8), table.readUInt32LE(8 + i * 8));
  return places;
}

/** Where a part of the fork lies on the volume; undefined where it is not there. */
function placed(
  volume: ByteSource,
  runs: readonly Run[],
  offset: number,
  length: number,
): { source: ByteSource; at: number } | undefined {
  const pieces = [];
  for (const run of clipped(runs, { offset, length })) {
    if (run.kind !== 'stored') return undefined;
    pieces.push({ offset: run.at, length: run.length });
  }
  const [first] = pieces;
  if (first === undefined) return undefined;
  return pieces.length === 1 ? { source: volume, at: first.offset } : { source: piecesOf(volume, pieces), at: 0 };
}

function unpacker({ codec, isPlain }: Method, size: number): (packed: Buffer) => Promise<Buffer> {
  return async (packed) => {
    const isStored = codec === undefined || isPlain(packed[0] ?? 0);
    const bytes = isStored ? packed.subarray(codec === undefined && packed.length === size ? 0 : 1) : await codec(packed, size);
    if (bytes.length !== size) throw misfit(`a chunk has ${bytes.length} bytes instead of ${size}`);
    return bytes;
  };
}

function misfit(what: string): Fault {
  return new Fault(FaultKind.Corrupt, 'hfsplus/packed', `the packed file is damaged: ${what}`);
}

function unknownMethod(method: number): Fault {
  const message = `the file is packed by method ${method} of decmpfs, which is not unpacked; its attribute and its resource fork are there as they are`;
  return new Fault(FaultKind.Unsupported, 'hfsplus/packing', message, { method });
}
