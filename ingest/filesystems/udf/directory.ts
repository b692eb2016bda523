/** Directories of UDF: a file of identifiers, each with a name and where its entry is. */
import { Fault, FaultKind, layout, raw, u16le, u8 } from '../../kernel/index.ts';
import type { Run } from '../../media/index.ts';
import type { Name } from '../filesystems.ts';
import { readRuns } from './allocation.ts';
import { addressOf } from './icb.ts';
import type { Address, Space } from './space.ts';
import { crcFault, TAG_SIZE, TagId, tagOf } from './tag.ts';
import { unicodeName } from './text.ts';

/** ECMA-167 4/14.4; implementation use and name follow, padded to 4 bytes. */
const identifier = layout('file identifier descriptor', 38, {
  characteristics: [18, u8],
  nameLength: [19, u8],
  icb: [20, raw(16)],
  useLength: [36, u16le],
});

const Characteristic = { Hidden: 1, Directory: 2, Deleted: 4, Parent: 8 } as const;

const PIECE = 1024 * 1024;
/** A descriptor is not longer than a block of the largest kind, but for forged ones. */
const LONGEST = 8192;
/** Damaged bytes that are searched for the next descriptor. */
const MOST_LOST = 64 * 1024;

export interface Identifier {
  readonly name: Name;
  /** Undefined for a deleted one whose place was wiped. */
  readonly address: Address | undefined;
  readonly isDirectory: boolean;
  readonly isHidden: boolean;
  readonly isDeleted: boolean;
  readonly fault: Fault | undefined;
}

export interface Identifiers {
  readonly found: readonly Identifier[];
  readonly faults: readonly Fault[];
}

/** In parts, without the one that leads to the parent. What is damaged is skipped up to the next that is not. */
export async function* identifiersOf(space: Space, runs: readonly Run[], size: number): AsyncGenerator<Identifiers> {
  let rest: Buffer = Buffer.alloc(0);
  let lost = 0;
  for (let at = 0; at < size; ) {
    const wanted = Math.min(PIECE, size - at);
    const read = await readRuns(space, runs, at, wanted);
    at += read.length;
    const isCut = read.length < wanted;
    const bytes = rest.length === 0 ? read : Buffer.concat([rest, read]);
    const found: Identifier[] = [];
    const faults: Fault[] = [];
    let position = 0;
    const end = at < size && !isCut ? bytes.length - LONGEST : bytes.length;
    while (position < end) {
      const next = identifierAt(bytes.subarray(position));
      if (next === undefined) {
        if (lost === 0) faults.push(damaged(at - bytes.length + position));
        position += 4;
        lost += 4;
        if (lost > MOST_LOST) break;
        continue;
      }
      lost = 0;
      position += next.length;
      if (next.identifier !== undefined) found.push(next.identifier);
    }
    rest = bytes.subarray(Math.min(position, bytes.length));
    if (isCut) faults.push(cut(at, size));
    yield { found, faults };
    if (isCut || lost > MOST_LOST) return;
  }
}

/** Undefined when none begins there. `identifier` is undefined for the parent. */
function identifierAt(bytes: Buffer): { length: number; identifier: Identifier | undefined } | undefined {
  // Its first two bytes tell most places where none is.
  if (bytes.length < identifier.size || bytes.readUInt16LE(0) !== TagId.FileIdentifier) return undefined;
  const tag = tagOf(bytes);
  if (tag === undefined) return undefined;
  const { characteristics, nameLength, icb, useLength } = identifier.decode(bytes);
  const nameAt = identifier.size + useLength;
  const end = nameAt + nameLength;
  if (end > bytes.length || tag.crcLength > end + 3 - TAG_SIZE) return undefined;
  const length = Math.ceil(end / 4) * 4;
  if ((characteristics & Characteristic.Parent) !== 0) return { length, identifier: undefined };
  const address = addressOf(icb);
  return {
    length,
    identifier: {
      name: unicodeName(bytes.subarray(nameAt, end)),
      address,
      isDirectory: (characteristics & Characteristic.Directory) !== 0,
      isHidden: (characteristics & Characteristic.Hidden) !== 0,
      isDeleted: (characteristics & Characteristic.Deleted) !== 0,
      fault: tag.isCrcRight ? undefined : crcFault('name', address?.block ?? 0),
    },
  };
}

function damaged(at: number): Fault {
  const message = `the folder is damaged from its byte ${at} on; names are listed again from the next whole one`;
  return new Fault(FaultKind.Corrupt, 'udf/directory', message, { at });
}

function cut(got: number, size: number): Fault {
  const message = `the folder has ${size} bytes and the image ${got} of them; what is there is listed`;
  return new Fault(FaultKind.Truncated, 'udf/directory-cut', message, { got, size });
}
