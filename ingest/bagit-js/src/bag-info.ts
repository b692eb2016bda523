/** bag-info.txt: an ordered list of label and value, with repeated labels; read for every version, written for 1.0. */
import { BagItError } from './bagit-error.ts';
import { splitLines } from './lines.ts';

/** In a value, LF stands where the file had a folded line; show it as a space. */
export type BagInfo = [label: string, value: string][];

export interface BagInfoFault {
  readonly code: 'bad-bag-info-line' | 'bag-info-separator' | 'bag-info-whitespace';
  readonly line: number;
  readonly message: string;
}

/** `strict`: the rules of 1.0, exactly one space or tab after the colon and none before it. */
export function parseBagInfo(text: string, strict: boolean): { pairs: BagInfo; faults: BagInfoFault[] } {
  const pairs: BagInfo = [];
  const faults: BagInfoFault[] = [];
  const fault = (code: BagInfoFault['code'], line: number, message: string): void => {
    faults.push({ code, line, message: `line ${line}: ${message}` });
  };
  for (const [i, line] of splitLines(text).entries()) {
    if (line === '') continue;
    if (line[0] === ' ' || line[0] === '\t') {
      const last = pairs.at(-1);
      if (last !== undefined) last[1] += `\n${line.replace(/^[ \t]+/, '')}`;
      else if (/[^ \t]/.test(line))
        fault('bad-bag-info-line', i + 1, 'an indented line continues a value, and there is none yet');
      continue;
    }
    const colon = line.indexOf(':');
    const label = colon < 0 ? '' : endTrimmed(line.slice(0, colon));
    if (label === '') {
      fault('bad-bag-info-line', i + 1, `expected "Label: value", got ${JSON.stringify(line.slice(0, 80))}`);
      continue;
    }
    const rest = line.slice(colon + 1);
    if (!strict) {
      pairs.push([label, trimmed(rest)]);
      continue;
    }
    if (label.length < colon) fault('bag-info-separator', i + 1, `white space between "${label}" and its colon`);
    else if (rest === '') fault('bag-info-whitespace', i + 1, `"${label}:" has no white space and no value after the colon`);
    else if (!/^[ \t]/.test(rest)) fault('bag-info-separator', i + 1, `"${label}:" is followed by no space or tab`);
    else if (/^[ \t]{2}/.test(rest)) fault('bag-info-whitespace', i + 1, `"${label}:" is followed by more than one space or tab`);
    pairs.push([label, rest.replace(/^[ \t]+/, '')]);
  }
  return { pairs, faults };
}

/** Without spaces and tabs at its end; other white space is part of it. A regex for this takes quadratic time. */
function endTrimmed(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(0, end);
}

function trimmed(text: string): string {
  return endTrimmed(text.replace(/^[ \t]+/, ''));
}

/** Every value of that label; letter case does not matter. */
export function valuesOf(pairs: BagInfo, label: string): string[] {
  const wanted = label.toLowerCase();
  return pairs.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}

const WIDTH = 79;

/**
 * The text of bag-info.txt. Lines are folded at 79 characters, between words and never inside one; LF in a value starts a
 * new folded line. White space at the ends of a value's lines can't be kept by the format and is dropped.
 * @throws BagItError 'bad-argument' for a label that is empty, has a colon, a line break or white space at its ends.
 */
export function formatBagInfo(pairs: Iterable<readonly [label: string, value: string]>): string {
  let text = '';
  for (const [label, value] of pairs) {
    if (!/^[^\s:](?:[^:\r\n\0]*[^\s:])?$/.test(label)) {
      throw new BagItError(
        'bad-argument',
        `bag-info label ${JSON.stringify(label)}: a colon, a line break or white space at its ends`,
      );
    }
    const lines = value.split(/\r\n|\r|\n/).map((line) => trimmed(line));
    lines.forEach((line, i) => {
      text += fold(i === 0 ? `${label}: ` : '  ', line);
    });
  }
  return text;
}

/** Breaks only at single spaces: reading drops the indentation, so of two spaces one would be lost. */
function fold(head: string, line: string): string {
  let text = '';
  let current = head;
  let empty = true;
  for (const word of line.split(/(?<=[^ \t]) (?=[^ \t])/)) {
    if (!empty && current.length + 1 + word.length > WIDTH) {
      text += `${current}\n`;
      current = `  ${word}`;
    } else {
      current += empty ? word : ` ${word}`;
    }
    empty = false;
  }
  return `${text}${current}\n`;
}
