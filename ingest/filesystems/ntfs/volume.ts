/** What the volume says of itself in its own files: $Volume, $Bitmap, and which records are in use. */
import { Fault, FaultKind, layout, u16le, u8 } from '../../kernel/index.ts';
import { contentOf } from '../content.ts';
import { decodedText } from '../names.ts';
import { stampOfFiletime } from '../stamps.ts';
import { Allocation } from './allocation.ts';
import { sizeOf } from './attributes.ts';
import { type Attribute, Type } from './record.ts';
import { runsOfStream } from './streams.ts';
import type { MasterTable } from './table.ts';

/** From Linux-NTFS, "$VOLUME_INFORMATION". */
const information = layout('$VOLUME_INFORMATION', 12, { major: [8, u8], minor: [9, u8], flags: [10, u16le] });
const VolumeFlag = { Dirty: 0x0001, Upgrade: 0x0004 } as const;

const VOLUME = 3;
const BITMAP = 6;
const MOST_SMALL = 64 * 1024;
const MOST_BITMAP = 512 * 1024 * 1024;

export interface VolumeNotes {
  readonly label: string;
  /** `3.1`. */
  readonly version: string | undefined;
  /** When it was formatted. */
  readonly created: string | undefined;
  readonly warnings: readonly Fault[];
}

export async function volumeNotes(table: MasterTable): Promise<VolumeNotes> {
  const record = await table.record(VOLUME);
  const value = async (type: number): Promise<Buffer | undefined> => {
    const attribute = record?.attributes.find((each) => each.type === type);
    return attribute === undefined ? undefined : table.value(attribute, MOST_SMALL);
  };
  const [name, info, standard] = [
    await value(Type.VolumeName),
    await value(Type.VolumeInformation),
    await value(Type.StandardInformation),
  ];
  const told = info === undefined || info.length < information.size ? undefined : information.decode(info);
  const created =
    standard === undefined || standard.length < 8
      ? undefined
      : stampOfFiletime(standard.readUInt32LE(0), standard.readUInt32LE(4))?.text;
  return {
    label: name === undefined ? '' : decodedText(name, 'utf-16le'),
    version: told === undefined ? undefined : `${told.major}.${told.minor}`,
    created,
    warnings: [...(told === undefined ? [noNotes()] : []), ...(((told?.flags ?? 0) & VolumeFlag.Dirty) === 0 ? [] : [dirty()])],
  };
}

/** Which clusters are in use; none is known to be where $Bitmap can't be read. */
export async function allocationOf(table: MasterTable): Promise<Allocation> {
  const record = await table.record(BITMAP);
  const data = record?.attributes.find(({ type, name }) => type === Type.Data && name === '');
  const size = data === undefined ? undefined : sizeOf(data);
  const { clusterCount } = table.shape;
  if (size === undefined || size > MOST_BITMAP) return new Allocation(undefined, clusterCount);
  try {
    const runs = await runsOfStream(table, BITMAP, Type.Data, '', size);
    return new Allocation(await contentOf({ size, runs: () => Promise.resolve(runs) }), clusterCount);
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    return new Allocation(undefined, clusterCount);
  }
}

/** One bit for each record; undefined where it can't be read. */
export async function recordsInUse(table: MasterTable): Promise<Buffer | undefined> {
  const record = await table.record(0);
  const bitmap: Attribute | undefined = record?.attributes.find(({ type, name }) => type === Type.Bitmap && name === '');
  if (bitmap === undefined) return undefined;
  try {
    return await table.value(bitmap, Math.ceil(table.recordCount / 8) + MOST_SMALL);
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    return undefined;
  }
}

function dirty(): Fault {
  const message =
    'the volume was not closed in order: its journal ($LogFile) was not applied, and the last changes may be missing';
  return new Fault(FaultKind.Corrupt, 'ntfs/dirty', message);
}

function noNotes(): Fault {
  const message = 'the record of the volume ($Volume) is damaged: its label and version are not known';
  return new Fault(FaultKind.Corrupt, 'ntfs/volume', message);
}
