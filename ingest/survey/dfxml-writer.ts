/** A survey as DFXML, streamed: one volume after the other, one fileobject for each stream of each entry. */
import { isAscii } from 'node:buffer';
import type { Algorithm } from '../digest/index.ts';
import { xmlText } from '../kernel/index.ts';
import { DFXML, DFXML_VERSION, impliedName, NAME_TYPES, streamPath, SURVEY, TIMES } from './dfxml.ts';
import type { ByteRun, FileFormat, Remark, SurveyedFile, SurveyedStream, SurveyedVolume } from './record.ts';
import { dataOf, type SurveyItem, type SurveyPosition } from './survey.ts';

export interface DfxmlHead {
  /** Name of the image in the package. */
  readonly image: string;
  readonly program: string;
  readonly version: string;
  readonly startedAt: Date;
  /** What the formats of the files were told by: `PRONOM`, `116, containers 36`. */
  readonly signatures?: { readonly name: string; readonly version: string };
}

const PIECE = 1 << 18;

/** What is written so far: a document that was cut here can be gone on with. */
export interface DfxmlMark extends Omit<SurveyPosition, 'doneBytes'> {
  /** Objects that are numbered already. */
  readonly objects: number;
}

export interface DfxmlResumption {
  /** Where the document stopped; `items` are those of a survey that goes on there. Undefined for a new one. */
  readonly from: DfxmlMark | undefined;
  /** Called when all up to `mark` was given to the sink: after each batch of files and at the end of each volume. */
  readonly onMark: (mark: DfxmlMark) => Promise<void>;
}

/** Writes the document piece by piece; `sink` returns when there is room for more. @throws what the survey throws. */
export async function writeDfxml(
  items: AsyncIterable<SurveyItem>,
  head: DfxmlHead,
  sink: (text: string) => Promise<void>,
  resumption?: DfxmlResumption,
): Promise<void> {
  const from = resumption?.from;
  let text = from === undefined ? opening(head) : '';
  let objects = from?.objects ?? 0;
  let entries = 0;
  let volume: SurveyedVolume | undefined;
  const flush = async (): Promise<void> => {
    const piece = text;
    text = '';
    await sink(piece);
  };
  for await (const item of items) {
    if (item.kind === 'volume') {
      volume = item.volume;
      entries = item.isContinued === true ? (from?.entries ?? 0) : 0;
      if (item.isContinued !== true) text += volumeOpening(volume);
    } else if (item.kind === 'files') {
      entries += item.files.length;
      for (const file of item.files) {
        text += fileObjects(file, volume?.offset ?? 0, objects);
        objects += Math.max(1, file.streams.length);
        if (text.length >= PIECE) await flush();
      }
      if (resumption === undefined) continue;
      await flush();
      await resumption.onMark({ volumes: volume?.index ?? 0, entries, objects });
    } else if (item.kind === 'end') {
      text += volumeEnd(item.damages, volume);
      if (resumption === undefined) continue;
      await flush();
      await resumption.onMark({ volumes: item.volume + 1, entries: 0, objects });
    } else if (item.kind === 'disk') text += item.remarks.map((each) => remarkElement(each, '  ')).join('');
  }
  text += '</dfxml>\n';
  await flush();
}

function opening({ image, program, version, startedAt, signatures }: DfxmlHead): string {
  const library = signatures === undefined ? '' : `    <library${attributesOf({ ...signatures }, '')}/>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<dfxml xmlns="${DFXML}" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sr="${SURVEY}" version="${DFXML_VERSION}">
  <metadata><dc:type>Disk Image</dc:type></metadata>
  <creator>
    <program>${xmlText(program)}</program>
    <version>${xmlText(version)}</version>
    <execution_environment><start_time>${startedAt.toISOString()}</start_time></execution_environment>
${library}  </creator>
  <source><image_filename>${xmlText(image)}</image_filename></source>
`;
}

function volumeOpening(volume: SurveyedVolume): string {
  const { index, scheme, number, offset, length, type, title, label, id, fileSystem } = volume;
  const attributes = attributesOf({
    index,
    scheme,
    number,
    length,
    type,
    title,
    name: label,
    id,
    format: fileSystem?.format,
    label: fileSystem?.label,
    serial: fileSystem?.serial,
    size: fileSystem?.size,
    listed: fileSystem === undefined ? undefined : Number(fileSystem.isListed),
    encrypted: fileSystem?.isEncrypted === undefined ? undefined : Number(fileSystem.isEncrypted),
    facts: fileSystem === undefined ? undefined : JSON.stringify(fileSystem.facts),
  });
  const blocks = fileSystem === undefined || fileSystem.blockSize <= 0 ? undefined : fileSystem;
  return `  <volume offset="${offset}"${attributes}>
    <partition_offset>${offset}</partition_offset>
${
  blocks === undefined
    ? ''
    : `    <block_size>${blocks.blockSize}</block_size>
    <ftype_str>${xmlText(blocks.type)}</ftype_str>
    <block_count>${Math.floor(blocks.size / blocks.blockSize)}</block_count>
`
}`;
}

function volumeEnd(damages: readonly (Remark & { readonly path: string })[], volume: SurveyedVolume | undefined): string {
  const words = damages.map(({ path, message }) => `${path === '' ? 'the root' : path}: ${message}`);
  const error = words.length === 0 ? '' : `    <error>${xmlText(words.slice(0, 100).join('\n'))}</error>\n`;
  const remarks = (volume?.remarks ?? []).map((each) => remarkElement(each, '    ')).join('');
  const listed = damages.map(
    ({ path, code, message }) => `    <sr:damage${attributesOf({ path, code }, '')}>${xmlText(message)}</sr:damage>\n`,
  );
  return `${error}${remarks}${listed.join('')}  </volume>\n`;
}

/** The entry with its data, then its other streams as objects of their own: other programs know no forks. */
function fileObjects(file: SurveyedFile, base: number, first: number): string {
  const data = dataOf(file);
  const text = fileObject(file, data, base, first);
  if (file.streams.length <= 1 && data === file.streams[0]) return text;
  const others = file.streams.filter((stream) => stream !== data);
  return text + others.map((stream, index) => streamObject(file, stream, base, first + 1 + index)).join('');
}

function fileObject(file: SurveyedFile, data: SurveyedStream | undefined, base: number, number: number): string {
  const { kind, path, nameBytes, encoding, attributes, facts, tree, remarks = NO_REMARKS, target } = file;
  const [type, meta] = NAME_TYPES[kind];
  const alloc = file.isDeleted ? 0 : 1;
  let text = `    <fileobject sr:encoding="${quoted(encoding)}"`;
  if (!isImplied(path, encoding, nameBytes)) text += ` sr:nameBytes="${nameBytes.toString('hex')}"`;
  if (attributes.length > 0) text += ` sr:attributes="${quoted(attributes.join(' '))}"`;
  if (tree !== undefined) text += ` sr:tree="${quoted(tree)}"`;
  if (facts !== undefined) text += ` sr:facts="${quoted(JSON.stringify(facts))}"`;
  text += '>\n';
  if (file.parentId !== undefined) text += `      <parent_object><inode>${file.parentId}</inode></parent_object>\n`;
  text += `      <filename>${xmlText(path)}</filename>\n`;
  if (remarks.length > 0 || data?.remark !== undefined) text += errorElement(remarks, data?.remark);
  text += `      <partition>${file.volume + 1}</partition>\n      <id>${number + 1}</id>\n      <name_type>${type}</name_type>\n`;
  if (data !== undefined) text += `      <filesize>${data.size}</filesize>\n`;
  text += `      <alloc_inode>${alloc}</alloc_inode>\n      <alloc_name>${alloc}</alloc_name>\n`;
  if (data?.packing !== undefined) text += '      <compressed>1</compressed>\n';
  text += `      <inode>${file.id}</inode>\n      <meta_type>${meta}</meta_type>\n`;
  if (file.mode !== undefined) text += `      <mode>${file.mode}</mode>\n`;
  if (file.linkCount !== undefined) text += `      <nlink>${file.linkCount}</nlink>\n`;
  if (file.ownerId !== undefined) text += `      <uid>${file.ownerId}</uid>\n`;
  if (file.groupId !== undefined) text += `      <gid>${file.groupId}</gid>\n`;
  text += timeElements(file);
  if (target !== undefined) text += `      <link_target>${xmlText(target)}</link_target>\n`;
  if (data !== undefined) text += streamElements(data, base);
  text += impossibleTimes(file);
  for (const remark of remarks) text += remarkElement(remark, '      ');
  return `${text}    </fileobject>\n`;
}

const NO_REMARKS: readonly Remark[] = [];

function errorElement(remarks: readonly Remark[], ofData: Remark | undefined): string {
  const all = ofData === undefined ? remarks : [...remarks, ofData];
  return `      <error>${xmlText(all.map(({ message }) => message).join('\n'))}</error>\n`;
}

/** Whether the path tells the name as it is stored. */
function isImplied(path: string, encoding: string, nameBytes: Buffer): boolean {
  const start = path.lastIndexOf('/') + 1;
  // Of plain names each character is a byte; a buffer to compare with costs more than all the rest.
  if (
    encoding !== 'utf-16le' &&
    path.length - start === nameBytes.length &&
    path.endsWith(nameBytes.toString('latin1')) &&
    isAscii(nameBytes)
  )
    return true;
  return impliedName(path, encoding).equals(nameBytes);
}

function streamObject(file: SurveyedFile, stream: SurveyedStream, base: number, number: number): string {
  const { kind, name, size, packing, remark } = stream;
  return `    <fileobject${attributesOf({ stream: kind, name })}>
      <filename>${xmlText(streamPath(file.path, kind, name))}</filename>
${remark === undefined ? '' : `      <error>${xmlText(remark.message)}</error>\n`}      <partition>${file.volume + 1}</partition>
      <id>${number + 1}</id>
      <name_type>r</name_type>
      <filesize>${size}</filesize>
${allocation(file)}${packing === undefined ? '' : '      <compressed>1</compressed>\n'}      <inode>${file.id}</inode>
      <meta_type>1</meta_type>
${streamElements(stream, base)}    </fileobject>
`;
}

function allocation({ isDeleted }: SurveyedFile): string {
  const bit = isDeleted ? 0 : 1;
  return `      <alloc_inode>${bit}</alloc_inode>\n      <alloc_name>${bit}</alloc_name>\n`;
}

function timeElements({ times }: SurveyedFile): string {
  let text = '';
  for (const [name, element] of TIMES) {
    const stamp = times[name];
    if (stamp?.text === undefined) continue;
    const { resolutionSeconds } = stamp;
    const precision = resolutionSeconds >= 1 ? ' prec' : ' sr:resolution';
    text += `      <${element}${precision}="${resolutionSeconds}">${stamp.text}</${element}>\n`;
  }
  return text;
}

/** A date that is none has no place in the schema's own elements. */
function impossibleTimes({ times }: SurveyedFile): string {
  let text = '';
  for (const [name] of TIMES) {
    const stamp = times[name];
    if (stamp === undefined || stamp.doubt === undefined) continue;
    text += `      <sr:time${attributesOf({ name, resolution: stamp.resolutionSeconds }, '')}>${xmlText(stamp.doubt)}</sr:time>\n`;
  }
  return text;
}

function streamElements(
  { runs, digests = NO_DIGESTS, format, packing, doubt, unread, remark, hasMoreRuns }: SurveyedStream,
  base: number,
): string {
  let text = '';
  if (runs.length > 0) {
    text = '      <byte_runs>\n';
    for (const run of runs) text += runElement(run, base);
    text += '      </byte_runs>\n';
  }
  for (const algorithm in digests)
    text += `      <hashdigest type="${algorithm}">${digests[algorithm as Algorithm]}</hashdigest>\n`;
  if (format !== undefined) text += formatElement(format);
  if (packing !== undefined || doubt !== undefined || remark !== undefined || hasMoreRuns === true) {
    const attributes = attributesOf({ packing, doubt, code: remark?.code, more: hasMoreRuns === true ? 1 : undefined }, '');
    text += `      <sr:content${attributes}>${remark === undefined ? '' : xmlText(remark.message)}</sr:content>\n`;
  }
  if (unread !== undefined)
    for (const { offset, length } of unread) text += `      <sr:unread offset="${offset}" len="${length}"/>\n`;
  return text;
}

const NO_DIGESTS: NonNullable<SurveyedStream['digests']> = {};

function runElement({ kind, fileOffset, length, imageOffset, packedLength }: ByteRun, base: number): string {
  let text = `        <byte_run file_offset="${fileOffset}"`;
  if (imageOffset !== undefined) text += ` fs_offset="${imageOffset - base}" img_offset="${imageOffset}"`;
  text += kind === 'packed' ? ` len="${packedLength ?? 0}" uncompressed_len="${length}"` : ` len="${length}"`;
  if (kind === 'zero') text += ' fill="0"';
  if (kind === 'resident') text += ' type="resident"';
  if (kind === 'absent') text += ' type="absent"';
  return `${text}/>\n`;
}

function formatElement({ puid, title, version, mime, basis, encoding, mismatch }: FileFormat): string {
  const attributes = attributesOf({ puid, version, mime, basis, encoding, mismatch: mismatch === true ? 1 : undefined }, '');
  return `      <sr:format${attributes}>${xmlText(title)}</sr:format>\n`;
}

function remarkElement({ code, message }: Remark, indent: string): string {
  return `${indent}<sr:remark code="${code}">${xmlText(message)}</sr:remark>\n`;
}

/** @param prefix of our own attributes on elements that are DFXML's; our own elements have plain ones. */
function attributesOf(values: Readonly<Record<string, string | number | undefined>>, prefix = 'sr:'): string {
  let text = '';
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) text += ` ${prefix}${name}="${quoted(String(value))}"`;
  return text;
}

function quoted(value: string): string {
  const text = xmlText(value);
  return text.includes('"') ? text.replaceAll('"', '&quot;') : text;
}
