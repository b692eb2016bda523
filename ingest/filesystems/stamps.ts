/** Times as file systems record them, as text: FAT's halves, seconds and ticks since some year. What is no date is told as it stands. */
import type { Stamp, Stamps } from './filesystems.ts';

const two = (n: number): string => (n < 10 ? `0${n}` : String(n));

/** Fields of a date as they stand, in the local time of a place nobody noted, or with a zone. */
export interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  /** Fraction of a second in nanoseconds. */
  readonly nanosecond?: number;
}

/** @param zone '' for unknown, `Z`, or `+01:00`. */
export function stampOfFields(fields: Fields, resolutionSeconds: number, zone = ''): Stamp {
  const { year, month, day, hour = 0, minute = 0, second = 0, nanosecond = 0 } = fields;
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  const fraction = nanosecond === 0 ? '' : `.${String(nanosecond).padStart(9, '0').replace(/0+$/, '')}`;
  const text = `${date}T${two(hour)}:${two(minute)}:${two(second)}${fraction}${zone}`;
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month) && year >= 1 && year <= 9999;
  if (isDate && hour < 24 && minute < 60 && second < 60) return { text, resolutionSeconds };
  return { text: undefined, resolutionSeconds, doubt: text };
}

function daysOf(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Seconds since 1970, of any size. @param zone `Z`, or '' for the local time of an unknown place. */
export function stampOfSeconds(seconds: number, resolutionSeconds: number, zone: 'Z' | '' = 'Z', nanosecond = 0): Stamp {
  // ISO years beyond four digits are no RFC 3339.
  if (!(seconds >= -62_135_596_800 && seconds < 253_402_300_800))
    return { text: undefined, resolutionSeconds, doubt: `${seconds} seconds since 1970` };
  const text = textOf(Math.floor(seconds));
  return { text: nanosecond === 0 ? text + zone : `${text}.${digitsOf(nanosecond)}${zone}`, resolutionSeconds };
}

/** Nine digits, without zeros at the end. */
function digitsOf(nanosecond: number): string {
  const digits = String(1_000_000_000 + nanosecond).slice(1);
  return nanosecond % 10 === 0 ? digits.replace(/0+$/, '') : digits;
}

/** Thousands of files were written in one second, and most times of a file are of one. */
const SECONDS: { second: number; text: string }[] = [];

function textOf(whole: number): string {
  const known = SECONDS[whole & 1023];
  if (known?.second === whole) return known.text;
  const day = Math.floor(whole / 86_400);
  const second = whole - day * 86_400;
  const time = `${HEXAGESIMAL[Math.floor(second / 3600)]}:${HEXAGESIMAL[Math.floor(second / 60) % 60]}:${HEXAGESIMAL[second % 60]}`;
  const text = `${dateOf(day)}T${time}`;
  SECONDS[whole & 1023] = { second: whole, text };
  return text;
}

const HEXAGESIMAL: readonly string[] = Array.from({ length: 60 }, (_, n) => two(n));
/** Listings have millions of times and few days: those asked for last, each at its place. */
const DAYS: { day: number; text: string }[] = [];

/** @param day since 1970. */
function dateOf(day: number): string {
  const known = DAYS[day & 1023];
  if (known?.day === day) return known.text;
  const text = new Date(day * 86_400_000).toISOString().slice(0, 10);
  DAYS[day & 1023] = { day, text };
  return text;
}

/** Date and time of FAT and exFAT: two 16-bit halves. Undefined where nothing is recorded. @param hundredths 10 ms units, 0 to 199. */
export function stampOfDos(date: number, time: number, resolutionSeconds: number, hundredths = 0, zone = ''): Stamp | undefined {
  if (date === 0 && time === 0) return undefined;
  const fields = {
    year: 1980 + (date >> 9),
    month: (date >> 5) & 15,
    day: date & 31,
    hour: time >> 11,
    minute: (time >> 5) & 63,
    second: (time & 31) * 2 + Math.floor(hundredths / 100),
    nanosecond: (hundredths % 100) * 10_000_000,
  };
  return stampOfFields(fields, resolutionSeconds, zone);
}

/** 100 ns since 1601 (NTFS). Undefined for 0. */
export function stampOfFiletime(low: number, high: number): Stamp | undefined {
  if (low === 0 && high === 0) return undefined;
  // 2^32 ticks are 429 seconds and 4,967,296 ticks; so counted, all numbers stay exact.
  const ticks = (high % TICKS) * 4_967_296 + low;
  const seconds = high * 429 + Math.floor(high / TICKS) * 4_967_296 + Math.floor(ticks / TICKS);
  return stampOfSeconds(seconds - 11_644_473_600, 1e-7, 'Z', (ticks % TICKS) * 100);
}

const TICKS = 10_000_000;

/** Of the last times: a file has the same one twice or more, and thousands were copied in one second. */
const macStamps = { Z: new Map<number, Stamp>(), '': new Map<number, Stamp>() };

/** Seconds since 1904 (Macintosh). Undefined for 0. HFS counts local time, HFS+ UTC. */
export function stampOfMac(seconds: number, zone: 'Z' | ''): Stamp | undefined {
  if (seconds === 0) return undefined;
  const stamps = macStamps[zone];
  const known = stamps.get(seconds);
  if (known !== undefined) return known;
  if (stamps.size >= 8192) stamps.clear();
  const stamp = stampOfSeconds(seconds - 2_082_844_800, 1, zone);
  stamps.set(seconds, stamp);
  return stamp;
}

/** Several of them; those that are 0 are left out. */
export function stampsOfMac(times: Readonly<Partial<Record<keyof Stamps, number>>>, zone: 'Z' | ''): Stamps {
  const stamps: Record<string, Stamp> = {};
  for (const [name, seconds] of Object.entries(times)) {
    const stamp = stampOfMac(seconds, zone);
    if (stamp !== undefined) stamps[name] = stamp;
  }
  return stamps;
}
