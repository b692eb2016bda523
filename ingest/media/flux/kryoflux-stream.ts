/** One KryoFlux stream: flux in a byte code, and between it blocks that tell of index pulses, the transfer and the hardware. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { FLUX_PAST_INDEX, MOST_FLUX, continued } from './revolution.ts';
import type { Flux } from './pll.ts';

/** Frequencies of the sample and the index clock in Hz, where the stream names none. */
const SAMPLE_CLOCK = (18_432_000 * 73) / 14 / 4;
const INDEX_CLOCK = SAMPLE_CLOCK / 8;

const Block = { StreamInfo: 1, Index: 2, StreamEnd: 3, Info: 4, End: 0x0d } as const;
const RESULTS: Readonly<Record<number, string>> = {
  1: 'the buffer of the device ran over',
  2: 'no index pulse was seen',
};
const MOST_INDEXES = 1000;
const MOST_INFO = 65_536;

export interface KryoFluxStream {
  readonly revolutions: readonly Flux[];
  /** Names and values of the information blocks, printable. */
  readonly info: ReadonlyMap<string, string>;
  /** Mean time between index pulses in nanoseconds; undefined with less than two of them. */
  readonly rotationNs: number | undefined;
  readonly warnings: readonly Fault[];
}

interface Index {
  /** Of the flux that was being measured, in the bytes of the stream proper. */
  readonly position: number;
  readonly clock: number;
}

/** Source: KryoFlux "Stream Protocol" revision 1.1. Never throws: what is damaged is a warning. */
export function readStream(bytes: Buffer): KryoFluxStream {
  const ticks = new Float64Array(Math.min(bytes.length, MOST_FLUX * 8));
  const ends = new Float64Array(ticks.length);
  const indexes: Index[] = [];
  const warnings: Fault[] = [];
  let text = '';
  let count = 0;
  let overflow = 0;
  let position = 0;
  let isEnded = false;
  const flux = (value: number, width: number): void => {
    position += width;
    if (count === ticks.length) return;
    ticks[count] = overflow + value;
    ends[count++] = position;
    overflow = 0;
  };
  let at = 0;
  while (at < bytes.length && !isEnded) {
    const code = bytes[at] ?? 0;
    if (code > 0x0d) flux(code, 1);
    else if (code <= 0x07) flux((code << 8) | (bytes[at + 1] ?? 0), 2);
    else if (code === 0x0c) flux(((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0), 3);
    else if (code === 0x0b) {
      overflow += 0x10000;
      position++;
    } else if (code <= 0x0a) position += code - 7;
    else {
      const [type, size] = [bytes[at + 1] ?? 0, at + 4 <= bytes.length ? bytes.readUInt16LE(at + 2) : 0];
      const body = bytes.subarray(at + 4, at + 4 + size);
      if (type === Block.End) isEnded = true;
      else if (type === Block.Index && body.length >= 12 && indexes.length < MOST_INDEXES)
        indexes.push({ position: body.readUInt32LE(0), clock: body.readUInt32LE(8) });
      else if (type === Block.Info && text.length < MOST_INFO) text += `, ${body.toString('latin1').replace(/\0.*$/s, '')}`;
      else if ((type === Block.StreamInfo || type === Block.StreamEnd) && body.length >= 8) {
        const warning = checkTransfer(type, body, position);
        if (warning !== undefined && warnings.length < 5) warnings.push(warning);
      }
      at += 4 + size;
      continue;
    }
    at += code <= 0x07 || code === 0x09 ? 2 : code === 0x0a || code === 0x0c ? 3 : 1;
  }
  if (!isEnded) {
    const message = 'the stream has no end mark; the file is cut';
    warnings.push(new Fault(FaultKind.Truncated, 'kryoflux/cut', message));
  }
  const info = infoOf(text);
  const tickNs = 1e9 / frequency(info.get('sck'), SAMPLE_CLOCK);
  for (let i = 0; i < count; i++) ticks[i] = (ticks[i] ?? 0) * tickNs;
  const revolutions = revolutionsOf(ticks.subarray(0, count), ends.subarray(0, count), indexes);
  return { revolutions, info, warnings, rotationNs: rotationOf(indexes, frequency(info.get('ick'), INDEX_CLOCK)) };
}

function checkTransfer(type: number, body: Buffer, position: number): Fault | undefined {
  const [said, result] = [body.readUInt32LE(0), body.readUInt32LE(4)];
  if (type === Block.StreamEnd && result !== 0) {
    const message = `the device ended the capture with result ${result}: ${RESULTS[result] ?? 'unknown'}; capture the track again`;
    return new Fault(FaultKind.Corrupt, 'kryoflux/result', message, { result });
  }
  if (said === position) return undefined;
  const message = `the device counts ${said} bytes where ${position} are there; some were lost, capture the track again`;
  return new Fault(FaultKind.Corrupt, 'kryoflux/position', message, { said, position });
}

/** From one index pulse to the next; all of it where there are less than two. */
function revolutionsOf(ticks: Float64Array, ends: Float64Array, indexes: readonly Index[]): Flux[] {
  const starts = indexes.map(({ position }) => countUpTo(ends, position));
  const revolutions: Flux[] = [];
  for (const [i, start] of starts.entries()) {
    const end = starts[i + 1];
    if (end === undefined || end <= start || end - start > MOST_FLUX) continue;
    const own = ticks.subarray(start, end);
    revolutions.push(continued(own, end + FLUX_PAST_INDEX <= ticks.length ? ticks.subarray(end) : own));
  }
  if (revolutions.length > 0 || ticks.length === 0) return revolutions;
  const own = ticks.subarray(0, MOST_FLUX);
  return [continued(own, own)];
}

/** How many flux changes end at or before `position`. */
function countUpTo(ends: Float64Array, position: number): number {
  let low = 0;
  for (let high = ends.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((ends[middle] ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rotationOf(indexes: readonly Index[], clock: number): number | undefined {
  const [first, last] = [indexes[0], indexes.at(-1)];
  if (first === undefined || last === undefined || last.clock <= first.clock) return undefined;
  return ((last.clock - first.clock) / clock / (indexes.length - 1)) * 1e9;
}

function infoOf(text: string): Map<string, string> {
  const info = new Map<string, string>();
  for (const part of text.split(/,\s*/)) {
    const [name = '', value] = part.split('=', 2);
    if (value !== undefined && /^\w{1,20}$/.test(name)) info.set(name, escaped(Buffer.from(value, 'latin1')).trim());
  }
  return info;
}

function frequency(text: string | undefined, usual: number): number {
  const value = Number(text);
  return value > usual / 4 && value < usual * 4 ? value : usual;
}
