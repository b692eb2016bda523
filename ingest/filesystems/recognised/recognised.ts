/** What recognising takes: marks of file systems that this version names, but does not list. */
import type { Fault } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';

/** What a super block tells. What it does not tell stays undefined. */
export interface Recognised {
  /** As people call it, with its version where they do: `XFS`, `LUKS2`. */
  readonly type: string;
  readonly label?: string;
  /** Lower case; empty ones are left out. */
  readonly serial?: string;
  /** In bytes, by its own count. */
  readonly size?: number;
  /** In bytes. */
  readonly blockSize?: number;
  readonly isEncrypted?: boolean;
  readonly facts?: Readonly<Record<string, string | number>>;
  readonly warnings?: readonly Fault[];
}

/** Marks outlive their file system: what is listed by its root structure is believed before them, but for those in the first sector. */
export const Strength = {
  /** A short mark, or one that little stands behind. */
  Weak: 60,
  /** A long mark, and numbers that fit. */
  Strong: 74,
  /** The same, where any other file system has its boot sector. */
  First: 90,
  /** It is meant to look like another file system, and is told beside that. */
  Disguised: 100,
} as const;

export interface Kind {
  /** What `FileSystem.format` says: one word. */
  readonly id: string;
  /** The document that it was written from. */
  readonly source: string;
  readonly strength: (typeof Strength)[keyof typeof Strength];
  /** Undefined where it is not. A Fault of numbers that can't be means the same. */
  recognise(volume: Peek): Promise<Recognised | undefined>;
}

const PAGE = 16 * 1024;
const MOST_PAGES = 64;

/** Looks at places of a volume; what lies beside each other is read once. */
export class Peek {
  readonly #pages = new Map<number, Buffer>();

  constructor(private readonly volume: ByteSource) {}

  get size(): number {
    return this.volume.size;
  }

  /** Undefined where not all of it is in the volume. */
  async at(offset: number, length: number): Promise<Buffer | undefined> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.volume.size)) return undefined;
    const first = Math.floor(offset / PAGE);
    const last = Math.floor((offset + length - 1) / PAGE);
    const pages: Buffer[] = [];
    for (let index = first; index <= last; index++) pages.push(await this.#page(index));
    const bytes = pages.length === 1 ? pages[0] : Buffer.concat(pages);
    return bytes?.subarray(offset - first * PAGE, offset - first * PAGE + length);
  }

  /** The characters there, one for a byte; '' outside. */
  async text(offset: number, length: number): Promise<string> {
    return (await this.at(offset, length))?.toString('latin1') ?? '';
  }

  async #page(index: number): Promise<Buffer> {
    const known = this.#pages.get(index);
    if (known !== undefined) return known;
    const offset = index * PAGE;
    const page = await this.volume.read(offset, Math.min(PAGE, this.volume.size - offset));
    if (this.#pages.size < MOST_PAGES) this.#pages.set(index, page);
    return page;
  }
}

/** Sizes of blocks are powers of two within limits. */
export function isBlockSize(size: number, least = 512, most = 65_536): boolean {
  return size >= least && size <= most && (size & (size - 1)) === 0;
}

/** `serial: uuid`, or nothing for one of zeros. */
export function serialOf(uuid: string): { readonly serial?: string } {
  return /^[0-]*$/.test(uuid) ? {} : { serial: uuid.toLowerCase() };
}
