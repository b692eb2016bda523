/** dcfldd's hash log, or what it prints: digests of the windows, digests of the whole, the counts of dd. */
import type { ImagingLog } from '../imaging-log.ts';
import { LogRecordBuilder } from '../log-record.ts';

const TOTAL = /^Total(?: \((md5|sha1|sha256|sha384|sha512)\))?: ([0-9a-f]+)\s*$/i;
const WINDOW = /^(?:\((?:md5|sha1|sha256|sha384|sha512)\))? ?\d+ - \d+: [0-9a-f]{32,128}\s*$/i;
const ALGORITHMS: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256', 96: 'sha384', 128: 'sha512' };

export const log: ImagingLog = {
  id: 'dcfldd',
  title: 'dcfldd log',
  sources: ['dcfldd(1): hashlog, hashwindow', 'dcfldd 1.7 hash.c, output.c'],

  matches: (head) => {
    const first = head.split('\n').find((line) => line.trim() !== '' && !/^\d+\+\d+ records (?:in|out)|blocks \(\d+/.test(line));
    return first !== undefined && (TOTAL.test(first) || WINDOW.test(first));
  },

  async parse(lines) {
    const record = new LogRecordBuilder();
    for await (const { number, text } of lines) {
      record.fact('tool', 'dcfldd', number);
      const [, algorithm, digest = ''] = TOTAL.exec(text) ?? [];
      if (digest !== '') record.digest(algorithm ?? ALGORITHMS[digest.length] ?? '', digest, number);
      if (/^\d+\+\d+ records out/.test(text)) record.last('status', text, number);
      if (/Input\/output error/.test(text)) record.fact('status', text, number);
    }
    return record.finish();
  },
};
