/** Targets of symbolic links: a file of path components. Text only. */
import { unicodeName } from './text.ts';

/** ECMA-167 4/14.16.1 */
const Component = { Mount: 1, Root: 2, Parent: 3, Current: 4, Name: 5 } as const;
const HEADER_SIZE = 4;

export function targetOf(bytes: Buffer): string {
  const parts: string[] = [];
  for (let at = 0; at + HEADER_SIZE <= bytes.length; ) {
    const type = bytes[at] ?? 0;
    const length = bytes[at + 1] ?? 0;
    const text = bytes.subarray(at + HEADER_SIZE, at + HEADER_SIZE + length);
    at += HEADER_SIZE + length;
    if (type === Component.Root || (type === Component.Mount && length === 0)) parts.push('');
    else if (type === Component.Parent) parts.push('..');
    else if (type === Component.Current) parts.push('.');
    else if (type === Component.Name) parts.push(unicodeName(text).text);
  }
  return parts.length === 1 && parts[0] === '' ? '/' : parts.join('/');
}
