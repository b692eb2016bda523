/** An AFF4 ImageStream: chunks of one size, many to a bevy, each bevy with an index. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { Codec } from '../codecs/codec.ts';
import { deflate, recipeOf, zlib } from '../codecs/deflate.ts';
import { lz4 } from '../codecs/lz4.ts';
import { snappy } from '../codecs/snappy.ts';
import { mappedMedia } from '../mapped-media.ts';
import type { Media } from '../media.ts';
import type { Run } from '../runs.ts';
import type { Stored, Volumes } from './volume.ts';

const LARGEST_CHUNK = 16 * 1024 * 1024;
const MOST_CHUNKS = 1 << 20;
const INDEX_ENTRY = 12;
/** Indexes that are kept: 24 KiB each, as Evimetry writes them. */
const KEPT = 64;
const RUNS_AT_ONCE = 4096;

/** `identity` of the method, and the IRIs that stand for it begin or end so. */
const METHODS: readonly (readonly [RegExp, Codec | undefined])[] = [
  [/rfc1950/i, zlib],
  [/rfc1951/i, deflate],
  [/snappy/i, snappy],
  [/lz4/i, lz4Block],
  [/NullCompressor$/, undefined],
];

/** pyaff4 puts the length before the block, as Python's lz4 does. */
function lz4Block(packed: Buffer, size: number): Promise<Buffer> {
  const hasLength = packed.length > 4 && packed.readUInt32LE() === size;
  return hasLength ? lz4(packed.subarray(4), size).catch(() => lz4(packed, size)) : lz4(packed, size);
}

interface Bevy {
  readonly data: Stored;
  readonly index: Buffer;
}

/** @throws Fault 'aff4/chunk-size', 'aff4/compression'. */
export function imageStream(volumes: Volumes, urn: string): Media {
  const size = numberOf(volumes, urn, 'size');
  const chunkSize = numberOf(volumes, urn, 'chunkSize', 'chunk_size');
  const perBevy = numberOf(volumes, urn, 'chunksInSegment', 'chunksPerSegment', 'chunks_in_segment');
  if (chunkSize < 512 || chunkSize > LARGEST_CHUNK || perBevy < 1 || perBevy > MOST_CHUNKS) {
    const message = `the AFF4 image says chunks of ${chunkSize} bytes, ${perBevy} in a segment; it is damaged`;
    throw new Fault(FaultKind.Corrupt, 'aff4/chunk-size', message, { chunkSize, perBevy });
  }
  const codec = codecOf(volumes, urn);
  const bevySize = chunkSize * perBevy;
  const bevies = new Map<number, Promise<Bevy | undefined>>();

  const bevyAt = (number: number): Promise<Bevy | undefined> => {
    const known = bevies.get(number);
    if (known !== undefined) return known;
    const made = readBevy(volumes, `${urn}/${String(number).padStart(8, '0')}`, perBevy);
    bevies.set(number, made);
    made.catch(() => bevies.delete(number));
    for (const oldest of bevies.keys()) {
      if (bevies.size <= KEPT) break;
      bevies.delete(oldest);
    }
    return made;
  };

  const runOf = ({ data, index }: Bevy, number: number, offset: number, end: number): Run => {
    const start = number * chunkSize;
    const place = (number % perBevy) * INDEX_ENTRY;
    const wanted = Math.min(chunkSize, size - start);
    const at = place + INDEX_ENTRY <= index.length ? Number(index.readBigUInt64LE(place)) : Number.POSITIVE_INFINITY;
    const packedLength = at === Number.POSITIVE_INFINITY ? 0 : index.readUInt32LE(place + 8);
    if (!(at + packedLength <= data.size)) {
      const message = `chunk ${number} of the AFF4 image does not lie in its segment of ${data.size} bytes; the image is damaged`;
      throw new Fault(FaultKind.Corrupt, 'aff4/chunk-outside', message, { chunk: number });
    }
    const length = Math.min(end, start + wanted) - offset;
    const skip = offset - start;
    if (codec === undefined || packedLength === chunkSize) {
      if (packedLength < wanted) throw short(number, packedLength, wanted);
      return { kind: 'stored', offset, length, source: data.source, at: data.at + at + skip };
    }
    const chunk = {
      key: number,
      source: data.source,
      at: data.at + at,
      packedLength,
      size: wanted,
      recipe: recipeOf(codec),
      async unpack(packed: Buffer) {
        const bytes = await codec(packed, chunkSize).catch((error: unknown) => {
          // The last chunk lies as it is when packing would not have made it smaller.
          if (wanted < chunkSize && packed.length === wanted) return packed;
          throw error;
        });
        if (bytes.length < wanted) throw short(number, bytes.length, wanted);
        return bytes.subarray(0, wanted);
      },
    };
    return { kind: 'packed', offset, length, chunk, skip };
  };

  return mappedMedia({
    format: 'aff4',
    size,
    sectorSize: 512,
    warnings: missingBevies(volumes, urn, Math.ceil(size / bevySize)),
    async map(offset, length) {
      const runs: Run[] = [];
      const end = offset + length;
      for (let at = offset; at < end && runs.length < RUNS_AT_ONCE; ) {
        const number = Math.floor(at / bevySize);
        const bevy = await bevyAt(number);
        const stop = Math.min(end, (number + 1) * bevySize);
        if (bevy === undefined) {
          runs.push({ kind: 'absent', offset: at, length: stop - at });
          at = stop;
          continue;
        }
        while (at < stop) {
          const run = runOf(bevy, Math.floor(at / chunkSize), at, stop);
          runs.push(run);
          at += run.length;
        }
      }
      return runs;
    },
  });
}

async function readBevy(volumes: Volumes, urn: string, perBevy: number): Promise<Bevy | undefined> {
  if (!volumes.has(urn)) return undefined;
  if (!volumes.has(`${urn}.index`) && volumes.has(`${urn}/index`)) {
    const message = 'the AFF4 image is of a time before the standard, which is not read; convert a copy with Evimetry or pyaff4';
    throw new Fault(FaultKind.Unsupported, 'aff4/before-standard', message);
  }
  return { data: await volumes.stored(urn), index: await volumes.bytes(`${urn}.index`, perBevy * INDEX_ENTRY) };
}

function missingBevies(volumes: Volumes, urn: string, expected: number): Fault[] {
  const missing = expected - volumes.countBevies(urn);
  if (missing <= 0) return [];
  const message = `${missing} of ${expected} segments of the AFF4 image are not there: the image is cut, or a volume of a striped one lacks`;
  return [new Fault(FaultKind.Missing, 'aff4/segments-missing', message, { missing, expected })];
}

function codecOf(volumes: Volumes, urn: string): Codec | undefined {
  const said = (volumes.said(urn, 'compressionMethod')[0] ?? volumes.said(urn, 'compression')[0])?.value;
  if (said === undefined) return undefined;
  const found = METHODS.find(([pattern]) => pattern.test(said));
  if (found !== undefined) return found[1];
  const message = `the AFF4 image is packed by "${escaped(said)}"; zlib, deflate, Snappy, LZ4 and none are read`;
  throw new Fault(FaultKind.Unsupported, 'aff4/compression', message, { method: escaped(said) });
}

/** @throws Fault 'aff4/number' when none of the names has a count of bytes or chunks. */
export function numberOf(volumes: Volumes, urn: string, ...names: readonly string[]): number {
  const text = names.flatMap((name) => volumes.said(urn, name))[0]?.value;
  const number = Number(text);
  if (text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  const message = `the AFF4 image says no ${names[0]} for "${escaped(urn)}", or one that is no number: ${escaped(text ?? 'none')}`;
  throw new Fault(FaultKind.Corrupt, 'aff4/number', message, { urn: escaped(urn), name: names[0] ?? '' });
}

function short(number: number, got: number, expected: number): Fault {
  const message = `chunk ${number} of the AFF4 image has ${got} bytes instead of ${expected}; the image is damaged`;
  return new Fault(FaultKind.Corrupt, 'aff4/chunk-short', message, { chunk: number, got, expected });
}
