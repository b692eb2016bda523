/** Entries of exFAT: what a set of a folder's entries tells of a file, checked against its own sums. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Run } from '../../media/index.ts';
import { RunList } from '../content.ts';
import { type DataStream, type Entry, EntryKind, type Name, type Stamp, type Stamps, StreamKind } from '../filesystems.ts';
import { decodedName } from '../names.ts';
import type { Pages } from '../pages.ts';
import { stampOfDos } from '../stamps.ts';
import type { ExfatShape } from './boot.ts';
import { nameHash } from './capitals.ts';
import type { Allocation, Clusters } from './clusters.ts';
import { CONTIGUOUS, type EntrySet, EntryType, fileEntry, partsOf, setChecksum, streamEntry } from './directory.ts';

const ATTRIBUTE_WORDS: readonly (readonly [bit: number, word: string])[] = [
  [0x01, 'read-only'],
  [0x02, 'hidden'],
  [0x04, 'system'],
  [0x20, 'archive'],
];
const DIRECTORY = 0x10;

/** The folder that an entry is in. */
export interface Place {
  readonly id: number;
  readonly path: string;
  /** Everything in a deleted folder is deleted. */
  readonly isDeleted: boolean;
}

export interface Told {
  readonly entry: Entry;
  readonly allocation: Allocation;
  /** In bytes, of what was allocated. */
  readonly size: number;
}

export class Entries {
  constructor(
    private readonly pages: Pages,
    private readonly shape: ExfatShape,
    private readonly clusters: Clusters,
    private readonly capitals: Uint16Array | undefined,
  ) {}

  /** @param id of the entry. Undefined for a deleted set of which too little is left. */
  entryOf(set: EntrySet, id: number, place: Place): Told | undefined {
    const isDeleted = set.isDeleted || place.isDeleted;
    const parts = [...partsOf(set)];
    const stream = parts.find(({ type }) => type === EntryType.Stream)?.bytes;
    const names = parts.filter(({ type }) => type === EntryType.Name).map(({ bytes }) => bytes.subarray(2));
    const length = stream === undefined ? 0 : streamEntry.field.nameLength(stream, 0) * 2;
    const stored = Buffer.concat(names).subarray(0, length === 0 ? undefined : length);
    if (isDeleted && (stream === undefined || length === 0 || stored.length < length)) return undefined;
    const name = decodedName(stored, 'utf-16le');
    const faults = isDeleted ? [] : this.#faults(set, stored, stream, name.text);
    const said = stream === undefined ? NOTHING : placeOf(stream);
    const kind = (fileEntry.field.attributes(set.bytes, 0) & DIRECTORY) === 0 ? EntryKind.File : EntryKind.Directory;
    const isPossible = said.size <= this.shape.clusterCount * this.shape.clusterSize && said.validSize <= said.size;
    if (!isPossible && !isDeleted) faults.push(badSize(name.text, said.size, said.validSize));
    const isRead = kind === EntryKind.File && isPossible && stream !== undefined;
    return {
      entry: this.#entry(set, kind, name, isRead ? [this.#stream(said, isDeleted)] : [], id, place, faults, said),
      allocation: said,
      size: isPossible ? said.size : 0,
    };
  }

  #entry(
    { bytes, isDeleted }: EntrySet,
    kind: EntryKind,
    name: Name,
    streams: readonly DataStream[],
    id: number,
    place: Place,
    faults: readonly Fault[],
    { size, validSize }: Said,
  ): Entry {
    const attributes = fileEntry.field.attributes(bytes, 0);
    return {
      kind,
      path: place.path === '' ? name.text : `${place.path}/${name.text}`,
      name,
      id,
      parentId: place.id,
      isDeleted: isDeleted || place.isDeleted,
      streams,
      times: timesOf(bytes),
      attributes: ATTRIBUTE_WORDS.filter(([bit]) => (attributes & bit) !== 0).map(([, word]) => word),
      ...(streams.length === 0 || validSize === size ? undefined : { facts: { writtenSize: validSize } }),
      ...(faults.length === 0 ? undefined : { faults }),
    };
  }

  #faults(set: EntrySet, name: Buffer, stream: Buffer | undefined, text: string): Fault[] {
    const faults: Fault[] = [];
    const length = stream === undefined ? 0 : streamEntry.field.nameLength(stream, 0) * 2;
    if (set.isCut || stream === undefined || name.length === 0 || name.length < length) faults.push(cutSet(text));
    else if (setChecksum(set) !== fileEntry.field.checksum(set.bytes, 0)) faults.push(badChecksum(text));
    else if (this.capitals !== undefined && nameHash(name, this.capitals) !== streamEntry.field.nameHash(stream, 0))
      faults.push(badHash(text));
    return faults;
  }

  #stream(said: Said, isDeleted: boolean): DataStream {
    const data = {
      kind: StreamKind.Data,
      name: '',
      size: said.size,
      runs: () => (isDeleted ? this.#guessedRuns(said) : this.#runs(said)),
    };
    if (!isDeleted || said.size === 0) return data;
    const doubt = said.isContiguous
      ? 'a deleted file: its clusters are free, and may have been used in between'
      : 'a deleted file: its clusters are taken as the table still has them, and may have been used in between';
    return { ...data, doubt };
  }

  async #runs(said: Said): Promise<readonly Run[]> {
    const { size, validSize } = said;
    const list = new RunList(this.pages.volume, size);
    const { ranges } = await this.clusters.chain(said, size);
    for (const { offset, length } of ranges) {
      // What was never written reads as zeros, whatever lies there.
      const written = Math.max(0, Math.min(length, validSize - list.end));
      if (written > 0) list.stored(offset, written);
      if (written < length) list.zero(length - written);
    }
    return list.done();
  }

  /** As long as the clusters are free; where the table has lost the chain, the next one is taken. */
  async #guessedRuns(said: Said): Promise<readonly Run[]> {
    const { clusterSize } = this.shape;
    const written = new RunList(this.pages.volume, said.size);
    let cluster = said.firstCluster;
    for (let count = 0; !written.isFull && this.clusters.isCluster(cluster) && count < this.shape.clusterCount; count++) {
      const length = Math.min(clusterSize, Math.max(0, said.validSize - written.end));
      if (length === 0) written.zero(said.size - written.end);
      else if (await this.clusters.isFree(cluster)) written.stored(this.clusters.placeOf(cluster), length);
      else written.absent(length);
      if (length > 0 && length < clusterSize) written.zero(clusterSize - length);
      const next = said.isContiguous ? 0 : await this.clusters.next(cluster);
      cluster = this.clusters.isCluster(next) ? next : cluster + 1;
    }
    return written.done();
  }
}

interface Said extends Allocation {
  readonly size: number;
  /** Of it, bytes that were ever written. */
  readonly validSize: number;
}

const NOTHING: Said = { firstCluster: 0, isContiguous: false, size: 0, validSize: 0 };

function placeOf(stream: Buffer): Said {
  const s = streamEntry.field;
  return {
    firstCluster: s.firstCluster(stream, 0),
    isContiguous: (s.flags(stream, 0) & CONTIGUOUS) !== 0,
    size: s.sizeLow(stream, 0) + s.sizeHigh(stream, 0) * 0x1_0000_0000,
    validSize: s.validSizeLow(stream, 0) + s.validSizeHigh(stream, 0) * 0x1_0000_0000,
  };
}

function timesOf(bytes: Buffer): Stamps {
  const f = fileEntry.field;
  const stamp = (date: number, time: number, hundredths: number, zone: number, resolution: number): Stamp | undefined =>
    stampOfDos(date, time, resolution, hundredths, zoneOf(zone));
  const modified = stamp(
    f.modifiedDate(bytes, 0),
    f.modifiedTime(bytes, 0),
    f.modifiedHundredths(bytes, 0),
    f.modifiedZone(bytes, 0),
    0.01,
  );
  const accessed = stamp(f.accessedDate(bytes, 0), f.accessedTime(bytes, 0), 0, f.accessedZone(bytes, 0), 2);
  const created = stamp(
    f.createdDate(bytes, 0),
    f.createdTime(bytes, 0),
    f.createdHundredths(bytes, 0),
    f.createdZone(bytes, 0),
    0.01,
  );
  return { ...(modified && { modified }), ...(accessed && { accessed }), ...(created && { created }) };
}

/** Quarters of an hour in seven bits, with a sign; '' where nobody noted the zone. */
export function zoneOf(zone: number): string {
  if ((zone & 0x80) === 0) return '';
  const quarters = (zone & 0x40) === 0 ? zone & 0x3f : (zone & 0x3f) - 0x40;
  const minutes = Math.abs(quarters) * 15;
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${quarters < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function cutSet(name: string): Fault {
  return new Fault(FaultKind.Corrupt, 'exfat/set', `entries of '${name}' are missing: its name, or where it lies, is not known`);
}

function badChecksum(name: string): Fault {
  const message = `the checksum of the entries of '${name}' does not hold: what they tell of it may be wrong`;
  return new Fault(FaultKind.Corrupt, 'exfat/set-checksum', message);
}

function badHash(name: string): Fault {
  const message = `the name '${name}' does not fit its hash: systems that search by it don't find the file`;
  return new Fault(FaultKind.Corrupt, 'exfat/name-hash', message);
}

function badSize(name: string, size: number, validSize: number): Fault {
  const message = `'${name}' claims ${size} bytes, of which ${validSize} were written: more than the volume has, or than the file`;
  return new Fault(FaultKind.Corrupt, 'exfat/size', message);
}
