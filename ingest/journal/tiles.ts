/**
 * The tree's hashes in files, 256 to a tile, as C2SP tlog-tiles lays them out: `tile/<level>/<index>`, and while a tile is not
 * full `tile/<level>/<index>.p/<width>`. A full tile never changes; everything here can be computed anew from the journal's lines.
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { durableFolder, durableWrite, isSystemError } from '../kernel/index.ts';
import { HASH_SIZE, nodeHash, type NodeOf } from './merkle.ts';

const TILE_HASHES = 256;
/** Levels of the tree that one tile spans. */
const TILE_LEVELS = 8;

/** C2SP tlog-tiles, "Merkle tree": groups of three digits, all but the last with an x before. */
export function tilePath(level: number, index: number, width = TILE_HASHES): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g) ?? [];
  const name = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
  return `tile/${level}/${name}${width === TILE_HASHES ? '' : `.p/${width}`}`;
}

/** How many hashes tile level `level` has in a tree of `size` entries. */
function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_HASHES ** level);
}

/** Nodes of the tree of the first `size` entries. @param readTile gives a tile's bytes by its path. */
export function nodesOf(size: number, readTile: (path: string) => Promise<Buffer>): NodeOf {
  return async (level, index) => {
    const tileLevel = Math.floor(level / TILE_LEVELS);
    const count = 2 ** (level % TILE_LEVELS);
    const first = index * count;
    const tile = Math.floor(first / TILE_HASHES);
    const width = Math.min(TILE_HASHES, hashesAt(tileLevel, size) - tile * TILE_HASHES);
    const bytes = await readTile(tilePath(tileLevel, tile, width));
    const at = first % TILE_HASHES;
    if (bytes.length !== width * HASH_SIZE || at + count > width)
      throw new RangeError(`no node ${level}/${index} in the tree of ${size}`);
    return subtree(bytes.subarray(at * HASH_SIZE, (at + count) * HASH_SIZE));
  };
}

/** The root of a complete subtree, of whose hashes there are a power of two. */
function subtree(hashes: Buffer): Buffer {
  if (hashes.length === HASH_SIZE) return Buffer.from(hashes);
  const middle = hashes.length / 2;
  return nodeHash(subtree(hashes.subarray(0, middle)), subtree(hashes.subarray(middle)));
}

/** A reader of tiles in `folder`. @throws what the system says, ENOENT for a tile that is lost. */
export function tilesIn(folder: string): (path: string) => Promise<Buffer> {
  return async (path) => readFile(join(folder, path));
}

/**
 * Adds leaves to the tiles of a tree of `size` entries in `folder`, durable when it returns. Tiles of the smaller tree stay as
 * they are, so that whoever reads by the earlier checkpoint goes on doing so: see `dropPartial`.
 */
export async function extendTiles(folder: string, size: number, leaves: readonly Buffer[]): Promise<void> {
  let added: readonly Buffer[] = leaves;
  for (let level = 0; added.length > 0; level += 1) {
    const before = hashesAt(level, size);
    const held = before % TILE_HASHES;
    const partial =
      held === 0 ? Buffer.alloc(0) : await readFile(join(folder, tilePath(level, (before - held) / TILE_HASHES, held)));
    const hashes = Buffer.concat([partial, ...added]);
    const parents: Buffer[] = [];
    for (let at = 0, tile = (before - held) / TILE_HASHES; at < hashes.length; at += TILE_HASHES * HASH_SIZE, tile += 1) {
      const bytes = hashes.subarray(at, at + TILE_HASHES * HASH_SIZE);
      const width = bytes.length / HASH_SIZE;
      const path = join(folder, tilePath(level, tile, width));
      await durableFolder(dirname(path));
      await durableWrite(path, bytes);
      if (width === TILE_HASHES) parents.push(subtree(bytes));
    }
    added = parents;
  }
}

/** Removes the partial tiles of a tree of `size` entries that one of `now` entries needs no longer. */
export async function dropPartial(folder: string, size: number, now: number): Promise<void> {
  for (let level = 0; hashesAt(level, size) > 0; level += 1) {
    const [before, after] = [hashesAt(level, size), hashesAt(level, now)];
    const held = before % TILE_HASHES;
    if (held === 0 || before === after) continue;
    const path = join(folder, tilePath(level, (before - held) / TILE_HASHES, held));
    const isFull = after - (before - held) >= TILE_HASHES;
    await rm(isFull ? dirname(path) : path, { recursive: isFull, force: true });
  }
}

/** Removes what a crash left beside the tiles of a tree of `size` entries: partial tiles that are not of its checkpoint, and halves of files. */
export async function dropStale(folder: string, size: number): Promise<void> {
  for (let level = 0; level === 0 || hashesAt(level - 1, size) > 0; level += 1) {
    const held = hashesAt(level, size) % TILE_HASHES;
    const tile = (hashesAt(level, size) - held) / TILE_HASHES;
    const partial = dirname(join(folder, tilePath(level, tile, 1)));
    const names = await readdir(partial).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    for (const name of names) if (name !== String(held)) await rm(join(partial, name));
    if (tile > 0) await rm(dirname(join(folder, tilePath(level, tile - 1, 1))), { recursive: true, force: true });
  }
}

/** Forgets every tile: of an opening that never came to its first checkpoint. */
export async function dropTiles(folder: string): Promise<void> {
  await rm(join(folder, 'tile'), { recursive: true, force: true });
}

export async function hasTiles(folder: string): Promise<boolean> {
  return stat(join(folder, 'tile')).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false;
      throw error;
    },
  );
}

export function isMissing(error: unknown): boolean {
  return isSystemError(error) && error.code === 'ENOENT';
}
