/** The runs of a medium as they are found, cluster by cluster: neighbours that continue each other become one. */
import type { Fault } from '../../kernel/index.ts';
import type { ByteSource, Media } from '../media.ts';
import type { Chunk, Run } from '../runs.ts';

type Growing<R extends Run = Run> = R extends Run ? { -readonly [K in keyof R]: R[K] } : never;

export class RunList {
  readonly runs: Growing[] = [];

  /** @param at where in the medium the first run begins. @param backing what is read where nothing was written. */
  constructor(
    public at: number,
    private readonly backing?: Media,
  ) {}

  zero(length: number): void {
    const last = this.runs.at(-1);
    if (last?.kind === 'zero') this.#grow(last, length);
    else this.#push({ kind: 'zero', offset: this.at, length });
  }

  /** Never written: the backing medium's, and zeros after its end, to the byte. */
  unwritten(length: number): void {
    const { backing } = this;
    const inside = backing === undefined ? 0 : Math.min(length, Math.max(0, backing.size - this.at));
    if (backing !== undefined && inside > 0) this.stored(backing, this.at, inside);
    if (length > inside) this.zero(length - inside);
  }

  stored(source: ByteSource | Media, at: number, length: number): void {
    const last = this.runs.at(-1);
    if (last?.kind === 'stored' && last.source === source && last.at + last.length === at) this.#grow(last, length);
    else this.#push({ kind: 'stored', offset: this.at, length, source, at });
  }

  packed(chunk: Chunk, skip: number, length: number): void {
    this.#push({ kind: 'packed', offset: this.at, length, chunk, skip });
  }

  /** Can't be read; the listing goes on. */
  broken(source: ByteSource, length: number): void {
    this.stored(source, this.at, length);
  }

  #grow(last: Growing, length: number): void {
    last.length += length;
    this.at += length;
  }

  #push(run: Growing): void {
    this.runs.push(run);
    this.at += run.length;
  }
}

/** Stands where bytes should be and are not: reading any of them throws `fault`, to which the range of the medium is added. */
export function brokenSource(fault: Fault): ByteSource {
  return {
    size: Number.MAX_SAFE_INTEGER,
    read: () => Promise.reject(fault),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
