/**
 * Every setting, with unit and default, read once. `auditIntervalDays` is STRONGROOM_AUDIT_INTERVAL_DAYS in the
 * environment; the command line overrides both. Sizes may be written "64 MiB".
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { Fault, FaultKind } from '#ingest/kernel';
import { clamdAddress } from '#ingest/scanning';

const MIB = 2 ** 20;
const TIB = 2 ** 40;

/** How to read a setting, what holds when nothing is written, what it is (in words, for messages and help). */
function whole(min: number, max: number, otherwise: number, words: string) {
  const schema = z.preprocess(numberOf, z.number().int().min(min).max(max));
  return schema.default(otherwise).describe(`${words}: a whole number from ${min} to ${max}`);
}

function size(otherwise: number, words: string) {
  const schema = z.preprocess(bytesOf, z.number().int().min(0));
  return schema.default(otherwise).describe(`${words}: bytes, such as 67108864 or "64 MiB"`);
}

function text(otherwise: string, words: string) {
  return z.string().min(1).default(otherwise).describe(words);
}

const Schema = z.object({
  home: text('./strongroom-home', 'the folder of the archive: a path'),
  host: text('127.0.0.1', 'the address to listen on: a host name or an IP address'),
  port: whole(0, 65_535, 8400, 'the port to listen on (0: any free one)'),
  auditIntervalDays: whole(1, 3650, 90, 'every copy is checked at least once in so many days'),
  auditBytesPerSecond: size(64 * MIB, 'the most that the background audit reads in a second (0: as fast as it can)'),
  surveySecondsAtIngest: whole(
    0,
    86_400,
    60,
    'so long an ingest waits for the digests of all files inside the disk, in seconds; after that they are only listed (0: not even that)',
  ),
  surveyBytesPerSecond: size(
    64 * MIB,
    'the most that a survey in the background, after an ingest that could not wait for it, reads of the files inside a disk in a second (0: as fast as it can)',
  ),
  uploadMaxBytes: size(16 * TIB, 'the largest single file that may be uploaded'),
  uploadDays: whole(1, 3650, 7, 'an upload that nobody goes on with or deposits is removed after so many days'),
  exportKeepHours: whole(1, 24 * 365, 72, 'a finished export is kept for so many hours'),
  logLevel: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('how much is logged: error, warn, info or debug'),
  pronom: z
    .string()
    .default('')
    .describe('the folder of PRONOM signature files (DROID_SignatureFile*.xml, container-signature*.xml): a path, or nothing'),
  clamd: z
    .string()
    .refine((text) => text === '' || clamdAddress(text) !== undefined)
    .default('')
    .describe(
      'where a clamd of ClamAV listens that scans the files for viruses: unix:/run/clamav/clamd.ctl, tcp:127.0.0.1:3310, or nothing (no virus scan)',
    ),
  clamdMaxBytes: size(100 * MIB, 'the largest file that is given to clamd: no more than its StreamMaxLength and MaxFileSize'),
  workers: whole(1, 64, 2, 'how many jobs run at the same time'),
});

export type Settings = Readonly<z.infer<typeof Schema>>;

/** For Nest: `@Inject(SETTINGS) settings: Settings`. */
export const SETTINGS = Symbol('settings');

/**
 * @param environment as `process.env` is; empty values count as not set.
 * @param overrides from the command line, by the names of `Settings`; `undefined` counts as not set.
 * @throws Fault 'config/wrong-setting' that lists every wrong setting.
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  overrides: Readonly<Partial<Record<keyof Settings, unknown>>> = {},
): Settings {
  const given: Record<string, unknown> = {};
  for (const key of Object.keys(Schema.shape) as (keyof Settings)[]) {
    const value = overrides[key] ?? environment[environmentName(key)];
    if (value !== undefined && value !== '') given[key] = value;
  }
  const read = Schema.safeParse(given);
  if (read.success) return Object.freeze({ ...read.data, home: resolve(read.data.home) });
  const wrong = [...new Set(read.error.issues.map((issue) => String(issue.path[0])))].map((key) => {
    const name = overrides[key as keyof Settings] === undefined ? environmentName(key) : `--${kebab(key)}`;
    return `${name} is "${String(given[key])}"; it is ${Schema.shape[key as keyof Settings].description}`;
  });
  throw new Fault(FaultKind.Refused, 'config/wrong-setting', wrong.join('; '), { wrong });
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `auditIntervalDays` → `STRONGROOM_AUDIT_INTERVAL_DAYS`. */
function environmentName(key: string): string {
  return `STRONGROOM_${kebab(key).replaceAll('-', '_').toUpperCase()}`;
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
}

function bytesOf(value: unknown): unknown {
  const match = typeof value === 'string' ? /^\s*([\d.]+)\s*([KMGT])iB\s*$/i.exec(value) : null;
  if (match === null) return numberOf(value);
  return Math.round(Number(match[1]) * 1024 ** ('KMGT'.indexOf(String(match[2]).toUpperCase()) + 1));
}
