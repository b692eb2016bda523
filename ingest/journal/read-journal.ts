/** Reads the journal from its first line, checking each line's hash. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, FaultKind } from '../kernel/index.ts';
import { LINE_LIMIT, leafHash, SEGMENT_NAME } from './line.ts';

export interface JournalEntry {
  /** From 0, without gaps. */
  readonly index: number;
  /** The entry as it was appended, parsed. */
  readonly value: Record<string, unknown>;
}

export interface RawLine {
  /** Without its LF. Bytes, not text: other bytes may decode to the same text. */
  readonly bytes: Buffer;
  /** In bytes from the start of the segment. */
  readonly offset: number;
  /** False for a last line without its LF. */
  readonly whole: boolean;
}

/** Segments of `folder` in order; empty when there is no folder yet. */
export async function segmentsOf(folder: string): Promise<{ name: string; first: number }[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .map((name) => ({ name, first: Number(SEGMENT_NAME.exec(name)?.[1]) }))
    .filter(({ first }) => Number.isInteger(first))
    .toSorted((a, b) => a.first - b.first);
}

/** Lines of one segment. */
export async function* linesOf(path: string): AsyncIterable<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10)) {
      yield { bytes: data.subarray(0, end), offset, whole: true };
      offset += end + 1;
      data = data.subarray(end + 1);
    }
    if (data.length > LINE_LIMIT) throw altered(path, offset, `a line is longer than ${LINE_LIMIT} bytes`);
    rest = data;
  }
  if (rest.length > 0) yield { bytes: rest, offset, whole: false };
}

/**
 * Every acknowledged entry from entry `from` on, in order.
 * @throws Fault 'journal/altered' at the first line that does not carry the hash of its own text, 'journal/gap' where entries are missing.
 */
export async function* readJournal(folder: string, from = 0): AsyncIterable<JournalEntry> {
  for await (const { index, line, path } of linesFrom(folder, from)) yield { index, value: valueOf(line, path) };
}

/** The leaf hashes of the entries from `from` on, each checked against its line. @throws as readJournal. */
export async function* leavesOf(folder: string, from = 0): AsyncIterable<{ index: number; leaf: Buffer }> {
  for await (const { index, leaf } of linesFrom(folder, from)) yield { index, leaf };
}

async function* linesFrom(
  folder: string,
  from: number,
): AsyncIterable<{ index: number; line: RawLine; leaf: Buffer; path: string }> {
  const segments = await segmentsOf(folder);
  const start = Math.max(
    0,
    segments.findLastIndex(({ first }) => first <= from),
  );
  let index = start === 0 ? 0 : (segments[start]?.first ?? 0);
  for (const { name, first } of segments.slice(start)) {
    if (first !== index) {
      throw new Fault(
        FaultKind.Corrupt,
        'journal/gap',
        `the journal at ${folder} goes on with entry ${first}; entry ${index} is missing: restore the folder from another copy`,
        { expected: index, found: first },
      );
    }
    const path = join(folder, name);
    for await (const line of linesOf(path)) {
      if (isTorn(line, path)) break;
      const leaf = leafOf(line, path);
      if (index >= from) yield { index, line, leaf, path };
      index += 1;
    }
  }
}

/**
 * True for an append that was cut short and never acknowledged.
 * @throws Fault 'journal/altered' for a whole line whose LF is now another byte: that one was acknowledged.
 */
export function isTorn({ bytes, offset, whole }: RawLine, path: string): boolean {
  if (!whole && hasItsHash(bytes.subarray(0, -1))) throw altered(path, offset, 'it does not end with a line feed any more');
  return !whole;
}

/** @throws Fault 'journal/altered' for a line that has its hash and was never written by us. */
function valueOf({ bytes, offset }: RawLine, path: string): Record<string, unknown> {
  const value = jsonOf(bytes.toString('utf8', 65));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw altered(path, offset, 'its text is no JSON object, though its hash is right: it was forged');
  return value as Record<string, unknown>;
}

/** Undefined for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws Fault 'journal/altered'. */
export function leafOf({ bytes, offset }: RawLine, path: string): Buffer {
  if (!hasItsHash(bytes)) throw altered(path, offset, 'its text does not match its hash');
  return Buffer.from(bytes.toString('latin1', 0, 64), 'hex');
}

function hasItsHash(bytes: Buffer): boolean {
  return bytes[64] === 0x20 && bytes.toString('latin1', 0, 64) === leafHash(bytes.subarray(65));
}

function altered(path: string, offset: number, why: string): Fault {
  return new Fault(
    FaultKind.Corrupt,
    'journal/altered',
    `the journal line at byte ${offset} of ${path} was altered: ${why}; restore the file from another copy`,
    { path, offset },
  );
}
