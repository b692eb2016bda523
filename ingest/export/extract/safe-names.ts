/**
 * Names from a stranger's disk as names that every platform takes: Windows, macOS, Linux, a zip file.
 *
 * Windows forbids more than the others (Microsoft, "Naming Files, Paths, and Namespaces"); what it takes, all take. File systems that
 * don't tell cases or normal forms apart must not see two names as one: the later one gets a number.
 */

/** In bytes of UTF-8; fewer in UTF-16. ext4 and most others take no more. */
const LONGEST_NAME = 255;
/** In bytes: folders deeper than this are put at the top, since no platform takes paths of any length. */
const LONGEST_FOLDER = 1000;
/** Forbidden on Windows, control characters, and those that make a name read as another (Unicode bidirectional controls). */
const FORBIDDEN = /[<>:"/\\|?*\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Devices, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?= *(?:\.|$))/i;

/** Never empty, `.` or `..`; without separators. */
export function safeName(name: string): string {
  const plain = name
    .replace(FORBIDDEN, '_')
    .replace(/[. ]+$/, (end) => '_'.repeat(end.length))
    .replace(RESERVED, '$&_');
  return shortened(plain === '' ? '_' : plain, '');
}

/** Names given in folders, each once. */
export class GivenNames {
  /** Of each folder: what was given, and the number that its next namesake gets. */
  readonly #keys = new Map<string, Map<string, number>>();
  readonly #folders = new Map<string, string>();

  /** @param top the folder that all goes into, `/`-joined. */
  constructor(private readonly top: string) {}

  /** Where a folder of the disk is written, with all above it. @param path names joined by `/`, '' for the root. @param base the folder of its volume. */
  folder(path: string, base: string): string {
    if (path === '') return base;
    const key = `${base}\0${path}`;
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    // From the top down and not by recursion: a disk may be as deep as it likes.
    let at = base;
    let read = '';
    for (const name of path.split('/')) {
      read = read === '' ? name : `${read}/${name}`;
      const part = `${base}\0${read}`;
      const given = this.#folders.get(part) ?? this.file(at, name);
      const isDeep = Buffer.byteLength(given) > LONGEST_FOLDER;
      at = isDeep ? this.file(this.top, `moved-${name}`) : given;
      this.#folders.set(part, at);
    }
    return at;
  }

  /** A path in a folder that was given, for a name that may be any text. */
  file(folder: string, name: string): string {
    let keys = this.#keys.get(folder);
    if (keys === undefined) this.#keys.set(folder, (keys = new Map()));
    const safe = safeName(name);
    let given = safe;
    while (keys.has(keyOf(given))) {
      const number = keys.get(keyOf(safe)) ?? 2;
      keys.set(keyOf(safe), number + 1);
      given = shortened(safe, ` (${number})`);
    }
    keys.set(keyOf(given), 2);
    return `${folder}/${given}`;
  }
}

/** What the least particular file system compares. */
function keyOf(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFC');
}

/** With `end` before its extension, cut so that it fits. */
function shortened(name: string, end: string): string {
  if (end === '' && Buffer.byteLength(name) <= LONGEST_NAME) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= 32 ? name.slice(dot) : '';
  const stem = name.slice(0, name.length - extension.length);
  const room = LONGEST_NAME - Buffer.byteLength(end + extension);
  let kept = '';
  let used = 0;
  for (const letter of stem) {
    used += Buffer.byteLength(letter);
    if (used > room) break;
    kept += letter;
  }
  return `${kept}${end}${extension}`.replace(/[. ]+$/, (last) => '_'.repeat(last.length));
}
