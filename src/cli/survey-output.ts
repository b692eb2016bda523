/** A survey as `inspect` prints it: volumes and files, one after the other as they are found, as JSON or for people. */
import { escaped } from '#ingest/kernel';
import { dataOf, type SurveyedFile, type SurveyedVolume, type SurveyItem } from '#ingest/survey';
import type { Output } from './output.ts';
import { bytesInWords } from './words.ts';

/**
 * @param head what stands in the JSON document before the survey. @param about the same for people.
 * @throws what the survey throws; what was printed before it stands.
 */
export async function printSurvey(
  items: AsyncIterable<SurveyItem>,
  head: object,
  about: readonly string[],
  withFiles: boolean,
  output: Output,
): Promise<void> {
  if (output.isJson) await asJson(items, head, withFiles, output);
  else await asText(items, about, output);
}

/** Files come first, since they are too many to be held; a document has no order. */
async function asJson(items: AsyncIterable<SurveyItem>, head: object, withFiles: boolean, output: Output): Promise<void> {
  const volumes: object[] = [];
  const tail: Record<string, unknown> = {};
  await output.piece(`${JSON.stringify(head).slice(0, -1)}${withFiles ? ',"files":[' : ''}`);
  let comma = '';
  for await (const item of items)
    if (item.kind === 'files') {
      for (let at = 0; at < item.files.length; at += 1000) {
        const some = item.files.slice(at, at + 1000).filter(({ kind }) => kind !== 'directory');
        if (some.length === 0) continue;
        await output.piece(comma + some.map((file) => JSON.stringify(fileDocument(file))).join(','));
        comma = ',';
      }
    } else if (item.kind === 'disk') Object.assign(tail, { tables: item.tables, unallocated: item.gaps, remarks: item.remarks });
    else if (item.kind === 'volume') volumes.push({ ...item.volume, fileSystem: item.volume.fileSystem ?? null });
    else if (item.kind === 'end') Object.assign(volumes.at(-1) ?? {}, item.damages.length === 0 ? {} : { damages: item.damages });
    else tail['totals'] = item.totals;
  await output.piece(`${withFiles ? '],' : ','}${JSON.stringify({ volumes, ...tail }).slice(1)}\n`);
}

function fileDocument(file: SurveyedFile): object {
  const { volume, kind, path, isDeleted, times, attributes, facts, target, tree, remarks } = file;
  const data = dataOf(file);
  const others = file.streams.filter((stream) => stream !== data);
  return {
    volume,
    path,
    kind,
    size: data?.size ?? 0,
    ...data?.digests,
    ...(isDeleted ? { deleted: true } : {}),
    ...(target === undefined ? {} : { target }),
    ...(tree === undefined ? {} : { tree }),
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(facts === undefined ? {} : { facts }),
    times: Object.fromEntries(Object.entries(times).map(([name, stamp]) => [name, stamp?.text ?? `impossible: ${stamp?.doubt}`])),
    ...(data?.unread === undefined ? {} : { unread: data.unread }),
    ...(data?.doubt === undefined ? {} : { doubt: data.doubt }),
    ...(data?.packing === undefined ? {} : { packing: data.packing }),
    ...(others.length === 0 ? {} : { streams: others.map(streamDocument) }),
    ...(remarks === undefined && data?.remark === undefined
      ? {}
      : { remarks: [...(remarks ?? []), ...(data?.remark === undefined ? [] : [data.remark])] }),
  };
}

function streamDocument({ kind, name, size, digests, remark }: SurveyedFile['streams'][number]): object {
  return { kind, name, size, ...digests, ...(remark === undefined ? {} : { remark }) };
}

async function asText(items: AsyncIterable<SurveyItem>, about: readonly string[], output: Output): Promise<void> {
  const lines = (some: readonly string[]): Promise<void> => output.piece(some.map((line) => `${escaped(line)}\n`).join(''));
  await lines(about);
  for await (const item of items)
    if (item.kind === 'volume') await lines(volumeLines(item.volume));
    else if (item.kind === 'files')
      for (let at = 0; at < item.files.length; at += 1000) await lines(item.files.slice(at, at + 1000).map(fileLine));
    else if (item.kind === 'end')
      await lines(item.damages.map(({ path, message }) => `    not listed: ${path || 'the root'}: ${message}`));
    else if (item.kind === 'disk') {
      await lines(
        item.gaps.map(({ offset, length }) => `  unallocated   ${length} bytes (${bytesInWords(length)}) from byte ${offset}`),
      );
      await lines(item.remarks.map(({ message }) => `  warning: ${message}`));
    } else if (item.totals.files > 0 || item.totals.deleted > 0) await lines(totalLines(item.totals));
}

function volumeLines({ scheme, number, offset, length, type, title, fileSystem, remarks }: SurveyedVolume): string[] {
  const place = scheme === 'none' ? 'whole disk' : `volume ${number} (${scheme}, ${title ?? type})`;
  const called = fileSystem === undefined ? 'no file system that is known' : fileSystem.type;
  const label = fileSystem === undefined || fileSystem.label === '' ? '' : ` "${fileSystem.label}"`;
  const state = fileSystem === undefined || fileSystem.isListed ? '' : '; this version does not list its files';
  return [
    `  ${place}: ${called}${label}, ${bytesInWords(length)} from byte ${offset}${state}`,
    ...remarks.map(({ message }) => `    warning: ${message}`),
  ];
}

function fileLine(file: SurveyedFile): string {
  const data = dataOf(file);
  const marks = [
    ...(file.isDeleted ? ['deleted'] : []),
    ...(data?.unread === undefined ? [] : ['has unread sectors']),
    ...(data?.remark === undefined ? [] : ['not readable']),
    ...(file.target === undefined ? [] : [`-> ${file.target}`]),
  ];
  const size = file.kind === 'directory' ? '' : String(data?.size ?? 0);
  const name = file.kind === 'directory' ? `${file.path}/` : file.path;
  const digest = data?.digests?.sha256 === undefined ? '' : `${data.digests.sha256}  `;
  return `    ${digest}${size.padStart(12)}  ${(file.times.modified?.text ?? '').padEnd(20)}  ${name}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}`;
}

function totalLines({
  files,
  directories,
  deleted,
  bytes,
  withUnread,
  withFaults,
}: Extract<SurveyItem, { kind: 'totals' }>['totals']): string[] {
  return [
    `  ${files} files (${bytesInWords(bytes)}) in ${directories} folders${deleted === 0 ? '' : `; ${deleted} deleted entries`}`,
    ...(withUnread === 0 ? [] : [`  ${withUnread} files have sectors that were never read from the carrier`]),
    ...(withFaults === 0 ? [] : [`  ${withFaults} files could not be read whole, or are doubtful`]),
  ];
}
