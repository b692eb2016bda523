/** A library's stream and what fills it end together, whichever ends first. */
import { PassThrough, type Writable } from 'node:stream';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { bytesWhile } from '#built/ingest/export/library-stream';

async function put(output: Writable, text: string): Promise<void> {
  if (!output.write(text)) await once(output, 'drain');
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the bytes while a library is filled', () => {
  it('are all that it gives', async () => {
    const output = new PassThrough({ highWaterMark: 1 });
    const bytes = bytesWhile(output, async () => {
      for (const text of ['one ', 'two ', 'three']) await put(output, text);
      output.end();
    });
    expect(await textOf(bytes)).toBe('one two three');
  });

  it('end in the very error with which the filling failed', async () => {
    const output = new PassThrough();
    const error = new Error('the disk is gone');
    const bytes = bytesWhile(output, async () => {
      await put(output, 'begun');
      throw error;
    });
    await expect(textOf(bytes)).rejects.toBe(error);
    expect(output.destroyed).toBe(true);
  });

  it('end in the error of the library, and tell the filling', async () => {
    const output = new PassThrough();
    const error = new Error('out of room for entries');
    let told: unknown;
    const bytes = bytesWhile(output, async (signal) => {
      output.destroy(error);
      await once(signal, 'abort');
      told = signal.aborted;
    });
    await expect(textOf(bytes)).rejects.toBe(error);
    expect(told).toBe(true);
  });

  it('are over only when the filling is, also when nobody wants them any more', async () => {
    const output = new PassThrough();
    const seen: string[] = [];
    const bytes = bytesWhile(output, async (signal) => {
      await put(output, 'begun');
      await once(signal, 'abort');
      await new Promise((resolve) => setImmediate(resolve));
      seen.push('files closed');
      signal.throwIfAborted();
    });
    for await (const _ of bytes) break;
    seen.push('left');
    expect(seen).toEqual(['files closed', 'left']);
    expect(output.destroyed).toBe(true);
  });
});
