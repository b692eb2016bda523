/** measure: the disk inside the container, read whole from the copy: its digests, its extents, what of it is damaged or was never read. */
import { type Algorithm, type Digests, StreamDigests } from '../../digest/index.ts';
import { Fault, FaultKind } from '../../kernel/index.ts';
import { identify, type Media, PassingEnds, passingWindowsOf, type Range } from '../../media/index.ts';
import type { ContainerDamage, MediumExtents, MediumFormat } from '../../package/index.ts';
import type { IngestContext } from '../request.ts';
import { openStaged } from '../staged-image.ts';
import type { Copied } from './copy.ts';
import { mediumAlgorithms, type Received } from './receive.ts';

/** The medium: whole, with its digests; or damaged, and then nothing is said of its digests. */
export interface Measured {
  readonly size: number;
  /** Undefined when a range could not be read: there is no digest of a part. */
  readonly digests: Digests | undefined;
  readonly sectorSize: number;
  /** What lies in it, by content. */
  readonly format: MediumFormat;
  readonly extents: MediumExtents | undefined;
  readonly damage: readonly ContainerDamage[];
}

/** Damaged ranges that are named; then the reading ends, since the container is past using. */
const MOST_DAMAGE = 1000;
const MOST_ABSENT = 100_000;

/** Undefined for a container that is not opened. @throws Fault of kind 'unreadable' when the storage fails; `signal.reason`. */
export async function measure(
  received: Received,
  copied: Copied,
  bag: string,
  context: IngestContext,
): Promise<Measured | undefined> {
  const { medium, format } = received;
  if (medium === undefined) return undefined;
  if (medium.isWhole) {
    const { id, title, puid } = format;
    const { size, digests } = copied.image;
    const known = { id, title, ...(puid === undefined ? {} : { puid }) };
    return { size, digests, sectorSize: medium.sectorSize, format: known, extents: undefined, damage: [] };
  }
  await using image = await openStaged(received, copied, bag);
  const { media } = image;
  const damage: ContainerDamage[] = [];
  const ends = new PassingEnds();
  const digests = await digestsOf(media, mediumAlgorithms(received), damage, ends, context);
  // A large container's tables are checked only when they are read: a copy may have stood in for a damaged one.
  const known = new Set(received.warnings.map(({ message }) => message));
  const late = media.warnings.filter(({ message }) => !known.has(message)).map(({ code, message }) => ({ code, message }));
  const { id, title, puid } = await identify(digests === undefined ? media : ends.over(media)).catch(unknownContent);
  return {
    size: media.size,
    digests,
    sectorSize: media.sectorSize,
    format: { id, title, ...(puid === undefined ? {} : { puid }) },
    extents: await extentsOf(media),
    damage: [...damage, ...late],
  };
}

async function digestsOf(
  media: Media,
  algorithms: readonly Algorithm[],
  damage: ContainerDamage[],
  ends: PassingEnds,
  { signal, onProgress }: IngestContext,
): Promise<Digests | undefined> {
  using digests = new StreamDigests(algorithms);
  const verifier = media.verifier?.();
  for (let at = 0; at < media.size; ) {
    try {
      for await (const { offset, bytes } of passingWindowsOf(media, { offset: at, length: media.size - at })) {
        signal?.throwIfAborted();
        if (damage.length === 0) await digests.update(bytes);
        if (damage.length === 0) verifier?.update(bytes);
        ends.take(bytes);
        at = offset + bytes.length;
        onProgress?.({ stage: 'measure', doneBytes: at, totalBytes: media.size });
      }
    } catch (error) {
      const spoilt = spoiltRange(error, at, media.size);
      note(damage, spoilt);
      if (damage.length >= MOST_DAMAGE) break;
      at = (spoilt.offset ?? at) + (spoilt.length ?? media.size);
    }
  }
  if (damage.length > 0) return undefined;
  for (const fault of verifier?.finish() ?? []) damage.push(spoiltRange(fault, 0, media.size));
  return await digests.finish();
}

/** Damage of the container spoils a range and no more; anything else ends the ingest. */
function spoiltRange(error: unknown, from: number, size: number): Required<ContainerDamage> {
  if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable || error.kind === FaultKind.Refused) throw error;
  const { mediumOffset, mediumLength } = error.facts;
  const isPlaced = typeof mediumOffset === 'number' && typeof mediumLength === 'number';
  const offset = isPlaced ? Math.max(from, mediumOffset) : from;
  const end = isPlaced ? Math.min(size, mediumOffset + mediumLength) : size;
  return { code: error.code, message: error.message, offset, length: Math.max(1, end - offset) };
}

/** Damage that goes on where the last ended is one damage. */
function note(damage: ContainerDamage[], spoilt: Required<ContainerDamage>): void {
  const last = damage.at(-1);
  const continues = last?.code === spoilt.code && (last.offset ?? 0) + (last.length ?? 0) === spoilt.offset;
  if (last !== undefined && continues) damage[damage.length - 1] = { ...last, length: (last.length ?? 0) + spoilt.length };
  else damage.push(spoilt);
}

async function extentsOf(media: Media): Promise<MediumExtents> {
  const bytes = { data: 0, zero: 0, absent: 0 };
  const absent: Range[] = [];
  let isTruncated = false;
  for await (const { offset, length, kind } of media.extents()) {
    bytes[kind] += length;
    if (kind !== 'absent') continue;
    const last = absent.at(-1);
    if (last !== undefined && last.offset + last.length === offset)
      absent[absent.length - 1] = { offset: last.offset, length: last.length + length };
    else if (absent.length < MOST_ABSENT) absent.push({ offset, length });
    else isTruncated = true;
  }
  return { ...bytes, absentRanges: absent, isTruncated };
}

function unknownContent(error: unknown): MediumFormat {
  if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return { id: 'unknown', title: 'Unknown' };
  throw error;
}
