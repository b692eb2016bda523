/** Rock Ridge: names, owners, modes, links and times of POSIX, in fields behind the records' names. */
import { layout, raw, u32le, u8 } from '../../kernel/index.ts';
import type { Stamps } from '../filesystems.ts';
import { decodedTarget } from '../names.ts';
import { stampOfDigits, stampOfRecord } from './stamps.ts';
import { type SuspField, signOf } from './susp.ts';

/** IEEE P1282 §4.1.1, the little-endian halves; the serial number came with version 1.12. */
const posix = layout('PX field', 36, {
  mode: [4, u32le],
  linkCount: [12, u32le],
  ownerId: [20, u32le],
  groupId: [28, u32le],
});
/** IEEE P1282 §4.1.2 */
const device = layout('PN field', 20, { high: [4, u32le], low: [12, u32le] });
/** IEEE P1282 §4.1.5.1 and §4.1.5.2 */
const place = layout('CL field', 12, { block: [4, u32le] });
/** libisofs, doc/zisofs_format.txt */
const zisofs = layout('ZF field', 16, { algorithm: [4, raw(2)], headerWords: [6, u8], blockBits: [7, u8], size: [8, raw(8)] });

/** In the order of their bits in TF's flags (IEEE P1282 §4.1.6), by our names; the others are passed over. */
const TIMES: readonly (keyof Stamps | undefined)[] = [
  'created',
  'modified',
  'accessed',
  'changed',
  'backedUp',
  undefined,
  undefined,
];
const LONG_FORM = 0x80;

const Component = { Continues: 1, Current: 2, Parent: 4, Root: 8 } as const;

export interface Zisofs {
  /** `pz`, or `PZ` of version 2. */
  readonly algorithm: string;
  readonly headerSize: number;
  readonly blockBits: number;
  /** Unpacked, in bytes. */
  readonly size: number;
}

/** What the fields of one record say. */
export interface RockRidge {
  readonly name?: Buffer;
  readonly mode?: number;
  readonly linkCount?: number;
  readonly ownerId?: number;
  readonly groupId?: number;
  readonly device?: { readonly major: number; readonly minor: number };
  readonly target?: string;
  readonly times?: Stamps;
  /** The directory lies elsewhere, since it would be too deep. */
  readonly childBlock?: number;
  /** Such a directory, where it lies; it belongs to another. */
  readonly isRelocated?: true;
  readonly isSparse?: true;
  readonly zisofs?: Zisofs;
}

type Draft = { -readonly [K in keyof RockRidge]: RockRidge[K] };

const READERS: ReadonlyMap<number, (bytes: Buffer, draft: Draft) => void> = new Map([
  [signOf('PX'), readPosix],
  [signOf('PN'), readDevice],
  [signOf('NM'), readName],
  [signOf('TF'), readTimes],
  [signOf('CL'), (bytes, draft) => void (bytes.length >= place.size && (draft.childBlock = place.decode(bytes).block))],
  [signOf('RE'), (_, draft) => void (draft.isRelocated = true)],
  [signOf('SF'), (_, draft) => void (draft.isSparse = true)],
  [signOf('ZF'), readZisofs],
]);
const SL = signOf('SL');

export function rockRidgeOf(fields: readonly SuspField[]): RockRidge {
  const draft: Draft = {};
  const links: Buffer[] = [];
  for (const { sign, bytes } of fields)
    if (sign === SL) links.push(bytes);
    else READERS.get(sign)?.(bytes, draft);
  if (links.length > 0) draft.target = targetOf(links);
  return draft;
}

/** The root's own record shows whether a disc uses Rock Ridge, or shares its fields for something else. */
export function usesRockRidge(fields: readonly SuspField[]): boolean {
  return fields.some(({ sign }) => sign === signOf('PX') || sign === signOf('RR')) || extensionOf(fields) !== undefined;
}

/** `RRIP_1991A`, `IEEE_P1282` …, as the extensions record names it. */
export function extensionOf(fields: readonly SuspField[]): string | undefined {
  for (const { sign, bytes } of fields) {
    if (sign !== signOf('ER') || bytes.length < 8) continue;
    const id = bytes.toString('latin1', 8, 8 + (bytes[4] ?? 0));
    if (/^(RRIP|IEEE)[\x20-\x7e]*$/.test(id)) return id;
  }
  return undefined;
}

function readPosix(bytes: Buffer, draft: Draft): void {
  if (bytes.length < posix.size) return;
  const { mode, linkCount, ownerId, groupId } = posix.decode(bytes);
  Object.assign(draft, { mode: mode, linkCount: linkCount, ownerId: ownerId, groupId: groupId });
}

/** Number in two halves, or all of it in the lower one, as the writers' systems had it. */
function readDevice(bytes: Buffer, draft: Draft): void {
  if (bytes.length < device.size) return;
  const { high, low } = device.decode(bytes);
  const isOne = high === 0;
  draft.device = isOne
    ? { major: (low >>> 8) & 0xfff, minor: (low & 0xff) | ((low >>> 12) & 0xfff00) }
    : { major: high, minor: low };
}

/** The name comes in pieces; what `.` and `..` flags mean for it, no file has. */
function readName(bytes: Buffer, draft: Draft): void {
  const piece = bytes.subarray(5);
  if (piece.length > 0) draft.name = draft.name === undefined ? piece : Buffer.concat([draft.name, piece]);
}

function readTimes(bytes: Buffer, draft: Draft): void {
  const flags = bytes[4] ?? 0;
  const isLong = (flags & LONG_FORM) !== 0;
  const width = isLong ? 17 : 7;
  const times: Partial<Record<keyof Stamps, Stamps[keyof Stamps]>> = {};
  let at = 5;
  for (const [bit, name] of TIMES.entries()) {
    if ((flags & (1 << bit)) === 0) continue;
    if (at + width > bytes.length) break;
    const field = bytes.subarray(at, at + width);
    const stamp = isLong ? stampOfDigits(field) : stampOfRecord(field);
    if (name !== undefined && stamp !== undefined) times[name] = stamp;
    at += width;
  }
  draft.times = { ...draft.times, ...(times as Stamps) };
}

function readZisofs(bytes: Buffer, draft: Draft): void {
  if (bytes.length < zisofs.size) return;
  const { algorithm, headerWords, blockBits, size } = zisofs.decode(bytes);
  const name = algorithm.toString('latin1');
  // Version 1 writes a pair, version 2 one number of 64 bits.
  const low = size.readUInt32LE(0);
  const total = name === 'PZ' ? low + size.readUInt32LE(4) * 0x1_0000_0000 : low;
  draft.zisofs = { algorithm: name, headerSize: headerWords * 4, blockBits, size: total };
}

/** IEEE P1282 §4.1.3: components, each perhaps in pieces. Text only. */
function targetOf(links: readonly Buffer[]): string {
  const parts: string[] = [];
  let piece = Buffer.alloc(0);
  for (const link of links)
    for (let at = 5; at + 2 <= link.length; ) {
      const flags = link[at] ?? 0;
      const length = link[at + 1] ?? 0;
      const text = link.subarray(at + 2, at + 2 + length);
      at += 2 + length;
      if ((flags & Component.Root) !== 0) parts.push('');
      else if ((flags & Component.Current) !== 0) parts.push('.');
      else if ((flags & Component.Parent) !== 0) parts.push('..');
      else {
        piece = Buffer.concat([piece, text]);
        if ((flags & Component.Continues) !== 0) continue;
        parts.push(decodedTarget(piece));
        piece = Buffer.alloc(0);
      }
    }
  if (piece.length > 0) parts.push(decodedTarget(piece));
  return parts.length === 1 && parts[0] === '' ? '/' : parts.join('/');
}
