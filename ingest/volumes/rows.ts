/** What tables of every kind need: names that are safe to show, and a look for volumes that overlap. */
import { toUSVString } from 'node:util';
import { Fault, FaultKind } from '../kernel/index.ts';
import type { Volume } from './volumes.ts';

/** A name up to its first NUL, without padding and control characters. */
export function shownName(text: string): string {
  return toUSVString(text.replace(/\0[^]*$/, ''))
    .replace(/\p{Cc}/gu, '\ufffd')
    .trim();
}

/** `label: name`, or nothing where there is no name. */
export function labelOf(text: string): { readonly label?: string } {
  const label = shownName(text);
  return label === '' ? {} : { label };
}

/** A warning for each volume that begins before the one before it ends. Those that hold others of the same table are left aside. */
export function overlapsOf(volumes: readonly Volume[], code: `${string}/overlap`): Fault[] {
  const sorted = volumes.filter(({ isContainer }) => isContainer !== true).toSorted((a, b) => a.offset - b.offset);
  const faults: Fault[] = [];
  let last: Volume | undefined;
  for (const volume of sorted) {
    if (last !== undefined && volume.offset < last.offset + last.length) {
      const message = `volumes ${last.number} and ${volume.number} of the partition table overlap at byte ${volume.offset}; one of them is a remnant, or the table is damaged`;
      faults.push(new Fault(FaultKind.Corrupt, code, message, { first: last.number, second: volume.number }));
    }
    if (last === undefined || volume.offset + volume.length > last.offset + last.length) last = volume;
  }
  return faults;
}
