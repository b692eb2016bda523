/** What an AFF3 image says of itself, in our names. */
import { escaped } from '../../kernel/index.ts';
import type { MediaFacts, StoredDigests } from '../media.ts';
import type { Value } from './segments.ts';

/** Segment names from afflib.h ("tecnician" is spelled so there). */
const TEXTS: Readonly<Record<string, string>> = {
  case_num: 'caseNumber',
  acquisition_tecnician: 'examiner',
  acquisition_technician: 'examiner',
  acquisition_notes: 'notes',
  acquisition_device: 'device',
  acquisition_commandline: 'commandLine',
  acquisition_iso_country: 'country',
  acquisition_seconds: 'acquisitionSeconds',
  device_manufacturer: 'manufacturer',
  device_model: 'model',
  device_sn: 'serialNumber',
  device_firmware: 'firmware',
  device_source: 'deviceSource',
  afflib_version: 'toolVersion',
  creator: 'tool',
  aff_file_type: 'subformat',
};

const NUMBERS: Readonly<Record<string, string>> = {
  cylinders: 'cylinders',
  heads: 'heads',
  sectors_per_track: 'sectorsPerTrack',
  hpa_present: 'hpaPresent',
  dco_present: 'dcoPresent',
};

const LONGEST_TEXT = 4096;

export function factsOf(values: ReadonlyMap<string, Value>): MediaFacts {
  const facts: Record<string, string | number> = {};
  for (const [name, { argument, bytes }] of values) {
    const plain = name.replace(/^_/, '');
    const text = TEXTS[plain];
    const number = NUMBERS[plain];
    if (text !== undefined) {
      const words = escaped(bytes.subarray(0, LONGEST_TEXT))
        .replace(/(?:\\x00|\\x0a|\\x0d)+$/, '')
        .trim();
      // AFFLIB writes its own version in quotation marks.
      if (words !== '') facts[text] ??= words.replace(/^"(.*)"$/, '$1');
    } else if (number !== undefined) facts[number] = argument;
    else if (plain === 'image_gid' && bytes.length === 16) facts['imageId'] = bytes.toString('hex');
    else if (plain === 'acquisition_date') Object.assign(facts, dateOf(bytes));
  }
  return facts;
}

/** `2026-11-23 03:39:45`, in an unsaid zone. */
function dateOf(bytes: Buffer): { acquiredAt?: string } {
  const found = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(bytes.toString('latin1', 0, 32));
  return found === null ? {} : { acquiredAt: `${found[1]}T${found[2]}` };
}

export function digestsOf(values: ReadonlyMap<string, Value>): StoredDigests {
  const digest = (name: string, length: number): string | undefined => {
    const bytes = values.get(name)?.bytes;
    return bytes?.length === length ? bytes.toString('hex') : undefined;
  };
  const [md5, sha1, sha256] = [digest('md5', 16), digest('sha1', 20), digest('sha256', 32)];
  return {
    ...(md5 === undefined ? {} : { md5 }),
    ...(sha1 === undefined ? {} : { sha1 }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}
