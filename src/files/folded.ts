/** Names as a search compares them: any case, without diacritics. Folding is done once, when a name comes in, and to each query. */

const MARKS = /\p{M}+/gu;
/** Letters that no decomposition takes apart. */
const LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', ı: 'i' };

export function folded(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  return name
    .normalize('NFKD')
    .replace(MARKS, '')
    .toLowerCase()
    .replace(/[ßæœøđłı]/g, (letter) => LETTERS[letter] ?? letter);
}

/** Lower case, without the dot; '' for a name without one, or one that begins with its only one. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
  return extension.length <= 16 ? extension : '';
}

/** The first 48 bits of a digest in hex. */
export function digestKey(digest: string): number {
  return Number.parseInt(digest.slice(0, 12), 16);
}
