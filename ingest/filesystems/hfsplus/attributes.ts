/**
 * The attributes file of HFS+: what is kept beside the forks of a file. Small values stand in their records, others have a fork.
 *
 * Source: Apple Technical Note TN1150, "Attributes File"; xnu bsd/hfs/hfs_format.h (HFSPlusAttrData).
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Run } from '../../media/index.ts';
import { heldRuns } from '../content.ts';
import { type DataStream, StreamKind } from '../filesystems.ts';
import { type BTree, recordsOf } from '../hfs/btree.ts';
import { type Extents, extentsAt, type Fork, type Forks } from '../hfs/forks.ts';
import { decodedName } from '../names.ts';
import { forkAt } from './records.ts';

const RecordType = { Inline: 0x10, Fork: 0x20, Extents: 0x30 } as const;
/** Key: length, pad, file id, start block, count of characters; then the name. */
const NAME_AT = 14;
const INLINE_HEADER = 16;
const DECMPFS = 'com.apple.decmpfs';
const DECMPFS_MAGIC = 0x636d7066;
export const DECMPFS_HEADER = 16;
const MOST_ATTRIBUTES = 8 * 1024 * 1024;

/** What `com.apple.decmpfs` says. */
export interface PackedAs {
  readonly method: number;
  /** In bytes, unpacked. Infinity for what can't be counted. */
  readonly size: number;
  /** Index of the attribute itself. */
  readonly index: number;
}

/** Attributes in columns, a few numbers each: a system volume has one for nearly every file. */
export class Attributes {
  readonly #ids: number[] = [];
  readonly #names: number[] = [];
  readonly #nodes: number[] = [];
  /** Where the data of its record begin, in the node. */
  readonly #places: number[] = [];
  readonly #sizes: number[] = [];
  readonly #isFork: boolean[] = [];
  readonly #texts: string[] = [];
  readonly #numberOf = new Map<string, number>();
  /** Further extents of a fork, by id and name, by the block they start at. */
  readonly #more = new Map<string, Map<number, Extents>>();
  readonly #packed = new Map<number, PackedAs>();
  #order: readonly number[] | undefined;

  private constructor(
    private readonly tree: BTree,
    private readonly forks: Forks,
  ) {}

  /** Reads the leaves once. @param faults what was wrong is added here. */
  static async read(tree: BTree, forks: Forks, faults: Fault[], signal?: AbortSignal): Promise<Attributes> {
    const found = new Attributes(tree, forks);
    for await (const { index, bytes } of tree.leaves(faults, signal)) {
      const records = recordsOf(bytes);
      for (let i = 0; i + 1 < records.length; i++) found.#add(index, bytes, records[i] ?? 0, records[i + 1] ?? 0);
      if (found.#ids.length + found.#more.size > MOST_ATTRIBUTES) {
        faults.push(tooMany());
        break;
      }
    }
    return found;
  }

  #add(node: number, bytes: Buffer, at: number, end: number): void {
    if (end - at < NAME_AT) return;
    const dataAt = at + 2 + bytes.readUInt16BE(at);
    const nameEnd = at + NAME_AT + 2 * bytes.readUInt16BE(at + 12);
    if (nameEnd > dataAt || dataAt + 16 > end) return;
    const id = bytes.readUInt32BE(at + 4);
    const name = this.#name(bytes.subarray(at + NAME_AT, nameEnd));
    const type = bytes.readUInt32BE(dataAt);
    if (type === RecordType.Extents && dataAt + 72 <= end) {
      const key = `${id}/${name}`;
      const known = this.#more.get(key) ?? new Map<number, Extents>();
      this.#more.set(key, known.set(bytes.readUInt32BE(at + 8), extentsAt(bytes, dataAt + 8, 8, 4)));
      return;
    }
    const isFork = type === RecordType.Fork && dataAt + 88 <= end;
    if (!isFork && type !== RecordType.Inline) return;
    const inlineSize = Math.min(bytes.readUInt32BE(dataAt + 12), end - dataAt - INLINE_HEADER);
    const size = isFork ? forkAt(bytes, dataAt + 8, id, false).size : inlineSize;
    const last = this.#ids.at(-1);
    if (last !== undefined && last > id) this.#order = [];
    if (!isFork && this.#texts[name] === DECMPFS && size >= DECMPFS_HEADER)
      this.#addPacked(id, bytes.subarray(dataAt + INLINE_HEADER, end));
    this.#ids.push(id);
    this.#names.push(name);
    this.#nodes.push(node);
    this.#places.push(dataAt);
    this.#sizes.push(size);
    this.#isFork.push(isFork);
  }

  #addPacked(id: number, header: Buffer): void {
    if (header.readUInt32LE(0) !== DECMPFS_MAGIC) return;
    const size = header.readUInt32LE(8) + header.readUInt32LE(12) * 2 ** 32;
    const known = Number.isSafeInteger(size) ? size : Number.POSITIVE_INFINITY;
    this.#packed.set(id, { method: header.readUInt32LE(4), size: known, index: this.#ids.length });
  }

  #name(bytes: Buffer): number {
    const { text } = decodedName(bytes, 'utf-16be');
    const known = this.#numberOf.get(text);
    if (known !== undefined) return known;
    this.#numberOf.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  packedOf(id: number): PackedAs | undefined {
    return this.#packed.get(id);
  }

  /** @param except index of one that is not shown: the data of the file are made of it. */
  streamsOf(id: number, except = -1): DataStream[] {
    const streams: DataStream[] = [];
    const order = this.#sorted();
    for (let at = this.#firstOf(id, order); at < this.#ids.length; at++) {
      const index = order?.[at] ?? at;
      if (this.#ids[index] !== id) break;
      if (index !== except) streams.push(this.#stream(index));
    }
    return streams;
  }

  /** The tree is sorted by id; what was found one by one need not be. */
  #sorted(): readonly number[] | undefined {
    if (this.#order?.length === 0)
      this.#order = Array.from(this.#ids.keys()).sort((a, b) => (this.#ids[a] ?? 0) - (this.#ids[b] ?? 0));
    return this.#order;
  }

  #firstOf(id: number, order: readonly number[] | undefined): number {
    let low = 0;
    for (let high = this.#ids.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#ids[order?.[middle] ?? middle] ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #stream(index: number): DataStream {
    const size = this.#sizes[index] ?? 0;
    const name = this.#texts[this.#names[index] ?? 0] ?? '';
    return {
      kind: StreamKind.Attribute,
      name,
      // A size that can't be counted is the disk's fault: its records end somewhere.
      size: Number.isFinite(size) ? size : 0,
      runs: () => this.runsOf(index),
    };
  }

  /** The bytes of one, and where they stand. */
  async runsOf(index: number): Promise<readonly Run[]> {
    const node = await this.tree.node(this.#nodes[index] ?? 0);
    const at = this.#places[index] ?? 0;
    const size = this.#sizes[index] ?? 0;
    const id = this.#ids[index] ?? 0;
    if (this.#isFork[index] === true) {
      const fork: Fork = { ...forkAt(node, at + 8, id, false), size: Number.isFinite(size) ? size : 0 };
      const more = this.#more.get(`${id}/${this.#names[index]}`);
      return this.forks.runs(fork, (blockCount) => more?.get(blockCount));
    }
    return heldRuns(Buffer.from(node.subarray(at + INLINE_HEADER, at + INLINE_HEADER + size)));
  }
}

function tooMany(): Fault {
  const message = `the attributes file has more than ${MOST_ATTRIBUTES} records; the others are left out`;
  return new Fault(FaultKind.Refused, 'hfsplus/too-many-attributes', message, { limit: MOST_ATTRIBUTES });
}
