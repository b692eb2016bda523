/** The pages of an AFF3 image as runs: unpacked and compared with the digests that lie beside them. */
import { createHash } from 'node:crypto';
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Codec } from '../codecs/codec.ts';
import { zlib } from '../codecs/deflate.ts';
import { lzma } from '../codecs/lzma.ts';
import type { Range } from '../media.ts';
import type { Chunk, Run } from '../runs.ts';
import type { Page, Segments } from './segments.ts';

const COMPRESSED = 1;
/** AF_PAGE_COMP_ALG_*, from afflib.h. */
const ZLIB = 0x00;
const LZMA = 0x20;
const ZERO = 0x30;
const CODECS: Readonly<Record<number, Codec>> = { [ZLIB]: zlib, [LZMA]: lzma };

const RUNS_AT_ONCE = 4096;

/** Strongest first: one is compared. */
const ALGORITHMS = [
  ['sha256', 32],
  ['sha1', 20],
  ['md5', 16],
] as const;

export interface PageTable {
  /** In bytes. */
  readonly pageSize: number;
  readonly imageSize: number;
  readonly segments: Pick<Segments, 'pages' | 'hashes'>;
}

/** map() of mappedMedia: missing pages are absent. */
export function mapOfPages(table: PageTable): (offset: number, length: number) => Promise<Run[]> {
  const { pageSize, imageSize, segments } = table;
  const numbers = Float64Array.from(segments.pages.keys()).sort();
  return (offset, length) => {
    const runs: Run[] = [];
    const end = offset + length;
    let next = firstFrom(numbers, Math.floor(offset / pageSize));
    for (let at = offset; at < end && runs.length < RUNS_AT_ONCE; ) {
      const number = numbers[next] ?? Number.POSITIVE_INFINITY;
      const start = number * pageSize;
      if (start > at) {
        const stop = Math.min(end, start);
        runs.push({ kind: 'absent', offset: at, length: stop - at });
        at = stop;
        continue;
      }
      const page = segments.pages.get(number);
      if (page === undefined) throw new RangeError(`page ${number} was listed`);
      const size = Math.min(pageSize, imageSize - start);
      const stop = Math.min(end, start + size);
      runs.push(runOf(number, page, size, { offset: at, length: stop - at }, table));
      at = stop;
      next++;
    }
    return Promise.resolve(runs);
  };
}

function firstFrom(sorted: Float64Array, wanted: number): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function runOf(number: number, page: Page, size: number, { offset, length }: Range, table: PageTable): Run {
  const skip = offset - number * table.pageSize;
  const isPacked = (page.argument & COMPRESSED) !== 0;
  if (isPacked && (page.argument & 0xf0) === ZERO && page.zeroCount !== undefined && page.zeroCount >= size)
    return { kind: 'zero', offset, length };
  const digest = ALGORITHMS.flatMap(([name, width]) => {
    const bytes = table.segments.hashes.get(`${number}_${name}`);
    return bytes?.length === width ? [{ name, bytes }] : [];
  })[0];
  if (!isPacked && digest === undefined && page.packedLength >= size)
    return { kind: 'stored', offset, length, source: page.source, at: page.at + skip };
  const chunk: Chunk = {
    key: number,
    source: page.source,
    at: page.at,
    packedLength: page.packedLength,
    size,
    async unpack(packed) {
      const unpacked = isPacked ? await codecOf(number, page)(packed, table.pageSize) : packed;
      if (digest !== undefined) compare(number, unpacked, digest);
      if (unpacked.length >= size) return unpacked.subarray(0, size);
      const message = `page ${number} has ${unpacked.length} bytes instead of ${size}; the image is damaged`;
      throw new Fault(FaultKind.Corrupt, 'aff/page-short', message, { page: number, got: unpacked.length, expected: size });
    },
  };
  return { kind: 'packed', offset, length, chunk, skip };
}

function codecOf(number: number, { argument }: Page): Codec {
  const algorithm = argument & 0xf0;
  const codec = CODECS[algorithm];
  if (codec !== undefined) return codec;
  const kind = algorithm === ZERO ? FaultKind.Corrupt : FaultKind.Unsupported;
  const message = `page ${number} is packed by method 0x${algorithm.toString(16)}; zlib, LZMA and zero pages of the right length are read`;
  throw new Fault(kind, 'aff/page-method', message, { page: number, argument });
}

function compare(number: number, bytes: Buffer, { name, bytes: stored }: { name: string; bytes: Buffer }): void {
  const own = createHash(name).update(bytes).digest();
  if (own.equals(stored)) return;
  const message = `page ${number} has the ${name} ${own.toString('hex')}, and the image says ${stored.toString('hex')}; the page is damaged`;
  throw new Fault(FaultKind.Corrupt, 'aff/page-digest', message, {
    page: number,
    algorithm: name,
    stored: stored.toString('hex'),
  });
}
