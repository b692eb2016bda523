/** A small XML file as a tree: signature files are read whole. */
import { SaxesParser } from 'saxes';
import { Fault, FaultKind } from '../kernel/index.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const DEEPEST = 32;

/** @throws Fault 'identification/not-readable'. */
export function xmlTree(text: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser();
  parser.on('doctype', () => {
    throw new Error('it has a document type declaration');
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length > DEEPEST) throw new Error(`its elements are nested more than ${DEEPEST} deep`);
    const element: XmlElement = { name, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (piece) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
  });
  parser.on('closetag', () => {
    open.pop();
  });
  try {
    parser.write(text).close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault(
      FaultKind.Refused,
      'identification/not-readable',
      `the signature file can't be read: ${reason}; take it as PRONOM publishes it`,
      { reason },
    );
  }
  return root;
}

/** Every element of this name, at any depth, in order. */
export function* descendants(element: XmlElement, name: string): Generator<XmlElement> {
  for (const child of element.children) {
    if (child.name === name) yield child;
    yield* descendants(child, name);
  }
}

export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}
