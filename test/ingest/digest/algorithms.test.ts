/** Algorithms, self-test, Merkle root, zeros: against other programs and plain definitions. */
import { existsSync, readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newHash } from '#built/ingest/digest/algorithms';
import { MerkleRoot } from '#built/ingest/digest/merkle';
import { eachStoredRun, isZero } from '#built/ingest/digest/zeros';
import { Algorithm, algorithms, DigestTap, digestFile, digestLength, isAlgorithm, selfTest } from '#ingest/digest';
import { digestByOthers, Folder, naiveRoot, sha256 } from './support.ts';

const vectors = new URL('../../../../shared/data/examples/merkle-vectors.json', import.meta.url);

describe('algorithms', () => {
  it('know BagIt names and nothing else', () => {
    expect(algorithms.every(isAlgorithm)).toBe(true);
    expect(['SHA256', 'sha-256', 'toString', '', 'crc32'].some(isAlgorithm)).toBe(false);
    expect(digestLength(Algorithm.Sha3512)).toBe(64);
  });

  it.each(algorithms)('%s agrees with coreutils or openssl', async (algorithm) => {
    using folder = new Folder();
    for (const size of [0, 1, 127, 128, 5000]) {
      const path = folder.file(`f${size}`, size);
      const { digests, size: found } = await digestFile(path, [algorithm]);
      expect([found, digests[algorithm]]).toEqual([size, digestByOthers(algorithm, path)]);
    }
  });

  it('refuse a name that is none', async () => {
    using folder = new Folder();
    await expect(digestFile(folder.file('f', 1), ['sha-256' as Algorithm])).rejects.toThrow(TypeError);
  });
});

describe('the self-test', () => {
  it('is right for every algorithm', async () => {
    expect((await selfTest()).map(({ algorithm, ok, detail }) => ({ algorithm, ok, detail: ok ? '' : detail }))).toEqual(
      algorithms.map((algorithm) => ({ algorithm, ok: true, detail: '' })),
    );
  });

  it('tells of a second implementation that differs, in one algorithm only', async () => {
    const results = await selfTest(async (algorithm) =>
      algorithm === 'sha1' ? () => new Uint8Array(20) : (bytes) => newHash(algorithm).update(bytes).digest(),
    );
    expect(results.filter(({ ok }) => !ok)).toEqual([
      { algorithm: 'sha1', ok: false, detail: 'node:crypto and @noble/hashes differ on 0 bytes' },
    ]);
  });
});

describe('the Merkle root', () => {
  it('is the naive recursive one for every number of entries', () => {
    const root = new MerkleRoot();
    const entries: Buffer[] = [];
    for (let n = 0; n < 140; n += 1) {
      expect(root.root()).toBe(naiveRoot(entries).toString('hex'));
      const entry = sha256(Buffer.from(String(n)));
      entries.push(entry);
      root.add(entry);
    }
    expect(() => root.add(Buffer.alloc(31))).toThrow(RangeError);
  });

  // Their leaves are no digests, so they judge the definition that the test above compares with.
  it.skipIf(!existsSync(vectors))('hashes as the vectors in ../shared do (skipped where ../shared is absent)', () => {
    const { leafInputsHex, rootsHexBySize, emptyRootHex } = JSON.parse(readFileSync(vectors, 'utf8'));
    const leaves = leafInputsHex.map((hex: string) => Buffer.from(hex, 'hex'));
    expect(naiveRoot([]).toString('hex')).toBe(emptyRootHex);
    for (const [size, root] of Object.entries(rootsHexBySize))
      expect(naiveRoot(leaves.slice(0, Number(size))).toString('hex')).toBe(root);
  });
});

describe('zeros', () => {
  it('are found byte for byte, and the runs between them cover all that is not zero', () => {
    const island = fc.record({ at: fc.nat(70_000), length: fc.integer({ min: 1, max: 9000 }) });
    fc.assert(
      fc.property(fc.nat(70_000), fc.array(island, { maxLength: 5 }), (size, islands) => {
        const bytes = Buffer.alloc(size);
        for (const { at, length } of islands) bytes.fill(7, Math.min(at, size), Math.min(at + length, size));
        expect(isZero(bytes)).toBe(bytes.every((byte) => byte === 0));
        const copy = Buffer.alloc(size);
        let stored = 0;
        const zero = eachStoredRun(bytes, (from, to) => {
          expect(from % 4096).toBe(0);
          expect(bytes.subarray(from, Math.min(to, from + 4096)).some((byte) => byte !== 0)).toBe(true);
          stored += bytes.copy(copy, from, from, to);
        });
        expect(zero + stored).toBe(size);
        expect(copy.equals(bytes)).toBe(true);
      }),
    );
  });
});

describe('DigestTap', () => {
  it('lets bytes pass and knows them afterwards', async () => {
    const parts: Buffer[] = [];
    const tap = new DigestTap(['sha256', 'md5']);
    expect(() => tap.digests).toThrow(TypeError);
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        parts.push(chunk);
        done();
      },
    });
    await pipeline(Readable.from([Buffer.from('ab'), Buffer.from('c')]), tap, sink);
    expect(Buffer.concat(parts).toString()).toBe('abc');
    expect(tap.size).toBe(3);
    expect(tap.digests).toEqual({ md5: '900150983cd24fb0d6963f7d28e17f72', sha256: sha256(Buffer.from('abc')).toString('hex') });
  });
});
