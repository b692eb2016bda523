/** A medium of the fixtures, to be damaged by a test. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { volumesOf, type Volumes } from '#ingest/volumes';
import { bufferSource } from '../media/buffer-source.ts';

/** @param path `mbr/logical`. */
export function fixture(path: string): Buffer {
  return gunzipSync(readFileSync(new URL(`../../fixtures/volumes/${path}.img.gz`, import.meta.url)));
}

export function listed(medium: Buffer, sectorSize = 512): Promise<Volumes> {
  return volumesOf(bufferSource(medium), sectorSize);
}

/** `scheme number` of each volume, in order. */
export function namesOf({ volumes }: Volumes): string[] {
  return volumes.map(({ scheme, number }) => `${scheme} ${number}`.trim());
}

export function codesOf({ warnings }: Volumes): string[] {
  return warnings.map(({ code }) => code);
}
