/** The lines of a text of any size, some thousand at a time; and the digests that may stand in them. */
import { createReadStream } from 'node:fs';
import { Fault, FaultKind, isSystemError, wordsOfSystemError } from '#ingest/kernel';

/** No list of digests has longer lines; a file without line ends is no text. */
const LONGEST_BYTES = 64 << 10;
const PIECE = 1 << 20;
const LF = 0x0a;
const CR = 0x0d;
const BOM = '\u00ef\u00bb\u00bf';

/** Some digests in hex, one for each known file: the strongest that is told; and how much of the file was read for them. */
export interface DigestsRead {
  readonly digests: readonly string[];
  readonly doneBytes: number;
}

export interface Lines {
  /** A character for each byte; only digests and headings are looked at. */
  readonly lines: readonly string[];
  /** Number of the first, from 1. */
  readonly first: number;
  readonly doneBytes: number;
}

/** @throws Fault 'known/not-text', 'known/not-readable'. */
export async function* linesOf(path: string): AsyncGenerator<Lines> {
  let rest: Buffer = Buffer.alloc(0);
  let [first, doneBytes] = [1, 0];
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: PIECE }) as AsyncIterable<Buffer>) {
      doneBytes += chunk.length;
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const lines: string[] = [];
      let from = 0;
      for (let end = bytes.indexOf(LF); end !== -1; from = end + 1, end = bytes.indexOf(LF, from))
        lines.push(lineOf(bytes, from, end));
      rest = bytes.subarray(from);
      if (rest.length > LONGEST_BYTES) throw notText(path, first + lines.length);
      if (first === 1 && lines[0]?.startsWith(BOM) === true) lines[0] = lines[0].slice(BOM.length);
      if (lines.length > 0) yield { lines, first, doneBytes };
      first += lines.length;
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const message = `the file of known digests ${path} can't be read to its end: ${wordsOfSystemError(error)}`;
    throw new Fault(FaultKind.Refused, 'known/not-readable', message, { path }, { cause: error });
  }
  const last = lineOf(rest, 0, rest.length);
  if (rest.length > 0) yield { lines: [first === 1 && last.startsWith(BOM) ? last.slice(BOM.length) : last], first, doneBytes };
}

/** Whether a text is a digest that we know, in hex: MD5, SHA-1 or SHA-256. */
export function isDigest(text: string): boolean {
  const { length } = text;
  return (length === 64 || length === 40 || length === 32) && /^[0-9a-fA-F]+$/.test(text);
}

/** @param got the line, or what stands in its place. */
export function noDigest(path: string, line: number, got: string): Fault {
  const shown = got.length > 80 ? `${got.slice(0, 80)}…` : got;
  const message = `line ${line} of ${path} has no digest: got "${shown}", expected 32, 40 or 64 hex digits (MD5, SHA-1, SHA-256); nothing of it was kept`;
  return new Fault(FaultKind.Corrupt, 'known/no-digest', message, { path, line });
}

function lineOf(bytes: Buffer, from: number, end: number): string {
  return bytes.toString('latin1', from, end > from && bytes[end - 1] === CR ? end - 1 : end);
}

function notText(path: string, line: number): Fault {
  const message = `line ${line} of ${path} is longer than ${LONGEST_BYTES} bytes: it is no list of digests. Known are NSRLFile.txt, the SQLite database of NSRL RDS 3, and lists with a digest in each line`;
  return new Fault(FaultKind.Refused, 'known/not-text', message, { path, line });
}
