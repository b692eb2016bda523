/** A source that fails on purpose, for tests and drills. */
import { Fault, FaultKind } from '../kernel/index.ts';
import type { ByteSource } from './media.ts';

export interface Failure {
  /** Every read that touches this byte fails. */
  readonly failAt: number;
  /** How many reads fail before the source heals; without it, all of them. */
  readonly times?: number;
  readonly kind?: FaultKind;
}

/** Takes `source` over. @throws Fault 'media/injected' of the wanted kind ('unreadable' unless told). */
export function faultySource(source: ByteSource, failure: Failure): ByteSource {
  const { failAt, kind = FaultKind.Unreadable } = failure;
  let left = failure.times ?? Infinity;
  return {
    size: source.size,
    read(offset, length) {
      if (left > 0 && offset <= failAt && failAt < offset + length) {
        left--;
        const message = `byte ${failAt} fails on purpose`;
        return Promise.reject(new Fault(kind, 'media/injected', message, { offset, length, failAt }));
      }
      return source.read(offset, length);
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
