/**
 * readPremis(): the entities of a PREMIS 3 document, one at a time, for rebuilding the catalogue.
 * Document type declarations are refused, so no entity is ever expanded; depth, texts and sizes are limited.
 */
import { SaxesParser } from 'saxes';
import { Fault, FaultKind } from '../kernel/index.ts';
import type { PremisEntity } from './entities.ts';
import { MAX_ELEMENTS, NAMESPACE, XSI } from './frame.ts';
import { entityFromXml } from './from-xml.ts';
import type { XmlNode } from './node.ts';

export interface PremisLimits {
  /** Entities in the document. */
  readonly entities: number;
  /** Elements in one entity. */
  readonly elements: number;
  /** Nesting of elements. */
  readonly depth: number;
  /** Length of one text, attribute, or run of comments, in UTF-16 units as they stand in the file. */
  readonly text: number;
}

/** Whatever writePremis() wrote lies within these. */
const LIMITS: PremisLimits = { entities: 10_000_000, elements: MAX_ELEMENTS, depth: 32, text: 8 << 20 };

const SLICE = 1 << 16;

function tooLarge(what: keyof PremisLimits, limit: number, line: number): Fault {
  const words = {
    entities: `more than ${limit} entities`,
    elements: `an entity of more than ${limit} elements`,
    depth: `elements nested deeper than ${limit}`,
    text: `a text longer than ${limit} characters`,
  }[what];
  return new Fault(
    FaultKind.Refused,
    'premis/too-large',
    `the PREMIS record holds ${words}, at line ${line}; it is not read further`,
    {
      limit: what,
      most: limit,
      line,
    },
  );
}

function notPremis(line: number, got: string): Fault {
  return new Fault(
    FaultKind.Unsupported,
    'premis/not-premis-3',
    `the document is not a PREMIS 3 record: found ${got}, expected the root element <premis version="3.0"> in the namespace ${NAMESPACE}`,
    { line, got },
  );
}

/** Text of a stream of UTF-8 bytes. @throws Fault 'premis/encoding'. */
function decoder(): (chunk?: Uint8Array) => string {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  return (chunk) => {
    try {
      return chunk === undefined ? utf8.decode() : utf8.decode(chunk, { stream: true });
    } catch (cause) {
      throw new Fault(FaultKind.Corrupt, 'premis/encoding', 'the PREMIS record is not valid UTF-8', {}, { cause });
    }
  };
}

/** Builds one tree per entity and hands each over as soon as it is closed. */
class Reader {
  readonly #parser = new SaxesParser({ xmlns: true });
  readonly #limits: PremisLimits;
  readonly #decode = decoder();
  #ready: PremisEntity[] = [];
  /** Open elements below the root; undefined stands for an element of another namespace. */
  #open: (XmlNode | undefined)[] = [];
  #depth = 0;
  #entities = 0;
  #elements = 0;
  #fed = 0;
  #lastEvent = 0;
  #rootSeen = false;

  constructor(limits: PremisLimits) {
    this.#limits = limits;
    const parser = this.#parser;
    // Not one handler more than needed: about a dozen properties added by name turn the parser into a slow object (three times slower, measured).
    parser.on('doctype', () => {
      throw new Fault(
        FaultKind.Refused,
        'premis/doctype',
        'the PREMIS record has a document type declaration; such a document is not read',
        { line: parser.line },
      );
    });
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding === undefined || /^utf-?8$/i.test(encoding)) return;
      throw new Fault(
        FaultKind.Unsupported,
        'premis/encoding-name',
        `the PREMIS record says it is in ${encoding}; only UTF-8 is read`,
        {
          encoding,
        },
      );
    });
    parser.on('opentag', (tag) => {
      const attributes: Record<string, string> = {};
      for (const { uri, local, value } of Object.values(tag.attributes)) {
        if (uri === XSI ? local === 'type' : uri === '' && ['valueURI', 'unknown', 'version'].includes(local))
          attributes[local] = value;
      }
      this.#opened(tag.local, tag.uri, attributes);
    });
    parser.on('closetag', () => this.#closed());
    for (const kind of ['text', 'cdata'] as const) parser.on(kind, (text) => this.#text(text));
  }

  #event(): void {
    this.#lastEvent = this.#fed;
  }

  #opened(name: string, uri: string, attributes: Record<string, string>): void {
    this.#event();
    this.#depth += 1;
    const { line } = this.#parser;
    if (this.#depth > this.#limits.depth) throw tooLarge('depth', this.#limits.depth, line);
    if (this.#depth === 1) {
      const version = attributes['version'] ?? '';
      if (uri !== NAMESPACE || name !== 'premis' || version !== '3.0')
        throw notPremis(line, `<${name} version="${version}"> in the namespace "${uri}"`);
      this.#rootSeen = true;
      return;
    }
    this.#elements = this.#depth === 2 ? 1 : this.#elements + 1;
    if (this.#elements > this.#limits.elements) throw tooLarge('elements', this.#limits.elements, line);
    const parent = this.#open.at(-1);
    const foreign = uri !== NAMESPACE || (this.#depth > 2 && parent === undefined);
    const node = foreign ? undefined : { name, line, attributes, children: [], text: '' };
    if (node !== undefined) parent?.children.push(node);
    this.#open.push(node);
  }

  #closed(): void {
    this.#event();
    this.#depth -= 1;
    if (this.#depth === 0) return;
    const node = this.#open.pop();
    if (this.#depth > 1 || node === undefined) return;
    const entity = entityFromXml(node);
    if (entity === undefined) return;
    this.#entities += 1;
    if (this.#entities > this.#limits.entities) throw tooLarge('entities', this.#limits.entities, node.line);
    this.#ready.push(entity);
  }

  #text(text: string): void {
    this.#event();
    const node = this.#open.at(-1);
    if (node === undefined) return;
    if (node.text.length + text.length > this.#limits.text) throw tooLarge('text', this.#limits.text, this.#parser.line);
    node.text += text;
  }

  /** Takes the next piece and returns the entities that it completed. */
  take(chunk: Uint8Array | string): PremisEntity[] {
    const text = typeof chunk === 'string' ? chunk : this.#decode(chunk);
    for (let at = 0; at < text.length; at += SLICE) {
      const slice = text.slice(at, at + SLICE);
      this.#fed += slice.length;
      this.#parse(() => this.#parser.write(slice));
      if (this.#fed - this.#lastEvent > this.#limits.text) throw tooLarge('text', this.#limits.text, this.#parser.line);
    }
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** @throws Fault 'premis/truncated' when the document ends too early. */
  end(): void {
    const rest = this.#decode();
    if (rest !== '') this.take(rest);
    if (this.#depth > 0 || !this.#rootSeen) {
      throw new Fault(FaultKind.Truncated, 'premis/truncated', `the PREMIS record ends too early, at line ${this.#parser.line}`, {
        line: this.#parser.line,
      });
    }
    this.#parse(() => this.#parser.close());
  }

  /** @throws Fault 'premis/not-well-formed' for what the parser throws; the handlers' own Faults as they are. */
  #parse(step: () => unknown): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'Error') throw error;
      const { line, column } = this.#parser;
      throw new Fault(
        FaultKind.Corrupt,
        'premis/not-well-formed',
        `the PREMIS record is not well-formed XML at line ${line}, column ${column}: ${error.message}`,
        { line, column },
        { cause: error },
      );
    }
  }
}

/**
 * The entities in the order of the document. Memory: the tree of one entity and what one chunk completes.
 * @param stream UTF-8 bytes, or text.
 * @throws Fault 'premis/…': not-well-formed, truncated, encoding, encoding-name, doctype, not-premis-3, too-large, incomplete,
 *   bad-value, unknown-term, object-category, several-statements.
 */
export async function* readPremis(
  stream: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  limits: Partial<PremisLimits> = {},
): AsyncGenerator<PremisEntity, void, undefined> {
  const reader = new Reader({ ...LIMITS, ...limits });
  for await (const chunk of stream) yield* reader.take(chunk);
  reader.end();
}
