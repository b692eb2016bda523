/** What is recognised only: marks beside each other, marks alone, and what is told of content that can't be read. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openFileSystems } from '#ingest/filesystems';
import { bufferSource } from '../media/buffer-source.ts';

const fixture = (path: string): Buffer =>
  gunzipSync(readFileSync(new URL(`../../fixtures/filesystems/${path}.img.gz`, import.meta.url)));

async function told(volume: Buffer) {
  await using systems = await openFileSystems(bufferSource(volume));
  return systems.found.map(({ format, type, warnings, facts, isEncrypted }) => ({
    format,
    type,
    isEncrypted,
    facts,
    warnings: warnings.map(({ code }) => code),
  }));
}

describe('what is recognised only', () => {
  it('gives way to a file system whose root structure is there', async () => {
    const volume = fixture('fat/fat16');
    fixture('recognised/swap').copy(volume, 4086, 4086, 4096);
    expect(await told(volume)).toMatchObject([{ format: 'fat' }]);
  });

  it('says when two marks are there', async () => {
    const volume = fixture('recognised/hpfs');
    volume.write('HOTFIX00', 0x4000);
    expect(await told(volume)).toMatchObject([{ format: 'hpfs', warnings: ['recognised/ambiguous'] }]);
  });

  it.each([
    ['xfs', 'XFSB', 0],
    ['ufs2', '\x19\x01\x54\x19', 65_536 + 1372],
    ['jfs', 'JFS1', 32_768],
    ['btrfs', '_BHRfS_M', 65_600],
    ['squashfs', 'hsqs', 0],
  ])('is not believed by the mark of %s alone', async (_id, mark, at) => {
    const volume = Buffer.alloc(1 << 20);
    volume.write(mark, at, 'latin1');
    expect(await told(volume)).toEqual([]);
  });

  it('names the volumes of an APFS container by its newest checkpoint, and those that are enciphered', async () => {
    expect(await told(fixture('recognised/apfs'))).toMatchObject([
      { isEncrypted: true, facts: { volumes: 'Macintosh HD, Preboot', encryptedVolumes: 'Macintosh HD' } },
    ]);
  });

  it('tells no volumes of an APFS container whose object map is damaged', async () => {
    const volume = fixture('recognised/apfs');
    volume[11 * 4096 + 100] = 1;
    expect(await told(volume)).toMatchObject([{ format: 'apfs', isEncrypted: undefined, facts: {} }]);
  });

  it('claims nothing of chance', async () => {
    const volume = Buffer.alloc(1 << 20);
    let state = 19_930_412;
    for (let at = 0; at < volume.length; at += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      volume.writeInt32LE(state ^ (state >>> 15), at);
    }
    expect(await told(volume)).toEqual([]);
  });
});
