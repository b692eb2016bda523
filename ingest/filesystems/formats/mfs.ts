/** The Macintosh File System (1984, 400 KB floppies): all files in one directory, both forks. Its folders were drawn by the Finder. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import {
  Confidence,
  type DataStream,
  type Entry,
  EntryKind,
  type FileSystem,
  type FileSystemFormat,
  type Found,
  type ListingLimits,
  type OpenOptions,
  StreamKind,
} from '../filesystems.ts';
import { finderFacts, finderWords } from '../hfs/finder.ts';
import { EntryFlag, fileEntry, type MfsVolume, readMfsVolume, runsOf, SECTOR, sizeOf } from '../hfs/mfs.ts';
import { decodedName, decodedText } from '../names.ts';
import { stampOfMac } from '../stamps.ts';
import { damage, tooMany } from '../walk.ts';

/** Locked by the drive, and by the user. */
const LOCKED = 0x8080;
const ROOT_ID = 0;

export const format: FileSystemFormat = {
  id: 'mfs',
  title: 'MFS',
  sources: ['Apple, Inside Macintosh, volume II (1985), 119 to 126'],

  async probe(volume) {
    const v = await readMfsVolume(volume);
    if (v === undefined) return Confidence.No;
    if (v.isCopy) return Confidence.Guess;
    const first = await volume.read(v.directoryStart * SECTOR, 1);
    // The directory begins with a file, or with nothing.
    const isDirectory = first[0] === 0 || ((first[0] ?? 0) & EntryFlag.InUse) !== 0;
    return isDirectory && (v.fileCount === 0 || first[0] !== 0) ? Confidence.Certain : Confidence.Likely;
  },

  async open(volume, options) {
    const v = await readMfsVolume(volume);
    if (v === undefined) throw notMfs();
    return opened(volume, v, options);
  },
};

function opened(volume: ByteSource, v: MfsVolume, options: OpenOptions): FileSystem {
  const created = stampOfMac(v.created, '')?.text;
  const backedUp = stampOfMac(v.backedUp, '')?.text;
  return {
    format: 'mfs',
    type: 'MFS',
    label: decodedText(v.name.subarray(0, v.nameLength), options.macScript),
    size: sizeOf(v),
    blockSize: v.blockSize,
    isListed: true,
    facts: {
      fileCount: v.fileCount,
      ...(created === undefined ? {} : { created }),
      ...(backedUp === undefined ? {} : { backedUp }),
      ...((v.attributes & LOCKED) === 0 ? {} : { locked: 'yes' }),
    },
    warnings: [
      ...(v.isCopy ? [copyUsed()] : []),
      ...(sizeOf(v) > volume.size + 2 * SECTOR ? [tooLarge(sizeOf(v), volume.size)] : []),
    ],
    entries: (limits) => entries(volume, v, options, limits),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function* entries(
  volume: ByteSource,
  v: MfsVolume,
  options: OpenOptions,
  limits: ListingLimits,
): AsyncGenerator<readonly Found[]> {
  const start = v.directoryStart * SECTOR;
  const length = Math.min(v.directorySectorCount * SECTOR, volume.size - start);
  const directory = await volume.read(start, length);
  const found: Found[] = [];
  for (let at = 0; at + SECTOR <= directory.length; at += SECTOR)
    for (const bytes of entriesOf(directory.subarray(at, at + SECTOR))) found.push(entryOf(volume, v, bytes, options));
  if (length < v.directorySectorCount * SECTOR) found.push(damage('', cutDirectory()));
  const fileCount = found.filter(({ kind }) => kind !== 'damage').length;
  if (fileCount < v.fileCount) found.push(damage('', filesMissing(fileCount, v.fileCount)));
  // A disk holds some hundred files; the directory can name a few thousand at most.
  if (found.length > limits.entryCount) yield [...found.slice(0, limits.entryCount), damage('', tooMany(limits.entryCount))];
  else if (found.length > 0) yield found;
}

/** Entries do not cross sectors; the first that is not in use ends its sector. */
function* entriesOf(sector: Buffer): Generator<Buffer> {
  for (let at = 0; at + fileEntry.size <= SECTOR && ((sector[at] ?? 0) & EntryFlag.InUse) !== 0; ) {
    const size = fileEntry.size + (sector[at + fileEntry.size - 1] ?? 0);
    yield sector.subarray(at, Math.min(SECTOR, at + size));
    at += size + (size % 2);
  }
}

function entryOf(volume: ByteSource, v: MfsVolume, bytes: Buffer, options: OpenOptions): Entry {
  const e = fileEntry.decode(bytes);
  const name = decodedName(Buffer.from(bytes.subarray(fileEntry.size)), options.macScript);
  const created = stampOfMac(e.created, '');
  const modified = stampOfMac(e.modified, '');
  const folder = (e.finderFolder << 16) >> 16;
  const stream = (kind: StreamKind, block: number, size: number): DataStream => ({
    kind,
    name: '',
    size,
    // A promise that fails, not a call that throws.
    runs: async () => runsOf(volume, v, block, size),
  });
  const data = stream(StreamKind.Data, e.dataStart, e.dataSize);
  return {
    kind: EntryKind.File,
    path: name.text,
    name,
    id: e.id,
    parentId: ROOT_ID,
    isDeleted: false,
    streams: e.resourceSize === 0 ? [data] : [data, stream(StreamKind.Resource, e.resourceStart, e.resourceSize)],
    times: { ...(created && { created }), ...(modified && { modified }) },
    attributes: [...((e.flags & EntryFlag.Locked) === 0 ? [] : ['locked']), ...finderWords(e)],
    facts: { ...finderFacts(e, true), ...(folder === 0 ? {} : { finderFolder: folder }) },
  };
}

function notMfs(): Fault {
  return new Fault(FaultKind.Corrupt, 'mfs/mdb', 'neither the master directory block nor its copy describes an MFS volume');
}

function copyUsed(): Fault {
  const message = 'the master directory block is damaged; its copy near the end of the volume is used, and may be older';
  return new Fault(FaultKind.Corrupt, 'mfs/mdb-copy', message);
}

function cutDirectory(): Fault {
  return new Fault(
    FaultKind.Truncated,
    'mfs/directory',
    'the image ends inside the directory: the files that it names there are missing',
  );
}

function filesMissing(got: number, expected: number): Fault {
  const message = `the volume says that it has ${expected} files, and its directory names ${got}: the others are lost`;
  return new Fault(FaultKind.Corrupt, 'mfs/files-missing', message, { got, expected });
}

function tooLarge(size: number, volumeSize: number): Fault {
  const message = `the file system has ${size} bytes and the volume ${volumeSize}: the image is cut, or was made of a part of the disk`;
  return new Fault(FaultKind.Truncated, 'mfs/size', message, { size, volumeSize });
}
