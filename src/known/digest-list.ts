/**
 * A list with a digest in each line: bare, as md5sum, sha1sum and sha256sum write it, or as BSD's md5 and openssl do.
 * Empty lines, and those that begin with #, say nothing.
 */
import { type DigestsRead, isDigest, linesOf, noDigest } from './lines.ts';

/** `SHA256 (name) = digest`, `SHA2-256(name)= digest`. */
const BSD = /^[\w-]{3,12} ?\(.*\) ?= ?([0-9a-fA-F]+)$/;

/** @throws Fault 'known/no-digest', 'known/not-text'. */
export async function* listDigests(path: string): AsyncGenerator<DigestsRead> {
  for await (const { lines, first, doneBytes } of linesOf(path)) {
    const digests: string[] = [];
    for (const [index, line] of lines.entries()) {
      if (line === '' || line.startsWith('#') || line.trim() === '') continue;
      const digest = digestOf(line);
      if (digest === undefined) throw noDigest(path, first + index, line);
      digests.push(digest);
    }
    yield { digests, doneBytes };
  }
}

function digestOf(line: string): string | undefined {
  // sha256sum begins a line with a backslash when it had to escape the name.
  const from = line.startsWith('\\') ? 1 : 0;
  const end = line.slice(0, 80).search(/[ \t]/);
  const digest = line.slice(from, end === -1 ? line.length : end);
  if (isDigest(digest)) return digest;
  const told = BSD.exec(line.trimEnd())?.[1];
  return told !== undefined && isDigest(told) ? told : undefined;
}
