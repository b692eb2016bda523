/** Discs of several files in memory, and the parts to damage. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Extent, type Media, companionsOf, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';

const fixtures = new URL('../../fixtures/media/', import.meta.url);

export function fixture(path: string): Buffer {
  return gunzipSync(readFileSync(new URL(`${path}.gz`, fixtures)));
}

/** Opens the first of `files`; the others lie beside it. */
export function openDisc(files: Readonly<Record<string, Buffer | string>>): Promise<Media> {
  const bytes = (name: string): Buffer => {
    const content = files[name] ?? '';
    return typeof content === 'string' ? Buffer.from(content) : content;
  };
  const [own = ''] = Object.keys(files);
  return openMedia(
    bufferSource(bytes(own)),
    companionsOf(own, Object.keys(files), (name) => Promise.resolve(bufferSource(bytes(name)))),
  );
}

export const codes = (media: Media): string[] => media.warnings.map(({ code }) => code);

/** `data 0+4 absent 4+2`, in sectors. */
export async function extentsIn(media: Media): Promise<string> {
  const found: Extent[] = [];
  for await (const extent of media.extents()) found.push(extent);
  return found.map(({ kind, offset, length }) => `${kind} ${offset / 2048}+${length / 2048}`).join(' ');
}

/** `bytes` with `change` at `at`. */
export function changed(bytes: Buffer, at: number, ...change: number[]): Buffer {
  const out = Buffer.from(bytes);
  out.set(change, at);
  return out;
}
