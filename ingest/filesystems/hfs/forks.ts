/** Forks of HFS and HFS+: a few extents in the record of a file, the others in the extents overflow file. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { contentOf, RunList } from '../content.ts';
import { type BTree, recordsOf } from './btree.ts';

/** Start and count, start and count …: in allocation blocks. */
export type Extents = readonly number[];

export interface Fork {
  /** Catalog node id of the file. */
  readonly id: number;
  readonly isResource: boolean;
  /** In bytes. */
  readonly size: number;
  readonly extents: Extents;
}

/** Where allocation blocks lie; offsets in bytes of the volume. */
export interface Blocks {
  readonly start: number;
  readonly blockSize: number;
  readonly blockCount: number;
}

/** Records of the overflow file that are held; a volume of the greatest disorder has some ten thousand. */
const MOST_RECORDS = 1024 * 1024;

/** Extents in a record; the first without blocks ends them. @param width of a number in bytes: 2 on HFS, 4 on HFS+. */
export function extentsAt(bytes: Buffer, at: number, most: number, width: 2 | 4): number[] {
  const found: number[] = [];
  for (let i = 0; i < most; i++) {
    const from = at + i * 2 * width;
    const count = bytes.readUIntBE(from + width, width);
    if (count === 0) break;
    found.push(bytes.readUIntBE(from, width), count);
  }
  return found;
}

export class Forks {
  /** By id and fork: the block of the fork at which the extents start, and they. */
  readonly #overflow = new Map<number, Map<number, Extents>>();

  constructor(
    private readonly volume: ByteSource,
    private readonly blocks: Blocks,
  ) {}

  /** Reads the overflow file. @param width as for `extentsAt`. */
  async load(tree: BTree, width: 2 | 4, faults: Fault[]): Promise<void> {
    const dataAt = width === 2 ? 8 : 12;
    const most = width === 2 ? 3 : 8;
    let count = 0;
    for await (const { bytes } of tree.leaves(faults)) {
      const records = recordsOf(bytes);
      for (let i = 0; i + 1 < records.length; i++) {
        const at = records[i] ?? 0;
        if ((records[i + 1] ?? 0) - at < dataAt + most * 2 * width) continue;
        if (++count > MOST_RECORDS) return void faults.push(tooMany());
        const isResource = bytes[at + width / 2] === 0xff;
        const id = bytes.readUInt32BE(at + (width === 2 ? 2 : 4));
        const first = bytes.readUIntBE(at + dataAt - width, width);
        const key = keyOf(id, isResource);
        const known = this.#overflow.get(key) ?? new Map<number, Extents>();
        this.#overflow.set(key, known.set(first, extentsAt(bytes, at + dataAt, most, width)));
      }
    }
  }

  /** Blocks that the overflow file gives to an id, such as that of the bad ones (5). */
  blocksOf(id: number): number {
    const all = [...(this.#overflow.get(keyOf(id, false))?.values() ?? [])].flat();
    return all.reduce((sum, number, index) => (index % 2 === 1 ? sum + number : sum), 0);
  }

  /** @param more extents from that block of the fork on, when not in the overflow file. */
  runs(fork: Fork, more = this.#more(fork)): readonly Run[] {
    const list = new RunList(this.volume, fork.size);
    let extents: Extents | undefined = fork.extents;
    for (let blockCount = 0; !list.isFull && extents !== undefined && extents.length > 0; extents = more(blockCount))
      for (let i = 0; i + 1 < extents.length; i += 2) {
        const count = extents[i + 1] ?? 0;
        this.#add(list, extents[i] ?? 0, count);
        blockCount += count;
      }
    return list.done();
  }

  /** The bytes of a fork; what passes the volume is cut off, so that no structure costs more than the image has. */
  content(fork: Fork): Promise<ByteSource> {
    const size = Math.min(fork.size, this.volume.size);
    const runs = (): Promise<readonly Run[]> => Promise.resolve(this.runs({ ...fork, size }));
    return contentOf({ size, runs });
  }

  #more({ id, isResource }: Fork): (blockCount: number) => Extents | undefined {
    const known = this.#overflow.get(keyOf(id, isResource));
    return (blockCount) => known?.get(blockCount);
  }

  /** What lies past the last block is no part of the file system. */
  #add(list: RunList, start: number, count: number): void {
    const { blockSize, blockCount } = this.blocks;
    const inside = Math.max(0, Math.min(count, blockCount - start));
    if (inside > 0) list.stored(this.blocks.start + start * blockSize, inside * blockSize);
    if (inside < count) list.absent((count - inside) * blockSize);
  }
}

function keyOf(id: number, isResource: boolean): number {
  return id * 2 + (isResource ? 1 : 0);
}

/** A fork that claims more than its volume has: there are no sparse files. */
export function tooLargeFork(format: string, { id, isResource, size }: Fork, volumeSize: number): Fault {
  const fork = isResource ? 'resource fork' : 'data';
  const message = `the ${fork} of file ${id} would have ${size} bytes, more than the whole volume with ${volumeSize}: its record is damaged`;
  return new Fault(FaultKind.Corrupt, `${format}/fork-size`, message, { id, size, volumeSize });
}

function tooMany(): Fault {
  const message = `the extents overflow file has more than ${MOST_RECORDS} records; the pieces of files that the others tell of are missing`;
  return new Fault(FaultKind.Refused, 'hfs/too-many-extents', message, { limit: MOST_RECORDS });
}
