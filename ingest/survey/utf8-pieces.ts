/** A document in UTF-8 that comes in pieces, which may cut characters. */
import { isAscii, isUtf8 } from 'node:buffer';

/** Most pieces are plain ASCII, and become strings of one byte a character. */
export class Utf8Pieces {
  #cut: Buffer = Buffer.alloc(0);
  #isFirst = true;

  /** @throws Error when it is not UTF-8. */
  text(chunk: Uint8Array): string {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#cut.length === 0 ? piece : Buffer.concat([this.#cut, piece]);
    if (isAscii(bytes)) {
      this.#cut = Buffer.alloc(0);
      this.#isFirst = false;
      return bytes.toString('latin1');
    }
    // The last character may go on in the next piece.
    let end = bytes.length;
    while (end > 0 && end > bytes.length - 4 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--;
    if (end > 0 && (bytes[end - 1] ?? 0) >= 0xc0) end--;
    else end = bytes.length;
    if (isUtf8(bytes)) end = bytes.length;
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) throw new Error('it is not UTF-8');
    this.#cut = Buffer.from(bytes.subarray(end));
    const text = whole.toString('utf8');
    const isMarked = this.#isFirst && text.startsWith('\ufeff');
    if (text !== '') this.#isFirst = false;
    return isMarked ? text.slice(1) : text;
  }

  close(): void {
    if (this.#cut.length > 0) throw new Error('it ends inside a character');
  }
}
