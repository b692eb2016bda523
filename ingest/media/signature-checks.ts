/** What a mark of few bytes needs besides, before it is believed: fields that must fit each other or the size of the file. */

/** What is looked at: the first bytes, the last bytes, and the size of it all. */
export interface Sample {
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly size: number;
}

export const byte = (s: Sample, at: number): number => s.head[at] ?? -1;
export const u16 = (s: Sample, at: number): number => (s.head.length < at + 2 ? -1 : s.head.readUInt16LE(at));
const u16be = (s: Sample, at: number): number => (s.head.length < at + 2 ? -1 : s.head.readUInt16BE(at));
const u32 = (s: Sample, at: number): number => (s.head.length < at + 4 ? -1 : s.head.readUInt32LE(at));
const u32be = (s: Sample, at: number): number => (s.head.length < at + 4 ? -1 : s.head.readUInt32BE(at));

export function isAff4(s: Sample): boolean {
  return s.head.toString('latin1', 30, 51) === 'container.description' || s.tail.includes('aff4://', 0, 'latin1');
}

/** Version word at -8, and a header offset that lies inside the file. */
export function isCdi(s: Sample): boolean {
  if (s.tail.length < 8) return false;
  const version = s.tail.readUInt32LE(s.tail.length - 8);
  const at = s.tail.readUInt32LE(s.tail.length - 4);
  return version >= 0x80000004 && version <= 0x80000006 && at > 0 && at < s.size;
}

export function isDiskCopy(s: Sample): boolean {
  const data = u32be(s, 64);
  return byte(s, 0) >= 1 && byte(s, 0) <= 63 && data >= 512 && data % 512 === 0 && 84 + data + u32be(s, 68) <= s.size;
}

/** Check sequence 0, versions 1.0 to 2.1, one side or two. */
export function isTeledisk(s: Sample): boolean {
  return byte(s, 4) >= 10 && byte(s, 4) <= 21 && [1, 2].includes(byte(s, 9));
}

export function isMsa(s: Sample): boolean {
  const sectors = u16be(s, 2);
  const sides = u16be(s, 4);
  const first = u16be(s, 6);
  const last = u16be(s, 8);
  return sectors >= 1 && sectors <= 40 && (sides === 0 || sides === 1) && first >= 0 && first <= last && last <= 90;
}

/** The file's own size at byte 28, a density at 27, the first track right after the table of 160 or 164. */
export function isD88(s: Sample): boolean {
  return (
    s.size > 688 && u32(s, 28) === s.size && [0, 0x10, 0x20, 0x30, 0x40].includes(byte(s, 27)) && [672, 688].includes(u32(s, 32))
  );
}

/** The version a KryoFlux stream names, or '' when it names none. A stream begins with an out-of-band block: 0D, a type of 1 to 4. */
export function kryoFlux(s: Sample): string | undefined {
  if (byte(s, 0) !== 0x0d || byte(s, 1) < 1 || byte(s, 1) > 4) return undefined;
  const found = /KryoFlux DiskSystem(?:, version=(\d\.\d\d))?/.exec(s.head.toString('latin1'));
  return found === null ? undefined : (found[1] ?? '');
}

export function isDosBoot(s: Sample): boolean {
  return [0xeb, 0xe9].includes(byte(s, 0)) && [512, 1024, 2048, 4096].includes(u16(s, 11));
}

export function hasUdf(s: Sample): boolean {
  for (let at = 32769; at + 5 <= s.head.length; at += 2048) {
    const mark = s.head.toString('latin1', at, at + 5);
    if (mark === 'NSR02' || mark === 'NSR03') return true;
  }
  return false;
}
