/** What an ext inode tells of its file, in words: times, attributes, the device. */
import type { Name, Stamp, Stamps } from '../filesystems.ts';
import { decodedName, namedAs } from '../names.ts';
import { stampOfSeconds } from '../stamps.ts';
import type { Slot } from './directory.ts';
import { BASE_SIZE, extraLayout, type Inode, inodeLayout, mapOf } from './inode.ts';

/** As lsattr lists them, in words; how a file is stored (extents, index) is no business of its owner. */
const ATTRIBUTE_WORDS: readonly (readonly [bit: number, word: string])[] = [
  [0x1, 'secure-deletion'],
  [0x2, 'undeletable'],
  [0x4, 'compressed'],
  [0x8, 'synchronous'],
  [0x10, 'immutable'],
  [0x20, 'append-only'],
  [0x40, 'no-dump'],
  [0x80, 'no-access-times'],
  [0x400, 'never-compressed'],
  [0x800, 'encrypted'],
  [0x4000, 'journaled-data'],
  [0x8000, 'no-tail-merging'],
  [0x1_0000, 'synchronous-directory'],
  [0x2_0000, 'top-of-hierarchy'],
  [0x10_0000, 'verity'],
  [0x80_0000, 'no-copy-on-write'],
  [0x200_0000, 'direct-access'],
  [0x2000_0000, 'project-hierarchy'],
  [0x4000_0000, 'ignores-case'],
];
const ALL_ATTRIBUTES = ATTRIBUTE_WORDS.reduce((all, [bit]) => all | bit, 0);
const NO_WORDS: readonly string[] = [];

export function wordsOf(flags: number): readonly string[] {
  if ((flags & ALL_ATTRIBUTES) === 0) return NO_WORDS;
  return ATTRIBUTE_WORDS.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word);
}

/** An encrypted name is bytes: shown in the alphabet of base64url. */
export function nameOf({ block, nameAt, nameLength }: Slot, isEncrypted: boolean): Name {
  // A copy: a view would keep the page that it lies in.
  const stored = Buffer.allocUnsafe(nameLength);
  block.copy(stored, 0, nameAt, nameAt + nameLength);
  return isEncrypted ? namedAs(stored.toString('base64url'), stored, 'encrypted') : decodedName(stored, 'utf-8');
}

/** Each is seconds since 1970, and the bits that were added to them where the inode is long enough. */
export function timesOf({ page, at, extraSize }: Inode, isDeleted: boolean): Stamps {
  const i = inodeLayout.field;
  const e = extraLayout.field;
  const extraAt = at + BASE_SIZE;
  const modifiedAt = i.modified(page, at);
  const modifiedExtra = extraSize >= 12 ? e.modifiedExtra(page, extraAt) : undefined;
  const changedAt = i.changed(page, at);
  const changedExtra = extraSize >= 8 ? e.changedExtra(page, extraAt) : undefined;
  const accessedAt = i.accessed(page, at);
  const accessedExtra = extraSize >= 16 ? e.accessedExtra(page, extraAt) : undefined;
  const createdAt = extraSize >= 20 ? e.created(page, extraAt) : 0;
  const createdExtra = extraSize >= 24 ? e.createdExtra(page, extraAt) : undefined;
  const deletedAt = isDeleted ? i.deleted(page, at) : 0;
  const modified = stampOf(modifiedAt, modifiedExtra);
  // Most times of a file are one and the same.
  const changed = changedAt === modifiedAt && changedExtra === modifiedExtra ? modified : stampOf(changedAt, changedExtra);
  const accessed = accessedAt === changedAt && accessedExtra === changedExtra ? changed : stampOf(accessedAt, accessedExtra);
  // Where it was not noted when it was made, nothing stands there.
  if (createdAt === 0 && (createdExtra ?? 0) === 0)
    return deletedAt === 0
      ? { modified, accessed, changed }
      : { modified, accessed, changed, deleted: stampOfSeconds(deletedAt, 1) };
  const created = createdAt === changedAt && createdExtra === changedExtra ? changed : stampOf(createdAt, createdExtra);
  if (deletedAt === 0) return { modified, accessed, changed, created };
  return { modified, accessed, changed, created, deleted: stampOfSeconds(deletedAt, 1) };
}

/** @param extra two bits that carry the seconds beyond 2038, and thirty of nanoseconds. */
function stampOf(seconds: number, extra: number | undefined): Stamp {
  if (extra === undefined) return stampOfSeconds(seconds, 1);
  const whole = seconds + (extra & 3) * 0x1_0000_0000;
  const nanosecond = extra >>> 2;
  if (nanosecond < 1_000_000_000) return stampOfSeconds(whole, 1e-9, 'Z', nanosecond);
  return { ...stampOfSeconds(whole, 1), doubt: `${nanosecond} nanoseconds` };
}

/** `major:minor`, from the old form of sixteen bits or the new one of 32. */
export function deviceOf(map: Buffer): string {
  const old = map.readUInt32LE(0);
  if (old !== 0) return `${(old >> 8) & 0xff}:${old & 0xff}`;
  const device = map.readUInt32LE(4);
  return `${(device >> 8) & 0xfff}:${(device & 0xff) | ((device >>> 12) & 0xf_ff00)}`;
}

/** Some early systems put even short targets into a block: then the inode holds one number, and counts its units. */
export function hasTargetBlock(inode: Inode): boolean {
  const map = mapOf(inode);
  return (
    inode.unitCount > 0 && inode.attributeBlock === 0 && map.readUInt32LE(0) !== 0 && map.subarray(4).every((byte) => byte === 0)
  );
}
