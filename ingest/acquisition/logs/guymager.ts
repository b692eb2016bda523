/**
 * Guymager's acquisition info file. Its labels are translated where Guymager runs in another language, so what counts is the
 * order of the sections (each title underlined with `=`), the order of the rows, and the shapes of digests and times.
 */
import type { ImagingLog, LogLine } from '../imaging-log.ts';
import { LogRecordBuilder, bytesIn, takeField, type FieldTable, wholeNumber } from '../log-record.ts';

/** Sections in order: the whole, the program, the device, the acquisition, the files. */
const PROGRAM = 1;
const DEVICE = 2;
const ACQUISITION = 3;
const FILES = 4;

/** What hdparm, smartctl and lsblk say; their output is not translated. */
const DEVICE_FIELDS: FieldTable = {
  'device model': ['deviceModel'],
  'model number': ['deviceModel'],
  product: ['deviceModel'],
  vendor: ['deviceVendor'],
  'serial number': ['deviceSerial'],
  'logical block size': ['sectorSize', 'bytes'],
  'sector size': ['sectorSize', 'bytes'],
  'sector sizes': ['sectorSize', 'bytes'],
};
const META = ['caseNumber', 'evidenceNumber', 'examiner', 'description', 'notes'] as const;
const TIME = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}/;
const DIGEST = /^[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{32})?$/;

export const log: ImagingLog = {
  id: 'guymager',
  title: 'Guymager acquisition info file',
  sources: ['Guymager 0.8.13 table.cpp, InfoAcquisition…', 'PRONOM fmt/1202'],

  matches: (head) =>
    /^\s*GUYMAGER ACQUISITION INFO FILE\s*$/m.test(head.slice(0, 4096)) ||
    /^[^\n]{3,200}\n={3,}\s*\n\s*Guymager\s*\n=+\s*$/m.test(head.slice(0, 4096)),

  async parse(lines) {
    const reader = new InfoReader();
    let before: LogLine | undefined;
    for await (const line of lines) {
      if (/^={3,}\s*$/.test(line.text)) reader.section++;
      else if (before !== undefined) reader.take(before);
      before = /^={3,}\s*$/.test(line.text) ? undefined : line;
    }
    if (before !== undefined) reader.take(before);
    return reader.finish();
  },
};

class InfoReader {
  /** −1 before the first title. */
  section = -1;
  private readonly record = new LogRecordBuilder();
  private rowsOfProgram = 0;
  private rowsOfAcquisition = 0;
  private metaRows = 0;
  /** Of the acquisition, then of the verification: only the first are kept. */
  private badLists = 0;
  private readonly digests = new Map<string, string[]>();
  private readonly times: { readonly text: string; readonly line: number }[] = [];
  private lastRow: { readonly value: string; readonly line: number } | undefined;

  take(line: LogLine): void {
    if (this.section === PROGRAM) this.program(line);
    else if (this.section === DEVICE) this.device(line);
    else if (this.section === ACQUISITION) this.acquisition(line);
    else if (this.section >= FILES) this.file(line);
  }

  finish(): ReturnType<LogRecordBuilder['finish']> {
    const [started, ...others] = this.times;
    const ended = others.at(-1);
    if (started !== undefined) this.record.time('startedAt', started.text, started.line);
    if (ended !== undefined) this.record.time('endedAt', ended.text, ended.line);
    // Acquisition, verification, end: the end is that of the verification.
    if (ended !== undefined && others.length > 1) this.record.time('verifiedAt', ended.text, ended.line);
    return this.record.finish();
  }

  private program({ number, text }: LogLine): void {
    const row = rowOf(text);
    if (row === undefined) return;
    const { label, value } = row;
    const place = this.rowsOfProgram++;
    if (place === 0) {
      this.record.fact('tool', 'Guymager', number);
      this.record.fact('toolVersion', value, number);
    } else if (label === 'Host name' || place === 5) this.record.fact('hostName', value, number);
    else if (label === 'System' || place === 7) this.record.fact('operatingSystem', value, number);
  }

  private device(line: LogLine): void {
    const hidden = /^Hidden areas: (.*)$/.exec(line.text);
    if (hidden !== null) this.record.fact('hiddenAreas', hidden[1], line.number);
    else if (/^\s/.test(line.text)) takeField(this.record, DEVICE_FIELDS, line);
  }

  private acquisition(line: LogLine): void {
    const { number, text } = line;
    if (/:\s*$/.test(text) && /\d/.test(text) && this.digests.size === 0) this.badList(line);
    else if (this.badLists === 1 && this.record.sectorList(line)) return;
    const row = rowOf(text);
    if (row === undefined) return this.verdict(line);
    const { value } = row;
    if (/^-+$/.test(value)) this.noDigest();
    else if (DIGEST.test(value)) this.digest(value, number);
    else if (TIME.test(value)) this.times.push({ text: value, line: number });
    else if (this.digests.size === 0 && this.times.length === 0) this.setting(row, line);
    else this.verdict(line);
    this.lastRow = { value, line: number };
  }

  /** Device, its size, the format; then, indented, what the examiner typed; then paths and choices; then how it ended. */
  private setting({ label, value }: Row, { number, text }: LogLine): void {
    if (/^\s/.test(text)) {
      const name = META[this.metaRows++];
      if (name !== undefined) this.record.fact(name, value, number);
      return;
    }
    const place = this.rowsOfAcquisition++;
    if (place === 0) this.record.fact('devicePath', value, number);
    else if (place === 1) this.record.fact('deviceSize', bytesIn(value), number);
    else if (place === 2) this.record.fact('imageFormat', value, number);
    else if (label === 'Image path and file name' || place === 3) this.record.fact('imagePath', value, number);
    else if (label === 'State') this.record.fact('status', value, number);
  }

  private badList({ number, text }: LogLine): void {
    this.badLists++;
    const count = wholeNumber(/\d+/.exec(text)?.[0] ?? '');
    if (this.badLists === 1) this.record.fact('badSectorCount', count, number);
  }

  /** Three of each kind: what was read, the carrier read again, the image read again. */
  private digest(value: string, line: number): void {
    const kind = value.length === 32 ? 'md5' : value.length === 40 ? 'sha1' : 'sha256';
    const before = this.digests.get(kind);
    if (before === undefined) {
      this.record.digest(kind, value, line);
      if (this.lastRow !== undefined && this.digests.size === 0)
        this.record.fact('status', this.lastRow.value, this.lastRow.line);
      this.digests.set(kind, [value]);
      return;
    }
    before.push(value);
    this.record.verified(before.length > 2 ? 'image' : 'source', value === before[0], line);
  }

  /** `--`: not read again. The row keeps its place. */
  private noDigest(): void {
    [...this.digests.values()].at(-1)?.push('');
  }

  private verdict({ number, text }: LogLine): void {
    const [, what, verdict] = /^(Source|Image) verification (OK|FAILED)/i.exec(text) ?? [];
    if (what !== undefined)
      this.record.verified(what.toLowerCase() === 'image' ? 'image' : 'source', verdict?.toUpperCase() === 'OK', number);
  }

  private file({ number, text }: LogLine): void {
    const [, digest, name] = /^([0-9a-f]{32})\s+(\S.*)$/.exec(text.trimEnd()) ?? [];
    if (digest !== undefined && name !== undefined) this.record.digest('md5', digest, number, name);
  }
}

interface Row {
  readonly label: string;
  readonly value: string;
}

function rowOf(text: string): Row | undefined {
  const colon = text.indexOf(':');
  if (colon < 1 || colon > 200) return undefined;
  const value = text.slice(colon + 1).trim();
  return value === '' ? undefined : { label: text.slice(0, colon).trim(), value };
}
