/** Where an Amiga volume has its root, and how large its blocks are: the volume itself does not say, so the places are tried. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { BlockType, headOf, isSumRight, Secondary, tailOf } from './block.ts';

export interface AmigaShape {
  /** The number after `DOS`: 0 to 7. */
  readonly dosType: number;
  readonly isFast: boolean;
  readonly hasLongNames: boolean;
  readonly blockSize: number;
  readonly blockCount: number;
  readonly rootBlock: number;
  /** Bytes of a block that hold data of a file, and where they begin in it. */
  readonly dataSize: number;
  readonly dataAt: number;
  /** Hash chains of a directory, and pointers of a file header. */
  readonly tableLength: number;
  readonly isSumRight: boolean;
}

const BLOCK_SIZES = [512, 1024, 2048, 4096, 8192, 16_384, 32_768];
/** Boot blocks that a partition reserves: 2, but for a few. */
const RESERVED = [2, 1, 0];
/** The root of a floppy stays where it is when an image has more tracks, or fewer. */
const FLOPPY_ROOTS = [880, 1760];

/** Undefined where no root is found. */
export async function readAmigaShape(volume: ByteSource): Promise<AmigaShape | undefined> {
  if (volume.size < 4096) return undefined;
  const boot = await volume.read(0, 12);
  const dosType = boot[3] ?? 0xff;
  if (boot.toString('latin1', 0, 3) !== 'DOS' || dosType > 7) return undefined;
  const places = [...placesOf(volume.size), ...FLOPPY_ROOTS.map((root) => ({ blockSize: 512, root, blockCount: root * 2 }))];
  const told = boot.readUInt32BE(8);
  places.push({ blockSize: 512, root: told, blockCount: told * 2 });
  for (const { blockSize, root, blockCount } of places) {
    if (root < 1 || (root + 1) * blockSize > volume.size) continue;
    const block = await volume.read(root * blockSize, blockSize);
    if (!isRoot(block)) continue;
    const isFast = (dosType & 1) !== 0;
    return {
      dosType,
      isFast,
      hasLongNames: dosType >= 6,
      blockSize,
      blockCount,
      rootBlock: root,
      dataSize: isFast ? blockSize : blockSize - 24,
      dataAt: isFast ? 0 : 24,
      tableLength: tableLengthOf(blockSize),
      isSumRight: isSumRight(block),
    };
  }
  return undefined;
}

function tableLengthOf(blockSize: number): number {
  return blockSize / 4 - 56;
}

/** The root lies in the middle of what is not reserved. */
function placesOf(size: number): { blockSize: number; root: number; blockCount: number }[] {
  return BLOCK_SIZES.flatMap((blockSize) => {
    const blockCount = Math.floor(size / blockSize);
    return RESERVED.map((reserved) => ({ blockSize, root: (reserved + blockCount - 1) >> 1, blockCount }));
  });
}

function isRoot(block: Buffer): boolean {
  const { type, hashSize } = headOf(block);
  const { secondary, nameLength } = tailOf(block);
  const isThere = type === BlockType.Header && secondary === Secondary.Root && nameLength <= 30;
  return isThere && (hashSize === tableLengthOf(block.length) || isSumRight(block));
}

export function notAmiga(): Fault {
  const message =
    'the volume begins as an Amiga disk does, but its root is at none of the places where it can be; it is damaged, or cut';
  return new Fault(FaultKind.Corrupt, 'amiga/root', message);
}
