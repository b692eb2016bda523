/** Which files beside an image given by itself are its papers: those named like it. */
import type { ImageFiles } from './deposited-image.ts';
import { hasImageEnding } from './image-files.ts';

/** Endings of checksum lists, mapfiles, logs, disc descriptions, and of the flux that a sector image was decoded from. */
const PAPER_ENDINGS =
  /^(?:md5|sha1|sha224|sha256|sha384|sha512|(?:md5|sha(?:1|224|256|384|512))sums?|hash|hashes|hashdeep|map|mapfile|log|mlog|hlog|info|txt|dfxml|cue|toc|ccd|sub|mds|scp|a2r|hfe|woz|moof|ipf)$/i;
/** Endings of two parts, by which Aaru and DiscImageCreator name what they write beside `x.iso`: `x.cicm.xml`, `x_disc.txt`. */
const LONG_PAPER_ENDINGS = /(?:\.cicm\.xml|\.metadata\.json|\.aaru\.json|_disc\.txt)$/i;

export interface Companions {
  readonly taken: readonly string[];
  /** Named after the stem alone, which another image beside has too: not taken. */
  readonly unclear: readonly string[];
}

/** `x.img` has `x.img.md5`, `x.md5`, `x.log`; a set is named by its whole name and by each of its members. */
export function companionsOf(image: Pick<ImageFiles, 'name' | 'files'>, names: readonly string[]): Companions {
  const members = new Set(image.files.map(({ name }) => name));
  const exact = new Set([image.name, ...members]);
  const stems = new Set([...exact].map(stemOf));
  const others = new Set(names.filter((name) => !members.has(name) && hasImageEnding(name)).map(stemOf));
  const taken: string[] = [];
  const unclear: string[] = [];
  for (const name of names) {
    const long = LONG_PAPER_ENDINGS.exec(name);
    const stem = long === null ? stemOf(name) : name.slice(0, long.index);
    if (members.has(name) || stem === name || (long === null && !PAPER_ENDINGS.test(name.slice(stem.length + 1)))) continue;
    if (exact.has(stem)) taken.push(name);
    else if (stems.has(stem)) (others.has(stem) ? unclear : taken).push(name);
  }
  return { taken: taken.sort(), unclear: unclear.sort() };
}

/** The name without its last ending; a name that only begins with a dot has none. */
export function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}
