/** The text in which LVM2 keeps its metadata: sections in braces, and values by name. */
import { Fault, FaultKind } from '../../kernel/index.ts';

export type Value = string | number | readonly (string | number)[] | Section;
export interface Section {
  readonly [name: string]: Value | undefined;
}

const TOKEN = /\s+|#[^\n]*|"((?:[^"\\]|\\[^])*)"|(-?\d+(?:\.\d+)?)(?![\w.+-])|([\w.+@-]+)|([{}[\]=,])/gy;
const MOST_DEPTH = 8;

/** @throws Fault where it is no such text. Text behind its end (a NUL) is left. */
export function parsed(text: string): Section {
  const root = emptySection();
  const open = [root];
  let name: string | undefined;
  let list: (string | number)[] | undefined;
  for (const token of tokensOf(text.replace(/\0[^]*$/, ''))) {
    const section = open.at(-1);
    if (section === undefined) throw notText();
    if (typeof token !== 'string') {
      if (list !== undefined) list.push(token.value);
      else if (name !== undefined && token.isValue) {
        section[name] = token.value;
        name = undefined;
      } else name = token.text;
    } else if (token === '{' && name !== undefined && open.length < MOST_DEPTH) {
      const inner = emptySection();
      section[name] = inner;
      open.push(inner);
      name = undefined;
    } else if (token === '}') open.pop();
    else if (token === '[' && name !== undefined) list = [];
    else if (token === ']' && name !== undefined && list !== undefined) {
      section[name] = list;
      list = name = undefined;
    } else if (token === '{' || token === '[' || token === ']') throw notText();
  }
  return root;
}

/** Without a prototype: names are a stranger's. */
function emptySection(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
}

/** Marks as they stand; names and values as objects, a value being what follows a `=`. */
function* tokensOf(text: string): Generator<string | { text: string; value: string | number; isValue: boolean }> {
  let end = 0;
  let isValue = false;
  for (const match of text.matchAll(TOKEN)) {
    end = match.index + match[0].length;
    const [, quoted, number, word, mark] = match;
    if (mark === '=') isValue = true;
    else if (mark !== undefined) {
      if (mark !== ',') yield mark;
      isValue = false;
    } else if (quoted !== undefined) yield { text: quoted, value: quoted.replace(/\\(["\\])/g, '$1'), isValue };
    else if (number !== undefined) yield { text: number, value: Number(number), isValue };
    else if (word !== undefined) yield { text: word, value: word, isValue };
    else continue;
    if (mark === undefined) isValue = false;
  }
  if (end !== text.length) throw notText();
}

function notText(): Fault {
  return new Fault(
    FaultKind.Corrupt,
    'lvm2/text',
    'the metadata of the volume group are damaged: they are not in the form that LVM2 writes',
  );
}
