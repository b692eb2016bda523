/**
 * The file systems of the Amiga: OFS and FFS, of floppies and hard disks.
 *
 * On disk: headers of one block each, hung on the hash chains of their directory. Deleted ones are found on floppies. Not used: the
 * copies of headers in directory caches, which the system makes anew.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { stampOfAmiga, tailOf, wrongSum } from '../amiga/block.ts';
import { deletedIn, MOST_SEARCHED } from '../amiga/deleted.ts';
import { entryOf } from '../amiga/entry.ts';
import { type AmigaShape, notAmiga, readAmigaShape } from '../amiga/shape.ts';
import { AmigaVolume, type Header } from '../amiga/volume.ts';
import { Confidence, EntryKind, type FileSystem, type FileSystemFormat, type Found, type ListingLimits } from '../filesystems.ts';
import { decodedText } from '../names.ts';
import { type Branch, damage, type Listed, tooMany, walkTree } from '../walk.ts';

const BATCH = 1024;
const VALID = 0xffff_ffff;
const VARIANTS = ['', ', international', ', directory cache', ', long names'];

export const format: FileSystemFormat = {
  id: 'amiga',
  title: 'Amiga OFS and FFS',
  sources: ['Laurent Clévy, The Amiga Disk File System FAQ', 'Amiga ROM Kernel Reference Manual: Devices', 'Linux fs/affs'],

  async probe(volume) {
    const shape = await readAmigaShape(volume);
    if (shape === undefined) return Confidence.No;
    return shape.isSumRight ? Confidence.Certain : Confidence.Likely;
  },

  async open(volume) {
    const shape = await readAmigaShape(volume);
    if (shape === undefined) throw notAmiga();
    return opened(new AmigaVolume(volume, shape));
  },
};

async function opened(amiga: AmigaVolume): Promise<FileSystem> {
  const { shape, volume } = amiga;
  const root = tailOf(await amiga.block(shape.rootBlock));
  const size = shape.blockCount * shape.blockSize;
  const created = stampOfAmiga(root.createdDays, root.createdMinutes, root.createdTicks)?.text;
  return {
    format: 'amiga',
    type: `Amiga ${shape.isFast ? 'FFS' : 'OFS'}`,
    label: decodedText(root.name.subarray(0, root.nameLength), 'iso-8859-1'),
    size,
    blockSize: shape.blockSize,
    isListed: true,
    facts: {
      dosType: `DOS\\${shape.dosType}${VARIANTS[shape.dosType >> 1] ?? ''}`,
      rootBlock: shape.rootBlock,
      ...(created === undefined ? {} : { formatted: created }),
    },
    warnings: warningsOf(shape, root.bitmapFlag, volume),
    entries: (limits, signal) => new Listing(amiga).entries(limits, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function warningsOf(shape: AmigaShape, bitmapFlag: number, volume: ByteSource): Fault[] {
  const size = shape.blockCount * shape.blockSize;
  const found: Fault[] = [];
  if (!shape.isSumRight) found.push(wrongSum(shape.rootBlock));
  if (bitmapFlag !== VALID) {
    const message = 'the volume was being written when it was taken out or the power failed: the last changes may be missing';
    found.push(new Fault(FaultKind.Corrupt, 'amiga/not-validated', message));
  }
  if (size > volume.size) {
    const message = `the volume should have ${size} bytes and has ${volume.size}: the image is cut`;
    found.push(new Fault(FaultKind.Truncated, 'amiga/size', message, { size, volumeSize: volume.size }));
  }
  return found;
}

/** One walk through all directories. */
class Listing {
  /** Headers that some chain named; a chain that comes to one of them again is a loop, or two in one. */
  readonly #seen = new Set<number>();
  readonly #directories = new Map<number, string>();

  constructor(private readonly amiga: AmigaVolume) {
    this.#seen.add(amiga.shape.rootBlock);
    this.#directories.set(amiga.shape.rootBlock, '');
  }

  async *entries(limits: ListingLimits, signal?: AbortSignal): AsyncGenerator<readonly Found[], void, undefined> {
    const { rootBlock } = this.amiga.shape;
    let count = 0;
    const tree = walkTree<number>(
      { node: rootBlock, path: '', identity: rootBlock },
      (branch) => this.#list(branch),
      limits,
      signal,
    );
    for await (const batch of tree) {
      count += batch.length;
      yield batch;
    }
    if (this.amiga.volume.size > MOST_SEARCHED || count > limits.entryCount) return;
    signal?.throwIfAborted();
    const deleted = await deletedIn(this.amiga, this.#seen, this.#directories);
    const room = limits.entryCount - count;
    if (deleted.length > room) yield [...deleted.slice(0, room), damage('', tooMany(limits.entryCount))];
    else if (deleted.length > 0) yield deleted;
  }

  async *#list({ node, path }: Branch<number>): AsyncGenerator<Listed<number>> {
    const directory = await this.amiga.header(node);
    let found: Found[] = [];
    let below: Listed<number>['below'][number][] = [];
    for (const first of this.amiga.chainsOf(directory))
      for await (const header of this.#chain(first)) {
        if (header instanceof Fault) {
          found.push(damage(path, header));
          continue;
        }
        const entry = await entryOf(this.amiga, header, { directory: node, path, isDeleted: false });
        found.push(entry);
        if (entry.kind === EntryKind.Directory) {
          this.#directories.set(header.number, entry.path);
          below.push({ node: header.number, path: entry.path, identity: header.number });
        }
        if (found.length < BATCH) continue;
        yield { found, below };
        [found, below] = [[], []];
      }
    yield { found, below };
  }

  /** The headers of a hash chain; what is broken ends it, and is told. */
  async *#chain(first: number): AsyncGenerator<Header | Fault> {
    for (let number = first; number !== 0; ) {
      if (this.#seen.has(number)) {
        yield crossed(number);
        return;
      }
      this.#seen.add(number);
      try {
        const header = await this.amiga.header(number);
        yield header;
        number = header.tail.nextInChain;
      } catch (error) {
        if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
        yield error;
        return;
      }
    }
  }
}

function crossed(block: number): Fault {
  const message = `a chain of names leads to block ${block}, which another place of the disk names already; the rest of the chain is left out`;
  return new Fault(FaultKind.Corrupt, 'amiga/loop', message, { block });
}
