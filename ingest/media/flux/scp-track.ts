/** A track of an SCP image: a header, and per revolution its time, its flux changes, and where they lie. */
import { Fault, FaultKind, layout, ascii, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { FLUX_PAST_INDEX, MOST_FLUX, continued } from './revolution.ts';
import type { RawTrack } from './track.ts';

/** 168 offsets of tracks. */
export const tableSize = 168 * 4;

const trackHeader = layout('SCP track header', 4, { signature: [0, ascii(3)], number: [3, u8] });
const ENTRY_SIZE = 12; // index time, flux count, data offset from the track header

export interface ScpPlace {
  readonly cylinder: number;
  readonly head: number;
  /** Number in the table. */
  readonly track: number;
  readonly offset: number;
  readonly revolutionCount: number;
  readonly tickNs: number;
}

interface Entry {
  readonly timeTicks: number;
  readonly fluxCount: number;
  readonly at: number;
}

export function scpTrack(container: ByteSource, place: ScpPlace): RawTrack & { rotationNs(): Promise<number> } {
  const { cylinder, head, track, offset, revolutionCount, tickNs } = place;
  let entries: Entry[] | undefined;
  const entriesOnce = async (): Promise<Entry[]> => (entries ??= await entriesOf(container, track, offset, revolutionCount));
  const flux = async (entry: Entry | undefined, most: number): Promise<Float64Array> =>
    entry === undefined ? new Float64Array() : intervalsOf(await dataOf(container, entry, most), tickNs);
  return {
    cylinder,
    head,
    revolutionCount,
    /** Of the first revolution; 0 when it can't be told. */
    async rotationNs() {
      const size = 4 + ENTRY_SIZE;
      if (offset + size > container.size) return 0;
      return (await container.read(offset, size)).readUInt32LE(4) * tickNs;
    },
    async read(revolution) {
      const all = await entriesOnce();
      const entry = all[revolution];
      if (entry === undefined || entry.fluxCount === 0) return undefined;
      const own = await flux(entry, MOST_FLUX);
      const next = all[revolution + 1];
      const after = next === undefined || next.fluxCount === 0 ? own : await flux(next, FLUX_PAST_INDEX);
      return continued(own, after);
    },
  };
}

async function entriesOf(container: ByteSource, track: number, offset: number, count: number): Promise<Entry[]> {
  const size = trackHeader.size + count * ENTRY_SIZE;
  if (offset + size > container.size) {
    const message = `its header at byte ${offset} is not in the file of ${container.size} bytes; the image is cut`;
    throw new Fault(FaultKind.Truncated, 'scp/track-outside', message, { track, offset });
  }
  const bytes = await container.read(offset, size);
  const { signature, number } = trackHeader.decode(bytes);
  if (signature !== 'TRK' || number !== track) {
    const message = `at byte ${offset} is no header of track ${track}; the table or the image is damaged`;
    throw new Fault(FaultKind.Corrupt, 'scp/track-header', message, { track, offset });
  }
  return Array.from({ length: count }, (_, i) => {
    const at = trackHeader.size + i * ENTRY_SIZE;
    const [timeTicks, fluxCount, data] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)];
    return { timeTicks, fluxCount, at: offset + data };
  });
}

async function dataOf(container: ByteSource, { fluxCount, at }: Entry, most: number): Promise<Buffer> {
  if (fluxCount > MOST_FLUX) {
    const message = `a revolution of ${fluxCount} flux changes; no floppy has more than ${MOST_FLUX}: the image is damaged`;
    throw new Fault(FaultKind.Corrupt, 'scp/flux-count', message, { fluxCount });
  }
  const length = Math.min(fluxCount, most) * 2;
  if (at + length > container.size) {
    const message = `its ${fluxCount} flux changes from byte ${at} on are not in the file of ${container.size} bytes; the image is cut`;
    throw new Fault(FaultKind.Truncated, 'scp/flux-outside', message, { fluxCount, offset: at });
  }
  return container.read(at, length);
}

/** Ticks of two bytes, high byte first; 0 stands for 65536 more of the next. */
function intervalsOf(bytes: Buffer, tickNs: number): Float64Array {
  const intervals = new Float64Array(bytes.length >> 1);
  let count = 0;
  let ticks = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const value = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (value === 0) ticks += 0x10000;
    else {
      intervals[count++] = (ticks + value) * tickNs;
      ticks = 0;
    }
  }
  return intervals.subarray(0, count);
}
