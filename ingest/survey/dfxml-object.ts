/** A fileobject of DFXML while it is read, and the record it becomes. */
import type { Digests } from '../digest/index.ts';
import type { EntryKind, Stamps, StreamKind } from '../filesystems/index.ts';
import { plainText } from '../kernel/index.ts';
import { impliedName, NAME_TYPES, TIMES } from './dfxml.ts';
import type { ByteRun, FileFormat, Mutable, Remark, SurveyedFile, SurveyedStream } from './record.ts';

export type Attributes = Readonly<Record<string, string | undefined>>;

export interface OpenStream extends Mutable<Omit<SurveyedStream, 'runs' | 'digests' | 'unread'>> {
  runs: ByteRun[];
  digests: Mutable<Digests>;
  unread: { offset: number; length: number }[];
}

/** A fileobject while it is read: an entry with its data, or another stream of the entry before. */
export interface OpenObject {
  readonly attributes: Attributes;
  readonly times: Mutable<Stamps>;
  readonly remarks: Remark[];
  readonly stream: OpenStream;
  hasSize: boolean;
  path: string;
  nameType: string;
  /** The folder's first, where it is told; then its own. */
  readonly ids: number[];
  hasParent: boolean;
  isDeleted: boolean;
  mode: number | undefined;
  linkCount: number | undefined;
  ownerId: number | undefined;
  groupId: number | undefined;
  target: string | undefined;
}

const NO_WORDS: readonly string[] = [];

const KINDS = new Map<string, EntryKind>(
  (Object.entries(NAME_TYPES) as [EntryKind, readonly [string, number]][]).map(([kind, [sign]]) => [sign, kind]),
);
export function newObject(attributes: Attributes): OpenObject {
  const kind = (attributes['sr:stream'] ?? 'data') as StreamKind;
  const name = plainText(attributes['sr:name'] ?? '');
  return {
    attributes,
    times: {},
    remarks: [],
    stream: { kind, name, size: 0, runs: [], digests: {}, unread: [] },
    hasSize: false,
    path: '',
    nameType: '-',
    ids: [],
    hasParent: false,
    isDeleted: false,
    mode: undefined,
    linkCount: undefined,
    ownerId: undefined,
    groupId: undefined,
    target: undefined,
  };
}

export function fileOf(object: OpenObject, data: SurveyedStream, volume: number): Mutable<SurveyedFile> {
  const { attributes: a, path, ids, hasParent, mode, linkCount, ownerId, groupId, target, remarks } = object;
  const [first = 0, second = first] = ids;
  const bytes = a['sr:nameBytes'];
  const encoding = textOf(a['sr:encoding']) ?? 'utf-8';
  const words = textOf(a['sr:attributes']);
  const file: Mutable<SurveyedFile> = {
    volume,
    kind: KINDS.get(object.nameType) ?? 'unknown',
    path,
    nameBytes: bytes === undefined ? impliedName(path, encoding) : Buffer.from(bytes, 'hex'),
    encoding,
    id: second,
    isDeleted: object.isDeleted,
    streams: object.hasSize ? [data] : [],
    times: object.times,
    attributes: words === undefined ? NO_WORDS : words.split(' ').filter((word) => word !== ''),
  };
  if (hasParent) file.parentId = first;
  if (mode !== undefined) file.mode = mode;
  if (linkCount !== undefined) file.linkCount = linkCount;
  if (ownerId !== undefined) file.ownerId = ownerId;
  if (groupId !== undefined) file.groupId = groupId;
  if (target !== undefined) file.target = target;
  const tree = textOf(a['sr:tree']);
  if (tree !== undefined) file.tree = tree;
  const facts = factsOf(a['sr:facts']);
  if (facts !== undefined) file.facts = facts;
  if (remarks.length > 0) file.remarks = remarks;
  return file;
}

export function contentOf(stream: OpenStream, raw: string, a: Attributes): void {
  if (a['packing'] !== undefined) stream.packing = plainText(a['packing']);
  if (a['doubt'] !== undefined) stream.doubt = plainText(a['doubt']);
  if (a['more'] !== undefined) stream.hasMoreRuns = true;
  if (a['code'] !== undefined) stream.remark = { code: a['code'], message: plainText(raw) };
}

export function formatOf(title: string, a: Attributes): FileFormat {
  const { puid, version, mime, encoding, basis = 'signature', mismatch } = a;
  return {
    title,
    basis: basis as FileFormat['basis'],
    ...(puid === undefined ? {} : { puid }),
    ...(version === undefined ? {} : { version }),
    ...(mime === undefined ? {} : { mime }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(mismatch === undefined ? {} : { mismatch: true as const }),
  };
}

export function kindOf(a: Attributes): ByteRun['kind'] {
  if (a['fill'] !== undefined) return 'zero';
  if (a['type'] === 'resident') return 'resident';
  return a['type'] === 'absent' ? 'absent' : 'stored';
}

export function textOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : plainText(value);
}

export function numberOf(value: string | undefined): number {
  const number = Number(value);
  if (value === undefined || value === '' || !Number.isSafeInteger(number) || number < 0)
    throw new Error(`"${value}" is no number`);
  return number;
}

export function secondsOf(value: string | undefined): number {
  const seconds = Number(value);
  if (!(seconds > 0)) throw new Error(`"${value}" is no resolution of a time in seconds`);
  return seconds;
}

export function timeOf(name: string | undefined): keyof Stamps {
  const [time] = TIMES.find(([each]) => each === name) ?? [];
  if (time === undefined) throw new Error(`"${name}" is no time of a file`);
  return time;
}

export function factsOf(json: string | undefined): Readonly<Record<string, string | number>> | undefined {
  if (json === undefined) return undefined;
  const facts: unknown = JSON.parse(plainText(json));
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) throw new Error(`"${json}" are no facts`);
  return facts as Record<string, string | number>;
}
