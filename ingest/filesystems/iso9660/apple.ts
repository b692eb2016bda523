/** Apple's extensions to ISO 9660: type and creator of the Macintosh, or the file type of ProDOS, in the system use area. */
import { decodedCode } from '../names.ts';
import { type SuspField, signOf, xaOf } from './susp.ts';

const AA = signOf('AA');
const BA = signOf('BA');
/** Apple, Technical Note FL 36: "Apple Extensions to ISO 9660". */
const Use = { Prodos: 1, Macintosh: 2, LastOldMacintosh: 6 } as const;

/** @param suspSkip undefined where the area is not shared: then Apple's field stands first in it. */
export function appleFacts(
  systemUse: Buffer,
  suspSkip: number | undefined,
  fields: readonly SuspField[],
): Record<string, string | number> | undefined {
  if (suspSkip !== undefined) {
    const field = fields.find(({ sign }) => sign === AA || sign === BA);
    return field && factsOf(field.bytes);
  }
  const area = xaOf(systemUse) === undefined ? systemUse : systemUse.subarray(14);
  if (area.length < 7) return undefined;
  const sign = area.readUInt16BE(0);
  return sign === AA || sign === BA ? factsOf(area) : undefined;
}

function factsOf(field: Buffer): Record<string, string | number> | undefined {
  const use = field[3] ?? 0;
  if (use === Use.Prodos && field.length >= 7) return { prodosType: field[4] ?? 0, prodosAuxiliaryType: field.readUInt16LE(5) };
  if (use < Use.Macintosh || use > Use.LastOldMacintosh || field.length < 12) return undefined;
  const text = (from: number): string => decodedCode(field.subarray(from, from + 4), 'macintosh');
  const finderFlags = field.length >= 14 ? field.readUInt16BE(12) : 0;
  return { type: text(4), creator: text(8), ...(finderFlags === 0 ? {} : { finderFlags }) };
}
