/** What the images of Commodore disks share: blocks of 256 bytes in the order of the tracks, then an error code for each or none. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { type ByteSource, Confidence, type Media, type Range } from '../media.ts';
import { flatMedia } from './flat-media.ts';
import { ranges } from './places.ts';

const BLOCK_SIZE = 256;

/** Blocks of the tracks of a 1541's disk side, whose inner tracks are shorter; 35 are standard, programs wrote up to 42. */
export const BLOCKS_OF_1541: readonly number[] = Array.from({ length: 42 }, (_, index) =>
  index < 17 ? 21 : index < 24 ? 19 : index < 30 ? 18 : 17,
);

export interface CommodoreKind {
  readonly format: string;
  /** Blocks of each track that the drive can have, from track 1. */
  readonly blocksOfTrack: readonly number[];
  /** How many tracks an image may have; the standard first. */
  readonly trackCounts: readonly number[];
  readonly heads: number;
  /** How the drive counts: a cylinder is one track or two. */
  readonly tracksPerCylinder: number;
  readonly encoding: string;
  /** Bytes of the block that names the disk, and where it lies. */
  readonly header: {
    readonly track: number;
    /** The first bytes: where the directory begins, the mark of the DOS. */
    readonly starts: readonly (number | undefined)[];
    readonly nameAt: number;
  };
  /** An image of this size can also be another computer's: its structure must speak for it. */
  readonly needsStructure?: number;
}

interface Shape {
  readonly trackCount: number;
  readonly blockCount: number;
  readonly hasErrors: boolean;
}

/** The code of a block that was read; some programs write 0. */
const GOOD = 1;

/** Drive's other error codes, as the image keeps them (1541 user's guide). */
const ERRORS: Readonly<Record<number, string>> = {
  2: 'no header',
  3: 'no sync mark',
  4: 'no data',
  5: 'data checksum',
  6: 'write format',
  7: 'verify',
  8: 'write protected',
  9: 'header checksum',
  10: 'data too long',
  11: 'another disk ID',
  15: 'drive not ready',
};

export async function probeCommodore(container: ByteSource, kind: CommodoreKind): Promise<number> {
  const shape = shapeOf(container.size, kind);
  if (shape === undefined) return Confidence.No;
  const isNamed = hasHeader(await headerBlock(container, kind), kind);
  if (shape.hasErrors) {
    // Any file can have this size by chance, as can a cut of a larger disk: its end would then be cut off as if it were codes.
    if (!(await endsInCodes(container, shape, isNamed))) return Confidence.No;
    return isNamed ? Confidence.Fits : Confidence.Likely;
  }
  if (isNamed) return Confidence.Fits;
  return container.size === kind.needsStructure ? Confidence.No : Confidence.Size;
}

/** @throws Fault 'floppy/commodore-size' for a size that no such disk has. */
export async function openCommodore(container: ByteSource, kind: CommodoreKind): Promise<Media> {
  const shape = shapeOf(container.size, kind);
  if (shape === undefined) {
    const message = `${container.size} bytes are no whole disk of this kind (${kind.format}); the image is cut, or no such image`;
    throw new Fault(FaultKind.Truncated, 'floppy/commodore-size', message, { format: kind.format, size: container.size });
  }
  const size = shape.blockCount * BLOCK_SIZE;
  const errors = errorsOf(await codesOf(container, shape), kind);
  const header = await headerBlock(container, kind);
  return flatMedia(container, {
    format: kind.format,
    at: 0,
    size,
    sectorSize: BLOCK_SIZE,
    facts: {
      cylinders: shape.trackCount / kind.tracksPerCylinder,
      heads: kind.heads,
      bytesPerSector: BLOCK_SIZE,
      encoding: kind.encoding,
      errorCodes: shape.hasErrors ? 'stored' : 'none stored',
      ...(hasHeader(header, kind) ? labelOf(header, kind.header.nameAt) : {}),
      ...errors.facts,
    },
    warnings: errors.warnings,
    unread: errors.unread,
  });
}

function shapeOf(size: number, { blocksOfTrack, trackCounts }: CommodoreKind): Shape | undefined {
  for (const trackCount of trackCounts) {
    const blockCount = blocksOfTrack.slice(0, trackCount).reduce((sum, count) => sum + count, 0);
    if (size === blockCount * BLOCK_SIZE) return { trackCount, blockCount, hasErrors: false };
    if (size === blockCount * (BLOCK_SIZE + 1)) return { trackCount, blockCount, hasErrors: true };
  }
  return undefined;
}

async function codesOf(container: ByteSource, { blockCount, hasErrors }: Shape): Promise<Buffer> {
  return hasErrors ? container.read(blockCount * BLOCK_SIZE, blockCount) : Buffer.alloc(0);
}

/** One code for each block; where nothing else speaks for the disk, codes that can be nothing else. */
async function endsInCodes(container: ByteSource, shape: Shape, isNamed: boolean): Promise<boolean> {
  const codes = await codesOf(container, shape);
  if (!codes.every((code) => code <= GOOD || ERRORS[code] !== undefined)) return false;
  if (isNamed) return true;
  const lastBlock = await container.read((shape.blockCount - 1) * BLOCK_SIZE, BLOCK_SIZE);
  const isFill = lastBlock.every((byte) => byte === codes[0]) && codes.every((code) => code === codes[0]);
  return !isFill && !codes.includes(0);
}

function headerBlock(container: ByteSource, { blocksOfTrack, header }: CommodoreKind): Promise<Buffer> {
  const before = blocksOfTrack.slice(0, header.track - 1).reduce((sum, count) => sum + count, 0);
  return container.read(before * BLOCK_SIZE, BLOCK_SIZE);
}

function hasHeader(block: Buffer, { header }: CommodoreKind): boolean {
  return header.starts.every((byte, at) => byte === undefined || block[at] === byte);
}

/** PETSCII: shifted letters lie at C1, and A0 fills up. */
function petscii(bytes: Buffer): string {
  const plain = Array.from(bytes, (byte) => (byte >= 0xc1 && byte <= 0xda ? byte - 0x80 : byte === 0xa0 ? 0x20 : byte));
  return escaped(Buffer.from(plain).toString('latin1')).trim();
}

function labelOf(block: Buffer, at: number): Record<string, string> {
  const label = petscii(block.subarray(at, at + 16));
  const diskId = petscii(block.subarray(at + 18, at + 20));
  return { ...(label === '' ? {} : { label }), ...(diskId === '' ? {} : { diskId }) };
}

interface Errors {
  readonly unread: readonly Range[];
  readonly facts: Record<string, number | readonly string[]>;
  readonly warnings: readonly Fault[];
}

function errorsOf(codes: Buffer, { format, blocksOfTrack }: CommodoreKind): Errors {
  const unread: { offset: number; length: number }[] = [];
  const byTrack = new Map<number, number[]>();
  const byCode = new Map<number, number>();
  let track = 1;
  let first = 0;
  for (const [index, code] of codes.entries()) {
    for (let count = blocksOfTrack[track - 1] ?? 0; index >= first + count; count = blocksOfTrack[track - 1] ?? 0) {
      first += count;
      track++;
    }
    if (code <= GOOD) continue;
    byTrack.set(track, [...(byTrack.get(track) ?? []), index - first]);
    byCode.set(code, (byCode.get(code) ?? 0) + 1);
    const last = unread.at(-1);
    if (last !== undefined && last.offset + last.length === index * BLOCK_SIZE) last.length += BLOCK_SIZE;
    else unread.push({ offset: index * BLOCK_SIZE, length: BLOCK_SIZE });
  }
  if (unread.length === 0) return { unread, facts: {}, warnings: [] };
  const badSectors = [...byCode.values()].reduce((sum, count) => sum + count, 0);
  const badSectorList = [...byTrack].map(([each, blocks]) => `track ${each}: ${ranges(blocks)}`);
  const badSectorReasons = [...byCode].map(([code, count]) => `${ERRORS[code] ?? `code ${code}`}: ${count}`);
  const where = badSectorList.length <= 8 ? badSectorList.join('; ') : `${badSectorList.slice(0, 8).join('; ')}; and more`;
  const message = `the drive could not read ${badSectors} blocks (${where}); what stands for them in the image is not the disk's`;
  const warning = new Fault(FaultKind.Corrupt, 'floppy/commodore-errors', message, { format, blockCount: badSectors });
  return { unread, facts: { badSectors, badSectorList, badSectorReasons }, warnings: [warning] };
}
