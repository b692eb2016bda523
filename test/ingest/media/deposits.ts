/** Deposits in memory: a container with its companions, from fixtures that a test has changed. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Fault } from '#ingest/kernel';
import { type Media, companionsOf, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';

const fixtures = new URL('../../fixtures/media/', import.meta.url);

/** A copy that may be changed. @param path without `.gz`. */
export function fixture(path: string): Buffer {
  return gunzipSync(readFileSync(new URL(`${path}.gz`, fixtures)));
}

export const canon = fixture('canon.raw');

/** The medium of the first file; the others lie beside it. */
export function openFirst(files: Readonly<Record<string, Buffer>>, as?: string): Promise<Media> {
  const [own = ''] = Object.keys(files);
  const bytes = (name: string): Buffer => files[name] ?? Buffer.alloc(0);
  const companions = companionsOf(own, Object.keys(files), (name) => Promise.resolve(bufferSource(bytes(name))));
  return openMedia(bufferSource(bytes(own)), companions, as);
}

export async function whole(media: Media): Promise<Buffer> {
  return media.read(0, media.size);
}

/** `kind code` of the Fault that opening or reading it whole ends with. Anything else that is thrown is thrown on; 'read' when all went well. */
export async function answerOf(files: Readonly<Record<string, Buffer>>, as?: string): Promise<string> {
  try {
    await using media = await openFirst(files, as);
    for await (const _ of media.extents());
    await media.read(0, Math.min(media.size, 16 * 1024 * 1024));
    return 'read';
  } catch (error) {
    if (error instanceof Fault) return `${error.kind} ${error.code}`;
    throw error;
  }
}

export function codesOf({ warnings }: Media): string[] {
  return warnings.map(({ code }) => code);
}

/** A copy with `change` made to it. */
export function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}
