/** An entry of a FAT directory as the suite of all file systems knows it, and the bytes of a file. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { RunList } from '../content.ts';
import { type DataStream, type Entry, EntryKind, type Stamp, type Stamps, StreamKind } from '../filesystems.ts';
import { stampOfDos } from '../stamps.ts';
import { pathIn } from '../walk.ts';
import type { FatShape } from './boot.ts';
import { Attribute, directoryEntry, type Slot } from './directory.ts';
import { type FatTable, Next } from './table.ts';

const ATTRIBUTE_WORDS: readonly (readonly [bit: number, word: string])[] = [
  [Attribute.ReadOnly, 'read-only'],
  [Attribute.Hidden, 'hidden'],
  [Attribute.System, 'system'],
  [Attribute.Archive, 'archive'],
];
/** By the bits of the attributes. */
const WORDS: readonly (readonly string[])[] = Array.from({ length: 64 }, (_, bits) =>
  ATTRIBUTE_WORDS.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word),
);
/** Where OS/2 keeps the extended attributes of all files. */
const ATTRIBUTES_FILE = 'EA DATA. SF';

/** What its place tells of an entry. */
export interface Where {
  readonly id: number;
  readonly parentId: number;
  /** Of its directory. */
  readonly path: string;
  /** It, or its directory. */
  readonly isDeleted: boolean;
}

type Fields = ReturnType<typeof directoryEntry.decode>;
type KnownStamps = Map<number, Stamp>;
const MOST_KNOWN = 4096;

export class FatEntries {
  readonly #created: KnownStamps = new Map();
  readonly #accessed: KnownStamps = new Map();
  readonly #modified: KnownStamps = new Map();

  constructor(
    private readonly volume: ByteSource,
    private readonly shape: FatShape,
    private readonly table: FatTable,
  ) {}

  /** @returns the entry, and the number of its first cluster. */
  entryOf(slot: Slot, { id, parentId, path, isDeleted }: Where): { entry: Entry; cluster: number } {
    const e = directoryEntry.decode(slot.bytes);
    const cluster = this.shape.bits === 32 ? e.clusterHigh * 0x1_0000 + e.clusterLow : e.clusterLow;
    const isDirectory = (e.attributes & Attribute.Directory) !== 0;
    const words = WORDS[e.attributes & 0x3f] ?? [];
    const entry: Entry = {
      kind: isDirectory ? EntryKind.Directory : EntryKind.File,
      path: pathIn(path, slot),
      name: slot.name,
      id,
      parentId,
      isDeleted,
      streams: isDirectory ? [] : [this.#streamOf(cluster, e.size, isDeleted)],
      times: this.#timesOf(e),
      attributes: path === '' && slot.name.text === ATTRIBUTES_FILE ? [...words, 'metadata'] : words,
      ...(slot.shortName === undefined ? {} : { facts: { shortName: slot.shortName } }),
      ...(slot.hasOrphanedName ? { faults: [orphanedName()] } : {}),
    };
    return { entry, cluster };
  }

  #timesOf(e: Fields): Stamps {
    const created = this.#stampOf(this.#created, e.createdDate, e.createdTime, 0.01, e.createdHundredths);
    const accessed = this.#stampOf(this.#accessed, e.accessedDate, 0, 86_400);
    const modified = this.#stampOf(this.#modified, e.modifiedDate, e.modifiedTime, 2);
    return { ...(created && { created }), ...(accessed && { accessed }), ...(modified && { modified }) };
  }

  /** Files that were copied together have the same times. */
  #stampOf(known: KnownStamps, date: number, time: number, resolutionSeconds: number, hundredths = 0): Stamp | undefined {
    const key = (date * 0x1_0000 + time) * 0x100 + hundredths;
    const found = known.get(key);
    if (found !== undefined) return found;
    const stamp = stampOfDos(date, time, resolutionSeconds, hundredths);
    if (known.size >= MOST_KNOWN) known.clear();
    if (stamp !== undefined) known.set(key, stamp);
    return stamp;
  }

  #streamOf(cluster: number, size: number, isDeleted: boolean): DataStream {
    return {
      kind: StreamKind.Data,
      name: '',
      size,
      runs: () => (isDeleted ? this.#guessedRuns(cluster, size) : this.#runs(cluster, size)),
      ...(isDeleted && size > 0 ? { doubt: 'a deleted file: taken to lie in the free clusters that follow its first' } : {}),
    };
  }

  async #runs(cluster: number, size: number): Promise<readonly Run[]> {
    const list = new RunList(this.volume, size);
    if (size === 0) return list.done();
    const { ranges } = await this.table.chain(cluster, size);
    for (const { offset, length } of ranges) list.stored(offset, length);
    return list.done();
  }

  /** The chain of a deleted file is gone: its first cluster is known, and that it took free ones. */
  async #guessedRuns(first: number, size: number): Promise<readonly Run[]> {
    const list = new RunList(this.volume, size);
    for (let cluster = first; !list.isFull && this.table.isCluster(cluster); cluster++)
      if ((await this.table.next(cluster)) === Next.Free) list.stored(this.table.placeOf(cluster), this.shape.clusterSize);
      else if (cluster === first) break;
    return list.done();
  }
}

function orphanedName(): Fault {
  const message = 'parts of a long name stand before this entry and do not belong to it; its short name is shown';
  return new Fault(FaultKind.Corrupt, 'fat/orphaned-name', message);
}
