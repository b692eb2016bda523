/** exFAT, the file system of memory cards and large sticks; with deleted entries, and TexFAT's second table. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { type ExfatShape, findBoot, type FoundBoot, notExfat, VolumeFlag } from '../exfat/boot.ts';
import { capitalsOf, MOST_TABLE, tableChecksum } from '../exfat/capitals.ts';
import { Clusters } from '../exfat/clusters.ts';
import { EntryType, type LoneEntry, SetReader, sizeOf, tableEntry } from '../exfat/directory.ts';
import { Entries } from '../exfat/entries.ts';
import { ExfatTree, type Folder, piecesOf, ROOT_ID } from '../exfat/tree.ts';
import { Confidence, type FileSystem, type FileSystemFormat } from '../filesystems.ts';
import { decodedText } from '../names.ts';
import { Pages } from '../pages.ts';

const CACHE_SIZE = 16 * 1024 * 1024;

export const format: FileSystemFormat = {
  id: 'exfat',
  title: 'exFAT',
  sources: ['Microsoft, exFAT file system specification 1.00', 'Linux fs/exfat'],

  async probe(volume) {
    const found = await findBoot(volume);
    if (found === undefined) return Confidence.No;
    const isRooted = await hasRoot(volume, found.shape);
    // A copy alone may be a remnant of what the volume was before.
    if (found.isCopy) return isRooted ? Confidence.Guess : Confidence.No;
    return isRooted ? Confidence.Certain : Confidence.Likely;
  },

  async open(volume) {
    const found = await findBoot(volume);
    if (found === undefined) throw notExfat();
    return new Exfat(volume, found).opened();
  },
};

/** Root folders begin with the label, the bitmap and the table of capitals, in any order. */
async function hasRoot(volume: ByteSource, { heapOffset, clusterSize, rootCluster }: ExfatShape): Promise<boolean> {
  const offset = heapOffset + (rootCluster - 2) * clusterSize;
  if (offset + 32 > volume.size) return false;
  const [first = 0] = await volume.read(offset, 1);
  return [EntryType.Bitmap, EntryType.UpCase, EntryType.Label, 0x20].includes(first & 0x7f);
}

class Exfat {
  readonly #pages: Pages;
  readonly #clusters: Clusters;

  constructor(
    private readonly volume: ByteSource,
    private readonly found: FoundBoot,
  ) {
    this.#pages = new Pages(volume, CACHE_SIZE);
    this.#clusters = new Clusters(this.#pages, found.shape);
  }

  async opened(): Promise<FileSystem> {
    const { shape, warnings } = this.found;
    const root = await this.#root();
    const lone = await this.#lone(root);
    const bitmapFault = await this.#findBitmap(lone);
    const { capitals, fault: capitalsFault } = await this.#capitals(lone);
    const label = lone.find(({ type }) => type === EntryType.Label)?.bytes;
    return {
      format: 'exfat',
      type: shape.fatCount === 2 ? 'TexFAT' : 'exFAT',
      label: label === undefined ? '' : decodedText(label.subarray(2, 2 + Math.min(11, label[1] ?? 0) * 2), 'utf-16le'),
      serial: shape.serial.toString(16).padStart(8, '0'),
      size: shape.size,
      blockSize: shape.clusterSize,
      isListed: true,
      facts: {
        revision: `${shape.revision >> 8}.${String(shape.revision & 0xff).padStart(2, '0')}`,
        clusterCount: shape.clusterCount,
        sectorSize: shape.sectorSize,
        ...(shape.percentInUse > 100 ? {} : { percentInUse: shape.percentInUse }),
      },
      warnings: [
        ...warnings,
        ...this.#flagWarnings(),
        ...[bitmapFault, capitalsFault].filter((fault) => fault !== undefined),
        ...(shape.size > this.volume.size ? [tooLarge(shape.size, this.volume.size)] : []),
      ],
      entries: (limits, signal) => {
        const entries = new Entries(this.#pages, shape, this.#clusters, capitals);
        return new ExfatTree(this.#pages, shape, this.#clusters, entries).list(root, limits, signal);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async #root(): Promise<Folder> {
    const chain = await this.#clusters.chain({ firstCluster: this.found.shape.rootCluster, isContiguous: false }, Infinity);
    return { id: ROOT_ID, ...chain, isDeleted: false };
  }

  /** What the root folder tells of the volume. */
  async #lone(root: Folder): Promise<readonly LoneEntry[]> {
    const reader = new SetReader();
    for await (const bytes of piecesOf(this.#pages, root)) {
      reader.take(bytes);
      const types = new Set(reader.lone.map(({ type }) => type));
      if (reader.isEnded || [EntryType.Bitmap, EntryType.UpCase, EntryType.Label].every((type) => types.has(type))) break;
    }
    return reader.lone;
  }

  async #findBitmap(lone: readonly LoneEntry[]): Promise<Fault | undefined> {
    const { activeFat, clusterCount } = this.found.shape;
    const bitmaps = lone.filter(({ type }) => type === EntryType.Bitmap).map(({ bytes }) => tableEntry.decode(bytes));
    const bitmap = bitmaps.find(({ flags }) => (flags & 1) === activeFat);
    const size = Math.ceil(clusterCount / 8);
    if (bitmap === undefined || sizeOf(bitmap) < size) return noBitmap();
    const { ranges, fault } = await this.#clusters.chain({ firstCluster: bitmap.firstCluster, isContiguous: false }, size);
    this.#clusters.bitmap = ranges;
    return fault === undefined ? undefined : noBitmap();
  }

  async #capitals(lone: readonly LoneEntry[]): Promise<{ capitals: Uint16Array | undefined; fault: Fault | undefined }> {
    const entry = lone.find(({ type }) => type === EntryType.UpCase);
    const table = entry === undefined ? undefined : tableEntry.decode(entry.bytes);
    const size = table === undefined ? 0 : sizeOf(table);
    if (table === undefined || size === 0 || size > MOST_TABLE) return { capitals: undefined, fault: badCapitals() };
    const { ranges } = await this.#clusters.chain({ firstCluster: table.firstCluster, isContiguous: false }, size);
    const pieces: Buffer[] = [];
    for (const { offset, length } of ranges) {
      const wanted = Math.min(length, size, this.volume.size - offset);
      if (wanted > 0) pieces.push(await this.volume.read(offset, wanted));
    }
    const bytes = Buffer.concat(pieces).subarray(0, size);
    if (tableChecksum(bytes) !== table.checksum) return { capitals: undefined, fault: badCapitals() };
    return { capitals: capitalsOf(bytes), fault: undefined };
  }

  #flagWarnings(): Fault[] {
    const { flags } = this.found.shape;
    const found: Fault[] = [];
    if ((flags & VolumeFlag.Dirty) !== 0) {
      const message = 'the volume was not closed in order: the last changes may be missing';
      found.push(new Fault(FaultKind.Corrupt, 'exfat/dirty', message));
    }
    if ((flags & VolumeFlag.MediaFailure) !== 0) {
      const message = 'the system that used the volume noted failures of the medium';
      found.push(new Fault(FaultKind.Corrupt, 'exfat/media-failure', message));
    }
    return found;
  }
}

function noBitmap(): Fault {
  const message = 'the map of clusters in use is missing or damaged: of deleted files only names are told';
  return new Fault(FaultKind.Corrupt, 'exfat/bitmap', message);
}

function badCapitals(): Fault {
  const message = 'the table of capital letters is missing or damaged: hashes of names are not checked';
  return new Fault(FaultKind.Corrupt, 'exfat/capitals', message);
}

function tooLarge(size: number, volumeSize: number): Fault {
  const message = `the file system has ${size} bytes and the volume ${volumeSize}: the image is cut, or was made of a part of the disk`;
  return new Fault(FaultKind.Truncated, 'exfat/volume-size', message, { size, volumeSize });
}
