/** The log of KryoFlux's DTC: how each track of a floppy was read, once for each format that was asked for. */
import { FloppyTracks } from '../floppy-tracks.ts';
import type { ImagingLog } from '../imaging-log.ts';
import { LogRecordBuilder } from '../log-record.ts';

const TRACK = /^(\d{1,3})\.(\d)\s*: (.*)$/;

export const log: ImagingLog = {
  id: 'kryoflux',
  title: 'KryoFlux log',
  sources: ['KryoFlux manual, "DTC output"', 'The Archivist\'s Guide to KryoFlux, "Understanding the log"'],

  matches: (head) =>
    /^KryoFlux DiskTool Console\b/m.test(head) ||
    /^\d{2,3}\.[01]\s*: .*(?:\btrk: \d|\bsec: \d|\bbase: |<unformatted>|<error>)/m.test(head),

  async parse(lines) {
    const record = new LogRecordBuilder();
    const tracks = new FloppyTracks();
    for await (const { number, text } of lines) {
      const [, version] = /^KryoFlux DiskTool Console(?:, v([^,\s]+))?/.exec(text) ?? [];
      if (version !== undefined || text.startsWith('KryoFlux DiskTool Console')) {
        record.fact('tool', 'KryoFlux DTC', number);
        record.fact('toolVersion', version, number);
      }
      const [, cylinder, head, told] = TRACK.exec(text) ?? [];
      if (cylinder === undefined || told === undefined) continue;
      record.fact('tool', 'KryoFlux DTC', number);
      // A stream file is no reading of sectors, and an unformatted track has none.
      if (!/\bsec: \d|<(?:error|mismatch)>|: OK/.test(told)) continue;
      const count = (label: string): number => Number(new RegExp(`\\b${label}: (\\d{1,6})`).exec(told)?.[1] ?? 0);
      const [all, bad, missing] = [count('sec'), count('bad'), count('mis')];
      const isBad = bad + missing > 0 || /<(?:error|mismatch)>/.test(told);
      tracks.set(`${Number(cylinder)}.${head}`, { good: Math.max(0, all - bad - missing), bad, missing, isBad, line: number });
    }
    tracks.tell(record);
    return record.finish();
  },
};
