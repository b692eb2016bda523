/** The lines of our own manifests, streamed. Strict: they were written by Strongroom, so anything else is damage. */
import { decodePath, parseManifestLine } from 'bagit-js';
import { Fault, FaultKind } from '../kernel/index.ts';

const LONGEST_LINE = 1 << 20;

/** @throws Fault 'package/manifest-line' at the first line that no version of Strongroom wrote. */
export async function* manifestLines(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncIterable<{ digest: string; path: string }> {
  let rest = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of chunks) {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10)) {
      number += 1;
      yield lineOf(data.toString('utf8', 0, end), name, number);
      data = data.subarray(end + 1);
    }
    if (data.length > LONGEST_LINE) throw notOurs(name, number + 1);
    rest = Buffer.from(data);
  }
  if (rest.length > 0) throw notOurs(name, number + 1);
}

function lineOf(text: string, name: string, number: number): { digest: string; path: string } {
  const line = parseManifestLine(text);
  if (line === undefined || line.digest.length !== 64) throw notOurs(name, number);
  return { digest: line.digest, path: decodePath(line.path) };
}

function notOurs(name: string, number: number): Fault {
  return new Fault(
    FaultKind.Corrupt,
    'package/manifest-line',
    `line ${number} of ${name} is damaged; audit the package to learn what else is`,
    { name, line: number },
  );
}
