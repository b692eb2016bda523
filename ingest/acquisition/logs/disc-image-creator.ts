/** DiscImageCreator's `_disc.txt`: what the drive said of an optical disc before it was read. */
import type { ImagingLog } from '../imaging-log.ts';
import { type FieldTable, LogRecordBuilder, takeField, wholeNumber } from '../log-record.ts';

const FIELDS: FieldTable = {
  currentmedia: ['mediaType'],
  currentmediatype: ['mediaType'],
  disctype: ['mediaType'],
  booktype: ['mediaType'],
  starttime: ['startedAt', 'time'],
  endtime: ['endedAt', 'time'],
  logicalblocklength: ['sectorSize', 'number'],
};
const TOC_TRACK = /^\s*(?:Data|Audio) Track\s+\d+, LBA\s+-?\d+\s*-\s*\d+, Length\s+(\d+)/;

export const log: ImagingLog = {
  id: 'disc-image-creator',
  title: 'DiscImageCreator disc information',
  sources: ['DiscImageCreator output.cpp, outputScsiCmdLog.cpp', 'DiscImageCreator README, "_disc.txt"'],

  matches: (head) =>
    (/^AppVersion\s*$/m.test(head) && /AnsiBuild|UnicodeBuild/.test(head)) ||
    /^=+ TOC[^\n]*=+\s*\n\s*(?:Data|Audio) Track\s+\d+, LBA/m.test(head),

  async parse(lines) {
    const record = new LogRecordBuilder();
    let isVersion = false;
    let section = '';
    let tracks = 0;
    let at = 1;
    for await (const line of lines) {
      const { number, text } = line;
      record.fact('tool', 'DiscImageCreator', number);
      if (isVersion) record.fact('toolVersion', text, number);
      isVersion = /^AppVersion\s*$/.test(text);
      const [, title] = /^=+ (.*?) =+\s*$/.exec(text) ?? [];
      section = title ?? section;
      if (TOC_TRACK.test(text)) {
        tracks++;
        at = number;
      }
      const [, total] = /^\s*Total\s+(\d+)\s*$/.exec(text) ?? [];
      if (total !== undefined && section.startsWith('TOC')) record.fact('sectorCount', wholeNumber(total), number);
      takeField(record, FIELDS, line);
    }
    if (tracks > 0) record.fact('trackCount', tracks, at);
    return record.finish();
  },
};
