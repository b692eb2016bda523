/** What a UDF volume says of itself: revision, names, programs, dates; and whether it was closed in order. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { type Anchor, rangeOf } from './anchors.ts';
import { integrity, integrityUse } from './descriptors.ts';
import type { Mapped } from './maps.ts';
import type { Partition } from './partitions.ts';
import type { Sequence } from './sequence.ts';
import { stampOf } from './stamps.ts';
import { TagId, tagOf } from './tag.ts';
import { dstring, entityOf } from './text.ts';

/** `2.01`: binary-coded, in the suffix of the domain (UDF 2.60 §2.1.5.3). */
export function revisionOf({ volume }: Sequence): string {
  const { suffix } = entityOf(volume.domain);
  const [minor = 0, major = 0] = suffix;
  return `${major.toString(16)}.${minor.toString(16).padStart(2, '0')}`;
}

/** The newest: of a disc that is written once, in its table. */
export function labelOf({ volume }: Sequence, { label }: Mapped): string {
  const newest = label === undefined ? '' : dstring(label);
  return newest === '' ? dstring(volume.label) : newest;
}

/** The first sixteen characters of the volume set's name are to be unique; most programs write them in hexadecimal. */
export function serialOf({ primary }: Sequence): string | undefined {
  const text = primary === undefined ? '' : dstring(primary.volumeSetId).slice(0, 16).toLowerCase();
  return /^[0-9a-f]{16}$/.test(text) ? text : undefined;
}

export interface Integrity {
  readonly isOpen: boolean;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Undefined where none is recorded. The last of several counts. */
export async function integrityOf(
  volume: ByteSource,
  { sectorSize }: Anchor,
  sequence: Sequence,
): Promise<Integrity | undefined> {
  const { offset, length } = rangeOf(sequence.volume.integrity, sectorSize);
  let found: Integrity | undefined;
  for (let at = offset; at < offset + Math.min(length, 64 * sectorSize) && at + sectorSize <= volume.size; at += sectorSize) {
    const bytes = await volume.read(at, sectorSize);
    if (tagOf(bytes)?.id !== TagId.Integrity) break;
    const { type, partitionCount, recorded } = integrity.decode(bytes);
    const useAt = integrity.size + partitionCount * 8;
    const stamp = stampOf(recorded);
    const use = useAt + integrityUse.size <= bytes.length ? integrityUse.decode(bytes.subarray(useAt)) : undefined;
    found = {
      isOpen: type === 0,
      facts: {
        ...(stamp?.text === undefined ? {} : { modified: stamp.text }),
        ...(use && { fileCount: use.fileCount, directoryCount: use.directoryCount }),
        ...(use && implementationOf('modifiedBy', use.implementation)),
      },
    };
  }
  return found;
}

export function factsOf(
  { primary, volume }: Sequence,
  partitions: ReadonlyMap<number, Partition>,
): Record<string, string | number> {
  const facts: Record<string, string | number> = {};
  if (primary !== undefined) {
    const [volumeId, volumeSet, created] = [dstring(primary.volumeId), dstring(primary.volumeSetId), stampOf(primary.recorded)];
    if (volumeId !== '' && volumeId !== dstring(volume.label)) facts['volumeId'] = volumeId;
    if (volumeSet !== '') facts['volumeSet'] = volumeSet;
    if (created?.text !== undefined) facts['created'] = created.text;
    Object.assign(
      facts,
      implementationOf('application', primary.application),
      implementationOf('formattedBy', primary.implementation),
    );
  }
  const kinds = new Set([...partitions.values()].map(({ kind }) => kind));
  facts['partitions'] = [...kinds].join(', ');
  return facts;
}

function implementationOf(name: string, field: Buffer): Record<string, string> {
  const text = entityOf(field).identifier.replace(/^\*/, '');
  return text === '' ? {} : { [name]: text };
}

/** Discs that are written once are never closed: their table is what counts. */
export function openFault(found: Integrity | undefined, partitions: ReadonlyMap<number, Partition>): Fault | undefined {
  if (found?.isOpen !== true || [...partitions.values()].some(({ kind }) => kind === 'virtual')) return undefined;
  const message = 'the volume was not closed in order: the last changes may be missing';
  return new Fault(FaultKind.Corrupt, 'udf/open', message);
}
