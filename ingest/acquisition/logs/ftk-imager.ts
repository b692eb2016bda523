/** FTK Imager's text beside the image (`disk.E01.txt`): the case, the source, digests, bad sectors, the verification. */
import type { ImagingLog } from '../imaging-log.ts';
import { type FieldTable, LogRecordBuilder, takeField } from '../log-record.ts';

const FIELDS: FieldTable = {
  'case number': ['caseNumber'],
  'evidence number': ['evidenceNumber'],
  'unique description': ['description'],
  examiner: ['examiner'],
  notes: ['notes'],
  'source type': ['mediaType'],
  'bytes per sector': ['sectorSize', 'number'],
  'sector count': ['sectorCount', 'number'],
  'drive model': ['deviceModel'],
  'drive serial number': ['deviceSerial'],
  'drive interface type': ['deviceInterface'],
  'image type': ['imageFormat'],
  'acquisition started': ['startedAt', 'time'],
  'acquisition finished': ['endedAt', 'time'],
  'verification finished': ['verifiedAt', 'time'],
};
const MADE_BY = /^\s*Created By (?:AccessData|Exterro)\W*\s*FTK\W*\s*Imager\s*v?([\w.]+)?/i;
const DIGEST = /^\s*(MD5|SHA1|SHA256) checksum:\s*([0-9a-f]{32,64})\s*(?::\s*(verified|NOT verified))?/i;

export const log: ImagingLog = {
  id: 'ftk-imager',
  title: 'FTK Imager log',
  sources: ['FTK Imager User Guide, "Creating forensic images"', 'logs of versions 3.1 to 4.7'],

  matches: (head) => new RegExp(MADE_BY.source, 'im').test(head.slice(0, 4096)),

  async parse(lines) {
    const record = new LogRecordBuilder();
    let isBadList = false;
    for await (const line of lines) {
      const { number, text } = line;
      const made = MADE_BY.exec(text);
      if (made !== null) {
        record.fact('tool', 'FTK Imager', number);
        record.fact('toolVersion', made[1], number);
        continue;
      }
      const [, algorithm = '', digest, verified] = DIGEST.exec(text) ?? [];
      if (digest !== undefined) {
        const isRight = verified?.toLowerCase() === 'verified';
        if (verified !== undefined) record.verified('image', isRight, number);
        // What is not verified is the digest of neither the carrier nor of what this program wrote.
        if (verified === undefined || isRight) record.digest(algorithm, digest, number);
        continue;
      }
      if (/sector\(s\) .{0,80}could not be read/i.test(text)) isBadList = true;
      else if (isBadList && text.trim() !== '' && !record.sectorList(line)) isBadList = false;
      if (/^\s*Information for /.test(text))
        record.fact('imagePath', text.replace(/^\s*Information for /, '').replace(/:\s*$/, ''), number);
      else takeField(record, FIELDS, line);
    }
    return record.finish();
  },
};
