/** What ewfacquire, ewfacquirestream and ewfverify print, and the log that `-l` asks for: hash lines and read errors alone. */
import type { ImagingLog } from '../imaging-log.ts';
import { type FieldTable, LogRecordBuilder, takeField, wholeNumber } from '../log-record.ts';

const FIELDS: FieldTable = {
  'case number': ['caseNumber'],
  description: ['description'],
  'evidence number': ['evidenceNumber'],
  'examiner name': ['examiner'],
  notes: ['notes'],
  type: ['mediaType'],
  'media type': ['mediaType'],
  'bus type': ['deviceInterface'],
  vendor: ['deviceVendor'],
  model: ['deviceModel'],
  serial: ['deviceSerial'],
  'media size': ['deviceSize', 'bytes'],
  'bytes per sector': ['sectorSize', 'number'],
  'ewf file format': ['imageFormat'],
  'image path and filename': ['imagePath'],
  'acquiry started at': ['startedAt', 'time'],
  'acquiry completed at': ['endedAt', 'time'],
  'verify completed at': ['verifiedAt', 'time'],
};
const START = /^(ewf(?:acquire|acquirestream|verify)) (\d{8})\s*$/;
const HASH = /^\s*(MD5|SHA1|SHA256) hash (calculated over data|stored in file):\s*([0-9a-f]+)\s*$/i;
const BAD = /^\s*(?:at|in) sector\(s\): (\d+)(?: - (\d+))?/;

export const log: ImagingLog = {
  id: 'ewf-tools',
  title: 'log of ewfacquire or ewfverify',
  sources: ['libewf ewftools/log_handle.c, imaging_handle.c, verification_handle.c', 'ewfacquire(1)'],

  matches: (head) =>
    /^ewf(?:acquire|acquirestream|verify) \d{8}\s*$/m.test(head) ||
    /^\s*(?:MD5|SHA1|SHA256) hash calculated over data:\s*[0-9a-f]{32,64}\s*$/im.test(head) ||
    /^\s*(?:Read|Acquiry|Verification) errors:\s*\n\s*total number: \d+/m.test(head),

  async parse(lines) {
    const record = new LogRecordBuilder();
    const stored = new Map<string, string>();
    let isVerify = false;
    for await (const line of lines) {
      const { number, text } = line;
      const [, program, version] = START.exec(text) ?? [];
      if (program !== undefined) {
        isVerify = program === 'ewfverify';
        record.fact('tool', program, number);
        record.fact('toolVersion', version, number);
      }
      const [, algorithm = '', said, digest = ''] = HASH.exec(text) ?? [];
      if (said !== undefined) {
        const key = algorithm.toLowerCase();
        if (said.startsWith('stored')) stored.set(key, digest.toLowerCase());
        else record.digest(key, digest, number);
        if (said.startsWith('calculated') && stored.has(key))
          record.verified('image', stored.get(key) === digest.toLowerCase(), number);
        continue;
      }
      const [, first, last = first] = BAD.exec(text) ?? [];
      if (first !== undefined) record.badSectors(Number(first), Number(last), number);
      const [, errors] = /^\s*total number: (\d+)\s*$/.exec(text) ?? [];
      if (errors !== undefined) record.fact('readErrorCount', wholeNumber(errors), number);
      const [, end] = /^ewf[a-z]+: (SUCCESS|FAILURE|ABORTED)/.exec(text) ?? [];
      if (end !== undefined) record.last('status', end, number);
      // ewfverify prints the header of the image, which the image itself tells.
      if (!isVerify || /^\s*Verify /.test(text)) takeField(record, FIELDS, line);
    }
    // Only it writes a log without its name: that of `-l`.
    record.fact('tool', 'ewfacquire', 1);
    return record.finish();
  },
};
