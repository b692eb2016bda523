/** Reads the DFXML that writeDfxml wrote, as the survey it was made of: how a catalogue is made again, and a file found in a package. */
import { SaxesParser } from 'saxes';
import type { Digests } from '../digest/index.ts';
import type { Stamps } from '../filesystems/index.ts';
import { Fault, FaultKind, plainText } from '../kernel/index.ts';
import {
  type Attributes,
  contentOf,
  factsOf,
  fileOf,
  formatOf,
  kindOf,
  newObject,
  numberOf,
  type OpenObject,
  secondsOf,
  textOf,
  timeOf,
} from './dfxml-object.ts';
import { TIMES } from './dfxml.ts';
import type { ByteRun, Mutable, Remark, SurveyedDamage, SurveyedFile, SurveyedStream, SurveyedVolume } from './record.ts';
import type { SurveyItem } from './survey.ts';

/** What is read so is written by us: limits against a file that only looks like it. */
const MOST_TEXT = 1 << 20;
const MOST_RUNS = 100_000;
const BATCH = 1000;

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
  // Without positions it reads a tenth faster, and nobody is told of lines.
  readonly #parser = new SaxesParser({ position: false, xmlns: false });
  #text = '';
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
  #isInside = false;

  constructor() {
    this.#parser.on('error', (error) => {
      throw error;
    });
    this.#parser.on('doctype', () => {
      throw new Error('it has a document type declaration');
    });
    this.#parser.on('opentag', ({ name, attributes }) => {
      this.#text = '';
      this.#opened(name, attributes);
    });
    this.#parser.on('text', (text) => {
      this.#text += text;
      if (this.#text.length > MOST_TEXT) throw new Error(`a text is longer than ${MOST_TEXT} characters`);
    });
    this.#parser.on('closetag', ({ name, attributes }) => {
      const text = this.#text;
      this.#text = '';
      this.#closed(name, text, attributes);
    });
  }

  write(text: string): void {
    this.#parser.write(text);
  }

  close(): void {
    this.#parser.close();
    if (!this.#isInside) throw new Error('it is empty');
  }

  taken(): SurveyItem[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #opened(name: string, attributes: Attributes): void {
    if (!this.#isInside && name !== 'dfxml') throw new Error(`its root is ${name}`);
    this.#isInside = true;
    if (name === 'fileobject') this.#object = newObject(attributes);
    else if (name === 'byte_run') this.#run(attributes);
    else if (name === 'parent_object') {
      if (this.#object !== undefined) this.#object.hasParent = true;
    } else if (name === 'volume') this.#openVolume(attributes);
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
    const fileOffset = numberOf(a['file_offset']);
    const length = numberOf(a['len']);
    const run: Mutable<ByteRun> =
      a['uncompressed_len'] === undefined
        ? { kind: kindOf(a), fileOffset, length }
        : { kind: 'packed', fileOffset, length: numberOf(a['uncompressed_len']), packedLength: length };
    if (a['img_offset'] !== undefined) run.imageOffset = numberOf(a['img_offset']);
    stream.runs.push(run);
  }

  #closed(name: string, raw: string, a: Attributes): void {
    if (this.#object !== undefined) this.#closeInObject(name, raw, a, this.#object);
    else if (name === 'block_size') this.#blockSize = numberOf(raw);
    else if (name === 'ftype_str') this.#type = plainText(raw);
    else if (name === 'sr:remark') this.#remarks.push({ code: a['code'] ?? '', message: plainText(raw) });
    else if (name === 'sr:damage')
      this.#damages.push({ path: plainText(a['path'] ?? ''), code: a['code'] ?? '', message: plainText(raw) });
    else if (name === 'volume') this.#closeVolume();
  }

  #closeVolume(): void {
    this.#tellVolume();
    this.#flush();
    if (this.#volume !== undefined) this.#items.push({ kind: 'end', volume: this.#volume.index, damages: this.#damages });
    this.#volume = undefined;
    this.#last = undefined;
  }

  #closeInObject(name: string, raw: string, a: Attributes, object: OpenObject): void {
    const { stream, times } = object;
    switch (name) {
      case 'byte_run':
      case 'byte_runs':
      case 'partition':
      case 'id':
        return;
      case 'fileobject':
        this.#closeObject(object);
        return;
      case 'filename':
        object.path = plainText(raw);
        return;
      case 'name_type':
        object.nameType = raw;
        return;
      case 'filesize':
        stream.size = numberOf(raw);
        object.hasSize = true;
        return;
      case 'alloc_name':
        object.isDeleted = raw === '0';
        return;
      case 'inode':
        object.ids.push(numberOf(raw));
        return;
      case 'mode':
        object.mode = numberOf(raw);
        return;
      case 'nlink':
        object.linkCount = numberOf(raw);
        return;
      case 'uid':
        object.ownerId = numberOf(raw);
        return;
      case 'gid':
        object.groupId = numberOf(raw);
        return;
      case 'link_target':
        object.target = plainText(raw);
        return;
      case 'hashdigest':
        stream.digests[(a['type'] ?? '') as keyof Digests] = raw;
        return;
      case 'sr:time':
        times[timeOf(a['name'])] = { text: undefined, resolutionSeconds: secondsOf(a['resolution']), doubt: plainText(raw) };
        return;
      case 'sr:format':
        stream.format = formatOf(plainText(raw), a);
        return;
      case 'sr:unread':
        stream.unread.push({ offset: numberOf(a['offset']), length: numberOf(a['len']) });
        return;
      case 'sr:remark':
        object.remarks.push({ code: a['code'] ?? '', message: plainText(raw) });
        return;
      case 'sr:content':
        contentOf(stream, raw, a);
        return;
      default: {
        const time = TIME_NAMES.get(name);
        if (time !== undefined) times[time] = { text: raw, resolutionSeconds: secondsOf(a['prec'] ?? a['sr:resolution'] ?? '1') };
      }
    }
  }

  #closeObject(object: OpenObject): void {
    this.#object = undefined;
    this.#tellVolume();
    const { digests, unread, ...rest } = object.stream;
    const stream: Mutable<SurveyedStream> = rest;
    for (const _ in digests) {
      stream.digests = digests;
      break;
    }
    if (unread.length > 0) stream.unread = unread;
    if (object.attributes['sr:stream'] !== undefined) {
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
