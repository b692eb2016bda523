/**
 * GNU ddrescue's mapfile (before 1.22: logfile): which bytes of the medium were read, and which could not be.
 *
 * Lines: `#` comments; then `current_pos status [pass]`; then `pos size status` without gaps or overlaps. Numbers are decimal,
 * 0x hexadecimal or 0 octal (ddrescue manual, "Mapfile structure"). Everything but `+` is unknown, whatever bytes stand there.
 * Read as a stream: the blocks are never held.
 */
import { isUtf8 } from 'node:buffer';
import { Fault, FaultKind, escaped } from '../kernel/index.ts';
import type { ByteSource } from '../media/index.ts';
import type { DepositFile } from './folder.ts';
import { type Line, chunksOf, linesOf } from './lines.ts';

/** Status of a block, by its sign. */
export const BlockStatus = {
  '?': 'nonTried',
  '*': 'nonTrimmed',
  '/': 'nonScraped',
  '-': 'bad',
  '+': 'rescued',
} as const;
export type BlockStatus = (typeof BlockStatus)[keyof typeof BlockStatus];

/** What ddrescue was doing when it wrote the file, by its sign. */
const CURRENT: Readonly<Record<string, string>> = {
  '?': 'copying',
  '*': 'trimming',
  '/': 'scraping',
  '-': 'retrying',
  F: 'filling',
  G: 'generating',
  '+': 'finished',
};

export interface MapBlock {
  readonly offset: number;
  readonly length: number;
  readonly status: BlockStatus;
}

export interface RangeSum {
  readonly bytes: number;
  /** Blocks in a row with one status count once, as in ddrescuelog. */
  readonly areas: number;
}

export interface Mapfile {
  /** Name in the deposit. */
  readonly file: string;
  /** `1.27`; absent when the comments do not say. */
  readonly toolVersion?: string;
  readonly commandLine?: string;
  /** As written, local time of the imaging station without a zone. */
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly status: string;
  readonly currentPosition: number;
  readonly pass?: number;
  /** Where the first block begins and the last one ends, in bytes. */
  readonly start: number;
  readonly end: number;
  readonly blockCount: number;
  readonly ranges: Readonly<Record<BlockStatus, RangeSum>>;
  /** Reads the blocks once more, in order. */
  blocks(): AsyncGenerator<MapBlock>;
}

const LIMITS = { lines: 10_000_000, length: 64 * 1024 };
const HEAD_SIZE = 4096;
const COMMENT = /^# (?:Mapfile|Rescue Logfile)\. Created by GNU ddrescue(?:log)? version (\S+)/;
const CURRENT_LINE = /^\s*(\S+)\s+([?*/\-FG+])(?:\s+(\d+))?\s*$/;
const BLOCK_LINE = /^\s*(\S+)\s+(\S+)\s+([?*/\-+])\s*$/;
const NUMBER = /^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/;

/** Told by its first lines; the name alone only when it is `.mapfile`. */
export async function isMapfile({ name }: DepositFile, source: ByteSource): Promise<boolean> {
  if (/\.mapfile$/i.test(name)) return true;
  const head = (await source.read(0, Math.min(HEAD_SIZE, source.size))).toString('latin1').split(/\r?\n/);
  if (COMMENT.test(head[0] ?? '')) return true;
  const first = head.find((line) => line !== '' && !line.startsWith('#'));
  const match = CURRENT_LINE.exec(first ?? '');
  return /\.map$/i.test(name) && match !== null && NUMBER.test(match[1] ?? '');
}

/** @throws Fault 'acquisition/mapfile-…' with the number of the line that is wrong. */
export async function readMapfile(file: DepositFile): Promise<Mapfile> {
  return parseMapfile(() => chunksOf(file), file.name);
}

/**
 * Parses all of it once and keeps the sums.
 * @param open gives the bytes anew at each call.
 */
export async function parseMapfile(open: () => AsyncIterable<Buffer> | Iterable<Buffer>, name: string): Promise<Mapfile> {
  const comments: Comments = {};
  const parser = new MapParser(name, comments);
  const sums = { nonTried: nothing(), nonTrimmed: nothing(), nonScraped: nothing(), bad: nothing(), rescued: nothing() };
  let before: BlockStatus | undefined;
  let start: number | undefined;
  let blockCount = 0;
  for await (const line of linesOf(open(), name, LIMITS)) {
    const block = parser.take(line);
    if (block === undefined) continue;
    start ??= block.offset;
    blockCount++;
    const sum = sums[block.status];
    sum.bytes += block.length;
    if (block.status !== before) sum.areas++;
    before = block.status;
  }
  const { current, end } = parser;
  if (current === undefined) {
    const message = `"${escaped(name)}" has no line with ddrescue's position and status: it is cut, or no mapfile`;
    throw new Fault(FaultKind.Truncated, 'acquisition/mapfile-no-status', message, { file: escaped(name) });
  }
  return {
    file: name,
    ...comments,
    ...current,
    start: start ?? 0,
    end: end ?? 0,
    blockCount,
    ranges: sums,
    async *blocks() {
      const again = new MapParser(name, {});
      for await (const line of linesOf(open(), name, LIMITS)) {
        const block = again.take(line);
        if (block !== undefined) yield block;
      }
    },
  };
}

interface Comments {
  toolVersion?: string;
  commandLine?: string;
  startedAt?: string;
  endedAt?: string;
}

interface Current {
  readonly currentPosition: number;
  readonly status: string;
  readonly pass?: number;
}

/** Takes line after line; knows where the last block ended. */
class MapParser {
  current: Current | undefined;
  end: number | undefined;
  private readonly name: string;
  private readonly comments: Comments;

  constructor(name: string, comments: Comments) {
    this.name = name;
    this.comments = comments;
  }

  take(line: Line): MapBlock | undefined {
    const text = (isUtf8(line.bytes) ? line.bytes.toString('utf8') : escaped(line.bytes))
      .replace(/\r$/, '')
      .replace(line.number === 1 ? /^\ufeff/ : '', '');
    if (text.startsWith('#')) this.comment(text);
    else if (/\S/.test(text)) return this.current === undefined ? this.status(text, line.number) : this.block(text, line.number);
    return undefined;
  }

  private comment(text: string): void {
    const version = COMMENT.exec(text)?.[1];
    if (version !== undefined) this.comments.toolVersion ??= version;
    const [, key, value] = /^# (Command line|Start time|Current time): *(.*?)\s*$/s.exec(text) ?? [];
    if (key === undefined || value === undefined || value === '') return;
    if (key === 'Command line') this.comments.commandLine ??= escaped(value);
    if (key === 'Start time') this.comments.startedAt ??= escaped(value);
    if (key === 'Current time') this.comments.endedAt ??= escaped(value);
  }

  private status(text: string, line: number): undefined {
    const [, position, sign, pass] = CURRENT_LINE.exec(text) ?? [];
    const status = CURRENT[sign ?? ''];
    if (position === undefined || status === undefined)
      throw this.wrong('mapfile-status', line, text, 'a position, one of ? * / - F G + and a pass');
    this.current = {
      currentPosition: this.number(position, line),
      status,
      ...(pass === undefined ? {} : { pass: Number(pass) }),
    };
    return undefined;
  }

  private block(text: string, line: number): MapBlock {
    const [, position = '', size = '', sign] = BLOCK_LINE.exec(text) ?? [];
    if (sign === undefined || !(sign in BlockStatus))
      throw this.wrong('mapfile-block', line, text, 'a position, a size and one of ? * / - +');
    const offset = this.number(position, line);
    const length = this.number(size, line);
    if (length === 0) throw this.wrong('mapfile-block', line, text, 'a size above 0');
    if (this.end !== undefined && offset !== this.end) {
      const how = offset > this.end ? 'a gap' : 'an overlap';
      const message = `line ${line} of "${escaped(this.name)}" begins at byte ${offset}, the block before ends at byte ${this.end}: ${how} where blocks must follow each other`;
      throw new Fault(FaultKind.Corrupt, 'acquisition/mapfile-not-contiguous', message, {
        file: escaped(this.name),
        line,
        offset,
        expected: this.end,
      });
    }
    this.end = offset + length;
    if (!Number.isSafeInteger(this.end)) throw this.tooLarge(size, line);
    return { offset, length, status: BlockStatus[sign as keyof typeof BlockStatus] };
  }

  private number(text: string, line: number): number {
    if (!NUMBER.test(text)) throw this.wrong('mapfile-number', line, text, 'a number: decimal, 0x hexadecimal or 0 octal');
    const value = /^0[0-7]/.test(text) ? Number.parseInt(text, 8) : Number(text);
    if (!Number.isSafeInteger(value)) throw this.tooLarge(text, line);
    return value;
  }

  private wrong(code: string, line: number, got: string, expected: string): Fault {
    const message = `line ${line} of "${escaped(this.name)}" is "${escaped(got.slice(0, 80))}", not ${expected}`;
    return new Fault(FaultKind.Corrupt, `acquisition/${code}`, message, { file: escaped(this.name), line });
  }

  private tooLarge(got: string, line: number): Fault {
    const message = `line ${line} of "${escaped(this.name)}" speaks of ${escaped(got.slice(0, 80))} bytes; up to ${Number.MAX_SAFE_INTEGER} are read`;
    return new Fault(FaultKind.Unsupported, 'acquisition/mapfile-too-large', message, { file: escaped(this.name), line });
  }
}

function nothing(): { bytes: number; areas: number } {
  return { bytes: 0, areas: 0 };
}
