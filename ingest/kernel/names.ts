/** Names of files as bytes and as text: only valid UTF-8 becomes a path in a package. */
import { isUtf8 } from 'node:buffer';
import { Fault, FaultKind } from './fault.ts';

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

/**
 * The name as text.
 * @throws Fault 'names/not-utf8' when the bytes are not valid UTF-8 (a BagIt manifest can't carry them, RFC 8493 §2.1.3).
 */
export function utf8Name(name: Buffer): string {
  if (isUtf8(name)) return name.toString('utf8');
  throw new Fault(
    FaultKind.Refused,
    'names/not-utf8',
    `the file name "${escaped(name)}" is not valid UTF-8 and can't be written in a manifest; rename the file and keep a note of its first name`,
    { name: escaped(name) },
  );
}
