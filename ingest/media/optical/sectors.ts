/**
 * A stored CD sector: which bytes of it are the 2048 that a file system sees, and whether they are sound.
 *
 * 2352 bytes (ECMA-130 §14): sync 12 · address 3 (BCD minute, second, frame) · mode 1. Mode 1: data 2048 at 16 · EDC at 2064 of
 * all before it. Mode 2 XA (CD-ROM XA, Yellow Book): subheader 8 at 16, twice four bytes, bit 5 of the third says form 2. Form 1:
 * data 2048 at 24 · EDC at 2072 of bytes 16 to 2071. Form 2: data 2324, of which there is no view in 2048s.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { edc, wordsOf } from './edc.ts';

export const USER_DATA = 2048;
/** Sectors in a second of a disc; addresses on the disc begin two seconds before sector 0. */
export const SECTORS_PER_SECOND = 75;
export const FIRST_ADDRESS = 150;

/** What a track's stored sectors hold. */
export const SectorKind = {
  Audio: 'audio',
  /** The 2048 bytes alone. */
  Plain: 'plain',
  /** Sync and header: the whole sector, of mode 1 or mode 2. */
  Raw: 'raw',
  /** Mode 2 without sync and header: subheader first. */
  Headless: 'headless',
  /** The 2324 bytes of form 2 alone. */
  Form2: 'form2',
} as const;
export type SectorKind = (typeof SectorKind)[keyof typeof SectorKind];

export interface Header {
  /** Address on the disc, as sectors from LBA 0. */
  readonly lba: number;
  readonly mode: number;
}

const HEADER_SIZE = 16;
const SUBHEADER_FORM2 = 0x20;

/** The header at `at`; undefined where no sync stands there, or the address is no BCD. */
export function headerAt(bytes: Buffer, at: number): Header | undefined {
  if (bytes.length < at + HEADER_SIZE || !hasSync(bytes, at)) return undefined;
  const minute = bcd(bytes, at + 12);
  const second = bcd(bytes, at + 13);
  const frame = bcd(bytes, at + 14);
  if (minute === undefined || second === undefined || frame === undefined || second > 59 || frame > 74) return undefined;
  return { lba: (minute * 60 + second) * SECTORS_PER_SECOND + frame - FIRST_ADDRESS, mode: bytes[at + 15] ?? 0 };
}

function hasSync(bytes: Buffer, at: number): boolean {
  return (
    bytes.readUInt32BE(at) === 0x00ffffff &&
    bytes.readUInt32BE(at + 4) === 0xffffffff &&
    bytes.readUInt32BE(at + 8) === 0xffffff00
  );
}

/** Minutes past 99 are written A0, A1 … by those who write them. */
function bcd(bytes: Buffer, at: number): number | undefined {
  const value = bytes[at] ?? 0;
  return (value & 15) > 9 ? undefined : (value >> 4) * 10 + (value & 15);
}

/** Whether the sector whose subheader stands at `at` is of form 2: both copies must say so. */
export function isForm2(bytes: Buffer, at: number): boolean {
  return ((bytes[at + 2] ?? 0) & (bytes[at + 6] ?? 0) & SUBHEADER_FORM2) !== 0;
}

/** What the sectors of a track have in common; `look` finds it out before the first is unpacked. */
export interface SectorRules {
  readonly kind: typeof SectorKind.Raw | typeof SectorKind.Headless;
  /** From one sector to the next, in bytes. */
  readonly stride: number;
  /** 1 or 2. */
  readonly mode: number;
  /** What the header of the track's first sector says, or would say. */
  readonly headerLba: number;
  /** Whether its sectors carry an EDC at all. */
  readonly hasEdc: boolean;
}

/**
 * Whether the EDC of the sector at `at` of `bytes` is right; undefined where none was written (zero).
 * @param at a multiple of four.
 */
export function edcHolds(words: Int32Array, at: number, mode: number, kind: SectorRules['kind']): boolean | undefined {
  const first = at / 4;
  const [start, count] = mode === 1 ? [first, 516] : kind === SectorKind.Raw ? [first + 4, 514] : [first, 514];
  const stored = words[start + count];
  if (edc(words, start, count) === stored) return true;
  return stored === 0 ? undefined : false;
}

/**
 * The user data of `count` sectors.
 * @param first number in the track of the first of them.
 * @param form2 bit i is set where sector i is of form 2: it is left as zeros.
 * @throws Fault 'optical/sync', 'optical/address', 'optical/mode', 'optical/edc'; facts say which sector of the track (`sector`).
 */
export function unpackSectors(packed: Buffer, rules: SectorRules, first: number, count: number, form2: number): Buffer {
  const { stride, kind, mode, headerLba, hasEdc } = rules;
  const out = Buffer.allocUnsafeSlow(count * USER_DATA);
  const words = wordsOf(packed.subarray(0, packed.length & ~3));
  const dataAt = kind === SectorKind.Headless ? 8 : mode === 1 ? 16 : 24;
  for (let i = 0; i < count; i++) {
    const at = i * stride;
    const start = i * USER_DATA;
    if (kind === SectorKind.Raw) checkHeader(packed, at, mode, headerLba + first + i, first + i);
    if ((form2 >>> i) & 1) {
      out.fill(0, start, start + USER_DATA);
      continue;
    }
    if (hasEdc && edcHolds(words, at, mode, kind) !== true) {
      const message =
        'the checksum (EDC) of a sector does not hold; it was not read properly from the disc, or the image is damaged';
      throw new Fault(FaultKind.Corrupt, 'optical/edc', message, { sector: first + i });
    }
    packed.copy(out, start, at + dataAt, at + dataAt + USER_DATA);
  }
  return out;
}

function checkHeader(packed: Buffer, at: number, mode: number, expectedLba: number, sector: number): void {
  const header = headerAt(packed, at);
  if (header === undefined) {
    const message =
      'a sector does not begin with the sync pattern and an address; it was not read from the disc, or is no data sector';
    throw new Fault(FaultKind.Corrupt, 'optical/sync', message, { sector });
  }
  if (header.lba !== expectedLba) {
    const message = `a sector says that it is number ${header.lba} of the disc where ${expectedLba} belongs; the image is out of order`;
    throw new Fault(FaultKind.Corrupt, 'optical/address', message, { sector, found: header.lba, expected: expectedLba });
  }
  if (header.mode !== mode) {
    const message = `a sector is of mode ${header.mode} in a track of mode ${mode}`;
    throw new Fault(FaultKind.Corrupt, 'optical/mode', message, { sector, found: header.mode, expected: mode });
  }
}
