/** The self-test: known answers for every algorithm, and node:crypto against a second implementation. */
import { type Algorithm, algorithms, digestLength, newHash } from './algorithms.ts';

/** Digests of the three bytes "abc": FIPS 180-4 and FIPS 202 examples, RFC 1321 A.5, RFC 7693 A. */
const OF_ABC: Readonly<Record<Algorithm, string>> = {
  md5: '900150983cd24fb0d6963f7d28e17f72',
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha224: '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  sha512:
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  sha3256: '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
  sha3512:
    'b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0',
  blake2b512:
    'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
};

/** The second implementation; loaded only when it is asked. */
const NOBLE: Readonly<Record<Algorithm, () => Promise<Digester>>> = {
  md5: async () => (await import('@noble/hashes/legacy.js')).md5,
  sha1: async () => (await import('@noble/hashes/legacy.js')).sha1,
  sha224: async () => (await import('@noble/hashes/sha2.js')).sha224,
  sha256: async () => (await import('@noble/hashes/sha2.js')).sha256,
  sha384: async () => (await import('@noble/hashes/sha2.js')).sha384,
  sha512: async () => (await import('@noble/hashes/sha2.js')).sha512,
  sha3256: async () => (await import('@noble/hashes/sha3.js')).sha3_256,
  sha3512: async () => (await import('@noble/hashes/sha3.js')).sha3_512,
  blake2b512: async () => (await import('@noble/hashes/blake2.js')).blake2b,
};

/** Around the edges of every algorithm's block (64, 72, 128, 136 bytes) and of its padding. */
const LENGTHS = [0, 1, 3, 55, 56, 63, 64, 65, 71, 72, 73, 111, 112, 119, 120, 127, 128, 129, 135, 136, 137, 1000, 4097];

type Digester = (bytes: Uint8Array) => Uint8Array;
export type SecondOpinion = (algorithm: Algorithm) => Promise<Digester>;

export interface SelfTestResult {
  readonly algorithm: Algorithm;
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * Runs every algorithm over known answers, and over edge lengths through both implementations. Never throws: an algorithm
 * that this build of OpenSSL refuses (FIPS) is `ok: false` with its words. The application refuses to start on a difference.
 */
export async function selfTest(second: SecondOpinion = (algorithm) => NOBLE[algorithm]()): Promise<SelfTestResult[]> {
  const results: SelfTestResult[] = [];
  for (const algorithm of algorithms) {
    try {
      results.push({ algorithm, ...examine(algorithm, await second(algorithm)) });
    } catch (error) {
      results.push({ algorithm, ok: false, detail: error instanceof Error ? error.message : String(error) });
    }
  }
  return results;
}

function examine(algorithm: Algorithm, second: Digester): { ok: boolean; detail: string } {
  const known = newHash(algorithm).update('abc').digest('hex');
  if (known !== OF_ABC[algorithm]) return { ok: false, detail: `node:crypto gives ${known} for "abc", not ${OF_ABC[algorithm]}` };
  const input = Uint8Array.from({ length: Math.max(...LENGTHS) }, (_, i) => (i * 131 + (i >> 8)) & 0xff);
  const shared = new Uint8Array(new SharedArrayBuffer(input.length)); // what the pass hashes lies in shared memory
  shared.set(input);
  for (const length of LENGTHS) {
    const ours = newHash(algorithm).update(shared.subarray(0, length)).digest();
    const cut = length >> 1;
    const parts = newHash(algorithm).update(input.subarray(0, cut)).update(input.subarray(cut, length)).digest();
    if (ours.length !== digestLength(algorithm) || !ours.equals(parts)) {
      return { ok: false, detail: `node:crypto gives two answers for the same ${length} bytes` };
    }
    if (!ours.equals(second(input.slice(0, length)))) {
      return { ok: false, detail: `node:crypto and @noble/hashes differ on ${length} bytes` };
    }
  }
  return { ok: true, detail: `known answer right; node:crypto and @noble/hashes agree on ${LENGTHS.length} lengths` };
}
