/** The VHD footer, which tells that a file is one: found at the end, one byte short of it, or as the copy at the start. */
import { Fault, FaultKind, ascii, layout, u16be, u32be, u64be, u8, uuidBe } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';

export const FOOTER_SIZE = 512;
export const COOKIE = 'conectix';
export const FIXED = 2;

/** "Hard Disk Footer Format" of the VHD specification 1.0; times in seconds since 2000, UTC. */
const layoutOfFooter = layout('VHD footer', 85, {
  features: [8, u32be],
  version: [12, u32be],
  headerOffsetHigh: [16, u32be], // data offset, in two halves: all ones for a fixed disk
  headerOffsetLow: [20, u32be],
  time: [24, u32be],
  creator: [28, ascii(4)],
  creatorVersion: [32, u32be],
  creatorSystem: [36, ascii(4)],
  originalSize: [40, u64be],
  size: [48, u64be],
  cylinders: [56, u16be],
  heads: [58, u8],
  sectorsPerTrack: [59, u8],
  type: [60, u32be],
  checksum: [64, u32be],
  uuid: [68, uuidBe],
  savedState: [84, u8],
});

export type Footer = ReturnType<typeof layoutOfFooter.decode>;

export interface FoundFooter {
  readonly footer: Footer;
  /** Bytes before the footer: what can hold the medium. All of the file where its end is missing. */
  readonly end: number;
  readonly warnings: readonly Fault[];
}

interface Place {
  readonly bytes: Buffer;
  readonly end: number;
}

/**
 * The best footer there is: the one at the end, else the copy at the start, with a warning.
 * @throws Fault 'vhd/footer' when there is none; 'layout/number-too-large'.
 */
export async function findFooter(source: ByteSource): Promise<FoundFooter> {
  const [last, copy] = await footersOf(source);
  const best = last === undefined || (copy !== undefined && isBetter(copy.bytes, last.bytes)) ? copy : last;
  const isFixedCopy = best !== undefined && best === copy && layoutOfFooter.decode(best.bytes).type === FIXED;
  if (best === undefined || isFixedCopy) {
    const message =
      'a VHD image ends with a footer of 512 bytes, and there is none, nor its copy at the start; ask for a whole copy';
    throw new Fault(FaultKind.Corrupt, 'vhd/footer', message, { size: source.size });
  }
  const warnings: Fault[] = [];
  if (last === undefined) {
    const message = 'the footer at the end of the VHD image is missing, its copy at the start is used; the image is cut';
    warnings.push(new Fault(FaultKind.Truncated, 'vhd/footer-missing', message, { size: source.size }));
  } else if (best === copy) {
    const message = 'the checksum of the footer at the end of the VHD image is wrong, its copy at the start is used';
    warnings.push(new Fault(FaultKind.Corrupt, 'vhd/footer-damaged', message));
  }
  if (!sumsUp(best.bytes)) {
    const message = 'the checksum of the VHD footer is wrong: some programs write it so, or it is damaged';
    warnings.push(new Fault(FaultKind.Corrupt, 'vhd/footer-checksum', message));
  }
  return { footer: layoutOfFooter.decode(best.bytes), end: last?.end ?? source.size, warnings };
}

/** Whether there is a footer where one may be; and nothing more. */
export async function hasFooter(source: ByteSource): Promise<boolean> {
  return (await footersOf(source)).some((place) => place !== undefined);
}

async function footersOf(source: ByteSource): Promise<[last: Place | undefined, copy: Place | undefined]> {
  const { size } = source;
  if (size < FOOTER_SIZE - 1) return [undefined, undefined];
  const length = Math.min(size, FOOTER_SIZE);
  const head = await source.read(0, length);
  const tail = await source.read(size - length, length);
  const isFooter = (bytes: Buffer): boolean => bytes.toString('latin1', 0, COOKIE.length) === COOKIE;
  const copy = size > FOOTER_SIZE && isFooter(head) ? { bytes: head, end: size } : undefined;
  // Some programs leave out the last byte, which is reserved and 0.
  for (const skip of length === FOOTER_SIZE ? [0, 1] : [0]) {
    const bytes = tail.subarray(skip);
    if (isFooter(bytes)) return [{ bytes, end: size - bytes.length }, copy];
  }
  return [undefined, copy];
}

const CHECKSUM_AT = 64;

/** The disk of a fixed image may itself begin with a footer, of an image in the image: that one has another UUID. */
function isBetter(copy: Buffer, last: Buffer): boolean {
  return !sumsUp(last) && sumsUp(copy) && copy.subarray(68, 84).equals(last.subarray(68, 84));
}

function sumsUp(bytes: Buffer): boolean {
  return checksum(bytes, CHECKSUM_AT) === bytes.readUInt32BE(CHECKSUM_AT);
}

/** One's complement of the sum of all bytes but the four of the checksum itself. */
export function checksum(bytes: Buffer, at: number): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  for (const byte of bytes.subarray(at, at + 4)) sum -= byte;
  return ~sum >>> 0;
}
