/** What the tests of floppy containers share: a fixture with bytes changed, opened as it is told, and its absent extents. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Media, openMedia } from '#ingest/media';
import { bufferSource } from '../buffer-source.ts';

/** @param path below test/fixtures/media, without `.gz`. */
export function fixture(path: string): Buffer {
  return gunzipSync(readFileSync(new URL(`../../../fixtures/media/${path}.gz`, import.meta.url)));
}

/** The same with `bytes` laid over it at each place. */
export function changed(whole: Buffer, ...pieces: readonly (readonly [at: number, bytes: readonly number[]])[]): Buffer {
  const copy = Buffer.from(whole);
  for (const [at, bytes] of pieces) Buffer.from(bytes).copy(copy, at);
  return copy;
}

export function open(bytes: Buffer, as?: string): Promise<Media> {
  return openMedia(bufferSource(bytes), undefined, as);
}

/** Of the medium, as `[sector, count]` of `sectorSize`. */
export async function absentSectors(media: Media): Promise<[number, number][]> {
  const found: [number, number][] = [];
  for await (const { kind, offset, length } of media.extents())
    if (kind === 'absent') found.push([offset / media.sectorSize, length / media.sectorSize]);
  return found;
}

export function codes(media: Media): string[] {
  return media.warnings.map(({ code }) => code);
}
