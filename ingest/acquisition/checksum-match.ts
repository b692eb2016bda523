/** Which file of the deposit a digest is of. By name, never by trying digests; what fits twice is a Fault. */
import { basename, posix } from 'node:path';
import { Fault, FaultKind, escaped } from '../kernel/index.ts';
import type { ChecksumEntry, ChecksumList, ListAlgorithm } from './checksum-list.ts';
import { stemOf } from './companion-names.ts';
import type { Deposit } from './deposit.ts';
import { type DepositNote, listed, shown } from './folder.ts';

/** A digest that came with the deposit, to be compared with what we compute. */
export interface ExpectedDigest {
  readonly algorithm: ListAlgorithm;
  readonly digest: string;
  /** A file by its name in the deposit; or the medium: a split image as one, the source device, what a container holds. */
  readonly of: { readonly file: string } | 'medium';
  /** In bytes, where the list says it. */
  readonly size?: number;
  readonly source: { readonly file: string; readonly line: number };
}

export interface Matched {
  readonly expected: readonly ExpectedDigest[];
  readonly notes: readonly DepositNote[];
}

/** The whole of what an entry can mean. */
type Target = { file: string } | 'medium' | 'self' | 'neighbour' | undefined;

const EMPTY_DIGEST = /^(?:d41d8cd98f00b204|da39a3ee5e6b4b0d|d14a028c2a3a2bc9|e3b0c44298fc1c14|38b060a751ac9638|cf83e1357eefb8bd)/;

/**
 * @throws Fault 'acquisition/checksum-names-missing-file' with up to 20 names; 'acquisition/checksum-ambiguous'.
 */
export function matchChecksums(deposit: Deposit, lists: readonly ChecksumList[]): Matched {
  const find = finder(deposit);
  const expected: ExpectedDigest[] = [];
  const missing: string[] = [];
  const elsewhere = new Set<string>();
  for (const list of lists) {
    for (const entry of list.entries) {
      const target = find(entry, list.file);
      if (target === 'neighbour') elsewhere.add(entry.name ?? '');
      else if (target === undefined) missing.push(`${entry.name ?? list.file} (line ${entry.line} of ${list.file})`);
      else if (target !== 'self') expected.push(expectation(entry, target, list.file));
    }
  }
  if (missing.length > 0) {
    const message = `the lists of digests name what is not there: ${shown(missing)}; deposit these files too, or leave the lists out`;
    throw new Fault(FaultKind.Missing, 'acquisition/checksum-names-missing-file', message, {
      missing: listed(missing),
      count: missing.length,
    });
  }
  const message = `the lists name files beside that are not part of this deposit: ${shown([...elsewhere])}`;
  return { expected, notes: elsewhere.size === 0 ? [] : [{ code: 'acquisition/checksums-of-others', message }] };
}

function expectation({ algorithm, digest, line, size }: ChecksumEntry, of: ExpectedDigest['of'], file: string): ExpectedDigest {
  return { algorithm, digest, of, source: { file, line }, ...(size === undefined ? {} : { size }) };
}

function finder(deposit: Deposit): (entry: ChecksumEntry, list: string) => Target {
  const { image } = deposit;
  const names = [...image.files, ...deposit.submission].map(({ name }) => name);
  const exact = new Set(names);
  const byBase = new Map<string, string[]>();
  for (const name of names) {
    const alike = byBase.get(posix.basename(name));
    if (alike === undefined) byBase.set(posix.basename(name), [name]);
    else alike.push(name);
  }

  /** `./x`, `a\x`: as the list's folder or the deposit's root sees it. */
  const inPlace = (name: string, list: string): string | undefined => {
    const near = posix.join(posix.dirname(list), name);
    const found = new Set([near, posix.normalize(name)].filter((path) => exact.has(path)));
    if (found.size > 1) throw ambiguous(name, list, [...found]);
    return [...found][0];
  };

  /** Only the last part of the path is told: good where one file has that name. */
  const byLastPart = (name: string, list: string): string | undefined => {
    const parts = [lastPart(name, /\//), lastPart(name, /[\\/]/)];
    for (const part of new Set(parts)) {
      const found = byBase.get(part) ?? [];
      if (found.length > 1) throw ambiguous(name, list, found);
      if (found[0] !== undefined) return found[0];
    }
    return undefined;
  };

  const whole = posix.basename(image.name);
  const isMedium = (name: string): boolean => {
    if (/^\/dev\/|^\\\\\.\\/.test(name)) return true;
    return !exact.has(image.name) && [lastPart(name, /\//), lastPart(name, /[\\/]/)].includes(whole);
  };

  return (entry, list) => {
    if (entry.name === undefined) return ofBare(list, deposit, exact);
    const file = inPlace(entry.name, list) ?? (isMedium(entry.name) ? undefined : byLastPart(entry.name, list));
    if (file === list) return EMPTY_DIGEST.test(entry.digest) ? 'self' : { file };
    if (file !== undefined) return { file };
    if (isMedium(entry.name)) return 'medium';
    return deposit.neighbours.has(lastPart(entry.name, /[\\/]/)) ? 'neighbour' : undefined;
  };
}

/** `x.img.md5` is of `x.img`; `x.md5` of the medium of `x.img`, which is the file itself where nothing wraps it. */
function ofBare(list: string, { image }: Deposit, names: ReadonlySet<string>): Target {
  const named = stemOf(list);
  if (names.has(named)) return { file: named };
  const stems = [image.name, ...image.files.map(({ name }) => name)].flatMap((name) => [name, stemOf(name)]);
  if (stems.includes(named)) return 'medium';
  // `md5.txt` beside the one image
  return posix.dirname(list) === posix.dirname(image.name) && /^(?:md5|sha\d+)(?:sums?)?$/i.test(stemOf(basename(list)))
    ? 'medium'
    : undefined;
}

/** @throws Fault 'acquisition/checksum-contradiction' when two digests of one kind are given for one thing. */
export function checkAgreement(expected: readonly ExpectedDigest[]): void {
  const seen = new Map<string, ExpectedDigest>();
  for (const one of expected) {
    const what = one.of === 'medium' ? 'the medium' : `"${escaped(one.of.file)}"`;
    const key = `${one.algorithm}\0${what}`;
    const other = seen.get(key);
    seen.set(key, one);
    if (other === undefined || other.digest === one.digest) continue;
    const at = ({ source, digest }: ExpectedDigest): string => `${digest} (line ${source.line} of "${escaped(source.file)}")`;
    const message = `two ${one.algorithm} digests are given for ${what}: ${at(other)} and ${at(one)}; find out which is right and leave the other out`;
    throw new Fault(FaultKind.Corrupt, 'acquisition/checksum-contradiction', message, {
      algorithm: one.algorithm,
      first: other.digest,
      second: one.digest,
    });
  }
}

function ambiguous(name: string, list: string, found: readonly string[]): Fault {
  const message = `"${escaped(name)}" in "${escaped(list)}" can be ${shown(found)}; write the path into the list`;
  return new Fault(FaultKind.Refused, 'acquisition/checksum-ambiguous', message, { candidates: listed(found) });
}

function lastPart(name: string, separator: RegExp): string {
  return name.split(separator).at(-1) ?? name;
}
