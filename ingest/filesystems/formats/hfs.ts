/** The Hierarchical File System of the Macintosh (1985 to 1998), both forks; also what wraps an HFS+ volume. */
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
import { BTree, recordsOf } from '../hfs/btree.ts';
import { Catalog, type Decoded } from '../hfs/catalog.ts';
import { finderFacts, finderWords, scriptOf } from '../hfs/finder.ts';
import { extentsAt, type Fork, type Forks, tooLargeFork } from '../hfs/forks.ts';
import { type CatalogRecord, recordAt, RecordKind, ROOT_PARENT_ID } from '../hfs/record.ts';
import { catalogShape, fileRecord, folderRecord, nameIn } from '../hfs/records.ts';
import { forksOf, type HfsVolume, isWrapper, readHfsVolume, sizeOf, VolumeAttribute } from '../hfs/volume.ts';
import { decodedName, decodedText } from '../names.ts';
import { stampOfMac, stampsOfMac } from '../stamps.ts';
import { damage, pathIn } from '../walk.ts';

const LOCKED = 1;
const ExtentsFileId = 3;
const CatalogFileId = 4;
const BadBlocksId = 5;

export const format: FileSystemFormat = {
  id: 'hfs',
  title: 'HFS',
  sources: ['Apple, Inside Macintosh: Files, chapter 2', 'Apple, Technical Note TN1150 (HFS wrapper)', 'hfsutils 3.2.6'],
  isBridge: true,

  async probe(volume) {
    const mdb = await readHfsVolume(volume);
    if (mdb === undefined) return Confidence.No;
    // The copy at the end outlives what was written over the rest.
    const most = mdb.isCopy ? Confidence.Guess : Confidence.Certain;
    try {
      const catalog = await catalogOf(volume, mdb, forksOf(volume, mdb));
      const leaf = await catalog.firstLeaf();
      const first = leaf && recordAt(catalogShape, leaf, recordsOf(leaf.bytes), 0);
      return first?.parentId === ROOT_PARENT_ID ? most : Math.min(most, Confidence.Likely);
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      return Math.min(most, Confidence.Guess);
    }
  },

  async open(volume, options) {
    const mdb = await readHfsVolume(volume);
    if (mdb === undefined) throw notHfs();
    return new Hfs(volume, mdb, options).opened();
  },
};

async function catalogOf(volume: ByteSource, { catalogSize, catalogExtents }: HfsVolume, forks: Forks): Promise<BTree> {
  const extents = extentsAt(catalogExtents, 0, 3, 2);
  const file = await forks.content({ id: CatalogFileId, isResource: false, size: catalogSize, extents });
  return BTree.open(file, { format: 'hfs', tree: 'catalog' });
}

class Hfs {
  readonly #forks: Forks;

  constructor(
    private readonly volume: ByteSource,
    private readonly mdb: HfsVolume,
    private readonly options: OpenOptions,
  ) {
    this.#forks = forksOf(volume, mdb);
  }

  async opened(): Promise<FileSystem> {
    const { mdb, volume, options } = this;
    const warnings = [...this.#warnings(), ...(await this.#loadExtents())];
    const tree = await catalogOf(volume, mdb, this.#forks);
    const isLocked = (mdb.attributes & (VolumeAttribute.Locked | VolumeAttribute.LockedByHardware)) !== 0;
    const badBlockCount = this.#forks.blocksOf(BadBlocksId);
    const id = mdb.finderInfo.toString('hex', 24, 32);
    return {
      format: 'hfs',
      type: 'HFS',
      label: decodedText(mdb.name.subarray(0, mdb.nameLength), options.macScript),
      ...(/^0+$/.test(id) ? {} : { serial: id }),
      size: sizeOf(mdb),
      blockSize: mdb.blockSize,
      isListed: true,
      facts: {
        fileCount: mdb.fileCount,
        folderCount: mdb.folderCount,
        ...textOf('created', mdb.created),
        ...textOf('modified', mdb.modified),
        ...textOf('backedUp', mdb.backedUp),
        ...(isLocked ? { locked: 'yes' } : {}),
        ...(badBlockCount === 0 ? {} : { badBlockCount }),
        ...(isWrapper(mdb) ? { wraps: 'HFS+' } : {}),
      },
      warnings,
      entries: (limits, signal) => this.#entries(tree, limits, signal),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #warnings(): Fault[] {
    const { mdb, volume } = this;
    const found: Fault[] = [];
    if (mdb.isCopy) found.push(copyUsed());
    if ((mdb.attributes & VolumeAttribute.Unmounted) === 0) found.push(dirty());
    if (sizeOf(mdb) > volume.size + 1024) found.push(tooLarge(sizeOf(mdb), volume.size));
    return found;
  }

  async #loadExtents(): Promise<Fault[]> {
    const { extentsSize, extentsExtents } = this.mdb;
    const faults: Fault[] = [];
    const fork = { id: ExtentsFileId, isResource: false, size: extentsSize, extents: extentsAt(extentsExtents, 0, 3, 2) };
    try {
      const tree = await BTree.open(await this.#forks.content(fork), { format: 'hfs', tree: 'extents' });
      await this.#forks.load(tree, 2, faults);
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      faults.push(error);
    }
    return faults;
  }

  async *#entries(tree: BTree, limits: ListingLimits, signal?: AbortSignal): AsyncGenerator<readonly Found[]> {
    const faults: Fault[] = [];
    const catalog = await Catalog.read(tree, catalogShape, faults, signal);
    if (faults.length > 0) yield faults.map((fault) => damage('', fault));
    yield* catalog.entries((record, path) => this.#decoded(record, path), limits, signal);
  }

  #decoded(record: CatalogRecord, path: string): Decoded {
    const bytes = record.bytes.subarray(record.dataAt, record.end);
    return record.kind === RecordKind.Folder ? this.#folder(record, bytes, path) : this.#file(record, bytes, path);
  }

  #folder(record: CatalogRecord, bytes: Buffer, path: string): Decoded {
    const r = folderRecord.decode(bytes);
    const facts = finderFacts({ type: 0, creator: 0, finderFlags: r.finderFlags }, false);
    const entry: Entry = {
      ...this.#named(record, r, path),
      kind: EntryKind.Directory,
      streams: [],
      ...(Object.keys(facts).length === 0 ? {} : { facts }),
    };
    return { entry, folderId: r.id };
  }

  #file(record: CatalogRecord, bytes: Buffer, path: string): Decoded {
    const r = fileRecord.decode(bytes);
    const data = { id: r.id, isResource: false, size: r.dataSize, extents: extentsAt(r.dataExtents, 0, 3, 2) };
    const resource = { id: r.id, isResource: true, size: r.resourceSize, extents: extentsAt(r.resourceExtents, 0, 3, 2) };
    const size = sizeOf(this.mdb);
    const tooLarge = [data, resource].filter((fork) => fork.size > size);
    const entry: Entry = {
      ...this.#named(record, r, path),
      kind: EntryKind.File,
      streams: (resource.size > 0 ? [data, resource] : [data]).map((fork) => this.#stream(fork)),
      facts: finderFacts(r, true),
      ...(tooLarge.length === 0 ? {} : { faults: tooLarge.map((fork) => tooLargeFork('hfs', fork, size)) }),
    };
    return { entry };
  }

  #named({ bytes, at, dataAt, parentId }: CatalogRecord, r: Common, path: string): Omit<Entry, 'kind' | 'streams'> {
    const name = decodedName(nameIn(bytes, at, dataAt), scriptOf(r.script, this.options.macScript));
    return {
      path: pathIn(path, { name }),
      name,
      id: r.id,
      parentId,
      isDeleted: false,
      // HFS counts in the local time of a place it does not name.
      times: stampsOfMac({ created: r.created, modified: r.modified, backedUp: r.backedUp }, ''),
      attributes: [...((r.flags & LOCKED) === 0 ? [] : ['locked']), ...finderWords(r)],
    };
  }

  #stream(fork: Fork): DataStream {
    const { size, isResource } = fork;
    const kind = isResource ? StreamKind.Resource : StreamKind.Data;
    return { kind, name: '', size, runs: () => Promise.resolve(this.#forks.runs(fork)) };
  }
}

interface Common {
  readonly id: number;
  readonly flags: number;
  readonly created: number;
  readonly modified: number;
  readonly backedUp: number;
  readonly finderFlags: number;
  readonly script: number;
}

function textOf(name: string, seconds: number): Record<string, string> {
  const text = stampOfMac(seconds, '')?.text;
  return text === undefined ? {} : { [name]: text };
}

function notHfs(): Fault {
  return new Fault(FaultKind.Corrupt, 'hfs/mdb', 'neither the master directory block nor its copy describes an HFS volume');
}

function copyUsed(): Fault {
  const message = 'the master directory block is damaged; its copy near the end of the volume is used, and may be older';
  return new Fault(FaultKind.Corrupt, 'hfs/mdb-copy', message);
}

function dirty(): Fault {
  return new Fault(FaultKind.Corrupt, 'hfs/dirty', 'the volume was not closed in order: the last changes may be missing');
}

function tooLarge(size: number, volumeSize: number): Fault {
  const message = `the file system has ${size} bytes and the volume ${volumeSize}: the image is cut, or was made of a part of the disk`;
  return new Fault(FaultKind.Truncated, 'hfs/size', message, { size, volumeSize });
}
