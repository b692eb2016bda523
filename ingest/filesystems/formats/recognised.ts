/** File systems, and what is none, that this version names by their marks and does not list: XFS, Btrfs, UFS, LUKS, swap and others. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { Confidence, type FileSystem, type FileSystemFormat, type Found } from '../filesystems.ts';
import { kinds } from '../recognised/kinds.ts';
import { type Kind, Peek, type Recognised } from '../recognised/recognised.ts';

interface Match {
  readonly kind: Kind;
  readonly told: Recognised;
}

export const format: FileSystemFormat = {
  id: 'recognised',
  title: 'a file system that is recognised only',
  sources: ['util-linux libblkid', ...new Set(kinds.map(({ source }) => source))],

  async probe(volume) {
    const [best] = await matchesOf(volume);
    return best === undefined ? Confidence.No : best.kind.strength;
  },

  async open(volume): Promise<FileSystem> {
    const [best, ...others] = await matchesOf(volume);
    if (best === undefined) throw new Fault(FaultKind.Unsupported, 'recognised/none', 'the volume bears no mark that is known');
    const { type, label = '', serial, size = volume.size, blockSize = 512, isEncrypted, facts = {}, warnings = [] } = best.told;
    return {
      format: best.kind.id,
      type,
      label,
      ...(serial === undefined ? {} : { serial }),
      size,
      blockSize,
      isListed: false,
      ...(isEncrypted === undefined ? {} : { isEncrypted }),
      facts,
      warnings: [
        ...warnings,
        ...(size > volume.size ? [tooLarge(type, size, volume.size)] : []),
        ...others.map(({ told }) => alsoMarked(type, told.type)),
      ],
      entries: nothing,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

/** The strongest first. */
async function matchesOf(volume: ByteSource): Promise<Match[]> {
  const peek = new Peek(volume);
  const matches: Match[] = [];
  for (const kind of kinds)
    try {
      const told = await kind.recognise(peek);
      if (told !== undefined && isPossible(told)) matches.push({ kind, told });
    } catch (error) {
      // Numbers that can't be: a remnant, or chance.
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    }
  return matches.toSorted((a, b) => b.kind.strength - a.kind.strength);
}

/** A product of two numbers of the image is a number of bytes, and an identity is one. */
function isPossible({ size = 0, serial = '-' }: Recognised): boolean {
  return Number.isSafeInteger(size) && /^[!-~]+$/.test(serial);
}

async function* nothing(): AsyncGenerator<readonly Found[]> {
  // What is only recognised has no entries.
}

function tooLarge(type: string, size: number, volumeSize: number): Fault {
  const message = `the ${type} has ${size} bytes by its own count, and the volume ${volumeSize}: the image is cut, or was made of a part of the disk`;
  return new Fault(FaultKind.Truncated, 'recognised/size', message, { size, volumeSize });
}

function alsoMarked(type: string, other: string): Fault {
  const message = `the volume is taken for ${type}, and bears the mark of ${other} too: one of the two is a remnant of an earlier use`;
  return new Fault(FaultKind.Unsupported, 'recognised/ambiguous', message, { type, other });
}
