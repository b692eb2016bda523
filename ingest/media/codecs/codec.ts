/** What unpacks one chunk of a container: never more than was agreed, and a Fault for anything else. */
import { Fault, FaultKind } from '../../kernel/index.ts';

/**
 * Unpacks `packed`; answers at most `size` bytes, fewer where the stream ends early (the caller decides whether that is damage).
 * @throws Fault 'media/chunk-damaged' when the stream is no such stream; 'media/chunk-too-long' when it holds more than `size`.
 */
export type Codec = (packed: Buffer, size: number) => Promise<Buffer>;

export function corrupt(codec: string, cause: unknown): Fault {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Fault(FaultKind.Corrupt, 'media/chunk-damaged', `a ${codec} stream is damaged: ${reason}`, { codec }, { cause });
}

export function tooLong(codec: string, size: number): Fault {
  const message = `a ${codec} stream holds more than the ${size} bytes that it may hold; the image is damaged or forged`;
  return new Fault(FaultKind.Corrupt, 'media/chunk-too-long', message, { codec, size });
}
