/** The entry of volumes: every table of a medium, tables inside volumes too, and the stretches that none of them names. */
import { Fault, FaultKind } from '../kernel/index.ts';
import { type ByteSource, type Range, rangeSource } from '../media/index.ts';
import { inOrder } from './registry.ts';
import { Confidence, type Volume, type VolumeTable } from './volumes.ts';

/** A table, and where it stands. */
export interface FoundTable extends VolumeTable {
  /** Where the source that it was read from begins on the medium; its volumes' offsets are counted from there. */
  readonly base: number;
}

/** A stretch of the medium to look for a file system in. Offsets are the medium's. */
export interface FoundVolume extends Range {
  /** Id of the scheme that names it; 'none' for a medium without a table. */
  readonly scheme: string;
  /** `2`, or `2.5` for a volume of a table in volume 2; '' for a medium without a table. */
  readonly number: string;
  readonly type: string;
  readonly title: string | undefined;
  readonly label: string | undefined;
  readonly id: string | undefined;
  readonly isContainer: boolean;
  /** Bytes that the table promises and the image does not have. */
  readonly missingLength: number;
}

export interface Volumes {
  readonly tables: readonly FoundTable[];
  /** In order of their offset; never empty: without a table the whole medium is one. Several tables may name the same stretch: it comes once. */
  readonly volumes: readonly FoundVolume[];
  /** What no table names, and is not a table. */
  readonly gaps: readonly Range[];
  readonly warnings: readonly Fault[];
}

/** Tables in volumes in volumes: BSD slices in an MBR is two. */
const MOST_DEPTH = 3;
const MOST_VOLUMES = 16_384;

/** @throws Fault of kind 'unreadable' when the storage fails; everything else is a warning. */
export async function volumesOf(media: ByteSource, sectorSize: number): Promise<Volumes> {
  const tables: FoundTable[] = [];
  const volumes: FoundVolume[] = [];
  const warnings: Fault[] = [];
  await look(media, '', 0);
  if (volumes.every(({ isContainer }) => isContainer)) {
    const { size } = media;
    const nothing = { type: '', title: undefined, label: undefined, id: undefined };
    volumes.push({ scheme: 'none', number: '', offset: 0, length: size, ...nothing, isContainer: false, missingLength: 0 });
  }
  volumes.sort((a, b) => a.offset - b.offset || b.length - a.length);
  const used = [
    ...volumes,
    ...tables.flatMap(({ base, areas }) => areas.map((area) => ({ ...area, offset: area.offset + base }))),
  ];
  return { tables, volumes, gaps: gapsBetween(used, media.size), warnings };

  async function look(source: ByteSource, prefix: string, base: number, depth = 0): Promise<void> {
    for (const scheme of inOrder) {
      try {
        if ((await scheme.probe(source, sectorSize)) === Confidence.No) continue;
        const table = await scheme.read(source, sectorSize);
        tables.push({ ...table, base });
        warnings.push(...table.warnings);
        for (const volume of table.volumes) await take(volume, scheme.id, source, prefix, base, depth);
      } catch (error) {
        if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
        warnings.push(error);
      }
    }
  }

  async function take(
    volume: Volume,
    scheme: string,
    source: ByteSource,
    prefix: string,
    base: number,
    depth: number,
  ): Promise<void> {
    const isThere = volume.offset < source.size;
    const length = isThere ? Math.min(volume.length, source.size - volume.offset) : 0;
    const missingLength = volume.length - length;
    if (missingLength > 0) warnings.push(pastEnd(scheme, volume, source.size));
    const number = prefix === '' ? String(volume.number) : `${prefix}.${volume.number}`;
    const offset = base + volume.offset;
    if (!isThere || length === 0) return;
    if (
      volumes.some(
        (known) => known.offset === offset && known.length === length && known.isContainer === (volume.isContainer ?? false),
      )
    )
      return;
    if (volumes.length >= MOST_VOLUMES) {
      const message = `the tables name more than ${MOST_VOLUMES} volumes; the others are left out`;
      throw new Fault(FaultKind.Refused, 'volumes/too-many', message, { limit: MOST_VOLUMES });
    }
    const { type, title, label, id, isContainer = false } = volume;
    volumes.push({ scheme, number, offset, length, type, title, label, id, isContainer, missingLength });
    const isWhole = volume.offset === 0 && length === source.size;
    if (!isContainer && !isWhole && depth < MOST_DEPTH)
      await look(rangeSource(source, volume.offset, length, `volume ${number}`), number, offset, depth + 1);
  }
}

function pastEnd(scheme: string, { number, offset, length }: Volume, size: number): Fault {
  const message = `volume ${number} of the ${scheme} table ends at byte ${offset + length}, and the image at byte ${size}: the image is cut, or was made of a part of the disk`;
  return new Fault(FaultKind.Truncated, 'volumes/past-end', message, { scheme, number, offset, length, size });
}

/** What lies between the ranges, which may overlap. */
function gapsBetween(ranges: readonly Range[], size: number): Range[] {
  const gaps: Range[] = [];
  let at = 0;
  for (const { offset, length } of ranges.toSorted((a, b) => a.offset - b.offset)) {
    const start = Math.min(offset, size);
    if (start > at) gaps.push({ offset: at, length: start - at });
    at = Math.max(at, Math.min(size, offset + length));
  }
  if (at < size) gaps.push({ offset: at, length: size - at });
  return gaps;
}
