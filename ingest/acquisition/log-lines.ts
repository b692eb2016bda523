/** The lines of a log as text, whatever it is written in: UTF-8, UTF-16 with a byte order mark, windows-1252. */
import { isUtf8 } from 'node:buffer';
import type { ByteSource } from '../media/index.ts';
import type { DepositFile } from './folder.ts';
import type { LogLine } from './imaging-log.ts';
import { chunksOf, linesOf, utf8 } from './lines.ts';

const HEAD_SIZE = 64 * 1024;
/** Readers of plain text need no more of a line. */
const LONGEST = 8192;
const LIMITS = { lines: 3_000_000, length: 16 * 1024 * 1024 };
// oxlint-disable-next-line no-control-regex -- escape sequences by which programs paint a terminal
const PAINT = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** The first 64 KiB as text; undefined for bytes that are no text. */
export async function headOf(source: ByteSource): Promise<string | undefined> {
  const bytes = await source.read(0, Math.min(HEAD_SIZE, source.size));
  const parts: Buffer[] = [];
  for await (const part of utf8([bytes])) parts.push(part);
  const head = Buffer.concat(parts);
  if (head.includes(0)) return undefined;
  // A cut in the middle of a character is no other code page.
  const whole = head.subarray(0, Math.max(0, head.length - 4));
  return (isUtf8(whole) ? head.toString('utf8') : textOf(head))
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .replace(PAINT, '');
}

/** @throws Fault 'acquisition/…' for a file that can't be read, has more than 3,000,000 lines, or one of more than 16 MiB. */
export async function* logLines(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  name: string,
  longest = LONGEST,
): AsyncGenerator<LogLine> {
  for await (const { number, bytes } of linesOf(utf8(chunks), name, LIMITS)) {
    const text = textOf(bytes.length > longest ? bytes.subarray(0, longest) : bytes).replace(number === 1 ? /^\ufeff/ : '', '');
    // A carriage return amid a line is how a program overwrites it on a terminal.
    if (!text.includes('\r') && !text.includes('\u001b')) yield { number, text };
    else for (const part of text.replace(/\r+$/, '').replace(PAINT, '').split('\r')) yield { number, text: part };
  }
}

export function linesOfLog(file: DepositFile, longest?: number): AsyncGenerator<LogLine> {
  return logLines(chunksOf(file), file.name, longest);
}

function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : new TextDecoder('windows-1252').decode(bytes);
}
