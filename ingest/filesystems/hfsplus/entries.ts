/** What a record of the HFS+ catalog says, as an entry: with what links, attributes and packing make of it. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { contentOf } from '../content.ts';
import { type DataStream, type Entry, EntryKind, StreamKind } from '../filesystems.ts';
import type { Decoded } from '../hfs/catalog.ts';
import { type CatalogRecord, RecordKind, ROOT_ID } from '../hfs/record.ts';
import { finderFacts, finderWords } from '../hfs/finder.ts';
import { type Fork, type Forks, tooLargeFork } from '../hfs/forks.ts';
import { decodedName, decodedText } from '../names.ts';
import { stampOfSeconds } from '../stamps.ts';
import { pathIn } from '../walk.ts';
import type { Attributes } from './attributes.ts';
import { isInFork, packingOf, unpackedRuns } from './decmpfs.ts';
import type { Links } from './links.ts';
import { composed, flagWords, type CatalogData, catalogRecord, FILE_RECORD_SIZE, forksIn, nameIn, timesOf } from './records.ts';

const KINDS: ReadonlyMap<number, EntryKind> = new Map([
  [0x1000, EntryKind.Pipe],
  [0x2000, EntryKind.Character],
  [0x6000, EntryKind.Block],
  [0xa000, EntryKind.Link],
  [0xc000, EntryKind.Socket],
  [0xe000, EntryKind.Whiteout],
]);
const MOST_TARGET = 4096;
const JOURNAL_FILES: ReadonlySet<string> = new Set(['.journal', '.journal_info_block']);
/** The record has a time at which it came into its folder, in what was the extended Finder information. */
const HAS_DATE_ADDED = 0x80;

/** The volume, as far as entries need it. */
export interface Volume {
  readonly source: ByteSource;
  readonly forks: Forks;
  /** In bytes, by its own count. */
  readonly size: number;
  readonly attributes: Attributes | undefined;
  readonly links: Links;
}

export class EntryReader {
  /** Where a folder with several names was listed. */
  readonly #listed = new Map<number, string>();

  constructor(private readonly volume: Volume) {}

  /** As `Decode`; for one listing, whose order it relies on. */
  decoded(record: CatalogRecord, path: string): Decoded | Promise<Decoded> {
    const bytes = dataOf(record);
    const r = catalogRecord.decode(bytes);
    if (record.kind === RecordKind.Folder) return this.#folder(record, r, path);
    const { links } = this.volume;
    const folderId = links.folderOf(r, r.special);
    if (folderId !== undefined) return this.#folderLink(record, r, folderId, path);
    if (links.isFileLink(r)) return this.#fileLink(record, r, path);
    return this.#file(record, r, bytes, path);
  }

  #folder(record: CatalogRecord, r: CatalogData, path: string): Decoded {
    const { links, attributes } = this.volume;
    const isHidden = links.isHidden(r.id);
    // A folder with several names is listed where the first of them stood; here only when none did.
    if (links.isHidden(record.parentId) && this.#listed.has(r.id)) return this.#folderLink(record, r, r.id, path);
    const entry: Entry = {
      ...this.#named(record, r, path, isHidden),
      kind: EntryKind.Directory,
      streams: attributes?.streamsOf(r.id) ?? [],
      facts: finderFacts(r, false),
    };
    return { entry, folderId: r.id, isLast: isHidden };
  }

  #folderLink(record: CatalogRecord, r: CatalogData, folderId: number, path: string): Decoded {
    const named = this.#named(record, r, path);
    const before = this.#listed.get(folderId);
    if (before !== undefined)
      return { entry: { ...named, id: folderId, kind: EntryKind.Link, target: `/${before}`, streams: [] } };
    this.#listed.set(folderId, named.path);
    const streams = this.volume.attributes?.streamsOf(folderId) ?? [];
    return { entry: { ...named, id: folderId, kind: EntryKind.Directory, facts: {}, streams }, folderId };
  }

  async #fileLink(record: CatalogRecord, r: CatalogData, path: string): Promise<Decoded> {
    const target = await this.volume.links.fileOf(r.special);
    if (target !== undefined) return this.#file(record, catalogRecord.decode(dataOf(target)), dataOf(target), path, r.special);
    const { entry } = await this.#file(record, r, dataOf(record), path);
    return { entry: { ...entry, faults: [...(entry.faults ?? []), brokenLink(r.special)] } };
  }

  /** @param bytes of the record that has the forks, and `r` what it says. @param linked number of a hard link. */
  #file(record: CatalogRecord, r: CatalogData, bytes: Buffer, path: string, linked?: number): Decoded | Promise<Decoded> {
    const { links, attributes } = this.volume;
    if (bytes.length < FILE_RECORD_SIZE) throw shortRecord(r.id, bytes.length);
    const faults: Fault[] = [];
    const forks = forksIn(bytes, r.id);
    const data = this.#checked(forks.data, faults);
    const resource = this.#checked(forks.resource, faults);
    const isInPrivate = links.isHidden(record.parentId);
    const isJournal = record.parentId === ROOT_ID && JOURNAL_FILES.has(nameOf(record).text);
    const kind = r.mode === 0 ? EntryKind.File : (KINDS.get(r.mode & 0xf000) ?? EntryKind.File);
    const facts = finderFacts(r, true);
    if (r.textEncoding !== 0) facts.textEncoding = r.textEncoding;
    if (kind === EntryKind.Character || kind === EntryKind.Block) facts.device = r.special;
    const added = addedOf(r);
    if (added !== undefined) facts.added = added;
    const entry: Entry = {
      ...this.#named(record, r, path, isInPrivate || isJournal),
      kind,
      streams: this.#packedStreams(r, attributes, resource) ?? this.#streams(r.id, data, resource),
      facts,
      // The field is the count only in the file that the links stand for.
      ...(linked !== undefined || isInPrivate ? { linkCount: r.special } : {}),
      ...(faults.length === 0 ? {} : { faults }),
    };
    return kind === EntryKind.Link ? this.#symbolic(entry, data) : { entry };
  }

  async #symbolic(entry: Entry, data: Fork): Promise<Decoded> {
    const content = await this.volume.forks.content({ ...data, size: Math.min(data.size, MOST_TARGET) });
    try {
      return { entry: { ...entry, target: decodedText(await content.read(0, content.size), 'utf-8') } };
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      return { entry: { ...entry, faults: [...(entry.faults ?? []), error] } };
    }
  }

  #named(record: CatalogRecord, r: CatalogData, path: string, isMetadata = false): Omit<Entry, 'kind' | 'streams'> {
    const name = nameOf(record);
    const attributes = [...flagWords(r, record.kind === RecordKind.File), ...finderWords(r)];
    if (isMetadata) attributes.push('metadata');
    const named = {
      path: pathIn(path, { name }),
      name,
      id: r.id,
      parentId: record.parentId,
      isDeleted: false,
      times: timesOf(r),
      attributes,
    };
    // Mac OS 8 and 9 leave mode and owners empty.
    return r.mode === 0 ? named : { ...named, mode: r.mode, ownerId: r.ownerId, groupId: r.groupId };
  }

  /** A fork with a size that can be: there are no sparse files. */
  #checked(fork: Fork, faults: Fault[]): Fork {
    if (fork.size <= this.volume.size) return fork;
    faults.push(tooLargeFork('hfsplus', fork, this.volume.size));
    return { ...fork, size: Number.isFinite(fork.size) ? fork.size : 0 };
  }

  #streams(id: number, data: Fork, resource: Fork): DataStream[] {
    const streams = [this.#forkStream(data)];
    if (resource.size > 0) streams.push(this.#forkStream(resource));
    const { attributes } = this.volume;
    return attributes === undefined ? streams : [...streams, ...attributes.streamsOf(id)];
  }

  #forkStream(fork: Fork): DataStream {
    const { size, isResource } = fork;
    const kind = isResource ? StreamKind.Resource : StreamKind.Data;
    return { kind, name: '', size, runs: () => Promise.resolve(this.volume.forks.runs(fork)) };
  }

  /** The file as it was before it was packed; undefined for what is not, or not unpacked here: then everything is shown as it is. */
  #packedStreams({ id, ownerFlags }: CatalogData, attributes: Attributes | undefined, resource: Fork): DataStream[] | undefined {
    const { forks, source } = this.volume;
    const packed = (ownerFlags & UF_COMPRESSED) === 0 ? undefined : attributes?.packedOf(id);
    const packing = packed && packingOf(packed);
    if (packed === undefined || packing === undefined || attributes === undefined || !Number.isFinite(packed.size))
      return undefined;
    const { size } = packed;
    const inFork = isInFork(packed);
    const runs = async (): Promise<readonly Run[]> => {
      const stored = inFork ? forks.runs(resource) : await attributes.runsOf(packed.index);
      const storedSize = stored.reduce((sum, { length }) => sum + length, 0);
      const content = await contentOf({ size: storedSize, runs: () => Promise.resolve(stored) });
      return unpackedRuns(source, id, packed, stored, content);
    };
    const data = { kind: StreamKind.Data, name: '', size, packing, runs };
    const others = attributes.streamsOf(id, packed.index);
    return [data, ...(!inFork && resource.size > 0 ? [this.#forkStream(resource)] : []), ...others];
  }
}

const UF_COMPRESSED = 0x20;

function dataOf({ bytes, dataAt, end }: CatalogRecord): Buffer {
  return bytes.subarray(dataAt, end);
}

function nameOf({ bytes, at, dataAt }: CatalogRecord): ReturnType<typeof decodedName> {
  return composed(decodedName(nameIn(bytes, at, dataAt), 'utf-16be'));
}

function addedOf({ flags, added }: CatalogData): string | undefined {
  return (flags & HAS_DATE_ADDED) === 0 ? undefined : stampOfSeconds(added, 1).text;
}

function brokenLink(number: number): Fault {
  const message = `the name stands for file ${number} of the hidden folder of links, which is not there; the content can't be found`;
  return new Fault(FaultKind.Corrupt, 'hfsplus/broken-link', message, { number });
}

function shortRecord(id: number, length: number): Fault {
  const message = `the record of file ${id} has ${length} bytes instead of ${FILE_RECORD_SIZE}`;
  return new Fault(FaultKind.Corrupt, 'hfsplus/record', message, { id, length });
}
