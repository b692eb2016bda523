/** What is special to Nero images. */
import { describe, expect, it } from 'vitest';
import { formats, identify, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { changed, extentsIn, fixture } from './disc-set.ts';

const nrg = fixture('nrg/mixed.nrg');
const chunksAt = Number(nrg.readBigUInt64BE(nrg.length - 8));
const daoAt = nrg.indexOf('DAOX', chunksAt);
const opened = (bytes: Buffer) => openMedia(bufferSource(bytes));
/** The image with other chunks. */
const withChunks = (...chunks: Buffer[]): Buffer => Buffer.concat([nrg.subarray(0, chunksAt), ...chunks, nrg.subarray(-20)]);
const chunk = (id: string, data: Buffer, size = data.length): Buffer => {
  const head = Buffer.from(`${id}\0\0\0\0`, 'latin1');
  head.writeUInt32BE(size, 4);
  return Buffer.concat([head, data]);
};

describe('a Nero image', () => {
  it('tells the disc', async () => {
    await using media = await opened(nrg);
    expect(media.facts).toMatchObject({
      formatVersion: '2',
      catalog: '1234567890123',
      tracks: ['01 MODE1/2352 LBA 0-323', '02 AUDIO LBA 324-423'],
    });
    await using first = await opened(fixture('nrg/mixed-v1.nrg'));
    expect(first.facts).toMatchObject({ formatVersion: '1', tracks: media.facts['tracks'] });
  });

  it('has two sessions, whose space between is absent', async () => {
    await using media = await opened(fixture('nrg/sessions.nrg'));
    expect(await extentsIn(media)).toBe('data 0+324 absent 324+11400 data 11724+324');
  });

  it('whose end is missing is told by its first sectors', async () => {
    expect(await identify(bufferSource(nrg.subarray(0, -1)))).toMatchObject({ id: 'cd-raw' });
    const plain = fixture('nrg/plain.nrg');
    expect(await identify(bufferSource(plain.subarray(0, -1)))).toMatchObject({ id: 'iso' });
  });

  it.each([
    ['nrg/footer', nrg.subarray(0, -1)],
    ['nrg/footer', changed(nrg, nrg.length - 8, 255)],
    ['nrg/chunk-outside', withChunks(chunk('CUEX', Buffer.alloc(8), 0xffffffff))],
    ['nrg/chunk-outside', withChunks(chunk('\0\0\0\0', Buffer.alloc(8)))],
    ['nrg/chunk-outside', withChunks(...Array.from({ length: 2000 }, () => chunk('SINF', Buffer.alloc(0))))],
    ['nrg/no-track', withChunks()],
    ['nrg/no-address', withChunks(nrg.subarray(daoAt, daoAt + 8 + 22 + 84))],
    ['nrg/track-count', withChunks(chunk('ETN2', Buffer.alloc(32 * 5000)))],
    ['nrg/sector-size', changed(nrg, daoAt + 8 + 22 + 14, 0x42)],
    ['nrg/sector-size', changed(nrg, daoAt + 8 + 22 + 12, 0, 0)],
    ['nrg/track-outside', changed(nrg, daoAt + 8 + 22 + 34 + 3, 9)],
    ['layout/number-too-large', changed(nrg, daoAt + 8 + 22 + 34, 255)],
    ['layout/short', withChunks(chunk('DAOX', Buffer.alloc(3)))],
    ['nrg/no-data-track', changed(nrg, daoAt + 8 + 22 + 14, 7)],
  ])('that is damaged or forged is refused: %s', async (code, bytes) => {
    const refused = formats.get('nrg')?.open(bufferSource(bytes), {
      own: 'x.nrg',
      names: [],
      find: () => Promise.resolve(undefined),
      media: () => Promise.resolve(undefined),
      inner: () => Promise.reject(new TypeError('no wrapper')),
    });
    await expect(refused).rejects.toMatchObject({ code });
  });

  it('whose footer points to its first byte is refused before it is read', async () => {
    const big = Buffer.concat([Buffer.alloc(5 << 20), Buffer.from('NER5\0\0\0\0\0\0\0\0', 'latin1')]);
    await expect(opened(big)).rejects.toMatchObject({ code: 'nrg/chunks' });
  });
});
