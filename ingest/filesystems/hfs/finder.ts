/** What the Finder keeps for each file and folder: type, creator, flags, label. Sources: Inside Macintosh: Toolbox Essentials, 7-46 ff; TN1150. */
import { decodedCode } from '../names.ts';

/** FInfo of a file, or what DInfo of a folder has at the same place: its flags. */
export interface FinderInfo {
  readonly type: number;
  readonly creator: number;
  readonly finderFlags: number;
}

const LABEL = 0x000e;

const FLAG_WORDS: readonly (readonly [bit: number, word: string])[] = [
  [0x0001, 'on-desk'],
  [0x0040, 'shared'],
  [0x0080, 'no-inits'],
  [0x0400, 'custom-icon'],
  [0x0800, 'stationery'],
  [0x1000, 'name-locked'],
  [0x2000, 'bundle'],
  [0x4000, 'invisible'],
  [0x8000, 'alias'],
];

/** Facts of an entry; those of HFS+ too. */
export interface FinderFacts {
  [name: string]: string | number;
  type?: string;
  creator?: string;
  label?: number;
  textEncoding?: number;
  device?: number;
  added?: string;
}

export function finderWords({ finderFlags }: Pick<FinderInfo, 'finderFlags'>): string[] {
  return finderFlags === 0 ? [] : FLAG_WORDS.filter(([bit]) => (finderFlags & bit) !== 0).map(([, word]) => word);
}

/** `type` and `creator` as four characters each; `label` is the number of its colour, 1 to 7. */
export function finderFacts({ type, creator, finderFlags }: FinderInfo, isFile: boolean): FinderFacts {
  const facts: FinderFacts = {};
  if (isFile && type !== 0) facts.type = textOf(type);
  if (isFile && creator !== 0) facts.creator = textOf(creator);
  const label = (finderFlags & LABEL) >> 1;
  if (label !== 0) facts.label = label;
  return facts;
}

/** Codes of the last files: a disk has a few. */
const codes = new Map<number, string>();

function textOf(code: number): string {
  const known = codes.get(code);
  if (known !== undefined) return known;
  if (codes.size >= 4096) codes.clear();
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(code);
  const text = decodedCode(bytes, 'macintosh');
  codes.set(code, text);
  return text;
}

/**
 * Encodings of the scripts that a file may say its name is in (fdScript, its highest bit set), by number; those that iconv-lite knows.
 * Source: Inside Macintosh: Text, "Script Codes".
 */
const SCRIPTS: ReadonlyMap<number, string> = new Map([
  [0, 'macintosh'],
  [1, 'shift_jis'],
  [2, 'big5'],
  [3, 'euc-kr'],
  [6, 'macgreek'],
  [7, 'maccyrillic'],
  [21, 'macthai'],
  [25, 'gb2312'],
  [29, 'maccenteuro'],
]);

/** @param script the ninth byte of FXInfo or DXInfo. */
export function scriptOf(script: number, otherwise: string): string {
  return (script & 0x80) === 0 ? otherwise : (SCRIPTS.get(script & 0x7f) ?? otherwise);
}
