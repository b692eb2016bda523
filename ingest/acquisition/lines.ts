/** The lines of a text file, one at a time, with limits: a file that calls itself a list may be anything. */
import { createReadStream } from 'node:fs';
import { Fault, FaultKind, escaped } from '../kernel/index.ts';
import { type DepositFile, systemFault } from './folder.ts';

export interface Line {
  /** The first line is 1. */
  readonly number: number;
  /** Without the line feed; a carriage return before it is still there. */
  readonly bytes: Buffer;
  /** False for a last line that the file's end cuts off. */
  readonly isEnded: boolean;
}

export interface LineLimits {
  readonly lines: number;
  /** Bytes of one line. */
  readonly length: number;
}

/** Chunks of a file, as a stream of it gives them. @throws Fault 'acquisition/unreadable' and its like. */
export async function* chunksOf(file: DepositFile): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file.path, { highWaterMark: 256 * 1024 })) yield chunk as Buffer;
  } catch (error) {
    throw systemFault(file.path, error);
  }
}

/**
 * @param name of the file, for messages.
 * @throws Fault 'acquisition/too-many-lines', 'acquisition/line-too-long'.
 */
export async function* linesOf(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  name: string,
  limits: LineLimits,
): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let held = 0;
  let number = 0;
  const check = (length: number): void => {
    if (length > limits.length) {
      const message = `line ${number + 1} of "${escaped(name)}" is longer than ${limits.length} bytes: it is no list`;
      throw new Fault(FaultKind.Corrupt, 'acquisition/line-too-long', message, { file: escaped(name), line: number + 1 });
    }
    if (number >= limits.lines) {
      const message = `"${escaped(name)}" has more than ${limits.lines} lines`;
      throw new Fault(FaultKind.Unsupported, 'acquisition/too-many-lines', message, { file: escaped(name), limit: limits.lines });
    }
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const last = chunk.subarray(start, end);
      check(held + last.length);
      const bytes = held === 0 ? last : Buffer.concat([...parts, last]);
      parts = [];
      held = 0;
      start = end + 1;
      number++;
      yield { number, bytes, isEnded: true };
    }
    const rest = chunk.subarray(start);
    if (rest.length > 0) {
      check(held + rest.length);
      parts.push(rest);
      held += rest.length;
    }
  }
  if (held > 0) yield { number: number + 1, bytes: Buffer.concat(parts), isEnded: false };
}

/** UTF-16 with a byte order mark, as PowerShell writes it, becomes UTF-8; everything else passes as it is. */
export async function* utf8(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let bytes = chunk;
    if (start !== undefined) {
      bytes = start = Buffer.concat([start, chunk]);
      if (start.length < 2) continue;
      const mark = start.readUInt16BE(0);
      if (mark === 0xfffe) decoder = new TextDecoder('utf-16le');
      if (mark === 0xfeff) decoder = new TextDecoder('utf-16be');
      start = undefined;
    }
    yield decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }), 'utf8');
  }
  if (start !== undefined) yield start;
  if (decoder !== undefined) yield Buffer.from(decoder.decode(), 'utf8');
}
