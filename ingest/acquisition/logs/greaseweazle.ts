/** What Greaseweazle's `gw read` and `gw convert` print: a line for each track and try, a map of sectors, the sum. */
import { FloppyTracks } from '../floppy-tracks.ts';
import type { ImagingLog } from '../imaging-log.ts';
import { LogRecordBuilder } from '../log-record.ts';

const TRACK = /^T(\d{1,3})\.(\d)(?: <- (?:Drive|Image) \S+)?: (.*?)\((\d{1,6})\/(\d{1,6}) sectors\)/;
const GIVEN_UP = /^T(\d{1,3})\.(\d).*: Giving up: (\d{1,6}) sectors? missing/;
const SUM = /^Found (\d{1,9}) sectors of (\d{1,9}) \(\d+%\)/;

export const log: ImagingLog = {
  id: 'greaseweazle',
  title: 'Greaseweazle log',
  sources: ['Greaseweazle src/greaseweazle/tools/read.py', 'codec/codec.py summary_string'],

  matches: (head) => /^T\d{1,3}\.\d.*\(\d+\/\d+ sectors\)/m.test(head) || /^Found \d+ sectors of \d+ \(\d+%\)/m.test(head),

  async parse(lines) {
    const record = new LogRecordBuilder();
    const tracks = new FloppyTracks();
    for await (const { number, text } of lines) {
      record.fact('tool', 'Greaseweazle', number);
      const [, version] = /^(?:Greaseweazle )?Host Tools:? v?(\d[\w.]*)/i.exec(text) ?? [];
      if (version !== undefined) record.fact('toolVersion', version, number);
      const [, command] = /^(?:Command Line|\$): ?(gw .*)$/i.exec(text) ?? [];
      if (command !== undefined) record.fact('commandLine', command, number);
      const [, format] = /^Format (\S+)\s*$/.exec(text) ?? [];
      if (format !== undefined) record.fact('imageFormat', format, number);
      const [, cylinder, head, , good = '', all = ''] = TRACK.exec(text) ?? [];
      if (cylinder !== undefined) {
        const missing = Math.max(0, Number(all) - Number(good));
        tracks.set(`${Number(cylinder)}.${head}`, { good: Number(good), bad: 0, missing, isBad: missing > 0, line: number });
      }
      if (GIVEN_UP.test(text)) record.last('status', 'gave up on a track', number);
      const [, found, expected] = SUM.exec(text) ?? [];
      if (found !== undefined && expected !== undefined) {
        record.fact('goodSectorCount', Number(found), number);
        record.fact('missingSectorCount', Math.max(0, Number(expected) - Number(found)), number);
      }
    }
    tracks.tell(record);
    return record.finish();
  },
};
