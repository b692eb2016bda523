/** Digest algorithms as BagIt spells them in file names (`sha512`, `sha3256`) and as node:crypto does. */
import { createHash } from 'node:crypto';

/** BagIt name -> [node:crypto name, digest size in bytes]. */
const KNOWN = new Map<string, readonly [string, number]>([
  ['md5', ['md5', 16]],
  ['sha1', ['sha1', 20]],
  ['sha224', ['sha224', 28]],
  ['sha256', ['sha256', 32]],
  ['sha384', ['sha384', 48]],
  ['sha512', ['sha512', 64]],
  ['sha512224', ['sha512-224', 28]],
  ['sha512256', ['sha512-256', 32]],
  ['sha3224', ['sha3-224', 28]],
  ['sha3256', ['sha3-256', 32]],
  ['sha3384', ['sha3-384', 48]],
  ['sha3512', ['sha3-512', 64]],
  ['blake2b512', ['blake2b512', 64]],
  ['blake2s256', ['blake2s256', 32]],
  ['ripemd160', ['ripemd160', 20]],
  ['sm3', ['sm3', 32]],
]);

export interface Algorithm {
  /** As in `manifest-<name>.txt`: lower case, letters and digits only. */
  readonly name: string;
  /** For node:crypto. */
  readonly crypto: string;
  /** Bytes of a digest. */
  readonly size: number;
}

/** The name as the standard spells it: bagit-python's `sha3_256` and a hasty `SHA-256` become `sha3256`, `sha256`. */
export function algorithmName(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** The algorithm, or undefined when neither we nor this build of OpenSSL have it (a FIPS build refuses md5). */
export function findAlgorithm(text: string): Algorithm | undefined {
  const name = algorithmName(text);
  const known = KNOWN.get(name);
  if (known === undefined) return undefined;
  try {
    createHash(known[0]);
  } catch {
    return undefined;
  }
  return { name, crypto: known[0], size: known[1] };
}

const MANIFEST = /^(tag)?manifest-([A-Za-z0-9_-]+)\.txt$/;

/** What kind of manifest a root file is, from its name alone. */
export function manifestName(file: string): { tag: boolean; algorithm: string } | undefined {
  const match = MANIFEST.exec(file);
  if (match === null) return undefined;
  const algorithm = algorithmName(match[2] ?? '');
  return algorithm === '' ? undefined : { tag: match[1] !== undefined, algorithm };
}
