/** What unpacks one chunk of a container: never more than was agreed, and a Fault for anything else. */
import { Fault, FaultKind } from '../../kernel/index.ts';

/**
 * Unpacks `packed`; answers at most `size` bytes, fewer where the stream ends early (the caller decides whether that is damage).
 * @throws Fault 'media/chunk-damaged' when the stream is no such stream; 'media/chunk-too-long' when it holds more than `size`.
 */
export type Codec = (packed: Buffer, size: number) => Promise<Buffer>;

/** The same said in words, for a thread, which can't be given a function. Where a thread fails, the Codec tells what is wrong. */
export interface Recipe {
  /** A zlib stream, a bare deflate stream; or the bytes themselves, followed by their Adler-32. */
  readonly kind: 'zlib' | 'deflate' | 'adler32';
  /** Before the stream stand this number (u64le) and the stream's length (u32le). */
  readonly mark?: number;
}

export function corrupt(codec: string, cause: unknown): Fault {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Fault(FaultKind.Corrupt, 'media/chunk-damaged', `a ${codec} stream is damaged: ${reason}`, { codec }, { cause });
}

export function tooLong(codec: string, size: number): Fault {
  const message = `a ${codec} stream holds more than the ${size} bytes that it may hold; the image is damaged or forged`;
  return new Fault(FaultKind.Corrupt, 'media/chunk-too-long', message, { codec, size });
}
