/** Where the master file table lies: by its own first record, or by the copy in $MFTMirr. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { type Extent, extentOf, isFirst } from './attributes.ts';
import type { NtfsShape } from './boot.ts';
import { type Attribute, type FileRecord, readRecord, Type } from './record.ts';
import { piecesIn, runsOf } from './runlist.ts';

/** Records that $MFTMirr repeats. */
const MIRRORED = 4;

/** Where the table can be read; a hole in it, or more than the volume can hold, is no table. */
export function tableRuns(volume: ByteSource, shape: NtfsShape, extents: readonly Extent[], size: number): readonly Run[] {
  const runs = runsOf(volume, shape, { extents, size, isCompressed: false });
  let stored = 0;
  let end = 0;
  const found = runs.map((run): Run => {
    if (run.kind === 'stored') stored += run.length;
    if (run.kind !== 'stored' || stored > volume.size) return { kind: 'absent', offset: run.offset, length: run.length };
    end = run.offset + run.length;
    return run;
  });
  // What the image does not have at the end is told, as far as a volume of that size can have records.
  const most = Math.max(end, Math.min(size, shape.size));
  return found.filter(({ offset }) => offset < most).map((run) => ({ ...run, length: Math.min(run.length, most - run.offset) }));
}

/** The first records as $MFTMirr has them, where $MFT's own are damaged and the mirror's are not. */
export async function mirrored(volume: ByteSource, shape: NtfsShape): Promise<Map<number, FileRecord>> {
  const found = new Map<number, FileRecord>();
  for (let number = 0; number < MIRRORED; number++) {
    const at = number * shape.recordSize;
    const own = await recordAt(volume, shape, shape.tableOffset + at, number);
    if (isSound(own, shape)) continue;
    const other = await recordAt(volume, shape, shape.mirrorOffset + at, number);
    if (isSound(other, shape)) found.set(number, other);
  }
  return found;
}

/** The first must also say where the table is. */
function isSound(record: FileRecord | undefined, { clusterCount }: NtfsShape): record is FileRecord {
  if (record === undefined || record.fault !== undefined) return false;
  const data = record.number === 0 ? firstData(record) : undefined;
  const extent = data === undefined ? undefined : extentOf(data);
  const [piece] = extent === undefined ? [] : piecesIn(extent, clusterCount);
  return record.number > 0 || (piece !== undefined && piece.cluster >= 0);
}

export async function recordAt(
  volume: ByteSource,
  { recordSize }: NtfsShape,
  at: number,
  number: number,
): Promise<FileRecord | undefined> {
  if (at + recordSize > volume.size) return undefined;
  return readRecord(Buffer.from(await volume.read(at, recordSize)), number);
}

export function firstData({ attributes }: FileRecord): Attribute | undefined {
  return attributes.find((each) => each.type === Type.Data && each.name === '' && each.isOutside && isFirst(each));
}

export function noTable(): Fault {
  const message = 'neither the master file table ($MFT) nor its copy ($MFTMirr) says where the records of the files are';
  return new Fault(FaultKind.Corrupt, 'ntfs/mft', message);
}
