/** Blocks of the Amiga's file systems: what every header says at its beginning and, counted from its end, at its end. */
import { Fault, FaultKind, layout, raw, u16be, u32be, u8 } from '../../kernel/index.ts';
import { stampOfFields } from '../stamps.ts';
import type { Stamp } from '../filesystems.ts';

export const BlockType = { Header: 2, Data: 8, Extension: 16, Comment: 64 } as const;
/** Secondary types; negative ones as they are stored. */
export const Secondary = {
  Root: 1,
  Directory: 2,
  SoftLink: 3,
  DirectoryLink: 4,
  FileLink: 0xffff_fffc,
  File: 0xffff_fffd,
} as const;

/** First longs of a header block; the table of blocks (or of hash chains) follows them. */
const head = layout('Amiga header block', 24, {
  type: [0, u32be],
  ownKey: [4, u32be],
  /** Of files: how many of the table's pointers are used. */
  usedCount: [8, u32be],
  /** Of the root: how many hash chains there are. */
  hashSize: [12, u32be],
  firstData: [16, u32be],
  checksum: [20, u32be],
});

export const TABLE_AT = 24;
/** Bytes from the end of a block where the fields of a header begin. */
export const TAIL = 200;

/** The same fields lie 200 bytes before the end of a block of any size. */
const tail = layout('end of an Amiga header block', TAIL, {
  /** Of the root: all ones when the bitmap was written last. */
  bitmapFlag: [0, u32be],
  ownerId: [4, u16be],
  groupId: [6, u16be],
  protection: [8, u32be],
  size: [12, u32be],
  commentLength: [16, u8],
  comment: [17, raw(79)],
  /** Instead of the comment: name and comment one after the other, each with its length, where names are long. */
  nameAndComment: [16, raw(112)],
  days: [108, u32be],
  minutes: [112, u32be],
  ticks: [116, u32be],
  nameLength: [120, u8],
  name: [121, raw(30)],
  /** Where names are long: the block of a comment that had no room, and the time. */
  commentBlock: [128, u32be],
  longDays: [140, u32be],
  longMinutes: [144, u32be],
  longTicks: [148, u32be],
  /** Of hard links: the header that they stand for. */
  linkedTo: [156, u32be],
  /** Of the root. */
  createdDays: [172, u32be],
  createdMinutes: [176, u32be],
  createdTicks: [180, u32be],
  nextInChain: [184, u32be],
  parent: [188, u32be],
  extension: [192, u32be],
  secondary: [196, u32be],
});

export type Head = ReturnType<typeof head.decode>;
export type Tail = ReturnType<typeof tail.decode>;

export const headOf = (block: Buffer): Head => head.decode(block);
export const tailOf = (block: Buffer): Tail => tail.decode(block.subarray(block.length - TAIL));

/** All longs of a block make 0. */
export function isSumRight(block: Buffer): boolean {
  let sum = 0;
  for (let at = 0; at + 4 <= block.length; at += 4) sum = (sum + block.readUInt32BE(at)) | 0;
  return sum === 0;
}

const DAY = 24 * 60;
const TICKS_PER_SECOND = 50;
const DAYS_TO_1978 = 2922;
const MOST_DAYS = 2_900_000;

/** Days since 1978, minutes and fiftieths of a second: local time. Undefined where nothing is recorded. */
export function stampOfAmiga(days: number, minutes: number, ticks: number): Stamp | undefined {
  if (days === 0 && minutes === 0 && ticks === 0) return undefined;
  const resolutionSeconds = 1 / TICKS_PER_SECOND;
  const isTime = days <= MOST_DAYS && minutes < DAY && ticks < 60 * TICKS_PER_SECOND;
  if (!isTime) return { text: undefined, resolutionSeconds, doubt: `day ${days}, minute ${minutes}, tick ${ticks} since 1978` };
  const date = new Date((days + DAYS_TO_1978) * 86_400_000);
  return stampOfFields(
    {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: Math.floor(minutes / 60),
      minute: minutes % 60,
      second: Math.floor(ticks / TICKS_PER_SECOND),
      nanosecond: (ticks % TICKS_PER_SECOND) * 20_000_000,
    },
    resolutionSeconds,
  );
}

export function wrongSum(block: number): Fault {
  const message = `the checksum of block ${block}, which describes this, is wrong: the block was damaged after it was written`;
  return new Fault(FaultKind.Corrupt, 'amiga/checksum', message, { block });
}
