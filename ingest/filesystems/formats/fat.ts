/** The file system of DOS, Windows, OS/2, MSX and Atari (FAT12, FAT16, FAT32), with long names and deleted entries. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import { type FatShape, notFat, readShape } from '../fat/boot.ts';
import { Attribute, ENTRY_SIZE, slotsOf } from '../fat/directory.ts';
import { FatEntries } from '../fat/entry.ts';
import { FatTable, Next } from '../fat/table.ts';
import { Confidence, type Entry, EntryKind, type FileSystem, type FileSystemFormat, type OpenOptions } from '../filesystems.ts';
import { decodedText } from '../names.ts';
import { type Branch, type Listed, walkTree } from '../walk.ts';

/** Directories may have 65,536 entries of 32 bytes; some tools write more. */
const MOST_DIRECTORY = 64 * 1024 * 1024;
const ROOT_ID = 0;
const BATCH = 4096;

/** A directory: the number of its first cluster, 0 for a root that has a place of its own. */
interface Directory {
  readonly id: number;
  readonly cluster: number;
  /** Everything in a deleted directory is deleted. */
  readonly isDeleted: boolean;
}

/** Where the entries of a directory lie, and why not all do. */
interface Places {
  readonly ranges: readonly Range[];
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
    if (isFat && isMedia) return shape.hasParameters ? Confidence.Certain : Confidence.Likely;
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
  readonly #entries: FatEntries;

  constructor(
    private readonly volume: ByteSource,
    private readonly shape: FatShape,
    private readonly options: OpenOptions,
  ) {
    this.#table = new FatTable(volume, shape);
    this.#entries = new FatEntries(volume, shape, this.#table);
  }

  async opened(): Promise<FileSystem> {
    const { shape, volume } = this;
    const root: Directory = { id: ROOT_ID, cluster: shape.rootCluster, isDeleted: false };
    const { label, fault } = await this.#label(root);
    // Atari and others have numbers there.
    const oem = /^[ -~]+\0*$/.exec(shape.oem.toString('latin1'))?.[0].replace(/\0.*$/, '').trim() ?? '';
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
      entries: (limits, signal) => {
        const seen = new Set<number>();
        const top = { node: root, path: '', identity: shape.rootCluster };
        return walkTree<Directory>(top, (branch) => this.#list(branch, seen), limits, signal);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  /** The label in the root directory is the one that people changed. */
  async #label(root: Directory): Promise<{ label: string; fault: Fault | undefined }> {
    const { options, shape } = this;
    try {
      const { ranges } = await this.#placesOf(root, new Set());
      for (const { attributes, isDeleted, bytes } of slotsOf(await this.#bytesOf(ranges), options.codePage))
        if (!isDeleted && (attributes & (Attribute.Label | Attribute.Directory)) === Attribute.Label)
          return { label: decodedText(bytes.subarray(0, 11), options.codePage), fault: undefined };
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

  async *#list({ node, path }: Branch<Directory>, seen: Set<number>): AsyncGenerator<Listed<Directory>> {
    const { ranges, fault } = await this.#placesOf(node, seen);
    const bytes = await this.#bytesOf(ranges);
    const idAt = idsOf(ranges);
    let found: Entry[] = [];
    let below: Listed<Directory>['below'][number][] = [];
    for (const slot of slotsOf(bytes, this.options.codePage)) {
      if ((slot.attributes & Attribute.Label) !== 0) continue;
      const id = idAt(slot.position);
      const isDeleted = slot.isDeleted || node.isDeleted;
      const { entry, cluster } = this.#entries.entryOf(slot, { id, parentId: node.id, path, isDeleted });
      found.push(entry);
      if (entry.kind === EntryKind.Directory && (!isDeleted || (await this.#isDirectoryAt(cluster))))
        below.push({ node: { id, cluster, isDeleted }, path: entry.path, identity: cluster });
      if (found.length < BATCH) continue;
      yield { found, below };
      [found, below] = [[], []];
    }
    yield { found, below };
    if (fault !== undefined) throw fault;
  }

  /** A chain of clusters, each read once whatever leads to it; of a deleted directory, whose chain is gone, the first alone. */
  async #placesOf({ cluster, isDeleted }: Directory, seen: Set<number>): Promise<Places> {
    const { root, clusterSize } = this.shape;
    if (cluster === 0 && root !== undefined) return { ranges: [root], fault: undefined };
    if (!isDeleted) return this.#table.directory(cluster, MOST_DIRECTORY, seen);
    return { ranges: [{ offset: this.#table.placeOf(cluster), length: clusterSize }], fault: undefined };
  }

  /** In one piece, since long names may lie across clusters. */
  async #bytesOf(ranges: readonly Range[]): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (const { offset, length } of ranges) {
      const inside = Math.min(length, this.volume.size - offset);
      if (inside > 0) pieces.push(await this.volume.read(offset, inside));
    }
    return Buffer.concat(pieces);
  }

  /** Whether a deleted directory's first cluster still holds it: the table has it free, and it begins with the two names of dots. */
  async #isDirectoryAt(cluster: number): Promise<boolean> {
    if ((await this.#table.next(cluster)) !== Next.Free) return false;
    const offset = this.#table.placeOf(cluster);
    if (offset + this.shape.clusterSize > this.volume.size) return false;
    const head = await this.volume.read(offset, Math.min(64, this.shape.clusterSize));
    return head.toString('latin1', 0, 11) === '.          ' && head.toString('latin1', 32, 43) === '..         ';
  }
}

/** Where an entry lies on the volume, in entries; asked in order of the positions. */
function idsOf(ranges: readonly Range[]): (position: number) => number {
  let index = 0;
  let before = 0;
  return (position) => {
    for (let range = ranges[index]; range !== undefined; range = ranges[++index]) {
      if (position < before + range.length) return (range.offset + position - before) / ENTRY_SIZE;
      before += range.length;
    }
    return position;
  };
}

function tooLarge(size: number, volumeSize: number): Fault {
  const message = `the file system has ${size} bytes and the volume ${volumeSize}: the image is cut, or was made of a part of the disk`;
  return new Fault(FaultKind.Truncated, 'fat/size', message, { size, volumeSize });
}
