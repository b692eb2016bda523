/**
 * Files inside disks, as The Sleuth Kit, mtools, hfsutils, xorriso, debugfs and 7-Zip read them: the same paths, sizes and MD5s as ours, in
 * all fixtures, in images that Debian packages carry, and in file systems of the files of the running system. Skipped where a program
 * or an image is missing; `.ci/run` installs them. Where a program is known to be wrong: file-deviations.ts.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviates, isUnreadable } from './file-deviations.ts';
import { isThere, type Peer, PEERS } from './file-peers.ts';
import { byContent, type Difference, differences, type OurListing, ourListings } from './listing.ts';
import { type Image, MADE, PACKAGED } from './real-images.ts';

const fixtures = new URL('../fixtures/filesystems/', import.meta.url);
/** Kinds of fixtures that some program reads. */
const KINDS = ['fat', 'exfat', 'ntfs', 'ext', 'iso9660', 'udf', 'hfs', 'hfsplus'];
/** Fixtures with other file systems than that of their folder, or more. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'hfs/hybrid.img.gz': ['hfs', 'iso9660'],
  'udf/bridge.img.gz': ['udf', 'iso9660'],
  'hfsplus/wrapped.img.gz': ['hfs', 'hfsplus'],
};
const FIXED: readonly Image[] = KINDS.flatMap((kind) =>
  readdirSync(new URL(`${kind}/`, fixtures))
    .filter((name) => name.endsWith('.img.gz'))
    .map((name) => ({
      title: `${kind}/${name.slice(0, -'.img.gz'.length)}`,
      formats: ALSO[`${kind}/${name}`] ?? [kind],
      isThere: true,
      put: (path: string) => writeFileSync(path, gunzipSync(readFileSync(new URL(`${kind}/${name}`, fixtures)))),
    })),
);

/** What the peer says of a listing of ours that we don't; a program that fails has nothing to say. */
function contradiction(image: Image, peer: Peer, ours: OurListing, path: string, scratch: string): readonly Difference[] {
  mkdirSync(scratch);
  try {
    const said = peer.list(path, ours.offset, ours.format, scratch);
    const [mine, theirs] = peer.otherNames?.includes(ours.format)
      ? [byContent(ours.files), byContent(said)]
      : [peer.isRaw === true ? ours.rawFiles : ours.files, said];
    return differences(mine, theirs).filter((difference) => !deviates(peer.name, image.title, difference));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const inWords = ({ path, ours, theirs }: Difference): string => `${path}: ${ours} to us, ${theirs} to them`;

for (const image of [...FIXED, ...PACKAGED, ...MADE])
  describe(image.title, () => {
    let folder: string;
    let ours: readonly OurListing[];
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'files-'));
      if (!image.isThere) return;
      const path = join(folder, 'image.img');
      mkdirSync(join(folder, 'made'));
      image.put(path, join(folder, 'made'));
      ours = (await ourListings(path)).filter(({ format }) => image.formats.includes(format));
    }, 120_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.skipIf(!image.isThere)('has the file systems that it should have, each with files', () => {
      expect(new Set(ours.map(({ format }) => format))).toEqual(new Set(image.formats));
      for (const { files } of ours) expect(files.size).toBeGreaterThan(0);
    });

    const peers = PEERS.filter(
      ({ name, reads }) => reads.some((id) => image.formats.includes(id)) && !isUnreadable(name, image.title),
    );
    for (const peer of peers)
      it.skipIf(!image.isThere || !isThere(peer))(`is read by ${peer.name} as by us`, { timeout: 120_000 }, () => {
        const listings = ours.filter(({ format }) => peer.reads.includes(format));
        const path = join(folder, 'image.img');
        const found = listings.flatMap((listing) => contradiction(image, peer, listing, path, join(folder, 'scratch')));
        expect(found, found.slice(0, 20).map(inWords).join('\n')).toEqual([]);
      });
  });
