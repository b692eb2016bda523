/** The streams of a file: its data, named ones beside it, and attributes worth keeping; where they lie is looked up when it is asked. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { heldLater, heldRuns } from '../content.ts';
import { type DataStream, StreamKind } from '../filesystems.ts';
import type { Allocation } from './allocation.ts';
import { AttributeFlag, extentOf, isFirst, sizeOf, valueOf, valuePlace } from './attributes.ts';
import { type Attribute, Type } from './record.ts';
import { onlyPlace, piecesIn } from './runlist.ts';
import type { MasterTable } from './table.ts';

/** While it is made. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Where a file is that has a reparse point instead of its data. */
export interface Elsewhere {
  readonly packing: string;
  readonly runs: () => Promise<readonly Run[]>;
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

/** What is known of a file besides its attributes. */
export interface Circumstances {
  /** For the unnamed data. */
  readonly elsewhere: Elsewhere | undefined;
  /** Of a deleted file: what became of its clusters. */
  readonly reuse: string | undefined;
  /** All its attributes are in its own record. */
  readonly isAlone: boolean;
}

export function streamsOf(
  table: MasterTable,
  number: number,
  attributes: readonly Attribute[],
  { elsewhere, reuse, isAlone }: Circumstances,
): Streams {
  const streams: DataStream[] = [];
  let fault: Fault | undefined;
  for (const attribute of attributes) {
    if (!isStream(attribute) || !isFirst(attribute)) continue;
    const kind = streamKind(attribute);
    const name = attribute.name !== '' || attribute.type === Type.Data ? attribute.name : '$EA';
    if (streams.some((stream) => stream.kind === kind && stream.name === name)) continue;
    const size = sizeOf(attribute);
    if (size === undefined) {
      fault = noSize(number, name);
      continue;
    }
    const given = kind === StreamKind.Data ? elsewhere : undefined;
    const runs = given?.runs ?? (isAlone && isOnly(attribute, attributes) ? knownRuns(table, attribute, size) : undefined);
    const stream: Writable<DataStream> = { kind, name, size, runs: runs ?? lazyRuns(table, number, attribute, size) };
    const packing = given?.packing ?? packingOf(attribute);
    if (packing !== undefined) stream.packing = packing;
    const doubt = doubtOf(attribute, reuse);
    if (doubt !== undefined) stream.doubt = doubt;
    if (kind === StreamKind.Data) streams.unshift(stream);
    else streams.push(stream);
  }
  return { streams, fault };
}

function isOnly({ type, name }: Attribute, attributes: readonly Attribute[]): boolean {
  let count = 0;
  for (const each of attributes) if (each.type === type && each.name === name) count += 1;
  return count === 1;
}

const NO_RUNS: readonly Run[] = [];

/** Of what lies in one piece, or inside its record: most files. Undefined for all else. */
function knownRuns(table: MasterTable, attribute: Attribute, size: number): (() => readonly Run[]) | undefined {
  if (!attribute.isOutside) return insideRuns(table, attribute, size);
  const at = onlyPlace(attribute, size, table.shape, table.volume.size);
  return at < 0 ? undefined : oneRun(table.volume, at, size);
}

function oneRun(source: ByteSource, at: number, length: number): () => readonly Run[] {
  return () => [{ kind: 'stored', source, at, offset: 0, length }];
}

function insideRuns(
  table: MasterTable,
  { number, bytes, at, length, type, name }: Attribute,
  size: number,
): () => readonly Run[] {
  if (size === 0) return () => NO_RUNS;
  // Records begin at multiples of their size in whatever they are read with.
  const offset = valuePlace(bytes, at, length) % table.shape.recordSize;
  const load = async (from: number, count: number): Promise<Buffer> => {
    const [run] = await runsOfStream(table, number, type, name, size);
    if (run?.kind !== 'stored') throw lost(number);
    return run.source.read(from, count);
  };
  return () => oneRun(heldLater(size, table.placeOf(number, offset, size), load), 0, size)();
}

/** Keeps hold of numbers, and not of the bytes of the record: entries live longer. */
function lazyRuns(table: MasterTable, number: number, { type, name }: Attribute, size: number): DataStream['runs'] {
  return () => runsOfStream(table, number, type, name, size);
}

function streamKind({ type, name }: Attribute): StreamKind {
  return type === Type.Data && name !== '' ? StreamKind.Alternate : (KINDS.get(type) ?? StreamKind.Attribute);
}

function packingOf({ isOutside, flags }: Attribute): string | undefined {
  if (!isOutside) return undefined;
  if ((flags & AttributeFlag.Encrypted) !== 0) return 'encrypted';
  return (flags & AttributeFlag.Compressed) === 1 ? 'lznt1' : undefined;
}

function doubtOf({ flags, isOutside }: Attribute, reuse: string | undefined): string | undefined {
  if (!isOutside) return undefined;
  const secret = 'encrypted by EFS: these are the bytes as they are stored, not those that the owner saw';
  if ((flags & AttributeFlag.Encrypted) === 0) return reuse;
  return reuse === undefined ? secret : `${secret}; ${reuse}`;
}

/** What became of the clusters of a deleted file. */
export async function reuseOf(allocation: Allocation, attributes: readonly Attribute[]): Promise<string> {
  for (const attribute of attributes) {
    const extent = isStream(attribute) ? extentOf(attribute) : undefined;
    if (extent !== undefined && (await allocation.isTaken(piecesIn(extent, allocation.clusterCount))))
      return 'a deleted file: some of its clusters belong to other files by now';
  }
  return 'a deleted file: its clusters are free, and may have been written to since';
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
  return heldRuns(Buffer.from(value), table.placeOf(number, valuePlace(first.bytes, first.at, first.length), size));
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
