/** Reads the DFXML that writeDfxml wrote, as the survey it was made of: how a catalogue is made again, and a file found in a package. */
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import type { Digests } from '../digest/index.ts';
import type { EntryKind, Stamp, Stamps, StreamKind } from '../filesystems/index.ts';
import { Fault, FaultKind, plainText } from '../kernel/index.ts';
import { impliedName, NAME_TYPES, TIMES } from './dfxml.ts';
import type { ByteRun, FileFormat, Remark, SurveyedDamage, SurveyedFile, SurveyedStream, SurveyedVolume } from './record.ts';
import type { SurveyItem } from './survey.ts';

/** What is read so is written by us: limits against a file that only looks like it. */
const MOST_TEXT = 1 << 20;
const MOST_RUNS = 100_000;
const BATCH = 1000;

type Attributes = SaxesTagPlain['attributes'];
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface OpenStream extends Mutable<Omit<SurveyedStream, 'runs' | 'digests' | 'unread'>> {
  runs: ByteRun[];
  digests: Mutable<Digests>;
  unread: { offset: number; length: number }[];
}

/** A fileobject while it is read: an entry with its data, or another stream of the entry before. */
interface OpenObject {
  readonly attributes: Attributes;
  readonly texts: Map<string, string>;
  readonly times: Mutable<Stamps>;
  readonly remarks: Remark[];
  readonly stream: OpenStream;
}

const KINDS = new Map<string, EntryKind>(
  (Object.entries(NAME_TYPES) as [EntryKind, readonly [string, number]][]).map(([kind, [sign]]) => [sign, kind]),
);
const TIME_NAMES = new Map<string, keyof Stamps>(TIMES.map(([name, element]) => [element, name]));

/** Items as surveyOf gives them, without `disk` and `totals`. @throws Fault 'dfxml/not-readable'. */
export async function* readDfxml(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SurveyItem, void, undefined> {
  const reader = new Reader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of chunks) {
      reader.write(decoder.decode(chunk, { stream: true }));
      yield* reader.taken();
    }
    reader.write(decoder.decode());
    reader.close();
  } catch (error) {
    if (error instanceof Fault) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault(FaultKind.Corrupt, 'dfxml/not-readable', `the list of files (DFXML) can't be read: ${reason}`, { reason });
  }
  yield* reader.taken();
}

class Reader {
  readonly #parser = new SaxesParser();
  #items: SurveyItem[] = [];
  #files: SurveyedFile[] = [];
  #volume: SurveyedVolume | undefined;
  #type = '';
  #blockSize = 0;
  #remarks: Remark[] = [];
  #damages: SurveyedDamage[] = [];
  #isTold = false;
  #object: OpenObject | undefined;
  #last: Mutable<SurveyedFile> | undefined;
  #text = '';
  #attributes: Attributes = {};
  #hasRoot = false;

  constructor() {
    this.#parser.on('error', (error) => {
      throw error;
    });
    this.#parser.on('doctype', () => {
      throw new Error('it has a document type declaration');
    });
    this.#parser.on('opentag', (tag) => this.#open(tag));
    this.#parser.on('text', (text) => {
      this.#text += text;
      if (this.#text.length > MOST_TEXT) throw new Error(`a text is longer than ${MOST_TEXT} characters`);
    });
    this.#parser.on('closetag', ({ name }) => this.#close(name));
  }

  write(text: string): void {
    this.#parser.write(text);
  }

  close(): void {
    this.#parser.close();
    if (!this.#hasRoot) throw new Error('it is empty');
  }

  taken(): SurveyItem[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #open({ name, attributes }: SaxesTagPlain): void {
    this.#text = '';
    this.#attributes = attributes;
    if (!this.#hasRoot && name !== 'dfxml') throw new Error(`its root is ${name}`);
    this.#hasRoot = true;
    if (name === 'volume') this.#openVolume(attributes);
    else if (name === 'fileobject') this.#object = newObject(attributes);
    else if (name === 'byte_run') this.#run(attributes);
  }

  #openVolume(a: Attributes): void {
    const offset = numberOf(a['offset']);
    const title = textOf(a['sr:title']);
    const label = textOf(a['sr:name']);
    const id = textOf(a['sr:id']);
    this.#volume = {
      index: numberOf(a['sr:index']),
      scheme: textOf(a['sr:scheme']) ?? 'none',
      number: textOf(a['sr:number']) ?? '',
      offset,
      length: numberOf(a['sr:length']),
      type: textOf(a['sr:type']) ?? '',
      ...(title === undefined ? {} : { title }),
      ...(label === undefined ? {} : { label }),
      ...(id === undefined ? {} : { id }),
      remarks: [],
    };
    this.#isTold = false;
    this.#type = '';
    this.#blockSize = 0;
    this.#remarks = [];
    this.#damages = [];
    this.#volumeAttributes = a;
  }

  #volumeAttributes: Attributes = {};

  /** Told before its first file, when the elements before it are known; remarks stand at the end and come with the end. */
  #tellVolume(): void {
    const volume = this.#volume;
    if (volume === undefined) throw new Error('a file object stands outside a volume');
    if (this.#isTold) return;
    this.#isTold = true;
    const a = this.#volumeAttributes;
    const format = textOf(a['sr:format']);
    const serial = textOf(a['sr:serial']);
    const fileSystem =
      format === undefined
        ? undefined
        : {
            format,
            type: this.#type,
            label: textOf(a['sr:label']) ?? '',
            ...(serial === undefined ? {} : { serial }),
            size: numberOf(a['sr:size']),
            blockSize: this.#blockSize,
            isListed: a['sr:listed'] === '1',
            ...(a['sr:encrypted'] === undefined ? {} : { isEncrypted: a['sr:encrypted'] === '1' }),
            facts: factsOf(a['sr:facts']) ?? {},
          };
    this.#items.push({
      kind: 'volume',
      volume: { ...volume, ...(fileSystem === undefined ? {} : { fileSystem }), remarks: this.#remarks },
    });
  }

  #run(a: Attributes): void {
    const stream = this.#object?.stream;
    if (stream === undefined) return;
    if (stream.runs.length >= MOST_RUNS) throw new Error(`a file has more than ${MOST_RUNS} byte runs`);
    const imageOffset = a['img_offset'] === undefined ? {} : { imageOffset: numberOf(a['img_offset']) };
    const fileOffset = numberOf(a['file_offset']);
    const length = numberOf(a['len']);
    if (a['uncompressed_len'] !== undefined)
      stream.runs.push({
        kind: 'packed',
        fileOffset,
        length: numberOf(a['uncompressed_len']),
        ...imageOffset,
        packedLength: length,
      });
    else {
      stream.runs.push({ kind: kindOf(a), fileOffset, length, ...imageOffset });
    }
  }

  #close(name: string): void {
    const text = plainText(this.#text);
    const a = this.#attributes;
    this.#text = '';
    if (this.#object !== undefined) this.#closeInObject(name, text, a, this.#object);
    else if (name === 'block_size') this.#blockSize = numberOf(text);
    else if (name === 'ftype_str') this.#type = text;
    else if (name === 'sr:remark') this.#remarks.push({ code: a['code'] ?? '', message: text });
    else if (name === 'sr:damage') this.#damages.push({ path: plainText(a['path'] ?? ''), code: a['code'] ?? '', message: text });
    else if (name === 'volume') this.#closeVolume();
  }

  #closeVolume(): void {
    this.#tellVolume();
    this.#flush();
    if (this.#volume !== undefined) this.#items.push({ kind: 'end', volume: this.#volume.index, damages: this.#damages });
    this.#volume = undefined;
    this.#last = undefined;
  }

  #closeInObject(name: string, text: string, a: Attributes, object: OpenObject): void {
    const { stream, times, texts, remarks } = object;
    const time = TIME_NAMES.get(name);
    if (name === 'fileobject') this.#closeObject(object);
    else if (time !== undefined) times[time] = { text, resolutionSeconds: Number(a['prec'] ?? a['sr:resolution'] ?? 1) };
    else if (name === 'hashdigest') stream.digests[(a['type'] ?? '') as keyof Digests] = text;
    else if (name === 'sr:time') {
      const stamp: Stamp = { text: undefined, resolutionSeconds: Number(a['resolution']), doubt: text };
      times[a['name'] as keyof Stamps] = stamp;
    } else if (name === 'sr:format') stream.format = formatOf(text, a);
    else if (name === 'sr:unread') stream.unread.push({ offset: numberOf(a['offset']), length: numberOf(a['len']) });
    else if (name === 'sr:remark') remarks.push({ code: a['code'] ?? '', message: text });
    else if (name === 'sr:content') {
      if (a['packing'] !== undefined) stream.packing = plainText(a['packing']);
      if (a['doubt'] !== undefined) stream.doubt = plainText(a['doubt']);
      if (a['more'] !== undefined) stream.hasMoreRuns = true;
      if (a['code'] !== undefined) stream.remark = { code: a['code'], message: text };
    } else texts.set(texts.has(name) ? `${name}+` : name, text);
  }

  #closeObject(object: OpenObject): void {
    this.#object = undefined;
    this.#tellVolume();
    const { stream: open, attributes: a, texts } = object;
    const { digests, unread, ...rest } = open;
    const stream: SurveyedStream = {
      ...rest,
      size: numberOf(texts.get('filesize') ?? '0'),
      ...(Object.keys(digests).length === 0 ? {} : { digests }),
      ...(unread.length === 0 ? {} : { unread }),
    };
    if (a['sr:stream'] !== undefined) {
      if (this.#last === undefined) throw new Error('a stream stands before its file');
      this.#last.streams = [...this.#last.streams, stream];
      return;
    }
    if (this.#files.length >= BATCH) this.#flush();
    this.#last = fileOf(object, stream, this.#volume?.index ?? 0);
    this.#files.push(this.#last);
  }

  #flush(): void {
    if (this.#files.length > 0) this.#items.push({ kind: 'files', files: this.#files });
    this.#files = [];
  }
}

function newObject(attributes: Attributes): OpenObject {
  const kind = (attributes['sr:stream'] ?? 'data') as StreamKind;
  const name = plainText(attributes['sr:name'] ?? '');
  const stream = { kind, name, size: 0, runs: [], digests: {}, unread: [] };
  return { attributes, texts: new Map(), times: {}, remarks: [], stream };
}

function fileOf(
  { attributes: a, texts, times, remarks }: OpenObject,
  data: SurveyedStream,
  volume: number,
): Mutable<SurveyedFile> {
  const path = texts.get('filename') ?? '';
  const facts = factsOf(a['sr:facts']);
  const optional = {
    parentId: texts.has('parent_object') ? numberOf(texts.get('inode') ?? '0') : undefined,
    mode: maybeNumber(texts.get('mode')),
    linkCount: maybeNumber(texts.get('nlink')),
    ownerId: maybeNumber(texts.get('uid')),
    groupId: maybeNumber(texts.get('gid')),
    target: texts.get('link_target'),
    tree: textOf(a['sr:tree']),
    facts,
    remarks: remarks.length === 0 ? undefined : remarks,
  };
  const bytes = a['sr:nameBytes'];
  const encoding = textOf(a['sr:encoding']) ?? 'utf-8';
  return {
    volume,
    kind: KINDS.get(texts.get('name_type') ?? '-') ?? 'unknown',
    path,
    nameBytes: bytes === undefined ? impliedName(path, encoding) : Buffer.from(bytes, 'hex'),
    encoding,
    id: numberOf(texts.get('inode+') ?? texts.get('inode') ?? '0'),
    isDeleted: texts.get('alloc_name') === '0',
    streams: texts.has('filesize') ? [data] : [],
    times,
    attributes: (textOf(a['sr:attributes']) ?? '').split(' ').filter((word) => word !== ''),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<SurveyedFile>),
  };
}

function formatOf(title: string, a: Attributes): FileFormat {
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

function kindOf(a: Attributes): ByteRun['kind'] {
  if (a['fill'] !== undefined) return 'zero';
  if (a['type'] === 'resident') return 'resident';
  return a['type'] === 'absent' ? 'absent' : 'stored';
}

function textOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : plainText(value);
}

function numberOf(value: string | undefined): number {
  const number = Number(value);
  if (value === undefined || value === '' || !Number.isSafeInteger(number) || number < 0)
    throw new Error(`"${value}" is no number`);
  return number;
}

function maybeNumber(value: string | undefined): number | undefined {
  return value === undefined ? undefined : numberOf(value);
}

function factsOf(json: string | undefined): Readonly<Record<string, string | number>> | undefined {
  return json === undefined ? undefined : (JSON.parse(plainText(json)) as Record<string, string | number>);
}
