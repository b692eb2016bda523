/** Extended attributes that stand inside a file entry: devices, time of creation, type and creator of the Macintosh. */
import { layout, raw, u32le } from '../../kernel/index.ts';
import type { Stamp } from '../filesystems.ts';
import { decodedCode } from '../names.ts';
import { stampOf } from './stamps.ts';
import { entityOf } from './text.ts';

/** ECMA-167 4/14.10.1: a header of 24 bytes, then attributes. */
const HEADER_SIZE = 24;
const head = layout('extended attribute', 12, { type: [0, u32le], length: [8, u32le] });
/** ECMA-167 4/14.10.5 */
const times = layout('file times', 32, { present: [16, u32le], created: [20, raw(12)] });
/** ECMA-167 4/14.10.7 */
const device = layout('device specification', 24, { major: [16, u32le], minor: [20, u32le] });
/** UDF 2.60 §3.3.4.5.4.2; FInfo of the Finder begins at 56. */
const implementation = layout('implementation use', 48, { kind: [16, raw(32)] });
const FINDER_AT = 56;

const Type = { Times: 5, Device: 12, Implementation: 2048 } as const;

const NONE: Attributes = { facts: {} };

export interface Attributes {
  readonly created?: Stamp;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** @param area as it stands in the file entry; what does not fit ends it. */
export function attributesOf(area: Buffer | undefined): Attributes {
  if (area === undefined || area.length < HEADER_SIZE) return NONE;
  const facts: Record<string, string | number> = {};
  let created: Stamp | undefined;
  for (let at = HEADER_SIZE; at + head.size <= area.length; ) {
    const { type, length } = head.decode(area.subarray(at));
    if (length < head.size || at + length > area.length) break;
    const bytes = area.subarray(at, at + length);
    at += length;
    if (type === Type.Device && length >= device.size) {
      const { major, minor } = device.decode(bytes);
      Object.assign(facts, { deviceMajor: major, deviceMinor: minor });
    } else if (type === Type.Times && length >= times.size) {
      const found = times.decode(bytes);
      if ((found.present & 1) !== 0) created = stampOf(found.created);
    } else if (type === Type.Implementation && length >= FINDER_AT + 10) {
      const { identifier } = entityOf(implementation.decode(bytes).kind);
      if (identifier.startsWith('*UDF Mac FinderInfo')) Object.assign(facts, finderFacts(bytes));
    }
  }
  return { ...(created && { created }), facts };
}

function finderFacts(bytes: Buffer): Record<string, string> {
  const four = bytes.subarray(FINDER_AT, FINDER_AT + 8);
  if (four.every((byte) => byte === 0)) return {};
  const text = (from: number): string => decodedCode(four.subarray(from, from + 4), 'macintosh');
  return { type: text(0), creator: text(4) };
}
