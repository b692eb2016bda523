/** Dates of CP/M 3 and P2DOS: every fourth entry of the directory holds those of the three before it; the label says which they are. */
import type { Stamp, Stamps } from '../filesystems.ts';
import { stampOfFields } from '../stamps.ts';
import { ENTRY_SIZE, Kind } from './disk.ts';

const DAYS_TO_1978 = 2922;
const IS_ACCESS = 0x40;

/** Of the directory's label: what its bits say. Undefined where it has none. */
export interface Label {
  readonly name: Buffer;
  readonly bits: number;
}

export function labelOf(directory: Buffer): Label | undefined {
  for (let at = 0; at < directory.length; at += ENTRY_SIZE)
    if (directory[at] === Kind.Label) return { name: directory.subarray(at + 1, at + 12), bits: directory[at + 12] ?? 0 };
  return undefined;
}

/** @param index of the entry that holds the first extent of a file. */
export function stampsOf(directory: Buffer, index: number, label: Label | undefined): Stamps {
  const at = (index - (index % 4) + 3) * ENTRY_SIZE;
  if (index % 4 === 3 || directory[at] !== Kind.Stamps) return {};
  const place = at + 1 + (index % 4) * 10;
  const first = stampOf(directory, place);
  const modified = stampOf(directory, place + 4);
  const isAccess = label !== undefined && (label.bits & IS_ACCESS) !== 0;
  return { ...(first && (isAccess ? { accessed: first } : { created: first })), ...(modified && { modified }) };
}

/** Days since 1978, the first being 1; hours and minutes in decimal digits. */
function stampOf(bytes: Buffer, at: number): Stamp | undefined {
  const days = bytes.readUInt16LE(at);
  if (days === 0) return undefined;
  const date = new Date((days - 1 + DAYS_TO_1978) * 86_400_000);
  const decimal = (byte = 0): number => (byte >> 4) * 10 + (byte & 15);
  const [hour, minute] = [decimal(bytes[at + 2]), decimal(bytes[at + 3])];
  return stampOfFields({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour, minute }, 60);
}
