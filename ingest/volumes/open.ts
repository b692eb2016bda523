/** The entry of volumes: every table of a medium, tables inside volumes too, and the stretches that none of them names. */
import { Fault, FaultKind } from '../kernel/index.ts';
import { type ByteSource, type Range, rangeSource } from '../media/index.ts';
import { inOrder } from './registry.ts';
import { Confidence, type Place, type Volume, type VolumeTable } from './volumes.ts';

/** A table, and where it stands. */
export interface FoundTable extends VolumeTable {
  /** Where the source that it was read from begins on the medium; its volumes' offsets are counted from there. */
  readonly base: number;
}

/** A stretch of the medium to look for a file system in. Offsets are the medium's. */
export interface FoundVolume extends Range {
  /** Id of the scheme that names it; 'none' for the whole medium. */
  readonly scheme: string;
  /** `2`, or `2.5` for a volume of a table in volume 2; '' for the whole medium. */
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
  /**
   * In order of their offset; never empty: without a table the whole medium is one, and so it is on an optical disc beside the tables
   * of a hybrid. Several tables may name the same stretch: it comes once.
   */
  readonly volumes: readonly FoundVolume[];
  /** What no table names, and is not a table; room in an extended partition too. */
  readonly gaps: readonly Range[];
  readonly warnings: readonly Fault[];
}

/** Tables in volumes in volumes: BSD slices in an MBR is two. */
const MOST_DEPTH = 3;
const MOST_VOLUMES = 16_384;
/** Bytes that are read in volumes to find tables in them. */
const MOST_LOOKED = 256 * 1024 * 1024;
/** The first volume descriptor of ISO 9660, High Sierra and UDF. */
const DISC_AREA: Range = { offset: 32_768, length: 2048 };

/** @throws Fault of kind 'unreadable' when the storage fails; everything else is a warning. */
export async function volumesOf(media: ByteSource, sectorSize: number): Promise<Volumes> {
  const tables: FoundTable[] = [];
  const volumes: FoundVolume[] = [];
  const warnings: Fault[] = [];
  const known = new Set<string>();
  let lookedLength = 0;
  let isCutShort = false;
  const disc = (await isDisc(media)) ? [DISC_AREA] : [];
  await look(media, '', { offset: 0, type: '' }, disc, 0);
  if (isCutShort) warnings.push(cutShort());
  const { size } = media;
  const isCovered = volumes.some((each) => each.offset === 0 && !each.isContainer && each.length * 2 >= size);
  if (volumes.every(({ isContainer }) => isContainer) || (disc.length > 0 && !isCovered)) {
    const nothing = { type: '', title: undefined, label: undefined, id: undefined };
    volumes.push({ scheme: 'none', number: '', offset: 0, length: size, ...nothing, isContainer: false, missingLength: 0 });
  }
  volumes.sort((a, b) => a.offset - b.offset || b.length - a.length);
  const used = [
    ...volumes.filter(({ isContainer }) => !isContainer),
    ...tables.flatMap(({ base, areas }) => areas.map((area) => ({ ...area, offset: area.offset + base }))),
  ];
  return { tables, volumes, gaps: gapsBetween(used, size), warnings };

  async function look(source: ByteSource, prefix: string, place: Place, taken: readonly Range[], depth: number): Promise<void> {
    const found: VolumeTable[] = [];
    for (const scheme of inOrder)
      await orWarning(async () => {
        if ((await scheme.probe(source, sectorSize)) !== Confidence.No) found.push(await scheme.read(source, sectorSize, place));
      });
    const sure = found.filter(({ isShadow }) => isShadow !== true);
    const shadows = found.filter(({ isShadow }) => isShadow === true);
    const areas = [...taken, ...sure.flatMap((table) => table.areas)];
    for (const table of [...sure, ...shadows]) {
      const { scheme } = table;
      tables.push({ ...table, base: place.offset });
      warnings.push(...table.warnings);
      if (table.isShadow === true && areas.length === 0) warnings.push(shadowAlone(scheme));
      await orWarning(async () => {
        for (const volume of table.volumes)
          if (table.isShadow !== true || !reachesInto(volume, areas)) await take(volume, scheme, source, prefix, place, depth);
      });
    }
  }

  async function take(
    volume: Volume,
    scheme: string,
    source: ByteSource,
    prefix: string,
    place: Place,
    depth: number,
  ): Promise<void> {
    const isThere = volume.offset < source.size;
    const length = isThere ? Math.min(volume.length, source.size - volume.offset) : 0;
    const missingLength = volume.length - length;
    if (missingLength > 0) warnings.push(pastEnd(scheme, volume, source.size));
    const number = prefix === '' ? String(volume.number) : `${prefix}.${volume.number}`;
    const offset = place.offset + volume.offset;
    const { type, title, label, id, isContainer = false } = volume;
    if (!isThere || length === 0 || isKnown(offset, length, isContainer)) return;
    if (volumes.length >= MOST_VOLUMES) {
      const message = `the tables name more than ${MOST_VOLUMES} volumes; the others are left out`;
      throw new Fault(FaultKind.Refused, 'volumes/too-many', message, { limit: MOST_VOLUMES });
    }
    volumes.push({ scheme, number, offset, length, type, title, label, id, isContainer, missingLength });
    // What begins where its source begins holds the same tables again.
    if (isContainer || volume.offset === 0 || depth >= MOST_DEPTH) return;
    if (lookedLength > MOST_LOOKED) isCutShort = true;
    else
      await look(
        counted(rangeSource(source, volume.offset, length, `volume ${number}`)),
        number,
        { offset, type },
        [],
        depth + 1,
      );
  }

  /** A table may name the same large table many times over. */
  function counted(source: ByteSource): ByteSource {
    return {
      ...source,
      read(offset, length) {
        lookedLength += length;
        return source.read(offset, length);
      },
    };
  }

  function isKnown(offset: number, length: number, isContainer: boolean): boolean {
    const key = `${offset} ${length} ${isContainer}`;
    return known.has(key) || known.add(key).size > 2 * MOST_VOLUMES;
  }

  async function orWarning(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      warnings.push(error);
    }
  }
}

/** An optical disc is one volume, whatever the tables of a hybrid say beside: their volumes begin elsewhere. */
async function isDisc(media: ByteSource): Promise<boolean> {
  if (media.size < DISC_AREA.offset + DISC_AREA.length) return false;
  const bytes = await media.read(DISC_AREA.offset, DISC_AREA.length);
  return (
    ['CD001', 'BEA01', 'NSR02', 'NSR03'].includes(bytes.toString('latin1', 1, 6)) || bytes.toString('latin1', 9, 14) === 'CDROM'
  );
}

function reachesInto(volume: Range, areas: readonly Range[]): boolean {
  return areas.some(({ offset, length }) => volume.offset < offset + length && offset < volume.offset + volume.length);
}

function shadowAlone(scheme: string): Fault {
  const message = `the ${scheme} table stands for another partition table, and none is there: it is lost, or the image is cut; what the ${scheme} table says is listed`;
  return new Fault(FaultKind.Corrupt, 'volumes/shadow-alone', message, { scheme });
}

function cutShort(): Fault {
  const message = 'the volumes name so many and so large tables of their own that not all of them were looked into';
  return new Fault(FaultKind.Refused, 'volumes/too-large', message, { limit: MOST_LOOKED });
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
