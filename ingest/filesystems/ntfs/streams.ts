/** The streams of a file: its data, named ones beside it, and attributes worth keeping; where they lie is looked up when it is asked. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Run } from '../../media/index.ts';
import { heldRuns } from '../content.ts';
import { type DataStream, StreamKind } from '../filesystems.ts';
import type { Allocation } from './allocation.ts';
import { AttributeFlag, extentOf, isFirst, sizeOf, valueOf, valuePlace } from './attributes.ts';
import { type Attribute, type FileRecord, RecordFlag, Type } from './record.ts';
import { piecesIn } from './runlist.ts';
import type { MasterTable } from './table.ts';

/** Where a file is that has a reparse point instead of its data. */
export interface Elsewhere {
  readonly packing: string;
  runs(): Promise<readonly Run[]>;
}

const KINDS: ReadonlyMap<number, StreamKind> = new Map([
  [Type.Data, StreamKind.Data],
  [Type.ExtendedAttributes, StreamKind.Attribute],
  [Type.LoggedStream, StreamKind.Attribute],
]);
/** Notes of transactions, which nearly every file of a system volume has; no content of anyone. */
const TRANSACTIONS = '$TXF_DATA';

/** Those of the first pieces among `attributes` that are streams. */
export function isStream({ type, name }: Pick<Attribute, 'type' | 'name'>): boolean {
  return KINDS.has(type) && name !== TRANSACTIONS;
}

export interface Streams {
  readonly streams: readonly DataStream[];
  readonly fault: Fault | undefined;
}

/** @param elsewhere for the unnamed data. */
export async function streamsOf(
  table: MasterTable,
  allocation: Allocation,
  record: FileRecord,
  attributes: readonly Attribute[],
  elsewhere: Elsewhere | undefined,
): Promise<Streams> {
  const streams: DataStream[] = [];
  let fault: Fault | undefined;
  for (const attribute of attributes) {
    if (!isStream(attribute) || !isFirst(attribute)) continue;
    const kind = streamKind(attribute);
    const name = attribute.name !== '' || attribute.type === Type.Data ? attribute.name : '$EA';
    if (streams.some((stream) => stream.kind === kind && stream.name === name)) continue;
    const size = sizeOf(attribute);
    if (size === undefined) {
      fault = noSize(record.number, name);
      continue;
    }
    const doubt = await doubtOf(allocation, record, attribute);
    const given = kind === StreamKind.Data ? elsewhere : undefined;
    const packing = given?.packing ?? packingOf(attribute);
    const stream: DataStream = {
      kind,
      name,
      size,
      runs: () => given?.runs() ?? runsOfStream(table, record.number, attribute.type, attribute.name, size),
      ...(packing === undefined ? {} : { packing }),
      ...(doubt === undefined ? {} : { doubt }),
    };
    if (kind === StreamKind.Data) streams.unshift(stream);
    else streams.push(stream);
  }
  return { streams, fault };
}

function streamKind({ type, name }: Attribute): StreamKind {
  return type === Type.Data && name !== '' ? StreamKind.Alternate : (KINDS.get(type) ?? StreamKind.Attribute);
}

function packingOf({ isOutside, flags }: Attribute): string | undefined {
  if (!isOutside) return undefined;
  if ((flags & AttributeFlag.Encrypted) !== 0) return 'encrypted';
  return (flags & AttributeFlag.Compressed) === 1 ? 'lznt1' : undefined;
}

async function doubtOf(allocation: Allocation, { flags }: FileRecord, attribute: Attribute): Promise<string | undefined> {
  const doubts: string[] = [];
  if ((attribute.flags & AttributeFlag.Encrypted) !== 0)
    doubts.push('encrypted by EFS: these are the bytes as they are stored, not those that the owner saw');
  if ((flags & RecordFlag.InUse) === 0 && attribute.isOutside) {
    const extent = extentOf(attribute);
    const isTaken = extent !== undefined && (await allocation.isTaken(piecesIn(extent, allocation.clusterCount)));
    doubts.push(
      isTaken
        ? 'a deleted file: some of its clusters belong to other files by now'
        : 'a deleted file: its clusters are free, and may have been written to since',
    );
  }
  return doubts.length === 0 ? undefined : doubts.join('; ');
}

/** @throws Fault as DataStream.runs(). */
export async function runsOfStream(
  table: MasterTable,
  number: number,
  type: number,
  name: string,
  size: number,
): Promise<readonly Run[]> {
  const record = await table.record(number);
  if (record === undefined) throw lost(number);
  const isPart = (each: { readonly type: number; readonly name: string }): boolean => each.type === type && each.name === name;
  const { attributes } = await table.gather(record, isPart, { left: MOST_PIECES });
  const pieces = attributes.filter(isPart);
  const first = pieces.find(isFirst);
  if (first === undefined) throw lost(number);
  if (first.isOutside) return table.runsOfAttribute(pieces, size);
  const value = valueOf(first);
  if (value?.length !== size) throw lost(number);
  const from = valuePlace(first.record.bytes, first.at, first.length);
  return heldRuns(Buffer.from(value), table.placeOf(first.record.number, from, size));
}

/** Entries of a list of 256 KiB, which is the most that Windows keeps, and some more. */
const MOST_PIECES = 16 * 1024;

function lost(number: number): Fault {
  const message = `record ${number} of the master file table no longer tells where this file is: it is damaged`;
  return new Fault(FaultKind.Corrupt, 'ntfs/stream', message, { record: number });
}

function noSize(number: number, name: string): Fault {
  const message = `record ${number} of the master file table has data${name === '' ? '' : ` named ${name}`} of a size that can't be; it is left out`;
  return new Fault(FaultKind.Corrupt, 'ntfs/size-of-data', message, { record: number });
}
