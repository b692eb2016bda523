/** One XML element of an entity while it is read, and the questions that are asked of it. */
import { Fault, FaultKind, plainText } from '../kernel/index.ts';
import type { NonEmpty } from './entities.ts';
import { knownTerm, type vocabularies, type Vocabulary } from './vocabulary.ts';

export interface XmlNode {
  readonly name: string;
  readonly line: number;
  /** `xsi:type`, `valueURI` and `unknown`, where they are given. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlNode[];
  text: string;
}

/** The element has no place for what we need: damage, or a record that another program wrote. */
export function incomplete(node: XmlNode, missing: string): Fault {
  return new Fault(
    FaultKind.Corrupt,
    'premis/incomplete',
    `the PREMIS record has no ${missing} in the ${node.name} at line ${node.line}`,
    { line: node.line, element: node.name, missing },
  );
}

function unreadable(node: XmlNode, expected: string): Fault {
  const got = node.text.slice(0, 100);
  return new Fault(
    FaultKind.Corrupt,
    'premis/bad-value',
    `the PREMIS record has "${got}" as ${node.name} at line ${node.line}; expected ${expected}`,
    { line: node.line, element: node.name, got, expected },
  );
}

export function children(node: XmlNode, name: string): XmlNode[] {
  return node.children.filter((child) => child.name === name);
}

export function child(node: XmlNode, name: string): XmlNode | undefined {
  return node.children.find((one) => one.name === name);
}

/** @throws Fault 'premis/incomplete' without it. */
export function required(node: XmlNode, name: string): XmlNode {
  const found = child(node, name);
  if (found === undefined) throw incomplete(node, name);
  return found;
}

/** Every such child, read; undefined when there is none. */
export function list<T>(node: XmlNode, name: string, read: (child: XmlNode) => T): NonEmpty<T> | undefined {
  const [first, ...rest] = children(node, name);
  return first === undefined ? undefined : [read(first), ...rest.map(read)];
}

/** @throws Fault 'premis/incomplete' when there is none. */
export function nonEmpty<T>(node: XmlNode, name: string, read: (child: XmlNode) => T): NonEmpty<T> {
  const found = list(node, name, read);
  if (found === undefined) throw incomplete(node, name);
  return found;
}

export function text(node: XmlNode): string {
  return plainText(node.text);
}

export function textOf(node: XmlNode, name: string): string {
  return text(required(node, name));
}

export function optionalText(node: XmlNode, name: string): string | undefined {
  const found = child(node, name);
  return found === undefined ? undefined : text(found);
}

/** @throws Fault 'premis/bad-value' for anything but a whole number up to 2^53−1. */
export function optionalNumber(node: XmlNode, name: string): number | undefined {
  const found = child(node, name);
  if (found === undefined || found.attributes['unknown'] === 'yes') return undefined;
  const value = Number(found.text);
  if (!/^\s*\d+\s*$/.test(found.text) || !Number.isSafeInteger(value))
    throw unreadable(found, 'a whole number up to 9007199254740991');
  return value;
}

/** @throws Fault 'premis/bad-value' for anything but an RFC 3339 time with its zone. */
export function time(node: XmlNode, name: string): Date {
  const found = required(node, name);
  const value = new Date(found.text);
  const shaped = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(found.text);
  if (!shaped || Number.isNaN(value.getTime())) throw unreadable(found, 'a time with its zone (RFC 3339)');
  return value;
}

/** @throws Fault 'premis/unknown-term' for a word that is not in the vocabulary of this version. */
export function termOf<V extends Vocabulary>(node: XmlNode, name: string, vocabulary: V): keyof (typeof vocabularies)[V] {
  const found = required(node, name);
  const label = knownTerm(vocabulary, found.text, found.attributes['valueURI']);
  if (label !== undefined) return label as keyof (typeof vocabularies)[V];
  throw unknownTerm(found, vocabulary);
}

export function unknownTerm(node: XmlNode, vocabulary: Vocabulary): Fault {
  const got = node.text.slice(0, 100);
  return new Fault(
    FaultKind.Unsupported,
    'premis/unknown-term',
    `"${got}" at line ${node.line} is not a term of the vocabulary ${vocabulary} that this version knows`,
    { line: node.line, term: got, vocabulary },
  );
}

/** The fields that have a value. */
export function given<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  const kept: Partial<Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept as T;
}
