/** Reads a block list: checks that it is whole and consistent, gives digests of any blocks. Holds none of them in memory. */
import { type FileHandle, open } from 'node:fs/promises';
import { Fault, type FaultFacts, FaultKind, wordsOfSystemError } from '../kernel/index.ts';
import { blockCount, decodePath, footerText, headerText, LINE } from './block-list-format.ts';
import { MerkleRoot } from './merkle.ts';
import { READ_FLAGS } from './second-look.ts';

const HEADER_MAX = 32 * 1024; // a path of 4096 bytes grows to a third when every byte is encoded
const HEADER = /^strongroom-blocks 1\npath ([^\r\n]+)\nsize (0|[1-9]\d{0,15})\nblock-size 1048576\nalgorithm sha256\n\n/;
const FOOTER_SIZE = footerText('0'.repeat(64)).length;
const LINES = /^(?:[0-9a-f]{64}\n)*$/;
/** Digests read at a time when all are walked: 65 KB × 4. */
const WALK = 4096;

export class BlockList implements AsyncDisposable {
  /** Path of the described file in its package, decoded. */
  readonly path: string;
  /** Bytes of the described file. */
  readonly size: number;
  /** Number of blocks. */
  readonly count: number;
  /** The root as the list states it; `verifyRoot` tells whether it is true. */
  readonly root: string;
  readonly #handle: FileHandle;
  readonly #owned: boolean;
  readonly #name: string;
  readonly #firstLine: number;
  #verified = false;

  private constructor(from: {
    handle: FileHandle;
    owned: boolean;
    name: string;
    header: string;
    path: string;
    size: number;
    root: string;
  }) {
    this.path = decodePath(from.path);
    this.size = from.size;
    this.count = blockCount(from.size);
    this.root = from.root;
    this.#handle = from.handle;
    this.#owned = from.owned;
    this.#name = from.name;
    this.#firstLine = Buffer.byteLength(from.header);
  }

  /**
   * Opens a list and checks header, footer and that its size is exactly what the header implies.
   * @param from a path, or an open handle that stays the caller's to close.
   * @throws Fault 'digest/blocks-malformed' for anything but a list of version 1; 'digest/blocks-unreadable' (worth a retry);
   * 'digest/blocks-missing'.
   */
  static async open(from: string | FileHandle): Promise<BlockList> {
    const name = typeof from === 'string' ? from : 'the block list';
    const handle = typeof from === 'string' ? await openList(from) : from;
    try {
      const { size: fileSize } = await handle.stat();
      const head = (await readAt(handle, name, 0, Math.min(HEADER_MAX, fileSize))).toString('utf8');
      const match = HEADER.exec(head);
      const [header, path, sizeText] = match ?? [];
      if (header === undefined || path === undefined || sizeText === undefined)
        throw malformed(name, 'its header is not that of version 1');
      const size = Number(sizeText);
      if (!Number.isSafeInteger(size)) throw malformed(name, `${sizeText} bytes are more than can be counted`);
      if (headerText(decodePath(path), size) !== header)
        throw malformed(name, 'its header is not spelled as version 1 spells it');
      const headerSize = Buffer.byteLength(header);
      const expected = headerSize + blockCount(size) * LINE + FOOTER_SIZE;
      if (fileSize !== expected) {
        throw malformed(name, `it has ${fileSize} bytes, and a list for a file of ${size} bytes has ${expected}`, {
          got: fileSize,
          expected,
        });
      }
      const footer = (await readAt(handle, name, fileSize - FOOTER_SIZE, FOOTER_SIZE)).toString('latin1');
      const root = /^\nroot ([0-9a-f]{64})\n$/.exec(footer)?.[1];
      if (root === undefined) throw malformed(name, 'it does not end with its root');
      return new BlockList({ handle, owned: typeof from === 'string', name, header, path, size, root });
    } catch (error) {
      if (typeof from === 'string') await handle.close();
      throw error;
    }
  }

  /**
   * SHA-256 of blocks [first, first + count), 32 bytes each.
   * @throws RangeError outside the list; Fault 'digest/blocks-malformed' when a line is no digest.
   */
  async digests(first: number, count: number): Promise<Buffer> {
    if (!Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 0 || first + count > this.count) {
      throw new RangeError(`blocks ${first} to ${first + count} of a list of ${this.count}`);
    }
    const text = (await readAt(this.#handle, this.#name, this.#firstLine + first * LINE, count * LINE)).toString('latin1');
    if (!LINES.test(text)) throw malformed(this.#name, `a line of the blocks ${first} to ${first + count - 1} is no digest`);
    return Buffer.from(text.replaceAll('\n', ''), 'hex');
  }

  /** Recomputes the root from all digests. @throws Fault 'digest/blocks-root' when the list states another. */
  async verifyRoot(): Promise<void> {
    if (this.#verified) return;
    const tree = new MerkleRoot();
    for (let first = 0; first < this.count; first += WALK) {
      const digests = await this.digests(first, Math.min(WALK, this.count - first));
      for (let at = 0; at < digests.length; at += 32) tree.add(digests.subarray(at, at + 32));
    }
    const root = tree.root();
    if (root !== this.root) {
      throw new Fault(
        FaultKind.Corrupt,
        'digest/blocks-root',
        `the block list ${this.#name} is damaged: it states the root ${this.root}, and its digests give ${root}`,
        { list: this.#name, stated: this.root, computed: root },
      );
    }
    this.#verified = true;
  }

  async close(): Promise<void> {
    if (this.#owned) await this.#handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function openList(path: string): Promise<FileHandle> {
  try {
    return await open(path, READ_FLAGS);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const code = missing ? 'digest/blocks-missing' : 'digest/blocks-unreadable';
    const reason = wordsOfSystemError(error);
    throw new Fault(
      missing ? FaultKind.Missing : FaultKind.Unreadable,
      code,
      `the block list ${path}: ${reason}`,
      { list: path, reason },
      { cause: error },
    );
  }
}

async function readAt(handle: FileHandle, list: string, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    let got: number;
    try {
      got = (await handle.read(bytes, at, length - at, offset + at)).bytesRead;
    } catch (error) {
      const reason = wordsOfSystemError(error);
      throw new Fault(
        FaultKind.Unreadable,
        'digest/blocks-unreadable',
        `the block list ${list}: ${reason}`,
        { list, reason },
        { cause: error },
      );
    }
    if (got === 0) throw malformed(list, `it ends at byte ${offset + at}`);
    at += got;
  }
  return bytes;
}

function malformed(list: string, what: string, facts: FaultFacts = {}): Fault {
  return new Fault(FaultKind.Corrupt, 'digest/blocks-malformed', `${list} is no block list: ${what}`, { list, ...facts });
}
