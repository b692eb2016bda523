/** What an ext file system says of itself, and what of that is worth a warning. */
import { Fault, FaultKind, uuidBe } from '../../kernel/index.ts';
import { decodedText } from '../names.ts';
import { stampOfSeconds } from '../stamps.ts';
import { Compatible, Incompatible, namesOf } from './features.ts';
import type { FoundSuperblock } from './superblock.ts';

const CREATORS: readonly string[] = ['Linux', 'Hurd', 'Masix', 'FreeBSD', 'Lites'];
const State = { Valid: 1, Errors: 2 } as const;

export function labelOf({ superblock }: FoundSuperblock): string {
  return decodedText(superblock.label, 'utf-8');
}

/** Undefined for file systems older than UUIDs. */
export function serialOf({ superblock }: FoundSuperblock): string | undefined {
  return superblock.uuid.every((byte) => byte === 0) ? undefined : uuidBe.decode(superblock.uuid, 0);
}

export function factsOf({ superblock: s, shape, isJournal }: FoundSuperblock): Readonly<Record<string, string | number>> {
  const lastMounted = decodedText(s.lastMounted, 'utf-8');
  const time = (name: string, low: number, high: number): Record<string, string> => {
    const { text } = stampOfSeconds(low + high * 0x1_0000_0000, 1);
    return low === 0 || text === undefined ? {} : { [name]: text };
  };
  return {
    features: namesOf(shape.features),
    revision: s.revision,
    system: CREATORS[s.creatorOs] ?? String(s.creatorOs),
    ...time('made', s.madeLow, s.madeHigh),
    ...(isJournal
      ? {}
      : {
          ...time('mounted', s.mountedLow, s.mountedHigh),
          ...time('written', s.writtenLow, s.writtenHigh),
          ...(lastMounted === '' ? {} : { lastMounted }),
          mountCount: s.mountCount,
          inodeCount: shape.inodeCount,
          inodeSize: shape.inodeSize,
          freeBlockCount: s.freeBlockCountLow,
          groupCount: shape.groupCount,
          ...(s.errorCount === 0 ? {} : { errorCount: s.errorCount }),
        }),
  };
}

export function warningsOf({ superblock, shape, isJournal, isSound, group }: FoundSuperblock, volumeSize: number): Fault[] {
  const { features } = shape;
  const found: Fault[] = [];
  const warn = (code: string, message: string): number => found.push(new Fault(FaultKind.Corrupt, code, message));
  if (group !== 0)
    warn('ext/superblock-copy', `the superblock is damaged; its copy in group ${group} is used, which may be older`);
  if (!isSound) warn('ext/superblock-checksum', 'the checksum of the superblock does not hold, and no copy of it was found');
  if (isJournal) return found;
  if ((features.incompatible & Incompatible.NeedsRecovery) !== 0)
    warn(
      'ext/needs-recovery',
      'the volume was not closed in order, and its journal was not replayed: what is listed is what stood on the disk; the last changes may be missing or half done',
    );
  else if ((superblock.state & State.Valid) === 0 && group === 0) warn('ext/dirty', dirty(features.compatible));
  if ((superblock.state & State.Errors) !== 0)
    warn('ext/errors', 'the system that used the volume noted errors in it; they were not repaired since');
  const size = shape.blockCount * shape.blockSize;
  if (size > volumeSize) {
    const message = `the file system has ${size} bytes and the volume ${volumeSize}: the image is cut, or was made of a part of the disk`;
    found.push(new Fault(FaultKind.Truncated, 'ext/volume-size', message, { size, volumeSize }));
  }
  return found;
}

function dirty(compatible: number): string {
  const tail = (compatible & Compatible.Journal) === 0 ? '' : '; its journal has nothing to be replayed';
  return `the volume was not closed in order: the last changes may be missing${tail}`;
}
