/** Names of files as a message may show them. */
import { isUtf8 } from 'node:buffer';

/** Text safe for a message or a log: control characters, and every byte of a name that is not UTF-8, shown as \\xNN. */
export function escaped(name: Buffer | string): string {
  const foreign = typeof name !== 'string' && !isUtf8(name);
  const text = typeof name === 'string' ? name : name.toString(foreign ? 'latin1' : 'utf8');
  return Array.from(text, (c) => {
    const code = c.codePointAt(0) ?? 0;
    const shown = code >= 0x20 && code !== 0x7f && !(foreign && code > 0x7e);
    return shown ? c : `\\x${code.toString(16).padStart(2, '0')}`;
  }).join('');
}
