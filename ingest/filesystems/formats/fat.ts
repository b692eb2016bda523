/** The file system of DOS, Windows and Atari (FAT12, FAT16, FAT32), with long names and deleted entries. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Range, Run } from '../../media/index.ts';
import { RunList } from '../content.ts';
import { type FatShape, notFat, readShape } from '../fat/boot.ts';
import { Attribute, directoryEntry, ENTRY_SIZE, type Slot, slotsOf } from '../fat/directory.ts';
import { FatTable, Next } from '../fat/table.ts';
import {
  Confidence,
  type DataStream,
  type Entry,
  EntryKind,
  type FileSystem,
  type FileSystemFormat,
  type OpenOptions,
  StreamKind,
} from '../filesystems.ts';
import { decodedText } from '../names.ts';
import { stampOfDos } from '../stamps.ts';
import { type Branch, type Listed, pathIn, walkTree } from '../walk.ts';

/** Directories may have 65,536 entries of 32 bytes; some tools write more. */
const MOST_DIRECTORY = 64 * 1024 * 1024;
const ROOT_ID = 0;

/** A directory: where its entries lie. */
interface Directory {
  readonly id: number;
  readonly ranges: readonly Range[];
  /** Everything in a deleted directory is deleted. */
  readonly isDeleted: boolean;
  readonly fault: Fault | undefined;
}

export const format: FileSystemFormat = {
  id: 'fat',
  title: 'FAT',
  sources: ['Microsoft, FAT32 File System Specification 1.03', 'ECMA-107', 'Linux fs/fat', 'Atari GEMDOS Reference Manual'],

  async probe(volume) {
    const shape = await readShape(volume);
    if (shape === undefined) return Confidence.No;
    const start = shape.fatOffset + shape.activeFat * shape.fatLength;
    if (start + 4 > volume.size) return Confidence.No;
    const fat = await volume.read(start, 4);
    // Every FAT begins with the media byte, and then ones.
    const isFat = fat[0] === shape.media && (fat[1] === 0xff || shape.bits === 12);
    const isMedia = (fat[0] ?? 0) >= 0xf0;
    if (isFat && isMedia) return Confidence.Certain;
    return isMedia || (shape.bits === 12 && fat[1] === 0xff) ? Confidence.Likely : Confidence.No;
  },

  async open(volume, options) {
    const shape = await readShape(volume);
    if (shape === undefined) throw notFat();
    return new Fat(volume, shape, options).opened();
  },
};

class Fat {
  readonly #table: FatTable;

  constructor(
    private readonly volume: ByteSource,
    private readonly shape: FatShape,
    private readonly options: OpenOptions,
  ) {
    this.#table = new FatTable(volume, shape);
  }

  async opened(): Promise<FileSystem> {
    const { shape, volume, options } = this;
    const root = await this.#root();
    const { label, fault } = await this.#label(root);
    const oem = decodedText(shape.oem, options.codePage);
    return {
      format: 'fat',
      type: `FAT${shape.bits}`,
      label,
      ...(shape.serial === undefined ? {} : { serial: shape.serial.toString(16).padStart(8, '0') }),
      size: shape.size,
      blockSize: shape.clusterSize,
      isListed: true,
      facts: {
        ...(oem === '' ? {} : { formattedBy: oem }),
        clusterCount: shape.clusterCount,
        mediaByte: `0x${shape.media.toString(16)}`,
      },
      warnings: [
        ...(await this.#warnings()),
        ...(fault === undefined ? [] : [fault]),
        ...(shape.size > volume.size ? [tooLarge(shape.size, volume.size)] : []),
      ],
      entries: (limits, signal) =>
        walkTree<Directory>(
          { node: root, path: '', identity: shape.rootCluster },
          (branch) => this.#list(branch),
          limits,
          signal,
        ),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async #root(): Promise<Directory> {
    const { root, rootCluster } = this.shape;
    if (root !== undefined) return { id: ROOT_ID, ranges: [root], isDeleted: false, fault: undefined };
    const { ranges, fault } = await this.#table.chain(rootCluster, MOST_DIRECTORY);
    return { id: ROOT_ID, ranges, isDeleted: false, fault };
  }

  /** The label in the root directory is the one that people changed. */
  async #label(root: Directory): Promise<{ label: string; fault: Fault | undefined }> {
    const { options, shape } = this;
    try {
      for await (const bytes of this.#bytesOf(root))
        for (const { attributes, isDeleted, bytes: entry } of slotsOf(bytes, options.codePage))
          if (!isDeleted && (attributes & (Attribute.Label | Attribute.Directory)) === Attribute.Label)
            return { label: decodedText(entry.subarray(0, 11), options.codePage), fault: undefined };
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      return { label: '', fault: error };
    }
    const label = shape.label === undefined ? '' : decodedText(shape.label, options.codePage);
    return { label: label === 'NO NAME' ? '' : label, fault: undefined };
  }

  /** The second entry of the table notes whether the volume was closed in order; its copies should be equal. */
  async #warnings(): Promise<Fault[]> {
    const { bits, fatOffset, fatLength, fatCount } = this.shape;
    const found: Fault[] = [];
    if (fatOffset + fatCount * fatLength > this.volume.size) return found;
    const second = bits === 12 ? undefined : await this.volume.read(fatOffset, 8);
    const flags = second === undefined ? 3 : bits === 16 ? second.readUInt16LE(2) >> 14 : second.readUInt32LE(4) >>> 26;
    if ((flags & 2) === 0)
      found.push(
        new Fault(FaultKind.Corrupt, 'fat/dirty', 'the volume was not closed in order: the last changes may be missing'),
      );
    if ((flags & 1) === 0)
      found.push(new Fault(FaultKind.Corrupt, 'fat/read-errors', 'the system that used the volume noted read errors on it'));
    if (fatCount < 2 || fatLength > 4 * 1024 * 1024) return found;
    const [one, two] = [await this.volume.read(fatOffset, fatLength), await this.volume.read(fatOffset + fatLength, fatLength)];
    if (!one.equals(two)) {
      const message = 'the two copies of the file allocation table differ; the first is used';
      found.push(new Fault(FaultKind.Corrupt, 'fat/copies-differ', message));
    }
    return found;
  }

  async *#list({ node, path }: Branch<Directory>): AsyncGenerator<Listed<Directory>> {
    let position = 0;
    for await (const bytes of this.#bytesOf(node)) {
      const found: Entry[] = [];
      const below: Listed<Directory>['below'][number][] = [];
      for (const slot of slotsOf(bytes, this.options.codePage)) {
        if ((slot.attributes & Attribute.Label) !== 0) continue;
        const id = this.#idOf(node, position + slot.position);
        const { entry, cluster } = this.#entryOf(slot, id, node, path);
        found.push(entry);
        if (entry.kind !== EntryKind.Directory) continue;
        const directory = await this.#directoryOf(id, cluster, entry.isDeleted);
        if (directory !== undefined) below.push({ node: directory, path: entry.path, identity: cluster });
      }
      position += bytes.length;
      yield { found, below };
    }
    if (node.fault !== undefined) throw node.fault;
  }

  /** The directory as one piece, since long names may lie across clusters; a fixed root or a chain. */
  async *#bytesOf({ ranges }: Directory): AsyncGenerator<Buffer> {
    const pieces: Buffer[] = [];
    for (const { offset, length } of ranges) {
      const inside = Math.min(length, this.volume.size - offset);
      if (inside > 0) pieces.push(await this.volume.read(offset, inside));
    }
    yield Buffer.concat(pieces);
  }

  /** Where the entry lies on the volume, in entries. */
  #idOf({ ranges }: Directory, position: number): number {
    let before = 0;
    for (const { offset, length } of ranges) {
      if (position < before + length) return (offset + position - before) / ENTRY_SIZE;
      before += length;
    }
    return position;
  }

  #entryOf(slot: Slot, id: number, directory: Directory, path: string): { entry: Entry; cluster: number } {
    const e = directoryEntry.decode(slot.bytes);
    const cluster = this.shape.bits === 32 ? e.clusterHigh * 0x1_0000 + e.clusterLow : e.clusterLow;
    const isDirectory = (e.attributes & Attribute.Directory) !== 0;
    const isDeleted = slot.isDeleted || directory.isDeleted;
    const created = stampOfDos(e.createdDate, e.createdTime, 0.01, e.createdHundredths);
    const accessed = stampOfDos(e.accessedDate, 0, 86_400);
    const modified = stampOfDos(e.modifiedDate, e.modifiedTime, 2);
    const entry: Entry = {
      kind: isDirectory ? EntryKind.Directory : EntryKind.File,
      path: pathIn(path, slot),
      name: slot.name,
      id,
      parentId: directory.id,
      isDeleted,
      streams: isDirectory ? [] : [this.#streamOf(cluster, e.size, isDeleted)],
      times: { ...(created && { created }), ...(accessed && { accessed }), ...(modified && { modified }) },
      attributes: ATTRIBUTE_WORDS.filter(([bit]) => (e.attributes & bit) !== 0).map(([, word]) => word),
      ...(slot.shortName === undefined ? {} : { facts: { shortName: slot.shortName } }),
      ...(slot.hasOrphanedName ? { faults: [orphanedName()] } : {}),
    };
    return { entry, cluster };
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
    const { ranges } = await this.#table.chain(cluster, size);
    for (const { offset, length } of ranges) list.stored(offset, length);
    return list.done();
  }

  /** The chain of a deleted file is gone: its first cluster is known, and that it took free ones. */
  async #guessedRuns(first: number, size: number): Promise<readonly Run[]> {
    const list = new RunList(this.volume, size);
    for (let cluster = first; !list.isFull && this.#table.isCluster(cluster); cluster++)
      if ((await this.#table.next(cluster)) === Next.Free) list.stored(this.#table.placeOf(cluster), this.shape.clusterSize);
      else if (cluster === first) break;
    return list.done();
  }

  /** Undefined for a deleted directory whose place was used again. */
  async #directoryOf(id: number, cluster: number, isDeleted: boolean): Promise<Directory | undefined> {
    if (!isDeleted) {
      const { ranges, fault } = await this.#table.chain(cluster, MOST_DIRECTORY);
      return { id, ranges, isDeleted, fault };
    }
    if ((await this.#table.next(cluster)) !== Next.Free) return undefined;
    const offset = this.#table.placeOf(cluster);
    if (offset + this.shape.clusterSize > this.volume.size) return undefined;
    const head = await this.volume.read(offset, Math.min(64, this.shape.clusterSize));
    const isDirectory = head.toString('latin1', 0, 11) === '.          ' && head.toString('latin1', 32, 43) === '..         ';
    return isDirectory ? { id, ranges: [{ offset, length: this.shape.clusterSize }], isDeleted, fault: undefined } : undefined;
  }
}

const ATTRIBUTE_WORDS: readonly (readonly [bit: number, word: string])[] = [
  [Attribute.ReadOnly, 'read-only'],
  [Attribute.Hidden, 'hidden'],
  [Attribute.System, 'system'],
  [Attribute.Archive, 'archive'],
];

function orphanedName(): Fault {
  const message = 'parts of a long name stand before this entry and do not belong to it; its short name is shown';
  return new Fault(FaultKind.Corrupt, 'fat/orphaned-name', message);
}

function tooLarge(size: number, volumeSize: number): Fault {
  const message = `the file system has ${size} bytes and the volume ${volumeSize}: the image is cut, or was made of a part of the disk`;
  return new Fault(FaultKind.Truncated, 'fat/size', message, { size, volumeSize });
}
