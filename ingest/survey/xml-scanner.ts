/** Reads XML as writeDfxml writes it, several times as fast as a reader of any XML does: elements, attributes and text, no DTD, no CDATA. */

export type XmlAttributes = Readonly<Record<string, string>>;

export interface XmlHandler {
  opened(name: string, attributes: XmlAttributes): void;
  /** @param text from the last tag inside it, or from its own, to its end. */
  closed(name: string, text: string): void;
}

/** In characters. */
const MOST_TEXT = 1 << 20;
const MOST_MARKUP = 8 << 20;
const MOST_DEPTH = 64;
const MOST_ATTRIBUTES = 64;
const MOST_NAMES = 1000;

const NONE: XmlAttributes = {};
const NAME = /^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/;
// oxlint-disable-next-line no-control-regex -- what XML can't hold is what it looks for
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
const Code = { bang: 0x21, quote: 0x22, apostrophe: 0x27, slash: 0x2f, equals: 0x3d, end: 0x3e, question: 0x3f } as const;

/** Takes the text piece by piece. @throws Error in the words of a person who looks at the file. */
export class XmlScanner {
  #rest = '';
  #hasRoot = false;
  readonly #open: string[] = [];
  /** Text before a comment, which is not over yet. */
  #before = '';
  readonly #names = new Map<string, string>();

  constructor(private readonly handler: XmlHandler) {}

  write(piece: string): void {
    if (IMPOSSIBLE.test(piece)) throw new Error('it has characters that XML does not have');
    const text = this.#rest + piece;
    let at = 0;
    for (let start = text.indexOf('<'); start >= 0; start = text.indexOf('<', at)) {
      const end = this.#markup(text, at, start);
      if (end < 0) break;
      at = end;
    }
    this.#rest = text.slice(at);
    if (this.#rest.length > MOST_MARKUP) throw new Error(`a tag or a text is longer than ${MOST_MARKUP} characters`);
  }

  close(): void {
    if (this.#open.length > 0) throw new Error(`it ends inside ${this.#open.at(-1)}`);
    if (this.#rest.trim() !== '') throw new Error('there is text behind its end');
    if (!this.#hasRoot) throw new Error('it is empty');
  }

  /** What begins at `start`, with the text from `at` on before it. @returns where it ends; -1 when it is not all there. */
  #markup(text: string, at: number, start: number): number {
    const first = text.charCodeAt(start + 1);
    if (first === Code.slash) return this.#closing(text, at, start);
    if (first === Code.question) return this.#skipped(text, at, start, '?>');
    if (first === Code.bang) {
      if (text.startsWith('<!--', start)) return this.#skipped(text, at, start, '-->');
      if (text.length - start < 4) return -1;
      throw new Error('it has a document type declaration or a CDATA section');
    }
    return this.#opening(text, at, start);
  }

  #skipped(text: string, at: number, start: number, mark: string): number {
    const end = text.indexOf(mark, start + 2 + mark.length - 2);
    if (end < 0) return -1;
    this.#before += text.slice(at, start);
    this.#checkOutside(this.#before);
    return end + mark.length;
  }

  #closing(text: string, at: number, start: number): number {
    const end = text.indexOf('>', start);
    if (end < 0) return -1;
    const name = this.#open.pop();
    const isIt = name !== undefined && text.startsWith(name, start + 2);
    if (!isIt || (end !== start + 2 + name.length && text.slice(start + 2 + name.length, end).trim() !== ''))
      throw new Error(`${text.slice(start, Math.min(end + 1, start + 80))} closes ${name ?? 'nothing'}`);
    const content = this.#before === '' ? text.slice(at, start) : this.#before + text.slice(at, start);
    this.#before = '';
    if (content.length > MOST_TEXT) throw new Error(`a text is longer than ${MOST_TEXT} characters`);
    this.handler.closed(
      name,
      content.includes('\r') || content.includes('&') ? decoded(content.replace(/\r\n?/g, '\n')) : content,
    );
    return end + 1;
  }

  #opening(text: string, at: number, start: number): number {
    const nameEnd = wordEnd(text, start + 1);
    let next = nameEnd;
    let attributes: Record<string, string> | undefined;
    for (let count = 0; ; count++) {
      next = pastBlanks(text, next);
      if (next >= text.length) return -1;
      const code = text.charCodeAt(next);
      if (code === Code.end || code === Code.slash) break;
      const end = wordEnd(text, next);
      const equals = pastBlanks(text, end);
      const from = pastBlanks(text, equals + 1);
      if (from >= text.length) return -1;
      const mark = text.charCodeAt(from);
      if (text.charCodeAt(equals) !== Code.equals || (mark !== Code.quote && mark !== Code.apostrophe))
        throw new Error(`an attribute of ${text.slice(start, Math.min(nameEnd, start + 80))} has no value`);
      const to = text.indexOf(mark === Code.quote ? '"' : "'", from + 1);
      if (to < 0) return -1;
      attributes ??= {};
      const key = this.#named(text.slice(next, end));
      if (Object.hasOwn(attributes, key) || count >= MOST_ATTRIBUTES)
        throw new Error(`it has ${key} twice, or too many attributes`);
      attributes[key] = valueOf(text.slice(from + 1, to));
      next = to + 1;
    }
    const isEmpty = text.charCodeAt(next) === Code.slash;
    if (isEmpty && next + 1 >= text.length) return -1;
    if (isEmpty && text.charCodeAt(next + 1) !== Code.end) throw new Error('a tag has a / in it');
    const name = this.#named(text.slice(start + 1, nameEnd));
    this.#checkOutside(this.#before + (this.#open.length === 0 ? text.slice(at, start) : ''));
    this.#before = '';
    if (this.#open.length === 0 && this.#hasRoot) throw new Error(`${name} stands behind its end`);
    this.#hasRoot = true;
    this.handler.opened(name, attributes ?? NONE);
    if (isEmpty) this.handler.closed(name, '');
    else if (this.#open.push(name) > MOST_DEPTH) throw new Error(`elements lie more than ${MOST_DEPTH} deep in each other`);
    return next + (isEmpty ? 2 : 1);
  }

  #checkOutside(text: string): void {
    if (this.#open.length === 0 && text.trim() !== '') throw new Error('there is text outside of all elements');
  }

  /** The few names of a document, each kept once. */
  #named(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (!NAME.test(name) || name === '__proto__') throw new Error(`"${name.slice(0, 80)}" is no name`);
    if (this.#names.size >= MOST_NAMES) throw new Error(`it has more than ${MOST_NAMES} names of elements and attributes`);
    this.#names.set(name, name);
    return name;
  }
}

function wordEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code === Code.equals || code === Code.end || code === Code.slash) break;
  }
  return at;
}

function pastBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function valueOf(raw: string): string {
  if (raw.includes('<')) throw new Error('an attribute has a < in it');
  return /[&\t\n\r]/.test(raw) ? decoded(raw.replace(/\r\n|[\t\n\r]/g, ' ')) : raw;
}

function decoded(raw: string): string {
  return raw.replace(/&([^;&]{0,12})(;?)/g, (whole, name: string, end: string) => {
    const known = end === '' ? undefined : (ENTITIES.get(name) ?? character(name));
    if (known === undefined) throw new Error(`${whole} stands for nothing`);
    return known;
  });
}

/** Of `#10` or `#xA`; undefined where there is none. */
function character(name: string): string | undefined {
  const code = /^#x[0-9a-fA-F]+$/.test(name)
    ? Number.parseInt(name.slice(2), 16)
    : /^#\d+$/.test(name)
      ? Number(name.slice(1))
      : -1;
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  const text = String.fromCodePoint(code);
  return IMPOSSIBLE.test(text) ? undefined : text;
}
