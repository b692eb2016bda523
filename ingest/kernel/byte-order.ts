/** The order of texts by their bytes in UTF-8, which BagIt's manifests are in. */

/** For sort(). Without making the bytes: of a large package's paths that would be millions of buffers. */
export function byteOrder(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** UTF-16 has the characters beyond U+FFFF, as surrogates, before U+E000 to U+FFFF; UTF-8 has them after. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
