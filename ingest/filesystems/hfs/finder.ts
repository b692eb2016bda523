/** What the Finder keeps for each file and folder: type, creator, flags, label. Sources: Inside Macintosh: Toolbox Essentials, 7-46 ff; TN1150. */
import { decodedCode } from '../names.ts';

/** FInfo and DInfo are 16 bytes long, and have their flags at the same place. */
export const FINDER_INFO_SIZE = 16;
const FLAGS_AT = 8;
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

/** @param info at least 10 bytes. */
export function finderWords(info: Buffer): string[] {
  const flags = info.readUInt16BE(FLAGS_AT);
  return FLAG_WORDS.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word);
}

/** `type` and `creator` as four characters each; `label` is the number of its colour, 1 to 7. */
export function finderFacts(info: Buffer, isFile: boolean): Record<string, string | number> {
  const label = (info.readUInt16BE(FLAGS_AT) & LABEL) >> 1;
  return {
    ...(isFile ? { ...codeFact('type', info.subarray(0, 4)), ...codeFact('creator', info.subarray(4, 8)) } : {}),
    ...(label === 0 ? {} : { label }),
  };
}

function codeFact(name: string, code: Buffer): Record<string, string> {
  return code.readUInt32BE(0) === 0 ? {} : { [name]: decodedCode(code, 'macintosh') };
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

/** @param extended FXInfo or DXInfo: its ninth byte tells the script. */
export function scriptOf(extended: Buffer, otherwise: string): string {
  const script = extended.readUInt8(8);
  return (script & 0x80) === 0 ? otherwise : (SCRIPTS.get(script & 0x7f) ?? otherwise);
}
