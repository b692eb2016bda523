/**
 * AppleDouble header files, version 2: what of a Macintosh file is not its data, as `._name` beside it.
 *
 * Source: RFC 1740 appendix A and B; Apple, "AppleSingle/AppleDouble Formats for Foreign Files" (1990). Big-endian: a header, entry
 * descriptors, then the entries. The resource fork comes last, so that its bytes can follow as they are read.
 */
import iconv from 'iconv-lite';
import { ascii, structure, u16be, u32be } from '../bytes.ts';

const MAGIC = 0x00051607;
const VERSION = 0x00020000;
/** Header; one descriptor. */
const [HEADER, DESCRIPTOR] = [26, 12];
/** Entry ids, and the length of Finder info: 16 bytes of FInfo, 16 of FXInfo. */
const [RESOURCE_FORK, FILE_DATES, FINDER_INFO] = [2, 8, 9];
const [DATES_LENGTH, FINDER_LENGTH] = [16, 32];
/** No date, as the format has it. */
const UNKNOWN = 0x80000000;
const FINDER_FLAGS: Readonly<Record<string, number>> = {
  alias: 0x8000,
  invisible: 0x4000,
  bundle: 0x2000,
  'name-locked': 0x1000,
  stationery: 0x0800,
  'custom-icon': 0x0400,
};

export interface MacFile {
  /** Four letters each; undefined where they are unknown. */
  readonly type: string | undefined;
  readonly creator: string | undefined;
  /** Words of the file system: `invisible`, `bundle` … */
  readonly attributes: readonly string[];
  readonly modified: Date | undefined;
  /** Of the resource fork, in bytes. At most 4 GiB − 1. */
  readonly resourceSize: number;
}

/** All that stands before the resource fork. */
export function appleDoubleHeader({ type, creator, attributes, modified, resourceSize }: MacFile): Buffer {
  const first = HEADER + 3 * DESCRIPTOR;
  const flags = attributes.reduce((sum, word) => sum | (FINDER_FLAGS[word] ?? 0), 0);
  const entry = (id: number, offset: number, length: number): Buffer => Buffer.concat([u32be(id), u32be(offset), u32be(length)]);
  const fork = first + DATES_LENGTH + FINDER_LENGTH;
  return structure(fork, [
    [0, u32be(MAGIC)],
    [4, u32be(VERSION)],
    [8, ascii('Mac OS X        ')],
    [24, u16be(3)],
    [HEADER, entry(FILE_DATES, first, DATES_LENGTH)],
    [HEADER + DESCRIPTOR, entry(FINDER_INFO, first + DATES_LENGTH, FINDER_LENGTH)],
    [HEADER + 2 * DESCRIPTOR, entry(RESOURCE_FORK, fork, resourceSize)],
    [first, u32be(UNKNOWN)],
    [first + 4, u32be(secondsOf(modified))],
    [first + 8, u32be(UNKNOWN)],
    [first + 12, u32be(UNKNOWN)],
    [first + DATES_LENGTH, codeOf(type)],
    [first + DATES_LENGTH + 4, codeOf(creator)],
    [first + DATES_LENGTH + 8, u16be(flags)],
  ]);
}

/** Signed, since the beginning of 2000 in UTC. */
function secondsOf(date: Date | undefined): number {
  if (date === undefined) return UNKNOWN;
  const seconds = Math.floor((date.getTime() - Date.UTC(2000, 0, 1)) / 1000);
  return Math.abs(seconds) < UNKNOWN ? seconds >>> 0 : UNKNOWN;
}

function codeOf(code: string | undefined): Buffer {
  const bytes = code === undefined ? Buffer.alloc(4) : iconv.encode(code, 'macintosh');
  return bytes.length === 4 ? bytes : Buffer.alloc(4);
}
