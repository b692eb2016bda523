/** What readers of logs build their answer with: facts once each, digests, runs of bad sectors; all of it bounded and fit to print. */
import { posix, win32 } from 'node:path';
import { escaped } from '../kernel/index.ts';
import type { ListAlgorithm } from './checksum-list.ts';
import type { BadRange, FactName, LogDigest, LogFact, LogLine, LogRecord, LogVerification } from './imaging-log.ts';

const MOST_RANGES = 20_000;
const MOST_DIGESTS = 10_000;
const MOST_CHARACTERS = 4096;
const DIGEST_LENGTHS: Readonly<Record<ListAlgorithm, number>> = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

export class LogRecordBuilder {
  private readonly facts = new Map<FactName, LogFact>();
  private readonly digests = new Map<string, LogDigest>();
  private readonly verifications = new Map<string, LogVerification>();
  private readonly sectors: { first: number; count: number }[] = [];
  private lineOfSectors = 1;
  private readonly ranges: BadRange[] = [];
  private isTruncated = false;

  /** The first value of a name stays. Text that says nothing (`n/a`, `--`, nothing) is no fact. */
  fact(name: FactName, value: string | number | boolean | undefined, line: number): void {
    if (!this.facts.has(name)) this.last(name, value, line);
  }

  /** The last value of a name stays. */
  last(name: FactName, value: string | number | boolean | undefined, line: number): void {
    if (value === undefined) return;
    if (typeof value !== 'string') {
      this.facts.set(name, { name, value, line });
      return;
    }
    const text = escaped(value.slice(0, MOST_CHARACTERS).trim().replace(/\s+/g, ' '));
    if (text !== '' && !/^(?:n\/a|-+|\(none\)|<none>|unknown|-- not available --)$/i.test(text))
      this.facts.set(name, { name, value: text, line });
  }

  /** A time; kept as it is written where it can be read in two ways. */
  time(name: FactName, written: string, line: number, how: 'first' | 'last' = 'first'): void {
    const value = isoTime(written) ?? written;
    if (how === 'first') this.fact(name, value, line);
    else this.last(name, value, line);
  }

  value(name: FactName): string | number | boolean | undefined {
    return this.facts.get(name)?.value;
  }

  /** Text that is no digest of the algorithm is passed over. @param file that it is of, as written: only its last part counts. */
  digest(algorithm: string, digest: string, line: number, file?: string): void {
    const spelled = algorithm.toLowerCase().replace(/-/g, '') as ListAlgorithm;
    if (DIGEST_LENGTHS[spelled] !== digest.length || !/^[0-9a-f]+$/i.test(digest)) return;
    const target = file === undefined ? 'medium' : { file: posix.basename(win32.basename(file)) };
    const key = `${spelled} ${digest.toLowerCase()} ${file === undefined ? '' : `of ${file}`}`;
    if (this.digests.has(key)) return;
    if (this.digests.size >= MOST_DIGESTS) this.isTruncated = true;
    else this.digests.set(key, { algorithm: spelled, digest: digest.toLowerCase(), of: target, line });
  }

  /** One answer each for image and source; that something disagrees outweighs all else. */
  verified(what: LogVerification['what'], isVerified: boolean, line: number): void {
    if (this.verifications.get(what)?.isVerified !== false) this.verifications.set(what, { what, isVerified, line });
  }

  badSectors(first: number, last: number, line: number): void {
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last < first) return;
    if (this.sectors.length >= MOST_RANGES) this.isTruncated = true;
    else if (this.sectors.push({ first, count: last - first + 1 }) === 1) this.lineOfSectors = line;
  }

  badRange(offset: number, length: number): void {
    if (!Number.isSafeInteger(offset + length) || offset < 0 || length <= 0) return;
    if (this.ranges.length >= MOST_RANGES) this.isTruncated = true;
    else this.ranges.push({ offset, length });
  }

  /** `300-11556, 12002; 4096 through 4103`: sectors, as FTK Imager and Guymager list them. False for a line that is none such. */
  sectorList({ number, text }: LogLine): boolean {
    const list = text.replaceAll(' through ', '-');
    if (!/^[\s\d,;-]+$/.test(list) || !/\d/.test(list)) return false;
    for (const [, first = '', last = first] of list.matchAll(/(\d{1,16})(?: ?- ?(\d{1,16}))?/g))
      this.badSectors(Number(first), Number(last), number);
    return true;
  }

  /** Sectors become bytes where the log tells how large a sector is. */
  finish(): LogRecord {
    const size = this.facts.get('sectorSize')?.value;
    const known = typeof size === 'number' && size > 0 && size <= 1 << 20 ? size : undefined;
    if (known !== undefined) for (const { first, count } of this.sectors) this.badRange(first * known, count * known);
    if (this.sectors.length > 0) {
      const count = this.sectors.reduce((sum, run) => sum + run.count, 0);
      if (!this.facts.has('badSectorCount') && Number.isSafeInteger(count))
        this.fact('badSectorCount', count, this.lineOfSectors);
    }
    return {
      facts: [...this.facts.values()],
      digests: [...this.digests.values()],
      verifications: [...this.verifications.values()],
      badRanges: merged(this.ranges),
      badSectors: known === undefined ? this.sectors : [],
      isTruncated: this.isTruncated,
    };
  }
}

/** A fact of a `label: value` table: which fact, and what its value is: text as it stands, a number, a time. */
export type FieldTable = Readonly<Record<string, readonly [FactName, ('text' | 'number' | 'bytes' | 'time')?]>>;

/** Takes a line `label: value` whose label (in lower case) the table has. @returns whether it was taken. */
export function takeField(record: LogRecordBuilder, table: FieldTable, { number, text }: LogLine): boolean {
  const colon = text.indexOf(':');
  if (colon < 1 || colon > 200) return false;
  const label = text.slice(0, colon).trim().toLowerCase();
  const value = text.slice(colon + 1).trim();
  const row = Object.hasOwn(table, label) ? table[label] : undefined;
  if (row === undefined) return false;
  const [name, kind = 'text'] = row;
  if (kind === 'time') record.time(name, value, number);
  else if (kind === 'number') record.fact(name, wholeNumber(value), number);
  else if (kind === 'bytes') record.fact(name, bytesIn(value), number);
  else record.fact(name, value, number);
  return true;
}

/** `1,972,224`, `1 972 224`, `1.972.224`, `512`; undefined for what is no number up to 2^53 − 1. */
export function wholeNumber(text: string): number | undefined {
  const plain = text.trim().replace(/(?<=\d)[ ,.'\u00a0\u202f](?=\d{3}(?!\d))/g, '');
  const value = /^\d+$/.test(plain) ? Number(plain) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

/** The exact bytes of `1.0 MiB (1048576 bytes)`, `54083584 (54.1MB)`, `512 bytes`. */
export function bytesIn(text: string): number | undefined {
  const said =
    /\(([\d ,.']+) bytes\)/.exec(text)?.[1] ??
    /^([\d ,.']+?) bytes\b/.exec(text)?.[1] ??
    /^(\d+)(?= *\(|$)/.exec(text.trim())?.[1];
  return said === undefined ? undefined : wholeNumber(said);
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const CLOCK = String.raw`(\d{1,2}):(\d{2}):(\d{2})`;
const ISO = new RegExp(
  String.raw`^(\d{4})[-/](\d{2})[-/](\d{2})[T ]+${CLOCK}(?:\.\d+)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?(?![\d:])`,
);
/** `Tue Aug 25 13:01:45 2015`, as ctime(3) writes it. */
const CTIME = new RegExp(String.raw`^(?:[A-Za-z]{3},? )?([A-Za-z]{3}) +(\d{1,2}) ${CLOCK} (?:(Z|UTC|GMT) )?(\d{4})`);
/** `Nov 23, 2026 04:22:47`, as the ewf tools write it. */
const COMMA = new RegExp(String.raw`^([A-Za-z]{3}) (\d{1,2}), (\d{4}) ${CLOCK}\s*(Z|UTC|GMT)?`);

/** ISO 8601 with the zone that is written, or with none. Undefined for what could be read in two ways. */
export function isoTime(written: string): string | undefined {
  const text = written.trim();
  const iso = ISO.exec(text);
  if (iso !== null) return spelled(iso[1], Number(iso[2]), iso[3], iso.slice(4, 7), iso[7]);
  const ctime = CTIME.exec(text);
  if (ctime !== null) return spelled(ctime[7], monthOf(ctime[1]), ctime[2], ctime.slice(3, 6), ctime[6]);
  const comma = COMMA.exec(text);
  if (comma !== null) return spelled(comma[3], monthOf(comma[1]), comma[2], comma.slice(4, 7), comma[7]);
  return undefined;
}

function spelled(year = '', month: number, day = '', clock: readonly string[], zone = ''): string | undefined {
  const two = (part: string | number): string => String(part).padStart(2, '0');
  const time = `${year}-${two(month)}-${two(day)}T${clock.map(two).join(':')}`;
  const at = new Date(`${time}Z`);
  // The 31st of a month of 30 days is moved on, not refused, by Date.
  if (year < '1900' || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 19) !== time) return undefined;
  if (/^(?:Z|UTC|GMT)$/.test(zone) || /^[+-]00:?00$/.test(zone)) return `${time}Z`;
  return `${time}${zone.replace(/^(...)(\d\d)$/, '$1:$2')}`;
}

function monthOf(name = ''): number {
  return MONTHS.indexOf(name.toLowerCase()) + 1;
}

function merged(ranges: readonly BadRange[]): BadRange[] {
  const found: { offset: number; length: number }[] = [];
  for (const { offset, length } of ranges.toSorted((a, b) => a.offset - b.offset)) {
    const last = found.at(-1);
    if (last === undefined || last.offset + last.length < offset) found.push({ offset, length });
    else last.length = Math.max(last.length, offset + length - last.offset);
  }
  return found;
}
