/** The records of a survey, made of what volumes and file systems say. */
import type { Damage, Entry, FileSystem } from '../filesystems/index.ts';
import type { Fault } from '../kernel/index.ts';
import type { FoundVolume } from '../volumes/index.ts';
import type { Remark, SurveyedDamage, SurveyedFile, SurveyedFileSystem, SurveyedStream, SurveyedVolume } from './record.ts';
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
  return {
    volume,
    kind,
    path,
    nameBytes: name.bytes,
    encoding: name.encoding,
    id,
    isDeleted,
    streams,
    times,
    attributes,
    ...(parentId === undefined ? {} : { parentId }),
    ...(mode === undefined ? {} : { mode }),
    ...(ownerId === undefined ? {} : { ownerId }),
    ...(groupId === undefined ? {} : { groupId }),
    ...(linkCount === undefined ? {} : { linkCount }),
    ...(target === undefined ? {} : { target }),
    ...(facts === undefined ? {} : { facts }),
    ...(tree === undefined ? {} : { tree }),
    ...(faults === undefined ? {} : { remarks: faults.map(remark) }),
  };
}

/** A stream by what its entry says of it alone. */
export function bare({ kind, name, size, packing, doubt }: Entry['streams'][number]): SurveyedStream {
  return { kind, name, size, runs: [], ...(packing === undefined ? {} : { packing }), ...(doubt === undefined ? {} : { doubt }) };
}

export function damageRecord({ path, fault }: Damage): SurveyedDamage {
  return { path, ...remarkOf(fault) };
}

export function remark({ code, message }: Fault): Remark {
  return { code, message };
}
