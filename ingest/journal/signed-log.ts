/**
 * The signed log over the journal's lines: their leaf hashes as a Merkle tree in tiles, and a checkpoint that says how far it
 * is signed. Lines are durable before they are signed; what a crash left unsigned is signed at the next opening.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { durableWrite, Fault, FaultKind } from '../kernel/index.ts';
import { type Checkpoint, publicKeyOf, readCheckpoint, signedCheckpoint, type Signer, type SignerKey } from './checkpoint.ts';
import { type NodeOf, rangeHash } from './merkle.ts';
import { leavesOf } from './read-journal.ts';
import { dropPartial, dropStale, dropTiles, extendTiles, hasTiles, isMissing, nodesOf, tilesIn } from './tiles.ts';

export const CHECKPOINT_NAME = 'checkpoint';
/** Leaves that are held while tiles are made anew. */
const AT_ONCE = 65_536;

export interface Signing {
  /** Which journal: C2SP tlog-checkpoint wants a name like `example.org/archive`. */
  readonly origin: string;
  readonly signer: Signer;
  /** Of earlier signers, whose checkpoints are believed too. */
  readonly trusted?: readonly SignerKey[];
}

/** The checkpoint in `folder`; undefined where none was signed yet. @throws Fault as readCheckpoint. */
export async function checkpointIn(folder: string, keys: readonly SignerKey[]): Promise<Checkpoint | undefined> {
  try {
    return readCheckpoint(await readFile(join(folder, CHECKPOINT_NAME), 'utf8'), keys);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whose journal lies in `folder`, by its checkpoint, whoever signed it; undefined where none was signed yet. */
export async function originIn(folder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, CHECKPOINT_NAME), 'utf8')).split('\n', 1)[0];
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export class SignedLog {
  readonly #folder: string;
  readonly #signing: Signing;
  #signed: Checkpoint | undefined;
  #nodes: NodeOf;
  /** Of lines after the checkpoint. */
  #leaves: Buffer[] = [];

  private constructor(folder: string, signing: Signing, signed: Checkpoint | undefined) {
    this.#folder = folder;
    this.#signing = signing;
    this.#signed = signed;
    this.#nodes = nodesIn(folder, signed?.size ?? 0);
  }

  /** @throws Fault 'journal/other-origin', 'journal/tree-differs' when the tiles do not give the root that was signed; as readCheckpoint. */
  static async open(folder: string, signing: Signing): Promise<SignedLog> {
    const signed = await checkpointIn(folder, [publicKeyOf(signing.signer), ...(signing.trusted ?? [])]);
    if (signed !== undefined && signed.origin !== signing.origin) throw otherOrigin(signed.origin, signing.origin);
    const log = new SignedLog(folder, signing, signed);
    if (signed === undefined) await dropTiles(folder);
    else if (!(await hasTiles(folder))) await makeTiles(folder, signed.size);
    if (signed === undefined) return log;
    if (!(await log.#root(signed.size)).equals(signed.root)) throw treeDiffers(folder, signed.size);
    await dropStale(folder, signed.size);
    return log;
  }

  /** Entries that are signed. */
  get size(): number {
    return this.#signed?.size ?? 0;
  }

  /** Takes note of line `index`, in order. @throws Fault 'journal/rewritten' when another one was signed in its place. */
  async see(index: number, leaf: Buffer): Promise<void> {
    if (index >= this.size) this.#leaves.push(leaf);
    else if (!(await this.#node(0, index)).equals(leaf)) throw rewritten(this.#folder, index);
  }

  /** Signs what was noted since. @returns the checkpoint that now stands. @throws what the disk says; the next call tries again. */
  async sign(): Promise<Checkpoint | undefined> {
    if (this.#leaves.length === 0) return this.#signed;
    const [before, leaves] = [this.size, this.#leaves];
    const size = before + leaves.length;
    await extendTiles(this.#folder, before, leaves);
    this.#nodes = nodesIn(this.#folder, size);
    const checkpoint = { origin: this.#signing.origin, size, root: await this.#root(size) };
    await durableWrite(join(this.#folder, CHECKPOINT_NAME), signedCheckpoint(checkpoint, this.#signing.signer));
    this.#signed = checkpoint;
    this.#leaves = this.#leaves.slice(leaves.length);
    await dropPartial(this.#folder, before, size);
    return checkpoint;
  }

  async #root(size: number): Promise<Buffer> {
    return rangeHash((level, index) => this.#node(level, index), 0, size);
  }

  async #node(level: number, index: number): Promise<Buffer> {
    try {
      return await this.#nodes(level, index);
    } catch (error) {
      if (isMissing(error) || error instanceof RangeError) throw treeDiffers(this.#folder, this.size, error);
      throw error;
    }
  }
}

/** From the lines, whose own hashes are checked; the checkpoint's root then tells whether they are those that were signed. */
async function makeTiles(folder: string, size: number): Promise<void> {
  let leaves: Buffer[] = [];
  let done = 0;
  for await (const { index, leaf } of leavesOf(folder)) {
    if (index < size) leaves.push(leaf);
    if (leaves.length < AT_ONCE && index + 1 < size) continue;
    await extendTiles(folder, done, leaves);
    done += leaves.length;
    leaves = [];
    if (index + 1 >= size) break;
  }
}

/** Reads a tile once for all of its hashes that are asked for in a row. */
export function nodesIn(folder: string, size: number): NodeOf {
  const read = tilesIn(folder);
  let held: { path: string; bytes: Promise<Buffer> } | undefined;
  return nodesOf(size, (path) => {
    if (held?.path !== path) held = { path, bytes: read(path) };
    return held.bytes;
  });
}

/** @param index undefined when the tiles don't tell which. */
export function rewritten(folder: string, index: number | undefined): Fault {
  const what = index === undefined ? 'an entry' : `entry ${index}`;
  const message =
    `${what} of the journal at ${folder} is not the one that was signed: history was changed. ` +
    'Nothing more is signed; restore the folder from another copy, and ask who could write there';
  return new Fault(FaultKind.Corrupt, 'journal/rewritten', message, { folder, ...(index === undefined ? {} : { index }) });
}

function treeDiffers(folder: string, size: number, cause?: unknown): Fault {
  const message =
    `the hashes in ${join(folder, 'tile')} do not give the root that was signed for ${size} entries: they were altered or lost. ` +
    'Remove the folder "tile" and start again: it is made anew from the lines, and judged by the checkpoint';
  return new Fault(FaultKind.Corrupt, 'journal/tree-differs', message, { folder, size }, { cause });
}

function otherOrigin(found: string, expected: string): Fault {
  const message = `the checkpoint is of the journal "${found}", and this archive's is "${expected}": another archive's journal lies here`;
  return new Fault(FaultKind.Refused, 'journal/other-origin', message, { found, expected });
}
