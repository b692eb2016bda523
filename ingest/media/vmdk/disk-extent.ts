/** One extent of a VMDK disk, mapped; and what every kind of it needs. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../media.ts';
import type { Run } from '../runs.ts';

/** A hole was never written: the parent's bytes, or zeros. */
export type ExtentRun = Run | (Range & { readonly kind: 'hole' });

export interface DiskExtent {
  /** Its first byte in the medium. */
  readonly start: number;
  /** Bytes of the medium that it covers. */
  readonly size: number;
  readonly warnings: readonly Fault[];
  /** Runs from `offset` on, in bytes of the medium; the window lies inside. May stop early, after one run at least. */
  map(offset: number, length: number): Promise<ExtentRun[]>;
}

/** Appends `run`, or makes the last run longer where the two are one. */
export function append(runs: ExtentRun[], run: ExtentRun): void {
  const last = runs.at(-1);
  if (last?.kind === run.kind && last.kind !== 'packed' && last.kind !== 'filled') {
    const goesOn =
      last.kind !== 'stored' || (run.kind === 'stored' && last.source === run.source && last.at + last.length === run.at);
    if (goesOn) {
      runs[runs.length - 1] = { ...last, length: last.length + run.length };
      return;
    }
  }
  runs.push(run);
}

/** Bytes that a damaged table leads to: every read of them throws. */
export function brokenSource(fault: Fault): ByteSource {
  return {
    size: Number.MAX_SAFE_INTEGER,
    read: () => Promise.reject(fault),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Of one kind throughout: ZERO and NOACCESS extents. */
export function uniformExtent(start: number, size: number, kind: 'zero' | 'absent'): DiskExtent {
  return { start, size, warnings: [], map: (offset, length) => Promise.resolve([{ kind, offset, length }]) };
}

/** As it is, from byte `at` of `source` on: FLAT and VMFS extents. */
export function flatExtent(start: number, size: number, source: ByteSource, at: number, warnings: readonly Fault[]): DiskExtent {
  return {
    start,
    size,
    warnings,
    map: (offset, length) => Promise.resolve([{ kind: 'stored', offset, length, source, at: at + (offset - start) }]),
  };
}

/** A warning when an extent's header holds fewer sectors than the descriptor gives it; the rest is absent. */
export function shortfall(name: string, capacity: number, size: number): Fault[] {
  if (size <= capacity * 512) return [];
  const message = `"${escaped(name)}" holds ${capacity} sectors, the descriptor says ${size / 512}; the rest is missing`;
  return [new Fault(FaultKind.Corrupt, 'vmdk/capacity', message, { capacity, expected: size / 512 })];
}
