/** Headers of an Amiga volume, the streams of its files, and the trail of its directories. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { RunList } from '../content.ts';
import { PagedReader } from '../paged.ts';
import { BlockType, type Head, headOf, isSumRight, Secondary, type Tail, TABLE_AT, TAIL, tailOf } from './block.ts';
import type { AmigaShape } from './shape.ts';

export interface Header {
  readonly number: number;
  readonly block: Buffer;
  readonly head: Head;
  readonly tail: Tail;
  readonly isSumRight: boolean;
}

const HEADERS: ReadonlySet<number> = new Set(Object.values(Secondary));
/** A trail of directories upwards, for the target of a link. */
const MOST_TRAIL = 256;

export class AmigaVolume {
  readonly #reader: PagedReader;

  constructor(
    readonly volume: ByteSource,
    readonly shape: AmigaShape,
  ) {
    this.#reader = new PagedReader(volume);
  }

  /** @throws Fault 'amiga/block-number' for a block that is none of the volume's; 'truncated' for one that the image lacks. */
  block(number: number): Promise<Buffer> {
    const { blockSize, blockCount } = this.shape;
    if (number >= 1 && number < blockCount) return this.#reader.read(number * blockSize, blockSize);
    const message = `block ${number} is named, and the volume has blocks 0 to ${blockCount - 1}`;
    return Promise.reject(new Fault(FaultKind.Corrupt, 'amiga/block-number', message, { block: number, blockCount }));
  }

  /** @throws Fault also where no header of a file, directory or link stands. */
  async header(number: number): Promise<Header> {
    const header = this.headerIn(await this.block(number), number);
    if (header !== undefined) return header;
    const message = `block ${number} should describe a file or a folder, and does not; what hangs on it is lost`;
    throw new Fault(FaultKind.Corrupt, 'amiga/no-header', message, { block: number });
  }

  /** @param block a whole block. */
  headerIn(block: Buffer, number: number): Header | undefined {
    const head = headOf(block);
    if (head.type !== BlockType.Header) return undefined;
    const tail = tailOf(block);
    const isRoot = number === this.shape.rootBlock;
    if (!HEADERS.has(tail.secondary) || (!isRoot && (head.ownKey !== number || tail.secondary === Secondary.Root)))
      return undefined;
    return { number, block, head, tail, isSumRight: isSumRight(block) };
  }

  /** First blocks of the hash chains of a directory. */
  chainsOf({ block }: Header): number[] {
    return this.#tableOf(block);
  }

  /** Bytes of a file, by the pointers of its header and of the extension blocks after it. */
  async runs(number: number, size: number): Promise<readonly Run[]> {
    const { blockSize, blockCount, dataSize, dataAt } = this.shape;
    const list = new RunList(this.volume, size);
    const seen = new Set<number>();
    let next = number;
    while (!list.isFull && next !== 0 && !seen.has(next)) {
      seen.add(next);
      const block = await this.#tableBlock(next, number);
      if (block === undefined) break;
      for (const pointer of this.#tableOf(block).toReversed()) {
        if (list.isFull) break;
        if (pointer > 0 && pointer < blockCount) list.stored(pointer * blockSize + dataAt, dataSize);
        else list.absent(dataSize);
      }
      next = tailOf(block).extension;
    }
    return list.done();
  }

  /** Undefined where neither the header nor an extension of it stands. */
  async #tableBlock(number: number, header: number): Promise<Buffer | undefined> {
    try {
      const block = await this.block(number);
      const { type } = headOf(block);
      return type === (number === header ? BlockType.Header : BlockType.Extension) ? block : undefined;
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      return undefined;
    }
  }

  /** Path from the root of a directory or file, as its parents tell it; undefined where they don't lead there. @param nameOf of a header. */
  async pathOf(number: number, nameOf: (header: Header) => string): Promise<string | undefined> {
    const names: string[] = [];
    try {
      for (let at = number; at !== this.shape.rootBlock; ) {
        if (names.length >= MOST_TRAIL) return undefined;
        const header = await this.header(at);
        names.push(nameOf(header));
        at = header.tail.parent;
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      return undefined;
    }
    return names.toReversed().join('/');
  }

  #tableOf(block: Buffer): number[] {
    const end = block.length - TAIL;
    const table: number[] = [];
    for (let at = TABLE_AT; at < end; at += 4) table.push(block.readUInt32BE(at));
    return table;
  }
}
