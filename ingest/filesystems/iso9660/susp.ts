/** System Use Sharing Protocol: the fields behind a directory record's name, and where they go on. */
import { Fault, FaultKind, layout, raw, u8 } from '../../kernel/index.ts';
import type { Blocks } from './blocks.ts';
import { pair32 } from './pairs.ts';
import { SECTOR } from './record.ts';

/** IEEE P1281 §4: signature, length, version, data. */
const HEADER_SIZE = 4;

/** IEEE P1281 §5.1 */
const continuation = layout('CE field', 28, {
  block: [4, pair32],
  offset: [12, pair32],
  length: [20, pair32],
});

/** IEEE P1281 §5.3 */
const sharing = layout('SP field', 7, {
  check: [4, raw(2)],
  skip: [6, u8],
});

/** Long names and links take two or three areas. */
const MOST_AREAS = 64;

export interface SuspField {
  /** Two letters, as a big-endian number: see `signOf`. */
  readonly sign: number;
  /** All of it, from the signature. */
  readonly bytes: Buffer;
}

/** @param letters two. */
export function signOf(letters: string): number {
  return letters.charCodeAt(0) * 256 + letters.charCodeAt(1);
}

const CE = signOf('CE');
const ST = signOf('ST');
const SP = signOf('SP');

export interface SuspFields {
  readonly fields: readonly SuspField[];
  readonly fault: Fault | undefined;
}

/** All fields of a record, the continued ones too; at once where there are none, as in most. @param skip bytes of each system use area that belong to others. */
export function suspFields(systemUse: Buffer, skip: number, blocks: Blocks): SuspFields | Promise<SuspFields> {
  const fields: SuspField[] = [];
  const next = takeFields(systemUse, skip, fields);
  return next === undefined ? { fields, fault: undefined } : followed(next, fields, blocks);
}

async function followed(first: Buffer, fields: SuspField[], blocks: Blocks): Promise<SuspFields> {
  let next: Buffer | undefined = first;
  const seen = new Set<number>();
  while (next !== undefined) {
    const { block, offset, length } = continuation.decode(next);
    const at = blocks.placeOf(block.value) + offset.value;
    if (seen.has(at) || seen.size >= MOST_AREAS || length.value > SECTOR) return { fields, fault: badContinuation(block.value) };
    seen.add(at);
    const area = await blocks.read(at, length.value);
    if (area.length < length.value) return { fields, fault: badContinuation(block.value) };
    next = takeFields(area, 0, fields);
  }
  return { fields, fault: undefined };
}

/** Adds the fields of one area. Answers with its CE field, which is followed when the area is at its end. */
function takeFields(area: Buffer, skip: number, into: SuspField[]): Buffer | undefined {
  let next: Buffer | undefined;
  for (let at = skip; at + HEADER_SIZE <= area.length; ) {
    const sign = area.readUInt16BE(at);
    const length = area[at + 2] ?? 0;
    if (sign === ST || length < HEADER_SIZE || at + length > area.length) break;
    const bytes = area.subarray(at, at + length);
    if (sign !== CE) into.push({ sign, bytes });
    else if (length >= continuation.size) next = bytes;
    at += length;
  }
  return next;
}

/** How many bytes to skip in each area, as the root's own record says; undefined when it does not share its system use. */
export function sharedFrom(systemUse: Buffer): number | undefined {
  // On CD-ROM XA the field stands behind XA's own 14 bytes.
  for (const at of [0, XA_SIZE]) {
    if (systemUse.length < at + sharing.size || systemUse.readUInt16BE(at) !== SP) continue;
    const { check, skip } = sharing.decode(systemUse.subarray(at));
    if (check[0] === 0xbe && check[1] === 0xef) return skip;
  }
  return undefined;
}

const XA_SIZE = 14;

/** CD-ROM XA puts 14 bytes before all else; `XA` stands at 6. */
export function xaOf(systemUse: Buffer): Buffer | undefined {
  return systemUse.length >= XA_SIZE && systemUse.toString('latin1', 6, 8) === 'XA' ? systemUse.subarray(0, XA_SIZE) : undefined;
}

function badContinuation(block: number): Fault {
  const message = `the record goes on in block ${block}, which is not there, was passed before, or is too large: what it would tell (a long name, owner, link) is incomplete`;
  return new Fault(FaultKind.Corrupt, 'iso9660/continuation', message, { block });
}
