/** Segments and tables of E01: what is missing, foreign, damaged or beyond 2 GiB. */
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import {
  CHUNK,
  DONE,
  NEXT,
  type Part,
  chunk,
  codes,
  deposit,
  flipped,
  opened,
  segment,
  stored,
  summed,
  table,
  three,
  threeVolume,
  volume,
} from './ewf-builder.ts';

describe('segments', () => {
  const guid = '00112233445566778899aabbccddeeff';
  const says = { chunkCount: 3, sectorCount: 192, guid };
  const numbered = (number: number, count = 3, its = says): Buffer => {
    const type = number === 1 ? 'volume' : 'data';
    const parts = stored([chunk(number)], [{ type, body: volume(its) }]);
    return segment([...parts, number === count ? DONE : NEXT], number);
  };
  const whole = Buffer.concat(three);

  it('are put in order by the number in their header, whatever their names say', async () => {
    const [source, companions] = deposit({ 'disk.E01': numbered(1), 'DISK.E02': numbered(3), 'disk.EAB': numbered(2) });
    await using media = await openMedia(source, companions);
    expect((await media.read(0, media.size)).equals(whole)).toBe(true);
    expect(media.parts).toEqual(['disk.EAB', 'DISK.E02']);
    expect(media.facts).toMatchObject({ segments: 3 });
  });

  it('are of one family of names: another stem, another kind of file, a program are none', async () => {
    const others = { 'other.E02': numbered(2), 'disk.EXE': Buffer.from('MZ and so on, no evidence'), 'disk.s02': numbered(2) };
    const [source, companions] = deposit({
      'disk.E01': numbered(1),
      ...others,
      'disk.E02': numbered(2),
      'disk.E03': numbered(3),
    });
    await using media = await openMedia(source, companions);
    expect(media.parts).toEqual(['disk.E02', 'disk.E03']);
  });

  it('that are missing are named by number and name', async () => {
    const [source, companions] = deposit({ 'disk.e01': numbered(1), 'disk.e03': numbered(3) });
    await expect(openMedia(source, companions)).rejects.toMatchObject({
      kind: 'missing',
      code: 'ewf/segment-missing',
      facts: { number: 2, name: 'disk.e02' },
    });
    await expect(openMedia(bufferSource(numbered(1)))).rejects.toMatchObject({ facts: { number: 2 } });
  });

  it('that are there twice are refused', async () => {
    const files = { 'disk.E01': numbered(1), 'disk.E02': numbered(2), 'disk.E03': numbered(3), 'disk.E04': numbered(2) };
    await expect(openMedia(...deposit(files))).rejects.toMatchObject({
      code: 'ewf/segment-duplicate',
      facts: { names: ['disk.E02', 'disk.E04'] },
    });
  });

  it('of another set are refused, by its identifier or by its size', async () => {
    const other = { ...says, guid: 'ff112233445566778899aabbccddeeff' };
    const files = { 'disk.E01': numbered(1), 'disk.E02': numbered(2, 3, other), 'disk.E03': numbered(3) };
    await expect(openMedia(...deposit(files))).rejects.toMatchObject({ code: 'ewf/segment-foreign', facts: { number: 2 } });
    const unnamed = { ...says, guid: '' };
    const larger = { ...unnamed, sectorCount: 193 };
    const sized = {
      'disk.E01': numbered(1, 3, unnamed),
      'disk.E02': numbered(2, 3, larger),
      'disk.E03': numbered(3, 3, unnamed),
    };
    await expect(openMedia(...deposit(sized))).rejects.toMatchObject({ code: 'ewf/segment-foreign' });
  });

  it('after the last one are told, and not read', async () => {
    const files = { 'disk.E01': numbered(1), 'disk.E02': numbered(2), 'disk.E03': numbered(3), 'disk.E04': numbered(4) };
    await using media = await openMedia(...deposit(files));
    expect(codes(media)).toEqual(['ewf/segments-beyond']);
    expect(media.warnings[0]?.facts).toEqual({ names: ['disk.E04'] });
  });

  it('other than the first are sent back with the name of the first', async () => {
    const files = { 'disk.E01': numbered(1), 'disk.E02': numbered(2), 'disk.E03': numbered(3) };
    const refused = openMedia(...deposit(files, 'disk.E02'));
    await expect(refused).rejects.toMatchObject({ kind: 'refused', code: 'ewf/not-first', facts: { number: 2 } });
    await expect(openMedia(...deposit(files, 'disk.E02'))).rejects.toThrow('"disk.E01"');
  });

  it('that are cut at any section are truncated or missing, never shorter media', async () => {
    const first = numbered(1);
    for (const length of [13, 60, 89, 500, 1141, 1217, 20_000, first.length - 76, first.length - 1]) {
      const files = { 'disk.E01': first.subarray(0, length), 'disk.E02': numbered(2), 'disk.E03': numbered(3) };
      const answer = await openMedia(...deposit(files)).then(codes, (error: { kind: string }) => [error.kind]);
      expect(['truncated', 'missing', 'ewf/segment-cut'], String(length)).toContain(answer[0]);
    }
  });
});

describe('tables', () => {
  const parts = stored(three, [threeVolume]);
  const damaged = (type: string, at: number): Part[] =>
    parts.map((part) => {
      if (part.type !== type) return part;
      const body = Buffer.from(part.body);
      body[at] = (body[at] ?? 0) ^ 0x40;
      return { ...part, body };
    });
  const whole = Buffer.concat(three);

  it('have a copy that stands in for a damaged one', async () => {
    for (const at of [0, 9, 21, 26, 36]) {
      await using media = await opened([...damaged('table', at), DONE]);
      expect(codes(media), String(at)).toEqual(['ewf/table']);
      expect((await media.read(0, media.size)).equals(whole)).toBe(true);
    }
  });

  it('that are both damaged spoil their chunks, and say which bytes of the medium', async () => {
    const entry = (part: Part): Part => (part.type.startsWith('table') ? { ...part, body: flipped(part.body, 26) } : part);
    await using media = await opened([...parts.map(entry), DONE]);
    expect(codes(media)).toEqual(['ewf/table']);
    await expect(media.read(100, 10)).rejects.toMatchObject({
      kind: 'corrupt',
      code: 'ewf/table',
      facts: { mediumOffset: 0, mediumLength: 3 * CHUNK },
    });
    const header = (part: Part): Part => (part.type.startsWith('table') ? { ...part, body: flipped(part.body, 2) } : part);
    await expect(opened([...parts.map(header), DONE])).rejects.toMatchObject({ code: 'ewf/table' });
  });

  it('that decrease, or lead past their sectors, are damaged whatever their checksum says', async () => {
    const start = 13 + 76 + 1052 + 76;
    for (const entries of [
      [start, start - 4, start + 2 * (CHUNK + 4)],
      [start, start, start + 2 * (CHUNK + 4)],
      [start, start + CHUNK + 4, 0x7fffffff],
      [start, start + CHUNK + 4, 0xffffffff],
    ]) {
      const forged = parts.map((part) => (part.type.startsWith('table') ? { ...part, body: table(entries) } : part));
      await using media = await opened([...forged, DONE]);
      await expect(media.read(0, media.size)).rejects.toMatchObject({ code: 'ewf/table' });
    }
  });

  it('that say more entries than they have room for are refused before anything is allocated', async () => {
    const forged = parts.map((part) =>
      part.type.startsWith('table') ? { ...part, body: table([1, 2, 3], 0, 0xffffffff) } : part,
    );
    await expect(opened([...forged, DONE])).rejects.toMatchObject({ code: 'ewf/table' });
  });

  it('take the place of chunks from their base offset', async () => {
    const start = 13 + 76 + 1052 + 76;
    const body = table([0, CHUNK + 4, 2 * (CHUNK + 4)], start);
    const based = parts.map((part) => (part.type.startsWith('table') ? { ...part, body } : part));
    await using media = await opened([...based, DONE]);
    expect((await media.read(0, media.size)).equals(whole)).toBe(true);
  });

  it('of EnCase 6.7 that passed 2 GiB mean stored chunks from there on', async () => {
    // Sectors of more than 2 GiB, of which only the ends are real.
    const gap = 0x8000_0000 - 2 * (CHUNK + 4) - 100;
    const start = 13 + 76 + 1052 + 76;
    const packed = deflateSync(chunk(1));
    const head = segment([threeVolume, { type: 'sectors', body: packed }], 1);
    const places = [start, start + gap, start + gap + CHUNK + 4].map((at) => at);
    const far = Buffer.concat([summed(chunk(2)), summed(chunk(3))]);
    const sectorsEnd = start + gap + far.length;
    const body = table([(places[0] ?? 0) | 0x8000_0000, places[1] ?? 0, places[2] ?? 0]);
    const descriptor = (type: string, at: number, length: number): Buffer =>
      segment([{ type, body: Buffer.alloc(length), next: at + 76 + length, size: 76 + length }]).subarray(13, 13 + 76);
    const tail = Buffer.concat([far, descriptor('table', sectorsEnd, body.length), body, segment([DONE]).subarray(13)]);
    const sectors = segment([{ type: 'sectors', body: Buffer.alloc(0), next: sectorsEnd, size: 76 + gap + far.length }]).subarray(
      13,
    );
    sectors.copy(head, start - 76);
    const size = start + gap + tail.length;
    const sparse = {
      size,
      read(offset: number, length: number) {
        const out = Buffer.alloc(length);
        head.copy(out, 0, Math.min(offset, head.length), Math.min(offset + length, head.length));
        const from = offset - (start + gap);
        if (from + length > 0) tail.copy(out, Math.max(0, -from), Math.max(0, from), Math.max(0, from + length));
        return Promise.resolve(out);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    expect(places[2]).toBeGreaterThanOrEqual(0x7fff_ff00 - CHUNK);
    await using media = await openMedia(sparse);
    expect(codes(media)).toEqual([]);
    expect((await media.read(0, media.size)).equals(whole)).toBe(true);
  });
});
