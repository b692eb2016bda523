/** What IsoBuster writes down: a text log or report, or its report as DFXML. No form of it is published: only plain `label: value` lines count. */
import type { ImagingLog } from '../imaging-log.ts';
import { type FieldTable, LogRecordBuilder, takeField, wholeNumber } from '../log-record.ts';

const FIELDS: FieldTable = {
  drive: ['readerModel'],
  device: ['readerModel'],
  'disc type': ['mediaType'],
  'media type': ['mediaType'],
  'image file': ['imagePath'],
  filename: ['imagePath'],
  'sector size': ['sectorSize', 'bytes'],
  'block size': ['sectorSize', 'bytes'],
  'total sectors': ['sectorCount', 'number'],
  'total blocks': ['sectorCount', 'number'],
  started: ['startedAt', 'time'],
  'start time': ['startedAt', 'time'],
  finished: ['endedAt', 'time'],
  'end time': ['endedAt', 'time'],
  result: ['status'],
};
const NAMED = /^(?:\ufeff)?\s*(?:Created (?:by|with) )?IsoBuster(?: Pro)?(?:,? (?:version )?v?(\d[\w.]*))?/i;
const ELEMENT =
  /<(program|version|build_environment|os_sysname|image_filename|sectorsize|sector_size|command_line|start_time)>([^<]{1,1000})<\//g;
const OF_ELEMENT = {
  version: 'toolVersion',
  os_sysname: 'operatingSystem',
  image_filename: 'imagePath',
  command_line: 'commandLine',
  start_time: 'startedAt',
} as const;

export const log: ImagingLog = {
  id: 'isobuster',
  title: 'IsoBuster report',
  sources: ['IsoBuster help, "Managed imaging" and "DFXML"', 'DFXML schema, creator'],

  matches: (head) => {
    const first = head.split('\n').find((line) => line.trim() !== '') ?? '';
    return (
      NAMED.test(first) || (head.trimStart().startsWith('<') && /<dfxml[\s>]/.test(head) && /<program>\s*IsoBuster/i.test(head))
    );
  },

  async parse(lines) {
    const record = new LogRecordBuilder();
    for await (const line of lines) {
      const { number, text } = line;
      record.fact('tool', 'IsoBuster', number);
      if (text.includes('<')) {
        for (const [, name = '', value = ''] of text.matchAll(ELEMENT)) {
          if (name === 'start_time') record.time('startedAt', value, number);
          else if (name === 'sectorsize' || name === 'sector_size') record.fact('sectorSize', wholeNumber(value), number);
          else if (Object.hasOwn(OF_ELEMENT, name)) record.fact(OF_ELEMENT[name as keyof typeof OF_ELEMENT], value, number);
        }
        continue;
      }
      const [, version] = NAMED.exec(text) ?? [];
      if (version !== undefined) record.fact('toolVersion', version, number);
      const [, first, last = first] =
        /^\s*(?:Unreadable|Bad) (?:sector|block|LBA)s?:?\s+(\d+)(?:\s*-\s*(\d+))?\s*$/i.exec(text) ?? [];
      if (first !== undefined) record.badSectors(Number(first), Number(last), number);
      takeField(record, FIELDS, line);
    }
    return record.finish();
  },
};
