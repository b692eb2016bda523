/** The records of a survey, made of what volumes and file systems say. */
import type { Damage, Entry, FileSystem } from '../filesystems/index.ts';
import type { Fault } from '../kernel/index.ts';
import type { FoundVolume } from '../volumes/index.ts';
import type {
  Mutable,
  Remark,
  SurveyedDamage,
  SurveyedFile,
  SurveyedFileSystem,
  SurveyedStream,
  SurveyedVolume,
} from './record.ts';
import { remarkOf } from './study.ts';

export function volumeRecord(
  { scheme, number, offset, length, type, title, label, id }: FoundVolume,
  index: number,
  system: FileSystem | undefined,
  warnings: readonly Remark[],
): SurveyedVolume {
  return {
    index,
    scheme,
    number,
    offset,
    length,
    type,
    ...(title === undefined ? {} : { title }),
    ...(label === undefined ? {} : { label }),
    ...(id === undefined ? {} : { id }),
    ...(system === undefined ? {} : { fileSystem: systemRecord(system) }),
    remarks: [...warnings, ...(system?.warnings ?? []).map(remark)],
  };
}

function systemRecord({
  format,
  type,
  label,
  serial,
  size,
  blockSize,
  isListed,
  isEncrypted,
  facts,
}: FileSystem): SurveyedFileSystem {
  return {
    format,
    type,
    label,
    ...(serial === undefined ? {} : { serial }),
    size,
    blockSize,
    isListed,
    ...(isEncrypted === undefined ? {} : { isEncrypted }),
    facts,
  };
}

export function fileRecord(entry: Entry, volume: number, streams: readonly SurveyedStream[]): SurveyedFile {
  const { kind, path, name, id, parentId, isDeleted, times, attributes, facts, tree, target, faults } = entry;
  const { mode, ownerId, groupId, linkCount } = entry;
  const { bytes: nameBytes, encoding } = name;
  // There are millions: put together step by step, which costs a third of doing it at once.
  const file: Mutable<SurveyedFile> = { volume, kind, path, nameBytes, encoding, id, isDeleted, streams, times, attributes };
  if (parentId !== undefined) file.parentId = parentId;
  if (mode !== undefined) file.mode = mode;
  if (ownerId !== undefined) file.ownerId = ownerId;
  if (groupId !== undefined) file.groupId = groupId;
  if (linkCount !== undefined) file.linkCount = linkCount;
  if (target !== undefined) file.target = target;
  if (facts !== undefined) file.facts = facts;
  if (tree !== undefined) file.tree = tree;
  if (faults !== undefined) file.remarks = faults.map(remark);
  return file;
}

const NO_RUNS: SurveyedStream['runs'] = [];

/** A stream by what its entry says of it alone. */
export function bare({ kind, name, size, packing, doubt }: Entry['streams'][number]): SurveyedStream {
  const stream: Mutable<SurveyedStream> = { kind, name, size, runs: NO_RUNS };
  if (packing !== undefined) stream.packing = packing;
  if (doubt !== undefined) stream.doubt = doubt;
  return stream;
}

export function damageRecord({ path, fault }: Damage): SurveyedDamage {
  return { path, ...remarkOf(fault) };
}

export function remark({ code, message }: Fault): Remark {
  return { code, message };
}
