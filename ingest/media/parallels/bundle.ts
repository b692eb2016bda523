/** DiskDescriptor.xml of a Parallels bundle: which images make the disk, and which snapshot stands on which. */
import { SaxesParser } from 'saxes';
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';

const LONGEST = 4 * 1024 * 1024;
const DEEPEST = 32;
const MOST_ELEMENTS = 32_768;
const LONGEST_TEXT = 4096;
/** Longest chain of snapshots. */
const LONGEST_CHAIN = 64;
const MOST_SECTORS = 2 ** 44;
const DEFAULT_TOP = '5fbaabe3-6958-40ff-92a7-860e329aab41';
const NO_GUID = '00000000-0000-0000-0000-000000000000';
const MARK = /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?<Parallels_disk_image[\s>]/;

export interface BundleImage {
  readonly guid: string;
  /** 'Compressed' is an expanding image; 'Plain' is as it is. */
  readonly type: string;
  /** Not checked. */
  readonly file: string;
}

/** A part of the disk; nearly always there is one. */
export interface BundleStorage {
  readonly startSector: number;
  readonly endSector: number;
  /** The newest first, the root last. */
  readonly layers: readonly BundleImage[];
}

export interface Bundle {
  readonly sectorCount: number;
  readonly facts: Readonly<Record<string, number>>;
  readonly storages: readonly BundleStorage[];
}

export function isBundle(head: Buffer): boolean {
  return MARK.test(head.toString('latin1', 0, 1024));
}

/** @throws Fault 'parallels/descriptor…' for no such document, and for one that contradicts itself. */
export async function readBundle(source: ByteSource): Promise<Bundle> {
  if (source.size > LONGEST) {
    const message = `the Parallels descriptor has ${source.size} bytes; more than ${LONGEST} are not read`;
    throw new Fault(FaultKind.Unsupported, 'parallels/descriptor-long', message, { size: source.size, limit: LONGEST });
  }
  const found = parse((await source.read(0, source.size)).toString('utf8'));
  refuseUnread(found.values);
  const sectorCount = numberIn(found.values, 'Disk_size');
  const chain = chainOf(found);
  const storages = found.storages.map((storage) => ({
    startSector: numberIn(storage.values, 'Start'),
    endSector: numberIn(storage.values, 'End'),
    layers: layersOf(storage.images, chain),
  }));
  let end = 0;
  for (const storage of storages) {
    if (storage.startSector !== end || storage.endSector < end)
      throw damaged(`its parts do not follow each other: sector ${storage.startSector} after ${end}`);
    end = storage.endSector;
  }
  if (end !== sectorCount || end === 0) throw damaged(`its parts have ${end} sectors, the disk ${sectorCount}`);
  const facts: Record<string, number> = {};
  for (const [name, key] of [
    ['cylinders', 'Cylinders'],
    ['heads', 'Heads'],
    ['sectorsPerTrack', 'Sectors'],
  ] as const)
    if (found.values.has(key)) facts[name] = numberIn(found.values, key);
  return { sectorCount, facts, storages };
}

interface FoundStorage {
  readonly values: Map<string, string>;
  readonly images: BundleImage[];
}

interface FoundBundle {
  readonly values: Map<string, string>;
  readonly storages: FoundStorage[];
  /** The parent's GUID, by GUID. */
  readonly parents: Map<string, string>;
}

function parse(text: string): FoundBundle {
  const found: FoundBundle = { values: new Map(), storages: [], parents: new Map() };
  const path: string[] = [];
  let words = '';
  let item = new Map<string, string>();
  let elementCount = 0;
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw damaged(`it is no well-formed XML: ${escaped(error.message.slice(0, 200))}`);
  });
  parser.on('doctype', () => {
    throw damaged('it declares a document type, which no Parallels program does');
  });
  parser.on('opentag', ({ name }) => {
    path.push(name);
    if (path.length > DEEPEST) throw damaged(`its elements are nested deeper than ${DEEPEST}`);
    if (name === 'Storage') found.storages.push({ values: new Map(), images: [] });
    if (name === 'Image' || name === 'Shot') item = new Map();
    words = '';
  });
  parser.on('text', (more) => {
    words = (words + more).slice(0, LONGEST_TEXT);
  });
  parser.on('closetag', ({ name }) => {
    path.pop();
    const value = words.trim();
    words = '';
    const parent = path.at(-1);
    const storage = found.storages.at(-1);
    if (++elementCount > MOST_ELEMENTS) throw damaged(`it has more than ${MOST_ELEMENTS} elements`);
    if (parent === 'Image' || parent === 'Shot') item.set(name, value);
    else if (parent === 'Storage' && name !== 'Image') storage?.values.set(name, value);
    else if (name === 'Image')
      storage?.images.push({ guid: guidOf(item.get('GUID')), type: item.get('Type') ?? '', file: item.get('File') ?? '' });
    else if (name === 'Shot') found.parents.set(guidOf(item.get('GUID')), guidOf(item.get('ParentGUID')));
    else if (parent !== undefined && !found.values.has(name)) found.values.set(name, value);
  });
  parser.write(text).close();
  return found;
}

function refuseUnread(values: ReadonlyMap<string, string>): void {
  const padding = values.get('Padding') ?? '0';
  if (padding !== '0') {
    const message = `the Parallels disk has padding ${escaped(padding.slice(0, 40))}, which is not read; convert a copy with the program that made it`;
    throw new Fault(FaultKind.Unsupported, 'parallels/padding', message);
  }
  const engine = values.get('Engine');
  if (engine === undefined || engine === '' || guidOf(engine) === NO_GUID) return;
  const message = 'the Parallels disk is encrypted; have it decrypted where its key is known, and deposit that';
  throw new Fault(FaultKind.Unsupported, 'parallels/encrypted', message);
}

/** GUIDs from the state that the disk was in last, back to the first. */
function chainOf({ values, parents }: FoundBundle): string[] {
  const top = values.get('TopGUID');
  const chain: string[] = [];
  for (let guid = top === undefined ? DEFAULT_TOP : guidOf(top); guid !== NO_GUID; guid = parents.get(guid) ?? NO_GUID) {
    if (chain.includes(guid)) throw damaged(`the snapshot ${guid} is its own ancestor`);
    if (chain.length === LONGEST_CHAIN) {
      const message = `more than ${LONGEST_CHAIN} snapshots stand on each other; merge them first`;
      throw new Fault(FaultKind.Unsupported, 'parallels/chain-long', message, { limit: LONGEST_CHAIN });
    }
    chain.push(guid);
  }
  return chain;
}

function layersOf(images: readonly BundleImage[], chain: readonly string[]): BundleImage[] {
  const [only, ...others] = images;
  // A disk that never had a snapshot may name its one image as it likes.
  if (only !== undefined && others.length === 0) return [only];
  return chain.map((guid) => {
    const image = images.find((each) => each.guid === guid);
    if (image === undefined) throw damaged(`it names no image for the snapshot ${guid}`);
    return image;
  });
}

function guidOf(text = ''): string {
  const guid = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i.exec(text)?.[1];
  if (guid === undefined) throw damaged(`"${escaped(text.slice(0, 60))}" is no GUID`);
  return guid.toLowerCase();
}

function numberIn(values: ReadonlyMap<string, string>, name: string): number {
  const text = values.get(name) ?? '';
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Infinity;
  if (number <= MOST_SECTORS) return number;
  throw damaged(`${name} is "${escaped(text.slice(0, 40))}", which is no number of sectors`);
}

function damaged(what: string): Fault {
  return new Fault(FaultKind.Corrupt, 'parallels/descriptor', `the Parallels descriptor can't be used: ${what}`);
}
