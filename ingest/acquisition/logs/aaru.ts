/** Aaru's sidecar (until version 1: DiscImageChef): CICM XML, or JSON since version 6. */
import { SaxesParser } from 'saxes';
import type { ImagingLog, LogLine } from '../imaging-log.ts';
import { LogRecordBuilder } from '../log-record.ts';
import { SidecarReader } from '../sidecar.ts';

const MOST_BYTES = 16 * 1024 * 1024;
const DEEPEST = 64;
const PIECE = 4096;
/** Values spelled otherwise than we would: each costs a search of the whole text. */
const MOST_FAILURES = 20;

export const log: ImagingLog = {
  id: 'aaru',
  title: 'Aaru sidecar',
  sources: ['CICM Metadata schema cicm.xsd', 'Aaru.CommonTypes AaruMetadata', 'Aaru.Core Sidecar/BlockMedia.cs'],
  longestLine: MOST_BYTES,

  matches: (head) =>
    /^\s*(?:<\?xml[^>]*\?>)?\s*(?:<!--(?:[^-]|-(?!->))*-->\s*)?<(?:\w+:)?CICMMetadata[\s>]/.test(head) ||
    /^\s*\{\s*"(?:AaruMetadata|aaruMetadata)"\s*:/.test(head),

  async parse(lines) {
    const record = new LogRecordBuilder();
    const reader = new SidecarReader(record);
    let isXml: boolean | undefined;
    const xml = new XmlSidecar(reader);
    const json: string[] = [];
    let size = 0;
    for await (const { number, text } of lines) {
      isXml ??= /\S/.test(text) ? text.trimStart().startsWith('<') : undefined;
      if (isXml === true) xml.take({ number, text });
      else if ((size += text.length + 1) <= MOST_BYTES) json.push(text);
    }
    if (isXml === false && size <= MOST_BYTES) readJson(json.join('\n'), reader);
    reader.end();
    record.fact('tool', 'Aaru', 1);
    return record.finish();
  },
};

/** Stops at the first fault of the XML: what stands before it counts. */
class XmlSidecar {
  private readonly parser = new SaxesParser();
  private readonly path: string[] = [];
  private text = '';
  private type: string | undefined;
  private line = 1;
  private isOver = false;

  constructor(reader: SidecarReader) {
    this.parser.on('error', () => {
      this.isOver = true;
    });
    this.parser.on('opentag', ({ name, attributes }) => {
      this.path.push(name.toLowerCase());
      if (this.path.length > DEEPEST) this.isOver = true;
      this.text = '';
      this.type = attributes['type'];
      const format = attributes['format'];
      if (format !== undefined && !this.isOver) reader.element([...this.path, 'format'], format, () => this.line, undefined);
    });
    this.parser.on('text', (text) => {
      if (this.text.length < 65_536) this.text += text;
    });
    this.parser.on('closetag', () => {
      const value = this.text.trim();
      if (value !== '' && !this.isOver) reader.element(this.path, value, () => this.line, this.type);
      this.path.pop();
      this.text = '';
      this.type = undefined;
    });
  }

  take({ number, text }: LogLine): void {
    this.line = number;
    // In pieces, so that hostile nesting ends soon after it is seen.
    for (let at = 0; at <= text.length && !this.isOver; at += PIECE)
      this.parser.write(at + PIECE > text.length ? `${text.slice(at)}\n` : text.slice(at, at + PIECE));
  }
}

/** The line of a value is found by looking for it behind the value before. */
function readJson(text: string, reader: SidecarReader): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return;
    throw error;
  }
  let at = 0;
  let line = 1;
  let failures = 0;
  const lineOf = (value: string | number): number => {
    const found = failures > MOST_FAILURES ? -1 : text.indexOf(JSON.stringify(value), at);
    if (found === -1) {
      failures++;
      return line;
    }
    for (let feed = text.indexOf('\n', at); feed !== -1 && feed < found; feed = text.indexOf('\n', feed + 1)) line++;
    at = found;
    return line;
  };
  const visit = (value: unknown, path: readonly string[], type: string | undefined): void => {
    if (path.length > DEEPEST || value === null || value === undefined) return;
    if (typeof value === 'string' || typeof value === 'number') reader.element(path, String(value), () => lineOf(value), type);
    else if (Array.isArray(value)) for (const one of value) visit(one, path, undefined);
    else if (typeof value === 'object') {
      const members = Object.entries(value);
      const kind = members.find(([name]) => name.toLowerCase() === 'type')?.[1] as unknown;
      for (const [name, member] of members) {
        const isDigest = /^(?:content)?checksums$/.test(path.at(-1) ?? '') && name.toLowerCase() === 'value';
        visit(member, [...path, name.toLowerCase()], isDigest && typeof kind === 'string' ? kind : undefined);
      }
    }
  };
  visit(document, [], undefined);
}
