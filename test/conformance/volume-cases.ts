/**
 * The cases of the volumes suite: what lies in test/fixtures/volumes/<scheme>/, made by the recipes there.
 *
 * `<case>.img.gz` is a medium, `<case>.truth.json` what another program (sfdisk, sgdisk, mmls, parted) says of it.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

interface Truth {
  readonly by: string;
  /** Of the medium, in bytes; 512 unless stated. */
  readonly sectorSize?: number;
  readonly diskId?: string;
  /** In order of offset; only what is stated is compared. */
  readonly volumes: readonly Readonly<Record<string, string | number | boolean>>[];
  /** Codes of the warnings. */
  readonly faults?: readonly string[];
}

const fixtures = new URL('../fixtures/volumes/', import.meta.url);

interface VolumeCase {
  readonly name: string;
  readonly medium: Buffer;
  readonly truth: Truth;
}

export function casesOf(id: string): VolumeCase[] {
  const folder = new URL(`${id}/`, fixtures);
  if (!existsSync(folder)) return [];
  const images = readdirSync(folder).filter((file) => file.endsWith('.img.gz'));
  return images.toSorted().map((file) => {
    const name = file.slice(0, -'.img.gz'.length);
    const truth = JSON.parse(readFileSync(new URL(`${name}.truth.json`, folder), 'utf8')) as Truth;
    return { name, medium: gunzipSync(readFileSync(new URL(file, folder))), truth };
  });
}
