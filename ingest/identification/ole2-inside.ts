/** What lies in a compound file (OLE2). Source: [MS-CFB] 2.2, 2.3, 2.4, 2.6. Not read: FAT sectors beyond the header's 109. */
import { layout, raw, u16le, u32le, u8 } from '../kernel/index.ts';
import { type Inside, INSIDE_SIZE, MOST_NAMES } from './container.ts';
import { bytesAt, type Sample } from './sample.ts';

const HEADER_FATS = 109;
/** Above: free, end of chain, FAT, DIFAT. */
const LAST_SECTOR = 0xfffffffa;
const NONE = 0xffffffff;
const ROOT = 5;
const STREAM = 2;
const STORAGE = 1;
const DEEPEST = 16;

const header = layout('compound file header', 512, {
  sectorShift: [30, u16le],
  miniSectorShift: [32, u16le],
  directoryStart: [48, u32le],
  miniCutoff: [56, u32le],
  miniFatStart: [60, u32le],
});
const node = layout('compound file directory entry', 128, {
  name: [0, raw(64)],
  nameLength: [64, u16le],
  type: [66, u8],
  left: [68, u32le],
  right: [72, u32le],
  child: [76, u32le],
  start: [116, u32le],
  streamSize: [120, u32le],
});
type Node = ReturnType<typeof node.decode>;

/** Undefined when what tells is not in the sample, or makes no sense. */
export function ole2Inside(sample: Sample): Inside | undefined {
  const start = bytesAt(sample, 0, header.size);
  if (start === undefined) return undefined;
  const head = header.decode(start);
  if ((head.sectorShift !== 9 && head.sectorShift !== 12) || head.miniSectorShift !== 6) return undefined;
  return new CompoundFile(sample, start, head).inside();
}

class CompoundFile {
  readonly #sample: Sample;
  readonly #head: ReturnType<typeof header.decode>;
  readonly #sectorSize: number;
  readonly #fats: readonly number[];

  constructor(sample: Sample, start: Buffer, head: ReturnType<typeof header.decode>) {
    this.#sample = sample;
    this.#head = head;
    this.#sectorSize = 2 ** head.sectorShift;
    this.#fats = Array.from({ length: HEADER_FATS }, (_, index) => start.readUInt32LE(76 + index * 4));
  }

  inside(): Inside | undefined {
    const directory = this.#chain(this.#head.directoryStart, MOST_NAMES * node.size);
    const root = directory === undefined ? undefined : nodeAt(directory, 0);
    if (directory === undefined || root?.type !== ROOT) return undefined;
    const nodes = new Map<string, Node>();
    const seen = new Set<number>();
    const walk = (first: number, folder: string, depth: number): void => {
      const waiting = [first];
      for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
        if (index === NONE || seen.has(index)) continue;
        seen.add(index);
        const found = nodeAt(directory, index);
        if (found === undefined) continue;
        const path = folder + nameOf(found);
        if (found.type === STREAM || found.type === STORAGE) nodes.set(path, found);
        if (found.type === STORAGE && depth < DEEPEST) walk(found.child, `${path}/`, depth + 1);
        waiting.push(found.left, found.right);
      }
    };
    walk(root.child, '', 0);
    return { names: new Set(nodes.keys()), read: (name) => this.#content(nodes.get(name), root) };
  }

  #content(stream: Node | undefined, root: Node): Buffer | undefined {
    if (stream?.type !== STREAM) return undefined;
    const length = Math.min(stream.streamSize, INSIDE_SIZE);
    if (stream.streamSize >= this.#head.miniCutoff) return this.#chain(stream.start, length)?.subarray(0, length);
    const miniSize = 2 ** this.#head.miniSectorShift;
    const small = this.#chain(root.start, INSIDE_SIZE * 16);
    const fat = this.#chain(this.#head.miniFatStart, INSIDE_SIZE);
    if (small === undefined || fat === undefined) return undefined;
    const parts: Buffer[] = [];
    for (let sector = stream.start, left = length; left > 0; left -= miniSize) {
      if ((sector + 1) * miniSize > small.length || sector * 4 + 4 > fat.length) return undefined;
      parts.push(small.subarray(sector * miniSize, (sector + 1) * miniSize));
      sector = fat.readUInt32LE(sector * 4);
    }
    return Buffer.concat(parts).subarray(0, length);
  }

  /** The first `most` bytes of a chain of sectors; undefined when one of them was not kept. */
  #chain(first: number, most: number): Buffer | undefined {
    const parts: Buffer[] = [];
    let sector = first;
    for (let length = 0; length < most && sector <= LAST_SECTOR; length += this.#sectorSize) {
      const bytes = this.#sector(sector);
      const next = this.#next(sector);
      if (bytes === undefined || next === undefined) return undefined;
      parts.push(bytes);
      sector = next;
    }
    return Buffer.concat(parts);
  }

  #next(sector: number): number | undefined {
    const perSector = this.#sectorSize / 4;
    const fat = this.#fats[Math.floor(sector / perSector)];
    return fat === undefined ? undefined : this.#sector(fat)?.readUInt32LE((sector % perSector) * 4);
  }

  /** The last one may be cut short. */
  #sector(sector: number): Buffer | undefined {
    const offset = (sector + 1) * this.#sectorSize;
    const length = Math.min(this.#sectorSize, this.#sample.size - offset);
    const bytes = length <= 0 ? undefined : bytesAt(this.#sample, offset, length);
    return bytes === undefined || length === this.#sectorSize ? bytes : Buffer.concat([bytes], this.#sectorSize);
  }
}

function nodeAt(directory: Buffer, index: number): Node | undefined {
  const offset = index * node.size;
  return offset + node.size > directory.length ? undefined : node.decode(directory.subarray(offset, offset + node.size));
}

/** Without the control character that stands before names of the system: `\u0001CompObj`. */
function nameOf({ name, nameLength }: Node): string {
  const text = name.toString('utf16le', 0, Math.max(0, Math.min(nameLength, 64) - 2));
  return text.charCodeAt(0) < 0x20 ? text.slice(1) : text;
}
