/** The table of capitals of exFAT, by which names are hashed. */

/** Entries of the table; and the most bytes it may take. */
const CODE_COUNT = 65_536;
export const MOST_TABLE = CODE_COUNT * 2;
/** Followed by how many characters stay as they are. */
const SAME = 0xffff;

/** Specification, section 7.2.5. @param bytes as stored. */
export function capitalsOf(bytes: Buffer): Uint16Array {
  const capitals = Uint16Array.from({ length: CODE_COUNT }, (_, code) => code);
  let code = 0;
  for (let at = 0; at + 2 <= bytes.length && code < CODE_COUNT; at += 2) {
    const value = bytes.readUInt16LE(at);
    if (value === SAME && at + 4 <= bytes.length) {
      at += 2;
      code += bytes.readUInt16LE(at);
    } else capitals[code++] = value;
  }
  return capitals;
}

export function tableChecksum(bytes: Buffer): number {
  let sum = 0;
  for (const byte of bytes) sum = (((sum << 31) | (sum >>> 1)) + byte) >>> 0;
  return sum;
}

/** Specification, section 7.6.4. @param name in UTF-16, little-endian. */
export function nameHash(name: Buffer, capitals: Uint16Array): number {
  let hash = 0;
  for (let at = 0; at + 2 <= name.length; at += 2) {
    const code = capitals[name.readUInt16LE(at)] ?? 0;
    hash = (((hash & 1) << 15) + (hash >> 1) + (code & 0xff)) & 0xffff;
    hash = (((hash & 1) << 15) + (hash >> 1) + (code >> 8)) & 0xffff;
  }
  return hash;
}
