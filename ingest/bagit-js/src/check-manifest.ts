/** Reads one manifest into the inventory and reports every line that breaks a rule. Reads no payload. */
import { findAlgorithm, manifestName } from './algorithms.ts';
import { type Check, isStrict, readLines } from './check.ts';
import type { Column } from './inventory.ts';
import { parseManifestLine } from './manifest-line.ts';
import { decodePath, pathFault } from './paths.ts';

export interface Manifest {
  /** In the base directory. */
  readonly file: string;
  readonly tag: boolean;
  readonly column: Column;
}

/** The manifests of a bag by kind; two files of one kind and algorithm are reported, and only the first counts. */
export function findManifests(check: Pick<Check, 'inventory' | 'findings'>): { payload: Manifest[]; tag: Manifest[] } {
  const found = { payload: [] as Manifest[], tag: [] as Manifest[] };
  for (const file of check.inventory.rootFiles().sort()) {
    const name = manifestName(file);
    if (name === undefined) continue;
    const list = name.tag ? found.tag : found.payload;
    const other = list.find(({ column }) => column.name === name.algorithm);
    if (other !== undefined) {
      check.findings.error('duplicate-manifest', file, `${other.file} is for ${name.algorithm} too; this one was not read`);
      continue;
    }
    const algorithm = findAlgorithm(name.algorithm);
    if (algorithm === undefined)
      check.findings.warn('unknown-algorithm', file, `digests of ${name.algorithm} can't be verified here`);
    list.push({ file, tag: name.tag, column: check.inventory.column(name.algorithm, algorithm) });
  }
  return found;
}

interface Ambiguous {
  readonly preferred: number;
  readonly other: number;
  readonly digest: string;
  readonly line: number;
}

/** Fills the manifest's column. */
export async function readManifest(check: Check, manifest: Manifest): Promise<void> {
  const { findings, inventory } = check;
  const { file, column } = manifest;
  const strict = isStrict(check);
  const ambiguous: Ambiguous[] = [];
  const digestLength = column.algorithm === undefined ? undefined : column.algorithm.size * 2;

  const list = (id: number, digest: string, line: number): void => {
    if (!column.lists(id)) column.set(id, digest);
    else if (digest === '' || column.digest(id) === digest || column.algorithm === undefined) {
      findings.either(strict, 'duplicate-line', inventory.name(id), `line ${line} lists this file a second time`, file);
    } else {
      const message = `line ${line} lists this file a second time with another digest: ${digest}, before ${column.digest(id)}`;
      findings.error('conflicting-digests', inventory.name(id), message, file);
    }
  };

  for await (const { first, lines } of readLines(check, file)) {
    for (const [i, text] of lines.entries()) {
      const number = first + i;
      if (text === '') continue;
      if (text[0] === '#') {
        findings.warn('comment-line', file, `line ${number} starts with #; it was skipped`, file);
        continue;
      }
      const line = parseManifestLine(text);
      if (line === undefined) {
        const message = `line ${number} is not a digest, white space and a path: ${JSON.stringify(text.slice(0, 120))}`;
        findings.error('bad-manifest-line', file, message, file);
        continue;
      }
      if (line.star) findings.warn('md5sum-style', line.path, `line ${number} has md5sum's * before the path`, file);
      if (line.escaped) findings.warn('md5sum-style', line.path, `line ${number} has md5sum's \\ before the digest`, file);
      let { digest } = line;
      if (digestLength !== undefined && digest.length !== digestLength) {
        const message = `line ${number} has a digest of ${digest.length} characters; ${column.name} needs ${digestLength}`;
        findings.error('bad-digest', line.path, message, file);
        digest = '';
      }
      const target = resolveListed(check, line.path, { file, line: number, tag: manifest.tag });
      if (target === undefined) continue;
      if (target.other === undefined) list(target.id, digest, number);
      else ambiguous.push({ preferred: target.id, other: target.other, digest, line: number });
    }
  }
  // Both spellings are files: the one that no other line lists is meant.
  for (const { preferred, other, digest, line } of ambiguous) {
    list(column.lists(preferred) && !column.lists(other) ? other : preferred, digest, line);
  }
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly tag: boolean;
}

/**
 * The file that a listed path means; `other` when it may as well mean another. Paths are only ever looked up among the
 * files that were found, so none leads out of the bag. undefined: nothing can be made of it, which was reported.
 */
export function resolveListed(check: Check, listed: string, place: Place): { id: number; other?: number } | undefined {
  const { findings, inventory } = check;
  const { file, line } = place;
  let raw = listed;
  if (raw.startsWith('./')) {
    raw = raw.slice(2);
    findings.warn('dot-slash', raw, `line ${line} has ./ before the path`, file);
  }
  const decoded = decodePath(raw);
  if (decoded.endsWith('/') && inventory.isDirectory(decoded.slice(0, -1))) {
    findings.error('listed-directory', decoded, `line ${line} lists a directory; manifests list files only`, file);
    return undefined;
  }
  const fault = pathFault(decoded) ?? (raw === decoded ? undefined : pathFault(raw));
  if (fault !== undefined) {
    findings.error('unsafe-path', raw, `line ${line}: this path is refused: ${fault}`, file);
    return undefined;
  }
  if (!place.tag && !decoded.startsWith('data/')) {
    if (decoded.includes('\\'))
      findings.error('unsafe-path', raw, `line ${line}: this path is refused: \\ is a separator on Windows`, file);
    else if (decoded === 'data')
      findings.error('listed-directory', raw, `line ${line} lists a directory; manifests list files only`, file);
    else findings.error('path-outside-payload', raw, `line ${line}: this path is not under data/`, file);
    return undefined;
  }
  if (place.tag && /^data(?:\/|$)/.test(decoded)) {
    findings.error('payload-in-tag-manifest', raw, `line ${line}: a tag manifest must not list payload`, file);
    return undefined;
  }
  if (place.tag && manifestName(decoded)?.tag === true) {
    findings.either(
      isStrict(check),
      'tag-manifest-lists-tag-manifest',
      raw,
      `line ${line}: a tag manifest must not list tag manifests`,
      file,
    );
    if (decoded === file) return undefined;
  }
  const found = find(check, raw, decoded, place);
  if (found !== undefined) return found;

  const name = isStrict(check) ? decoded : raw;
  if (inventory.isDirectory(name)) {
    findings.error('listed-directory', name, `line ${line} lists a directory; manifests list files only`, file);
    return undefined;
  }
  if (inventory.others.has(name)) return undefined; // reported when the bag was walked
  if (name.includes('\\')) {
    findings.error(
      'unsafe-path',
      raw,
      `line ${line}: this path is refused: \\ is a separator on Windows, and no file has this name`,
      file,
    );
    return undefined;
  }
  if (inventory.absent >= check.limits.problems) {
    findings.error('missing-file', name, 'listed in the manifest and not in the bag', file); // no memory for more of them
    return undefined;
  }
  return { id: inventory.addAbsent(name) };
}

/** RFC 8493 encodes LF, CR and %; most tools before 2026 encode LF and CR only; drafts before 1.0 encode nothing. */
function find(check: Check, raw: string, decoded: string, place: Place): { id: number; other?: number } | undefined {
  const { findings, inventory } = check;
  const { file, line } = place;
  const strict = isStrict(check);
  const [first, second] = strict ? [decoded, raw] : [raw, decoded];
  const id = inventory.find(first);
  const other = raw === decoded ? undefined : inventory.find(second);
  if (id !== undefined) {
    if (other !== undefined) return { id, other };
    if (strict && raw === decoded && raw.includes('%')) {
      findings.warn('percent-not-encoded', raw, `line ${line} has a bare %, which 1.0 writes as %25`, file);
    }
    return { id };
  }
  if (other !== undefined) {
    if (strict)
      findings.warn('percent-not-encoded', raw, `line ${line} means a file of exactly this name; 1.0 writes % as %25`, file);
    else findings.warn('percent-encoded', raw, `line ${line} is percent-encoded, which began with 1.0`, file);
    return { id: other };
  }
  for (const candidate of new Set([first, second])) {
    const similar = inventory.findNormalized(candidate);
    if (similar === undefined) continue;
    const message = `line ${line} spells this name in another Unicode form than the disk`;
    findings.warn('name-normalized', inventory.name(similar), message, file);
    return { id: similar };
  }
  return undefined;
}
