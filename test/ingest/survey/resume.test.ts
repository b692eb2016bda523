/** A survey that is stopped after any batch and goes on tells what one without a stop tells, and reads no file twice. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openMedia } from '#ingest/media';
import { type DfxmlMark, DFXML_HEAD_BYTES, readDfxmlHead, surveyOf, writeDfxml } from '#ingest/survey';
import { fourFloppies } from '../../support/many-volumes.ts';
import { bufferSource } from '../media/buffer-source.ts';

const HEAD = { image: 'disk.img', program: 'Strongroom', version: '1', startedAt: new Date(0) };
const BATCH_BYTES = 20_000;
const MOST_STOPS = 12;

/** A place where a survey may stop: what is written until there, and how many bytes of files were read. */
interface Stop {
  readonly mark: DfxmlMark;
  readonly length: number;
  readonly doneBytes: number;
}

let disk: Buffer;
beforeAll(async () => {
  disk = await fourFloppies();
});

async function survey(from?: Stop, more: { bytesPerSecond?: number; signal?: AbortSignal } = {}) {
  await using media = await openMedia(bufferSource(disk));
  let text = '';
  let doneBytes = from?.doneBytes ?? 0;
  const stops: Stop[] = [];
  const items = surveyOf(media, {
    algorithms: ['sha256'],
    withRuns: true,
    batchBytes: BATCH_BYTES,
    from: from === undefined ? undefined : { ...from.mark, doneBytes },
    onProgress: (progress) => ({ doneBytes } = progress),
    ...more,
  });
  await writeDfxml(
    items,
    HEAD,
    (piece) => {
      text += piece;
      return Promise.resolve();
    },
    {
      from: from?.mark,
      onMark: (mark) => {
        stops.push({ mark, length: text.length, doneBytes });
        return Promise.resolve();
      },
    },
  );
  return { text, stops, doneBytes };
}

describe('a survey that goes on', () => {
  it('where it was stopped gives the same document, and reads only what it had not read', async () => {
    const whole = await survey();
    expect(whole.stops.length, 'more stops than volumes: some are inside').toBeGreaterThan(8);
    const step = Math.ceil(whole.stops.length / MOST_STOPS);
    for (const stop of whole.stops.filter((_, index) => index % step === 0 || index === whole.stops.length - 1)) {
      const rest = await survey(stop);
      const where = JSON.stringify(stop.mark);
      expect(whole.text.slice(0, stop.length) + rest.text === whole.text, where).toBe(true);
      expect(rest.doneBytes, where).toBe(whole.doneBytes);
      expect(rest.stops.length, where).toBe(whole.stops.length - whole.stops.indexOf(stop) - 1);
    }
  });

  it('keeps to the bytes that it may read in a second', async () => {
    const began = performance.now();
    const { doneBytes } = await survey(undefined, { bytesPerSecond: 8 << 20 });
    const seconds = (performance.now() - began) / 1000;
    expect(doneBytes / seconds).toBeLessThan(10 << 20);
  });

  it('says nothing of a file while it is stopped', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => stop.abort(reason), 50);
    await expect(survey(undefined, { bytesPerSecond: 100_000, signal: stop.signal })).rejects.toBe(reason);
  });
});

describe('the beginning of a list', () => {
  it('says who made it, and by which signatures the files were told', async () => {
    const { text } = await survey();
    expect(readDfxmlHead(Buffer.from(text).subarray(0, DFXML_HEAD_BYTES))).toEqual({ program: 'Strongroom', version: '1' });
    let signed = '';
    const signatures = { name: 'PRONOM', version: '116 & more' };
    await writeDfxml((async function* () {})(), { ...HEAD, signatures }, (piece) => {
      signed += piece;
      return Promise.resolve();
    });
    expect(readDfxmlHead(Buffer.from(signed))).toEqual({ program: 'Strongroom', version: '1', signatures });
    expect(() => readDfxmlHead(Buffer.from('<dfxml><creator>'))).toThrow(/does not say who made it/);
    expect(() => readDfxmlHead(Buffer.from('no XML'))).toThrow(/can't be read/);
  });
});
