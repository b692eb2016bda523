/** What a record tells of its file: names, times, attributes, streams; all that its entries share. */
import { Fault, FaultKind, guid } from '../../kernel/index.ts';
import { type DataStream, EntryKind, type Name, type Stamp, type Stamps } from '../filesystems.ts';
import { decodedName } from '../names.ts';
import { stampOfFiletime } from '../stamps.ts';
import type { Allocation } from './allocation.ts';
import { type FileName, fileNameOf, isFirst, type Listed, Namespace, valueOf, valuePlace } from './attributes.ts';
import type { Reference } from './numbers.ts';
import { type Attribute, type FileRecord, isFolder, isInUse, Type } from './record.ts';
import { interixOf, keptElsewhere, MOST_INTERIX, MOST_REPARSE, type Reparse, reparseOf } from './reparse.ts';
import { type Elsewhere, isStream, reuseOf, streamsOf, type Writable } from './streams.ts';
import { type Budget, hasList, type MasterTable } from './table.ts';

/** A name of a file in a folder. Other names are other entries. */
export interface Link {
  readonly parent: Reference;
  readonly name: Name;
  /** Eight and three, which DOS saw. */
  readonly shortName: string | undefined;
}

export interface Description {
  readonly links: readonly Link[];
  readonly kind: EntryKind;
  readonly times: Stamps;
  readonly attributes: readonly string[];
  readonly facts: Readonly<Record<string, string | number>>;
  readonly target: string | undefined;
  readonly streams: readonly DataStream[];
  readonly faults: readonly Fault[];
}

/** Offsets from Linux-NTFS, "$STANDARD_INFORMATION"; the security id is there since NTFS 3.0. */
const At = { created: 0, modified: 8, changed: 16, accessed: 24, attributes: 32, securityId: 52 } as const;
const OLD_SIZE = 48;
const NEW_SIZE = 72;

/** [MS-FSCC] 2.6; `normal` and what the streams and reparse points tell by themselves are left out. */
const WORDS: readonly (readonly [bit: number, word: string])[] = [
  [0x1, 'read-only'],
  [0x2, 'hidden'],
  [0x4, 'system'],
  [0x20, 'archive'],
  [0x100, 'temporary'],
  [0x200, 'sparse'],
  [0x800, 'compressed'],
  [0x1000, 'offline'],
  [0x2000, 'not-indexed'],
  [0x4000, 'encrypted'],
  [0x8000, 'integrity'],
  [0x8_0000, 'pinned'],
  [0x10_0000, 'unpinned'],
  [0x40_0000, 'recall-on-access'],
];
const SYSTEM = 0x4;
/** Offline, and the two that tell that data come from elsewhere when they are read. */
const RECALLED = 0x1000 | 0x4_0000 | 0x40_0000;

const isWanted = ({ type, name, firstCluster }: Listed): boolean =>
  firstCluster === 0 &&
  (type === Type.FileName ||
    type === Type.StandardInformation ||
    type === Type.ObjectId ||
    type === Type.ReparsePoint ||
    isStream({ type, name }));

/** Describes records; one for each listing, so that its costs are bounded. */
export class Describer {
  readonly #budget: Budget;

  constructor(
    private readonly table: MasterTable,
    private readonly allocation: Allocation,
  ) {
    // No record has room for more attributes.
    this.#budget = { left: table.recordCount * Math.ceil(table.shape.recordSize / 24) + 1024 };
  }

  /** Its names alone. @param record a base record. */
  async links(record: FileRecord): Promise<readonly Link[]> {
    const isName = ({ type }: Listed): boolean => type === Type.FileName;
    return linksOf((await this.table.gather(record, isName, this.#budget)).attributes);
  }

  /** @param record a base record. */
  async describe(record: FileRecord): Promise<Description> {
    const isAlone = !hasList(record);
    const { attributes, fault } = isAlone ? record : await this.table.gather(record, isWanted, this.#budget);
    const faults = fault === undefined ? [] : [fault];
    const standard = standardOf(ofType(attributes, Type.StandardInformation));
    const bits = standard?.bits ?? 0;
    const point = ofType(attributes, Type.ReparsePoint);
    const reparse = point === undefined ? undefined : await this.#reparse(point, faults);
    const elsewhere = elsewhereOf(reparse, bits);
    const reuse = isInUse(record) ? undefined : await reuseOf(this.allocation, attributes);
    const streams = streamsOf(this.table, record.number, attributes, { elsewhere, reuse, isAlone });
    if (streams.fault !== undefined) faults.push(streams.fault);
    const interix = (bits & SYSTEM) === 0 ? undefined : await this.#special(attributes);
    return {
      links: linksOf(attributes),
      kind: reparse?.kind ?? interix?.kind ?? (isFolder(record) ? EntryKind.Directory : EntryKind.File),
      times: standard?.times ?? {},
      attributes: wordsOf(bits),
      facts: factsOf(attributes, standard?.securityId ?? 0, reparse),
      target: reparse?.target ?? interix?.target,
      streams: streams.streams,
      faults,
    };
  }

  /** Links and devices that other systems keep in system files. */
  async #special(attributes: readonly Attribute[]): Promise<ReturnType<typeof interixOf>> {
    const data = attributes.find((each) => each.type === Type.Data && each.name === '' && isFirst(each));
    try {
      const value = data === undefined ? undefined : await this.table.value(data, MOST_INTERIX);
      return value === undefined ? undefined : interixOf(value);
    } catch (error) {
      if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return undefined;
      throw error;
    }
  }

  async #reparse(attribute: Attribute, faults: Fault[]): Promise<Reparse | undefined> {
    try {
      const value = await this.table.value(attribute, MOST_REPARSE);
      const reparse = value === undefined ? undefined : reparseOf(value);
      if (reparse === undefined) faults.push(brokenReparse());
      return reparse;
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      faults.push(error);
      return undefined;
    }
  }
}

/** Undefined for a file whose data are its own. */
function elsewhereOf(reparse: Reparse | undefined, bits: number): Elsewhere | undefined {
  const keeper = reparse?.keeper;
  if (keeper === undefined || (keeper === 'cloud' && (bits & RECALLED) === 0)) return undefined;
  return { packing: keeper, runs: () => Promise.reject(keptElsewhere(keeper)) };
}

function ofType(attributes: readonly Attribute[], type: number): Attribute | undefined {
  for (const attribute of attributes) if (attribute.type === type) return attribute;
  return undefined;
}

function factsOf(attributes: readonly Attribute[], securityId: number, reparse: Reparse | undefined): Description['facts'] {
  const facts: Record<string, string | number> = {};
  if (securityId !== 0) facts['securityId'] = securityId;
  const objectId = ofType(attributes, Type.ObjectId);
  const value = objectId === undefined || objectId.isOutside ? undefined : valueOf(objectId);
  if (value !== undefined && value.length >= 16) facts['objectId'] = guid.decode(value, 0);
  if (reparse !== undefined) facts['reparseTag'] = `0x${reparse.tag.toString(16)}`;
  return facts;
}

/** Names as people see them; a DOS name goes with the Windows name of the same folder. */
function linksOf(attributes: readonly Attribute[]): Link[] {
  const names: FileName[] = [];
  for (const attribute of attributes) {
    const name = attribute.type === Type.FileName ? fileNameOf(attribute) : undefined;
    if (name !== undefined) names.push(name);
  }
  const long = names.filter(({ namespace }) => namespace !== Namespace.Dos);
  const short = names.filter(({ namespace }) => namespace === Namespace.Dos);
  const shown = long.length > 0 ? long : short;
  return shown.map(({ parent, namespace, bytes }) => {
    const pair = namespace === Namespace.Windows ? short.find((other) => other.parent.number === parent.number) : undefined;
    const shortName = pair === undefined ? undefined : decodedName(pair.bytes, 'utf-16le').text;
    return { parent, name: decodedName(bytes, 'utf-16le'), shortName };
  });
}

interface Standard {
  readonly times: Stamps;
  readonly bits: number;
  readonly securityId: number;
}

function standardOf(attribute: Attribute | undefined): Standard | undefined {
  if (attribute === undefined || attribute.isOutside) return undefined;
  const { bytes } = attribute;
  const at = valuePlace(bytes, attribute.at, attribute.length);
  const size = bytes.readUInt32LE(attribute.at + 16);
  if (at < 0 || size < OLD_SIZE) return undefined;
  const times: Writable<Stamps> = {};
  const low = bytes.readUInt32LE(at + At.created);
  const high = bytes.readUInt32LE(at + At.created + 4);
  const created = stampOfFiletime(low, high);
  // Most files were changed when they were made: their times are one.
  const stamp = (offset: number): Stamp | undefined => {
    const [ownLow, ownHigh] = [bytes.readUInt32LE(at + offset), bytes.readUInt32LE(at + offset + 4)];
    return ownLow === low && ownHigh === high ? created : stampOfFiletime(ownLow, ownHigh);
  };
  const modified = stamp(At.modified);
  const changed = stamp(At.changed);
  const accessed = stamp(At.accessed);
  if (created !== undefined) times.created = created;
  if (modified !== undefined) times.modified = modified;
  if (changed !== undefined) times.changed = changed;
  if (accessed !== undefined) times.accessed = accessed;
  return {
    times,
    bits: bytes.readUInt32LE(at + At.attributes),
    securityId: size >= NEW_SIZE ? bytes.readUInt32LE(at + At.securityId) : 0,
  };
}

const known = new Map<number, readonly string[]>();

/** Files share a few combinations. */
function wordsOf(bits: number): readonly string[] {
  const told = known.get(bits);
  if (told !== undefined) return told;
  const words = WORDS.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word);
  if (known.size < 1024) known.set(bits, words);
  return words;
}

function brokenReparse(): Fault {
  const message = 'the reparse point of this file is damaged: whether it is a link, and whereto, is not known';
  return new Fault(FaultKind.Corrupt, 'ntfs/reparse', message);
}
