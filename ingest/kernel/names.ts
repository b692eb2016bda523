/** Names of files as a message may show them. */
import { isUtf8 } from 'node:buffer';

/** What must not reach a terminal or a log as it is: control characters (C0, DEL, C1), line separators, marks that turn the text around. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Text safe for a message or a log: unsafe characters, and every byte of a name that is not UTF-8, shown as \xNN or \u{N}. */
export function escaped(name: Buffer | string): string {
  const foreign = typeof name !== 'string' && !isUtf8(name);
  const text = typeof name === 'string' ? name : name.toString(foreign ? 'latin1' : 'utf8');
  if (!foreign && !UNSAFE.test(text)) return text;
  return Array.from(text, (c) => {
    const code = c.codePointAt(0) ?? 0;
    if (!UNSAFE.test(c) && !(foreign && code > 0x7e)) return c;
    const hex = code.toString(16);
    return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
  }).join('');
}
