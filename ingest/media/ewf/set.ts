/** Version 1: all segments of a set with their sections, and the volume they share. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource, Companions } from '../media.ts';
import { FILE_HEADER_SIZE, type Section, type Sections, sectionsOf, segmentNumber } from './sections.ts';
import { type Segment, SegmentSet } from './segments.ts';
import { type Volume, volumeOf } from './volume.ts';

const VOLUME_TYPES = ['volume', 'disk', 'data'];

export interface SetOfSegments {
  readonly segments: readonly { readonly segment: Segment; readonly sections: readonly Section[] }[];
  readonly volume: Volume;
  /** Why the last sections could not be found, if so: fatal when chunks are missing. */
  readonly cut?: Fault;
  readonly warnings: readonly Fault[];
}

/** @throws Fault for missing, duplicate and foreign segments, for encryption, and for a set whose volume can't be read. */
export async function readSet(container: ByteSource, companions: Companions): Promise<SetOfSegments> {
  const kind = { headerSize: FILE_HEADER_SIZE, numberOf: segmentNumber, ending: /^[e-z](\d\d|[a-z][a-z])$/i };
  const set = await SegmentSet.of(container, companions, kind);
  const warnings: Fault[] = [];
  const segments: { segment: Segment; sections: readonly Section[] }[] = [];
  let cut: Fault | undefined;
  for (let number = 1; ; number++) {
    const segment = set.get(number);
    const found = await sectionsOf(segment);
    segments.push({ segment, sections: found.sections });
    refuseEncrypted(segment, found.sections);
    if (found.disagreeing.length > 0) warnings.push(dual(segment, found));
    cut ??= found.fault;
    const goesOn = found.fault === undefined ? found.sections.at(-1)?.type === 'next' : set.has(number + 1);
    if (!goesOn) break;
  }
  const beyond = set.after(segments.length).map(({ name }) => escaped(name));
  if (beyond.length > 0) {
    const message = `the set ends with segment ${segments.length}; not read: ${beyond.join(', ')}`;
    warnings.push(new Fault(FaultKind.Refused, 'ewf/segments-beyond', message, { names: beyond }));
  }
  const volume = await firstVolume(segments, warnings);
  await refuseForeign(segments, volume, warnings);
  return { segments, volume, warnings, ...(cut === undefined ? {} : { cut }) };
}

/** From the first segment; its copy stands in when it is damaged. */
async function firstVolume(segments: SetOfSegments['segments'], warnings: Fault[]): Promise<Volume> {
  const [first] = segments;
  let damage: Fault | undefined;
  for (const section of first?.sections ?? []) {
    if (first === undefined || !VOLUME_TYPES.includes(section.type)) continue;
    try {
      const volume = await volumeOf(section, first.segment);
      if (damage !== undefined) warnings.push(damage);
      return volume;
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      damage ??= error;
    }
  }
  const message = 'segment 1 has no section that says how large the medium is; it is cut, or no disk image';
  throw damage ?? new Fault(FaultKind.Truncated, 'ewf/no-volume', message);
}

async function refuseForeign(segments: SetOfSegments['segments'], volume: Volume, warnings: Fault[]): Promise<void> {
  for (const { segment, sections } of segments.slice(1)) {
    const section = sections.find(({ type }) => VOLUME_TYPES.includes(type));
    if (section === undefined) continue;
    try {
      const other = await volumeOf(section, segment);
      if (!isSame(volume, other)) throw foreign(segment, volume, other);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'ewf/volume') throw error;
      warnings.push(error);
    }
  }
}

/** By the identifier of the set; writers that leave it empty still repeat the size. */
function isSame(a: Volume, b: Volume): boolean {
  if (a.setGuid !== undefined && b.setGuid !== undefined) return a.setGuid === b.setGuid;
  const sameSize = a.sectorCount === b.sectorCount || a.sectorCount === 0 || b.sectorCount === 0;
  return sameSize && a.sectorSize === b.sectorSize && a.sectorsPerChunk === b.sectorsPerChunk;
}

function foreign({ name, number }: Segment, volume: Volume, other: Volume): Fault {
  const ours = volume.setGuid ?? `${volume.sectorCount} sectors`;
  const its = other.setGuid ?? `${other.sectorCount} sectors`;
  const message = `segment ${number} ("${escaped(name)}") belongs to another set (${its}; this one has ${ours}); deposit the files of one set only`;
  return new Fault(FaultKind.Corrupt, 'ewf/segment-foreign', message, {
    number,
    name: escaped(name),
    expected: ours,
    found: its,
  });
}

function refuseEncrypted({ number }: Segment, sections: readonly Section[]): void {
  if (!sections.some(({ type }) => type === 'crypt')) return;
  const message = `segment ${number} is encrypted (AD encryption); it is kept, but only what was decrypted with FTK Imager can be read`;
  throw new Fault(FaultKind.Unsupported, 'ewf/encrypted', message, { segment: number });
}

function dual({ number }: Segment, { disagreeing }: Sections): Fault {
  const message = `in segment ${number} the size of ${disagreeing.length} sections and the place of the next disagree (first at byte ${disagreeing[0]}); two images may share the file; the one that the sections lead to is read`;
  return new Fault(FaultKind.Corrupt, 'ewf/section-size', message, {
    segment: number,
    offsets: disagreeing.slice(0, 16).map(String),
  });
}
