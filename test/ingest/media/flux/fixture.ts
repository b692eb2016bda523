/** The fixtures of one format, and changed copies of them. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Extent, Media } from '#ingest/media';

/** @param name within test/fixtures/media, without `.gz`. */
export function fixture(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`../../../fixtures/media/${name}.gz`, import.meta.url)));
}

/** A copy with `bytes` at `at`. */
export function changed(original: Buffer, at: number, ...bytes: readonly number[]): Buffer {
  const copy = Buffer.from(original);
  copy.set(bytes, at);
  return copy;
}

export function codes({ warnings }: Media): string[] {
  return warnings.map(({ code }) => code);
}

export async function absent(media: Media): Promise<Extent[]> {
  const found: Extent[] = [];
  for await (const extent of media.extents()) if (extent.kind === 'absent') found.push(extent);
  return found;
}
