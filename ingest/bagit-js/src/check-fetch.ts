/** fetch.txt: its form, and which of its files are still to be downloaded. Never downloads anything. */
import { type Check, readLines } from './check.ts';
import { resolveListed } from './check-manifest.ts';
import { parseFetchLine } from './manifest-line.ts';

const FETCH = 'fetch.txt';

/** Marks the files in the inventory. The length that fetch.txt gives for each is returned by number. */
export async function readFetch(check: Check): Promise<Map<number, number>> {
  const { findings, inventory } = check;
  const lengths = new Map<number, number>();
  for await (const { first, lines } of readLines(check, FETCH)) {
    for (const [i, text] of lines.entries()) {
      if (text === '') continue;
      const line = parseFetchLine(text);
      if (line === undefined) {
        const message = `line ${first + i} is not a URL, a length or "-", and a path: ${JSON.stringify(text.slice(0, 120))}`;
        findings.error('bad-fetch-line', FETCH, message, FETCH);
        continue;
      }
      const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(line.url)?.[1]?.toLowerCase();
      if (scheme === undefined) {
        findings.error(
          'bad-fetch-url',
          line.path,
          `line ${first + i}: ${JSON.stringify(line.url)} is not an absolute URL`,
          FETCH,
        );
      } else if (scheme !== 'https' && scheme !== 'http') {
        findings.warn(
          'fetch-scheme',
          line.path,
          `line ${first + i} asks for a ${scheme}: URL; only https and http are safe to fetch`,
          FETCH,
        );
      }
      const target = resolveListed(check, line.path, { file: FETCH, line: first + i, tag: false });
      if (target === undefined) continue;
      if (inventory.isFetch(target.id))
        findings.warn('fetch-duplicate', inventory.name(target.id), `line ${first + i} lists this file again`, FETCH);
      inventory.markFetch(target.id);
      if (line.length !== undefined) lengths.set(target.id, line.length);
    }
  }
  return lengths;
}

/** After the sizes are known: a file that is there should have the length that fetch.txt gives. */
export function checkFetchLengths(check: Check, lengths: ReadonlyMap<number, number>): void {
  for (const [id, length] of lengths) {
    const size = check.inventory.size(id);
    if (!check.inventory.isPresent(id) || size === undefined || size === length) continue;
    check.findings.warn('fetch-length', check.inventory.name(id), `the file has ${size} bytes, fetch.txt says ${length}`, FETCH);
  }
}
