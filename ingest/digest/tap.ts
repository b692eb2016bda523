/** DigestTap: a transform that lets bytes pass as they are and knows their size and digests afterwards. For exporters and uploads. */
import type { Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { type Algorithm, distinctAlgorithms, newHash } from './algorithms.ts';
import type { Digests } from './pass.ts';

export class DigestTap extends Transform {
  readonly #hashes: ReadonlyMap<Algorithm, Hash>;
  #digests: Digests | undefined;
  #size = 0;

  constructor(algorithms: readonly Algorithm[]) {
    super();
    this.#hashes = new Map(distinctAlgorithms(algorithms).map((algorithm) => [algorithm, newHash(algorithm)]));
  }

  /** Bytes that passed so far. */
  get size(): number {
    return this.#size;
  }

  /** @throws TypeError before the end: a digest of half a stream is never given away. */
  get digests(): Digests {
    if (this.#digests === undefined) throw new TypeError('the stream has not ended yet');
    return this.#digests;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length;
    for (const hash of this.#hashes.values()) hash.update(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    this.#digests = Object.fromEntries([...this.#hashes].map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
    done();
  }
}
