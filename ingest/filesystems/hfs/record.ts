/** A record in a leaf of the catalog: its key, and which folder it is in; the same for HFS and HFS+. */
import type { Leaf } from './btree.ts';

export const ROOT_ID = 2;
/** The folder that the root is in, which is no folder. */
export const ROOT_PARENT_ID = 1;
export const RecordKind = { Folder: 1, File: 2, FolderThread: 3, FileThread: 4 } as const;

/** A record of a leaf: `bytes` from `at` to `end`, its key first. */
export interface CatalogRecord {
  /** The node it stands in, and its index there: `Catalog.record` finds it again. */
  readonly node: number;
  readonly index: number;
  readonly bytes: Buffer;
  readonly at: number;
  /** Where its data begin: after the key. */
  readonly dataAt: number;
  readonly end: number;
  readonly kind: number;
  readonly parentId: number;
}

/** What differs between HFS and HFS+. */
export interface CatalogShape {
  readonly format: string;
  /** Bytes of the key with its length, rounded to even. */
  keySize(bytes: Buffer, at: number): number;
  /** Of the record whose data begin there. */
  kindAt(bytes: Buffer, dataAt: number): number;
  /** Of the record of a folder whose data begin there; where its id stands. */
  readonly folderIdAt: number;
}

/** Undefined for what is no record of the catalog. @param records as `recordsOf` has them. */
export function recordAt(
  shape: CatalogShape,
  { index: node, bytes }: Leaf,
  records: readonly number[],
  index: number,
): CatalogRecord | undefined {
  const at = records[index];
  const end = records[index + 1];
  if (at === undefined || end === undefined || end - at < 8) return undefined;
  const dataAt = at + shape.keySize(bytes, at);
  if (dataAt + 2 > end) return undefined;
  return { node, index, bytes, at, dataAt, end, kind: shape.kindAt(bytes, dataAt), parentId: bytes.readUInt32BE(at + 2) };
}

/** Bytes of a node, without holding on to it. Nothing where the end comes before the start. */
export function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(Math.max(0, end - start));
  bytes.copy(copy, 0, start, end);
  return copy;
}
