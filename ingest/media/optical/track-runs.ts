/** Where the runs of one data track lie: its sectors unpacked in groups, those of form 2 left out. */
import { Fault } from '../../kernel/index.ts';
import type { Run } from '../runs.ts';
import { SectorKind, type SectorRules, USER_DATA, isForm2, unpackSectors } from './sectors.ts';
import type { Look, Track } from './track.ts';

/** Sectors unpacked at once; as many as a number has bits. */
const GROUP = 32;
/** Groups whose subheaders are read at once: 4 MiB. */
const GROUPS_AT_ONCE = 56;
const RUNS_AT_ONCE = 1024;
/** More than the sectors of any disc; keeps the keys of tracks apart. */
const KEYS_PER_TRACK = 2 ** 28;

export interface TrackRuns {
  /** Runs of sectors `first` to `end` of the track, clipped to the window; some of those at the start will do. */
  map(window: { readonly offset: number; readonly length: number }): Promise<Run[]>;
}

/**
 * @param index makes its chunks differ from those of other tracks.
 * @param start where the track begins in the medium, in bytes.
 */
export function trackRuns(track: Track, { rules, presentCount }: Look, index: number, start: number): TrackRuns {
  const { source, at, stride } = track;
  const form2 = new Map<number, number>();
  /** Groups with a bad sector: read one by one from then on, so that it spoils no other. */
  const spoiled = new Set<number>();
  const end = start + presentCount * USER_DATA;

  async function scan(group: number, subheaderAt: number): Promise<void> {
    if (form2.has(group)) return;
    const first = group * GROUP;
    const count = Math.min(presentCount - first, GROUPS_AT_ONCE * GROUP);
    const bytes = await source.read(at + first * stride, count * stride);
    for (let i = 0; i < count; i += GROUP) {
      let mask = 0;
      for (let j = 0; j < GROUP && i + j < count; j++) if (isForm2(bytes, (i + j) * stride + subheaderAt)) mask |= 1 << j;
      form2.set(group + i / GROUP, mask);
    }
  }

  const chunk = (unpacks: SectorRules, first: number, count: number, mask: number) => ({
    key: (index * KEYS_PER_TRACK + first) * 2 + (count === 1 ? 1 : 0),
    source,
    at: at + first * stride,
    packedLength: count * stride,
    size: count * USER_DATA,
    unpack(packed: Buffer): Promise<Buffer> {
      try {
        return Promise.resolve(unpackSectors(packed, unpacks, first, count, mask));
      } catch (error) {
        const fault = error instanceof Fault ? located(error, track, start) : error;
        spoiled.add(Math.floor(first / GROUP));
        return Promise.reject(fault);
      }
    },
  });

  /** Runs of the group of sectors from byte `from` to byte `to` of the medium. */
  function ofGroup(unpacks: SectorRules, group: number, from: number, to: number, runs: Run[]): void {
    const first = group * GROUP;
    const mask = form2.get(group) ?? 0;
    const isSpoiled = spoiled.has(group);
    const whole = chunk(unpacks, first, Math.min(GROUP, presentCount - first), mask);
    for (let offset = from; offset < to; ) {
      const sector = Math.floor((offset - start) / USER_DATA);
      const isAbsent = ((mask >>> (sector - first)) & 1) === 1;
      const most = isSpoiled ? sector + 1 : first + GROUP;
      let next = sector + 1;
      while (next < most && (((mask >>> (next - first)) & 1) === 1) === isAbsent) next++;
      const length = Math.min(to, start + next * USER_DATA) - offset;
      if (isAbsent) runs.push({ kind: 'absent', offset, length });
      else {
        const own = isSpoiled ? chunk(unpacks, sector, 1, 0) : whole;
        const skip = offset - start - (isSpoiled ? sector : first) * USER_DATA;
        runs.push({ kind: 'packed', offset, length, chunk: own, skip });
      }
      offset += length;
    }
  }

  return {
    async map({ offset, length }) {
      const to = Math.min(offset + length, end);
      if (track.kind === SectorKind.Form2 || offset >= end) return [{ kind: 'absent', offset, length }];
      if (rules === undefined)
        return [{ kind: 'stored', offset, length: to - offset, source, at: at + ((offset - start) / USER_DATA) * stride }];
      const runs: Run[] = [];
      const groupSize = GROUP * USER_DATA;
      for (let from = offset, scans = 0; from < to && runs.length < RUNS_AT_ONCE; ) {
        const group = Math.floor((from - start) / groupSize);
        if (rules.mode === 2 && !form2.has(group)) {
          if (scans++ > 0) break;
          await scan(group, rules.kind === SectorKind.Raw ? 16 : 0);
        }
        const until = Math.min(to, start + (group + 1) * groupSize);
        ofGroup(rules, group, from, until, runs);
        from = until;
      }
      return runs;
    },
  };
}

/** The Fault of a sector, with the 2048 bytes of the medium that it spoils. */
function located(fault: Fault, track: Track, start: number): Fault {
  const sector = Number(fault.facts['sector']);
  const mediumOffset = start + sector * USER_DATA;
  const facts = { ...fault.facts, track: track.number, lba: track.lba + sector, mediumOffset, mediumLength: USER_DATA };
  const message = `${fault.message} (track ${track.number}, LBA ${track.lba + sector})`;
  return new Fault(fault.kind, fault.code, message, facts, { cause: fault });
}
