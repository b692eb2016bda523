/** The digest algorithms we know, spelled as BagIt spells them, and their names in node:crypto. */
import { createHash, type Hash } from 'node:crypto';

export const Algorithm = {
  Md5: 'md5',
  Sha1: 'sha1',
  Sha224: 'sha224',
  Sha256: 'sha256',
  Sha384: 'sha384',
  Sha512: 'sha512',
  Sha3256: 'sha3256',
  Sha3512: 'sha3512',
  Blake2b512: 'blake2b512',
} as const;
export type Algorithm = (typeof Algorithm)[keyof typeof Algorithm];

/** BagIt's spelling → OpenSSL's, and the length of a digest in bytes. */
const KNOWN: Readonly<Record<Algorithm, { readonly openssl: string; readonly bytes: number }>> = {
  md5: { openssl: 'md5', bytes: 16 },
  sha1: { openssl: 'sha1', bytes: 20 },
  sha224: { openssl: 'sha224', bytes: 28 },
  sha256: { openssl: 'sha256', bytes: 32 },
  sha384: { openssl: 'sha384', bytes: 48 },
  sha512: { openssl: 'sha512', bytes: 64 },
  sha3256: { openssl: 'sha3-256', bytes: 32 },
  sha3512: { openssl: 'sha3-512', bytes: 64 },
  blake2b512: { openssl: 'blake2b512', bytes: 64 },
};

export const algorithms = Object.values(Algorithm);

export function isAlgorithm(text: string): text is Algorithm {
  return Object.hasOwn(KNOWN, text);
}

/** Length of a digest in bytes; its hex text is twice as long. */
export function digestLength(algorithm: Algorithm): number {
  return KNOWN[algorithm].bytes;
}

/** The name that node:crypto (OpenSSL) gives the algorithm. */
export function opensslName(algorithm: Algorithm): string {
  return KNOWN[algorithm].openssl;
}

export function newHash(algorithm: Algorithm): Hash {
  return createHash(KNOWN[algorithm].openssl);
}

/**
 * The algorithms, each once, in the order given.
 * @throws TypeError for a name that is none of ours.
 */
export function distinctAlgorithms(names: readonly string[]): Algorithm[] {
  return [...new Set(names)].map((name) => {
    if (!isAlgorithm(name)) throw new TypeError(`"${name}" is not a digest algorithm; known are ${algorithms.join(', ')}`);
    return name;
  });
}
