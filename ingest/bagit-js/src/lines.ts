/** Bytes of a tag file as lines of text, in batches, so that a manifest of any size passes through in little memory. */
import type { Encoding } from './encoding.ts';

export interface LineFaults {
  /** A line longer than `limit` was skipped. */
  tooLong(lineNumber: number): void;
  /** U+FFFD came up: the caller must look whether the file holds that character or bytes that are no text. */
  replaced(): void;
  /** The file starts with U+FEFF in UTF-8. */
  byteOrderMark(): void;
}

export interface LineBatch {
  /** Number of the first line, from 1. */
  readonly first: number;
  /** Without their ends. A line may be part of a larger string: copy what you keep. */
  readonly lines: readonly string[];
}

/** Lines end in LF, CR or CRLF, in any mixture; the last one need not be ended. A line that was too long comes as ''. */
export async function* lineBatches(
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  limit: number,
  faults: LineFaults,
): AsyncGenerator<LineBatch> {
  const decoder = encoding.decoder(false);
  let number = 1;
  let carry = '';
  let skipping = false;
  let start = true;

  const cut = (text: string, last: boolean): string[] => {
    let held = '';
    let whole = carry + text;
    if (!last && whole.endsWith('\r')) {
      held = '\r';
      whole = whole.slice(0, -1);
    }
    const lines = whole.includes('\r') ? whole.split(/\r\n|\r|\n/) : whole.split('\n');
    carry = (lines.pop() ?? '') + held;
    for (let i = 0; i < lines.length; i++) {
      if (i === 0 && skipping) {
        lines[0] = '';
        skipping = false;
      } else if ((lines[i]?.length ?? 0) > limit) {
        faults.tooLong(number + i);
        lines[i] = '';
      }
    }
    if (carry.length > limit) {
      if (!skipping) faults.tooLong(number + lines.length);
      skipping = true;
      carry = held;
    }
    if (last && carry !== '') lines.push(skipping ? '' : carry);
    return lines;
  };

  for await (const chunk of bytes) {
    if (start && chunk.length > 0) {
      start = false;
      if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf && /^utf-?8$/i.test(encoding.name)) faults.byteOrderMark();
    }
    const text = decoder.write(chunk);
    if (text.includes('\ufffd')) faults.replaced();
    const lines = cut(text, false);
    if (lines.length === 0) continue;
    yield { first: number, lines };
    number += lines.length;
  }
  const tail = decoder.end();
  if (tail.includes('\ufffd')) faults.replaced();
  const lines = cut(tail, true);
  if (lines.length > 0) yield { first: number, lines };
}

/** Whether all of it is text in that encoding. */
export async function isText(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): Promise<boolean> {
  const decoder = encoding.decoder(true);
  try {
    for await (const chunk of bytes) decoder.write(chunk);
    decoder.end();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** The lines of a text that is already there; for small tag files. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
