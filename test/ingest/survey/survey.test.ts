/** The survey of every file system fixture gives the digests that other programs give: many files at once, in the order of the disk. */
import { describe, expect, it } from 'vitest';
import { fileSystems } from '#ingest/filesystems';
import { openMedia } from '#ingest/media';
import { dataOf, surveyOf } from '#ingest/survey';
import { casesOf } from '../../conformance/filesystem-cases.ts';
import { bufferSource } from '../media/buffer-source.ts';

const LARGEST = 16 * 1024 * 1024;

const CASES = [...fileSystems.keys()].flatMap((id) =>
  casesOf(id)
    .filter(({ truth }) => truth.entries.some(({ sha256 }) => sha256 !== undefined) && truth.entries.every(({ size = 0 }) => size <= LARGEST))
    .map((of) => ({ ...of, id, name: `${id}: ${of.name}` })),
);

describe.each(CASES)('the survey of $name', ({ id, volume, truth }) => {
  it('has the digest of every file', async () => {
    await using media = await openMedia(bufferSource(volume));
    const found = new Map<string, string | undefined>();
    let isSystem = false;
    for await (const item of surveyOf(media, { algorithms: ['sha256'] })) {
      if (item.kind === 'volume') isSystem = item.volume.fileSystem?.format === id;
      if (item.kind !== 'files' || !isSystem) continue;
      for (const file of item.files) if (!file.isDeleted) found.set(file.path, dataOf(file)?.digests?.sha256);
    }
    const expected = truth.entries.filter(({ sha256 }) => sha256 !== undefined);
    expect(expected.map(({ path }) => [path, found.get(path)])).toEqual(expected.map(({ path, sha256 }) => [path, sha256]));
  });
});
