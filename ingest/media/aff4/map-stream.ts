/** An AFF4 Map: each run of the medium lies in another stream, or is said to be zeros, one byte, unreadable or unknown. */
import { Fault, FaultKind, escaped, layout, u32le, u64le } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import type { Media } from '../media.ts';
import type { Run } from '../runs.ts';
import { numberOf } from './image-stream.ts';
import { SCHEMA, type Volumes } from './volume.ts';

const LARGEST_MAP = 64 * 1024 * 1024;
const LARGEST_TARGETS = 1024 * 1024;
const RUNS_AT_ONCE = 4096;
/** The words of unreadable and unknown ranges begin anew in each MiB of the target. */
const PERIOD = 1024 * 1024;

const entry = layout('AFF4 map entry', 28, {
  offset: [0, u64le],
  length: [8, u64le],
  targetOffset: [16, u64le],
  target: [24, u32le],
});

type Entry = ReturnType<typeof entry.decode>;

type Target =
  | { readonly kind: 'zero' }
  | { readonly kind: 'stream'; readonly media: Media }
  | { readonly kind: 'filled'; readonly pattern: Buffer; readonly absent?: true };

/** Opens what a URN stands for; streams and maps. */
export type OpenStream = (urn: string) => Promise<Media>;

/** @throws Fault 'aff4/map', 'aff4/map-overlap', 'aff4/map-target'. */
export async function mapStream(volumes: Volumes, urn: string, open: OpenStream): Promise<Media> {
  const size = numberOf(volumes, urn, 'size');
  const bytes = await volumes.bytes(`${urn}/map`, LARGEST_MAP);
  const names = (await volumes.bytes(`${urn}/idx`, LARGEST_TARGETS))
    .toString('utf8')
    .split(/\r?\n/)
    .filter((name) => name !== '');
  const entries = entriesOf(bytes, size, names.length);
  const targets: Target[] = [];
  for (const name of names) targets.push(await targetOf(name, open));
  const gap = await targetOf(volumes.said(urn, 'mapGapDefaultStream')[0]?.value ?? `${SCHEMA}Zero`, open);
  for (const { target, targetOffset, length } of entries) {
    const found = targets[target];
    if (found?.kind !== 'stream' || targetOffset + length <= found.media.size) continue;
    const message = `the map of the AFF4 image names byte ${targetOffset} + ${length} of "${escaped(names[target] ?? '')}", which has ${found.media.size}`;
    throw new Fault(FaultKind.Corrupt, 'aff4/map-target', message, { targetOffset, length });
  }
  return mappedMedia({
    format: 'aff4',
    size,
    sectorSize: 512,
    warnings: [...targets, gap].flatMap((target) => (target.kind === 'stream' ? target.media.warnings : [])),
    owned: [...targets, gap].flatMap((target) => (target.kind === 'stream' ? [target.media] : [])),
    map(offset, length) {
      const runs: Run[] = [];
      const end = offset + length;
      for (let at = offset, i = firstEndingAfter(entries, offset); at < end && runs.length < RUNS_AT_ONCE; ) {
        const next = entries[i];
        const start = next?.offset ?? end;
        if (next === undefined || start > at) {
          const stop = Math.min(end, start);
          runs.push(runIn(gap, at, stop - at, at));
          at = stop;
          continue;
        }
        const stop = Math.min(end, start + next.length);
        const target = targets[next.target];
        if (target === undefined) throw new RangeError('targets were checked');
        runs.push(runIn(target, at, stop - at, next.targetOffset + at - start));
        at = stop;
        i++;
      }
      return Promise.resolve(runs);
    },
  });
}

function runIn(target: Target, offset: number, length: number, at: number): Run {
  if (target.kind === 'zero') return { kind: 'zero', offset, length };
  if (target.kind === 'stream') return { kind: 'stored', offset, length, source: target.media, at };
  const { pattern, absent } = target;
  return { kind: 'filled', offset, length, pattern, phase: at % pattern.length, ...(absent === undefined ? {} : { absent }) };
}

function entriesOf(bytes: Buffer, size: number, targetCount: number): Entry[] {
  const refuse = (code: string, what: string): Fault =>
    new Fault(FaultKind.Corrupt, code, `the map of the AFF4 image ${what}; it is damaged`);
  if (bytes.length % entry.size !== 0)
    throw refuse('aff4/map', `has ${bytes.length} bytes, which are no whole entries of ${entry.size}`);
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length; at += entry.size) {
    const found = entry.decode(bytes.subarray(at, at + entry.size));
    if (found.length === 0) continue;
    if (!(found.offset + found.length <= size))
      throw refuse('aff4/map', `goes up to byte ${found.offset + found.length} of ${size}`);
    if (found.target >= targetCount) throw refuse('aff4/map', `names target ${found.target} of ${targetCount}`);
    entries.push(found);
  }
  entries.sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, length } of entries) {
    if (offset < end) throw refuse('aff4/map-overlap', `says twice what byte ${offset} is`);
    end = offset + length;
  }
  return entries;
}

function firstEndingAfter(entries: readonly Entry[], offset: number): number {
  let low = 0;
  for (let high = entries.length; low < high; ) {
    const middle = (low + high) >> 1;
    const found = entries[middle];
    if (found !== undefined && found.offset + found.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function targetOf(name: string, open: OpenStream): Promise<Target> {
  if (!name.startsWith(SCHEMA)) return { kind: 'stream', media: await open(name) };
  const local = name.slice(SCHEMA.length);
  const symbol = /^SymbolicStream([0-9A-Fa-f]{2})$/.exec(local)?.[1];
  if (local === 'Zero' || symbol === '00') return { kind: 'zero' };
  if (symbol !== undefined) return { kind: 'filled', pattern: Buffer.from(symbol, 'hex') };
  if (local === 'UnreadableData') return { kind: 'filled', pattern: Buffer.alloc(PERIOD, 'UNREADABLEDATA'), absent: true };
  if (local === 'UnknownData') return { kind: 'filled', pattern: Buffer.alloc(PERIOD, 'UNKNOWN'), absent: true };
  const message = `the map of the AFF4 image names "${escaped(name)}", which this version does not know`;
  throw new Fault(FaultKind.Unsupported, 'aff4/map-symbol', message, { target: escaped(name) });
}
