/** GNU ddrescue's own words, beside its mapfile: the log of events, and what it prints on the terminal. Those of rates and reads say no more. */
import type { ImagingLog } from '../imaging-log.ts';
import { LogRecordBuilder, wholeNumber } from '../log-record.ts';

const HEADER = /^# Events Logfile\. Created by GNU ddrescue version (\S+)/;
const CONSOLE = /^GNU ddrescue (\d\S*)\s*$/;
/** `rescued:    1044 kB,   bad areas:        1,        run time:          0s` */
const COUNTS: readonly (readonly [RegExp, 'rescued' | 'badAreaCount' | 'readErrorCount'])[] = [
  [/^\s*rescued:\s+([\d.]+ \w+),/, 'rescued'],
  [/\bbad areas:\s+(\d+),/, 'badAreaCount'],
  [/\bread errors:\s+(\d+),/, 'readErrorCount'],
];

export const log: ImagingLog = {
  id: 'ddrescue',
  title: 'GNU ddrescue log',
  sources: ['GNU ddrescue manual 1.27, --log-events', 'ddrescue 1.27 loggers.cc, rescuebook.cc'],

  matches: (head) => HEADER.test(head) || CONSOLE.test(head.slice(0, head.indexOf('\n'))),

  async parse(lines) {
    const record = new LogRecordBuilder();
    for await (const { number, text } of lines) {
      const version = HEADER.exec(text)?.[1] ?? CONSOLE.exec(text)?.[1];
      if (version !== undefined) {
        record.fact('tool', 'GNU ddrescue', number);
        record.fact('toolVersion', version, number);
      }
      const [, label, value] = /^# (Command line|Start time|End time): *(.*)$/.exec(text) ?? [];
      if (label === 'Command line') record.fact('commandLine', value, number);
      else if (label === 'Start time') record.time('startedAt', value ?? '', number);
      else if (label === 'End time') record.time('endedAt', value ?? '', number, 'last');
      const [, share, status] = /^\s*\d+\S* +([\d.]+%) +End of run \((?:\S+ +)?([^)]*)\)/.exec(text) ?? [];
      if (status !== undefined) {
        record.last('status', status, number);
        record.last('rescued', share, number);
      }
      if (/^(?:Finished|Interrupted by user|Too many |Can't )/.test(text)) record.last('status', text, number);
      for (const [pattern, name] of COUNTS) {
        const found = pattern.exec(text)?.[1];
        if (found !== undefined) record.last(name, name === 'rescued' ? found : wholeNumber(found), number);
      }
    }
    return record.finish();
  },
};
