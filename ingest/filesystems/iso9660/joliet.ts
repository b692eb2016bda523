/** Joliet: a second tree whose names are UCS-2, told by escape sequences. */

/** Joliet Specification 1.0, "SVD Escape Sequences": `%/@`, `%/C`, `%/E` are UCS-2 levels 1 to 3. */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['%/@', 1],
  ['%/C', 2],
  ['%/E', 3],
]);

/** Undefined for a descriptor that is not Joliet's. @param escapes 32 bytes. */
export function jolietLevelOf(escapes: Buffer): number | undefined {
  return LEVELS.get(escapes.toString('latin1', 0, 3));
}
