/** The descriptor of a VMDK: the text that names the extents, the parent, and what the disk was. */
import { isUtf8 } from 'node:buffer';
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource, MediaFacts } from '../media.ts';

/** A descriptor of the largest disk, 62 TiB in pieces of 2 GiB, has 1.6 MiB. */
const LONGEST = 4 * 1024 * 1024;
const MOST_EXTENTS = 65_536;
const LONGEST_FACT = 1000;
/** 8 PiB: bytes beyond can't be counted. */
export const MOST_SECTORS = 2 ** 44;
export const NO_PARENT = 'ffffffff';

const MARK = /^[\s\xef\xbb\xbf]*# *disk descriptorfile/i;
const EXTENT = /^(RW|RDONLY|NOACCESS)\s+(\d+)\s+([A-Za-z0-9]+)(?:\s+"([^"]*)"(?:\s+(\d+))?)?/i;
const VALUE = /^([^\s=]+)\s*=(.*)$/;

export interface ExtentLine {
  /** RW, RDONLY or NOACCESS. */
  readonly access: string;
  readonly sectorCount: number;
  /** FLAT, SPARSE, ZERO, VMFS, VMFSSPARSE, SESPARSE, …; upper case. */
  readonly type: string;
  /** '' when there is none; not checked. */
  readonly name: string;
  /** Where the extent begins in its file. */
  readonly offset: number;
}

export interface Descriptor {
  /** As written; '' when not told. */
  readonly createType: string;
  /** 8 hex digits, lower case; undefined when not told or no such number. */
  readonly cid: string | undefined;
  /** The parent's; NO_PARENT when there is none. */
  readonly parentCid: string;
  readonly parentHint: string;
  readonly extents: readonly ExtentLine[];
  /** Every other value, by lower-case key. */
  readonly values: ReadonlyMap<string, string>;
}

/** @param head the first 1 KiB of a file or of the place where a descriptor belongs. */
export function isDescriptor(head: Buffer): boolean {
  return MARK.test(head.toString('latin1', 0, 1024));
}

/**
 * Reads and parses the descriptor in bytes `offset` to `offset + length` of `source`.
 * @throws Fault 'vmdk/descriptor-long', 'vmdk/descriptor-outside' and what parseDescriptor throws.
 */
export async function readDescriptor(source: ByteSource, offset = 0, length = source.size): Promise<Descriptor> {
  if (length > LONGEST) {
    const message = `the VMDK descriptor has ${length} bytes; more than ${LONGEST} are not read; the image is damaged or forged`;
    throw new Fault(FaultKind.Unsupported, 'vmdk/descriptor-long', message, { length, limit: LONGEST });
  }
  if (offset + length > source.size) {
    const message = `the VMDK descriptor (byte ${offset}, ${length} bytes) is not in the file of ${source.size} bytes; the image is cut`;
    throw new Fault(FaultKind.Truncated, 'vmdk/descriptor-outside', message, { offset, length, size: source.size });
  }
  return parseDescriptor(await source.read(offset, length));
}

/**
 * @param bytes a descriptor; what follows the first NUL is padding.
 * @throws Fault 'vmdk/descriptor-version', 'vmdk/encrypted', 'vmdk/extents', 'vmdk/extent-line'.
 */
export function parseDescriptor(bytes: Buffer): Descriptor {
  const values = new Map<string, string>();
  const extents: ExtentLine[] = [];
  for (const line of textOf(bytes).split(/[\r\n]+/)) {
    const text = line.trim();
    if (text.startsWith('#')) continue;
    const extent = EXTENT.exec(text);
    const value = extent === null ? VALUE.exec(text) : null;
    if (extent !== null) extents.push(extentOf(extent));
    else if (value !== null && !values.has(keyOf(value))) values.set(keyOf(value), unquoted(value[2] ?? ''));
    if (extents.length > MOST_EXTENTS) {
      const message = `the VMDK descriptor names more than ${MOST_EXTENTS} extents; it is damaged or forged`;
      throw new Fault(FaultKind.Unsupported, 'vmdk/extents', message, { limit: MOST_EXTENTS });
    }
  }
  check(values);
  const cid = cidOf(values.get('cid'));
  return {
    createType: values.get('createtype') ?? '',
    cid,
    parentCid: cidOf(values.get('parentcid')) ?? NO_PARENT,
    parentHint: values.get('parentfilenamehint') ?? '',
    extents,
    values,
  };
}

/** What the descriptor says of the disk, by our names. */
export function factsOf({ createType, cid, parentCid, parentHint, extents, values }: Descriptor): MediaFacts {
  const facts: Record<string, string | number> = {};
  const tell = (name: string, value: string | undefined): void => {
    const text = escaped((value ?? '').slice(0, LONGEST_FACT)).trim();
    if (text !== '') facts[name] = /^\d{1,15}$/.test(text) && !TEXTS.has(name) ? Number(text) : text;
  };
  tell('subformat', createType);
  tell('cid', cid);
  if (parentCid !== NO_PARENT) {
    tell('parentCid', parentCid);
    tell('parentFileNameHint', parentHint);
  }
  if (extents.length > 1) facts['extentCount'] = extents.length;
  for (const [name, key] of DISK_DATABASE) tell(name, values.get(`ddb.${key}`));
  return facts;
}

/** Numbers by chance only: they name something and count nothing. */
const TEXTS = new Set([
  'cid',
  'parentCid',
  'uuid',
  'imageUuid',
  'parentUuid',
  'longContentId',
  'hardwareVersion',
  'toolsVersion',
  'comment',
]);

const DISK_DATABASE = [
  ['adapterType', 'adaptertype'],
  ['cylinders', 'geometry.cylinders'],
  ['heads', 'geometry.heads'],
  ['sectorsPerTrack', 'geometry.sectors'],
  ['uuid', 'uuid'],
  ['imageUuid', 'uuid.image'],
  ['parentUuid', 'uuid.parent'],
  ['longContentId', 'longcontentid'],
  ['hardwareVersion', 'virtualhwversion'],
  ['toolsVersion', 'toolsversion'],
  ['comment', 'comment'],
] as const;

function check(values: ReadonlyMap<string, string>): void {
  const version = values.get('version');
  if (version !== undefined && !['1', '2', '3'].includes(version)) {
    const said = escaped(version.slice(0, 40));
    const message = `the VMDK descriptor says version ${said}; 1 to 3 are read; convert a copy with the program that made it`;
    throw new Fault(FaultKind.Unsupported, 'vmdk/descriptor-version', message, { version: said });
  }
  const encryption = [...values.keys()].find((key) => key.startsWith('encrypt'));
  if (encryption !== undefined) {
    const message = 'the VMDK disk is encrypted; have it decrypted where its key is known, and deposit that';
    throw new Fault(FaultKind.Unsupported, 'vmdk/encrypted', message);
  }
}

function extentOf([line, access = '', sectors = '', type = '', name = '', offset = '0']: RegExpExecArray): ExtentLine {
  const sectorCount = Number(sectors);
  const start = Number(offset);
  if (sectorCount > MOST_SECTORS || start > MOST_SECTORS) {
    const message = `a VMDK extent of ${sectors} sectors at sector ${offset} can't be: "${escaped(line.slice(0, 200))}"`;
    throw new Fault(FaultKind.Corrupt, 'vmdk/extent-line', message);
  }
  return { access: access.toUpperCase(), sectorCount, type: type.toUpperCase(), name, offset: start * 512 };
}

/** The text in the encoding that it names itself; names of files depend on it. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  const used = end === -1 ? bytes : bytes.subarray(0, end);
  const label =
    /^[ \t]*encoding\s*=\s*"?([\w-]{1,40})/im.exec(used.toString('latin1'))?.[1] ?? (isUtf8(used) ? 'utf-8' : 'windows-1252');
  return decoderOf(label).decode(used);
}

function decoderOf(label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label);
  } catch {
    // Names in an unknown encoding are found if they are ASCII, and reported as missing if not.
    return new TextDecoder('windows-1252');
  }
}

const keyOf = (match: RegExpExecArray): string => (match[1] ?? '').toLowerCase();

function unquoted(text: string): string {
  const value = text.trim();
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function cidOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{1,8}$/i.test(text) ? text.toLowerCase().padStart(8, '0') : undefined;
}
