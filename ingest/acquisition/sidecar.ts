/** What an Aaru sidecar says, element by element, the same whether it is XML (CICM) or JSON (AaruMetadata). */
import type { FactName } from './imaging-log.ts';
import { type LogRecordBuilder, wholeNumber } from './log-record.ts';

/** Elements below the medium, in lower case and joined by `/`. */
const FIELDS: Readonly<Record<string, readonly [FactName, 'number'?]>> = {
  manufacturer: ['deviceVendor'],
  model: ['deviceModel'],
  serial: ['deviceSerial'],
  interface: ['deviceInterface'],
  logicalblocksize: ['sectorSize', 'number'],
  logicalblocks: ['sectorCount', 'number'],
  disktype: ['mediaType'],
  disctype: ['mediaType'],
  mediatype: ['mediaType'],
  'dumphardware/model': ['readerModel'],
  'dumphardware/serial': ['readerSerial'],
  'dumphardware/firmware': ['readerFirmware'],
  'dumphardware/software/name': ['tool'],
  'dumphardware/software/version': ['toolVersion'],
  'dumphardware/software/operatingsystem': ['operatingSystem'],
};
/** Lists of one kind of thing that one form writes as an element of its own, the other as an array. */
const WRAPPERS = /^(?:dumphardwarearray|contentchecksums\/checksum|checksums\/checksum)$/;
const MEDIUM = /^(?:blockmedias?|opticaldiscs?|audiomedias?|linearmedias?)$/;

export class SidecarReader {
  private readonly record: LogRecordBuilder;
  private readonly pending: { readonly algorithm: string; readonly digest: string; readonly line: number }[] = [];
  private image: { readonly name: string; readonly line: number } | undefined;

  constructor(record: LogRecordBuilder) {
    this.record = record;
  }

  /**
   * One element that holds text.
   * @param path names from the outside in, in lower case.
   * @param lineOf asked only for what is taken.
   * @param type of a checksum: its algorithm.
   */
  element(path: readonly string[], value: string, lineOf: () => number, type: string | undefined): void {
    const start = path.findIndex((name) => MEDIUM.test(name));
    if (start === -1) return;
    const names = path.slice(start + 1).filter((name) => !WRAPPERS.test(name));
    const key = names.join('/');
    const [name, kind] = FIELDS[key] ?? [];
    if (name !== undefined) this.record.fact(name, kind === 'number' ? wholeNumber(value) : value, lineOf());
    if (key === 'image' || key === 'image/value') this.image ??= { name: value, line: lineOf() };
    if (key === 'image/format') this.record.fact('imageFormat', value, lineOf());
    if (type === undefined) return;
    // Aaru digests the file it wrote, and what is in it.
    if (names[0] === 'contentchecksums') this.record.digest(type, value, lineOf());
    else if (names[0] === 'checksums' && this.pending.length < 16)
      this.pending.push({ algorithm: type, digest: value, line: lineOf() });
  }

  /** At the end of all: the image's name may stand after its digests. */
  end(): void {
    if (this.image === undefined) return;
    this.record.fact('imagePath', this.image.name, this.image.line);
    for (const { algorithm, digest, line } of this.pending) this.record.digest(algorithm, digest, line, this.image.name);
  }
}
