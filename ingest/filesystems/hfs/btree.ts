/**
 * B-trees of HFS and HFS+: nodes, their records, and the chain of leaves.
 *
 * Sources: Apple Technical Note TN1150, "B-Trees"; Inside Macintosh: Files, 2-64 ff.
 */
import { Fault, FaultKind, layout, u16be, u32be, u8 } from '../../kernel/index.ts';
import { type ByteSource, Recent } from '../../media/index.ts';

/** Node 0: its descriptor (14 bytes), then BTHeaderRec. */
const headerNode = layout('B-tree header node', 120, {
  next: [0, u32be],
  kind: [8, u8],
  depth: [14, u16be],
  rootNode: [16, u32be],
  leafRecordCount: [20, u32be],
  firstLeaf: [24, u32be],
  lastLeaf: [28, u32be],
  nodeSize: [32, u16be],
  nodeCount: [36, u32be],
  freeNodeCount: [40, u32be],
  keyCompare: [51, u8],
});

export const NodeKind = { Leaf: 0xff, Index: 0, Header: 1, Map: 2 } as const;
const DESCRIPTOR_SIZE = 14;
const NODE_SIZES = [512, 1024, 2048, 4096, 8192, 16_384, 32_768];
/** A multiple of every node size. */
const PAGE = 64 * 1024;
const CACHE_SIZE = 64 * 1024 * 1024;
/** Nodes that are looked through when the chain of leaves is broken: enough for some 20 million files. */
const MOST_SCANNED = 1024 * 1024;
/** Nodes in a row that are none, after which there are no more. */
const MOST_EMPTY = 64 * 1024;
/** Leaves of one chain: more than any tree has. */
const MOST_LEAVES = 8 * 1024 * 1024;

export interface Leaf {
  readonly index: number;
  readonly bytes: Buffer;
}

/** Which tree, and which area's codes its Faults carry. */
export interface TreeName {
  readonly format: string;
  /** `catalog`, `extents`, `attributes`. */
  readonly tree: string;
}

export class BTree {
  readonly #pages = new Recent<number, Buffer>(CACHE_SIZE);
  #last: { readonly index: number; readonly page: Buffer } | undefined;

  private constructor(
    private readonly file: ByteSource,
    private readonly name: TreeName,
    readonly nodeSize: number,
    /** Undefined when the header is damaged. */
    private readonly header: ReturnType<typeof headerNode.decode> | undefined,
  ) {}

  /** @param file its content. @throws Fault when neither a header nor nodes can be made out. */
  static async open(file: ByteSource, name: TreeName): Promise<BTree> {
    const head = await bytesOrNothing(file, 0, Math.min(file.size, 32_768));
    if (head.length >= headerNode.size) {
      const header = headerNode.decode(head);
      if (header.kind === NodeKind.Header && NODE_SIZES.includes(header.nodeSize))
        return new BTree(file, name, header.nodeSize, header);
    }
    // Without a header, the size that makes nodes of most of what follows it.
    const scores = await Promise.all(NODE_SIZES.map(async (size) => ({ size, score: await nodesOfSize(file, size) })));
    const best = scores.toSorted((a, b) => b.score - a.score)[0];
    if (best === undefined || best.score === 0) throw noTree(name);
    return new BTree(file, name, best.size, undefined);
  }

  get hasHeader(): boolean {
    return this.header !== undefined;
  }

  get nodeCount(): number {
    return Math.floor(this.file.size / this.nodeSize);
  }

  /** 0xBC for trees that tell upper and lower case apart (HFSX). */
  get keyCompare(): number {
    return this.header?.keyCompare ?? 0;
  }

  get leafRecordCount(): number {
    return this.header?.leafRecordCount ?? 0;
  }

  /** The leaf that is leftmost, undefined where it is none. */
  async firstLeaf(): Promise<Leaf | undefined> {
    const index = this.header?.firstLeaf ?? 0;
    if (index === 0 || index >= this.nodeCount) return undefined;
    const bytes = await this.node(index);
    return kindOf(bytes) === NodeKind.Leaf ? { index, bytes } : undefined;
  }

  /** @param index below `nodeCount`. Zeros where the image does not have the node: no leaf. */
  async node(index: number): Promise<Buffer> {
    const perPage = PAGE / this.nodeSize;
    const pageIndex = Math.floor(index / perPage);
    if (this.#last?.index !== pageIndex) {
      const start = pageIndex * PAGE;
      const length = Math.min(PAGE, this.nodeCount * this.nodeSize - start);
      this.#last = { index: pageIndex, page: await this.#pages.get(pageIndex, length, () => this.#read(start, length)) };
    }
    const at = (index % perPage) * this.nodeSize;
    return this.#last.page.subarray(at, at + this.nodeSize);
  }

  async #read(start: number, length: number): Promise<Buffer> {
    const page = await bytesOrNothing(this.file, start, length);
    if (page.length === length) return page;
    const nodes = [];
    for (let at = start; at < start + length; at += this.nodeSize) {
      const node = await bytesOrNothing(this.file, at, this.nodeSize);
      nodes.push(node.length === this.nodeSize ? node : Buffer.alloc(this.nodeSize));
    }
    return Buffer.concat(nodes);
  }

  /**
   * Every leaf once, from left to right; when their chain is broken, the others as they lie in the file.
   * @param faults what was wrong is added here.
   */
  async *leaves(faults: Fault[], signal?: AbortSignal): AsyncGenerator<Leaf, void, undefined> {
    const seen = new Set<number>();
    let index = this.header?.firstLeaf ?? 0;
    let last = 0;
    while (index !== 0 && index < this.nodeCount && !seen.has(index) && seen.size < MOST_LEAVES) {
      signal?.throwIfAborted();
      const bytes = await this.node(index);
      if (kindOf(bytes) !== NodeKind.Leaf) break;
      seen.add(index);
      yield { index, bytes };
      last = index;
      index = bytes.readUInt32BE(0);
    }
    if (index === 0 && this.header !== undefined && last === this.header.lastLeaf) return;
    faults.push(brokenChain(this.name, seen.size));
    yield* this.#others(seen, signal);
  }

  async *#others(seen: ReadonlySet<number>, signal?: AbortSignal): AsyncGenerator<Leaf, void, undefined> {
    const isUsed = await this.#map();
    const end = Math.min(this.nodeCount, MOST_SCANNED);
    for (let index = 1, emptyCount = 0; index < end && emptyCount < MOST_EMPTY; index++) {
      signal?.throwIfAborted();
      if (seen.has(index) || !isUsed(index)) continue;
      const bytes = await this.node(index);
      emptyCount = recordsOf(bytes).length > 1 ? 0 : emptyCount + 1;
      if (kindOf(bytes) === NodeKind.Leaf && bytes[9] === 1 && recordsOf(bytes).length > 1) yield { index, bytes };
    }
  }

  /** Which nodes are in use; freed ones hold records of the past. All of them, where the map can't be read. */
  async #map(): Promise<(index: number) => boolean> {
    const bits: Buffer[] = [];
    const seen = new Set<number>([0]);
    let from = 2;
    for (let index = 0; this.header !== undefined && index < this.nodeCount; from = 0) {
      const bytes = await this.node(index);
      if (kindOf(bytes) !== (index === 0 ? NodeKind.Header : NodeKind.Map)) break;
      const records = recordsOf(bytes);
      bits.push(bytes.subarray(records[from] ?? 0, records[from + 1] ?? 0));
      index = bytes.readUInt32BE(0);
      if (index === 0 || seen.has(index)) break;
      seen.add(index);
    }
    const map = Buffer.concat(bits);
    const isEmpty = map.every((byte) => byte === 0);
    return (index) => isEmpty || (((map[index >> 3] ?? 0xff) << (index & 7)) & 0x80) !== 0;
  }
}

export function kindOf(node: Buffer): number {
  return node.readUInt8(8);
}

/** Where its records begin, and where the last of them ends: as far as the offsets make sense. */
export function recordsOf(node: Buffer): number[] {
  const count = Math.min(node.readUInt16BE(10), (node.length - DESCRIPTOR_SIZE) / 2 - 1);
  const end = node.length - 2 * (count + 1);
  const offsets: number[] = [];
  let before = 0;
  for (let i = 0; i <= count; i++) {
    const offset = node.readUInt16BE(node.length - 2 * (i + 1));
    if (offset < DESCRIPTOR_SIZE || offset <= before || offset > end) break;
    offsets.push(offset);
    before = offset;
  }
  return offsets;
}

/** Whether all the records that the node counts were found by `recordsOf`. */
export function isWhole(node: Buffer, records: readonly number[]): boolean {
  return records.length === node.readUInt16BE(10) + 1;
}

/** How many of the first nodes look like nodes of this size. */
async function nodesOfSize(file: ByteSource, size: number): Promise<number> {
  let score = 0;
  for (let index = 1; index < 16 && (index + 1) * size <= file.size; index++) {
    const node = await bytesOrNothing(file, index * size, size);
    if (node.length === size && [NodeKind.Leaf, NodeKind.Index].includes(kindOf(node) as 0) && recordsOf(node).length > 1)
      score += isWhole(node, recordsOf(node)) ? size : 0;
  }
  return score;
}

/** Nothing where the structures don't give all of them. */
async function bytesOrNothing(file: ByteSource, offset: number, length: number): Promise<Buffer> {
  try {
    return await file.read(offset, length);
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    return Buffer.alloc(0);
  }
}

function noTree({ format, tree }: TreeName): Fault {
  const message = `the ${tree} file is no B-tree: its header node is damaged, and no other node can be made out`;
  return new Fault(FaultKind.Corrupt, `${format}/no-tree`, message, { tree });
}

function brokenChain({ format, tree }: TreeName, count: number): Fault {
  const message = `the chain of leaves of the ${tree} file is broken after ${count} of them; the others were looked for one by one, and some may be missing or of the past`;
  return new Fault(FaultKind.Corrupt, `${format}/leaf-chain`, message, { tree, count });
}
