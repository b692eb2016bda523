/** Digests of many streams at once are those of each stream by itself, however the pieces come. */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ManyDigests } from '#ingest/digest';

function digestOf(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** Sizes around those of a slot, none, and many small ones. */
const SIZES = [0, 1, 5 << 20, 2 << 20, (2 << 20) - 1, (2 << 20) + 1, ...Array.from({ length: 6000 }, (_, i) => i % 700)];

describe('digests of many streams', () => {
  it('are those of each stream, when their pieces come in turns', async () => {
    using digests = new ManyDigests({ algorithms: ['sha256', 'md5'], threadCount: 2 });
    const source = randomBytes(6 << 20);
    const streams = SIZES.map((size, index) => source.subarray(index % 1000, (index % 1000) + size));
    const answers: ReturnType<ManyDigests['finish']>[] = [];
    for (const stream of streams) {
      const handle = digests.begin();
      for (let at = 0; at < stream.length; at += 300_000) await digests.update(handle, stream.subarray(at, at + 300_000));
      answers.push(digests.finish(handle));
    }
    // The last of them wait for company: only now all can be answered.
    await Promise.resolve();
    setImmediate(() => digests.flush());
    const found = (await Promise.all(answers)).map((answer) => answer.digests);
    expect(found).toEqual(streams.map((bytes) => ({ sha256: digestOf('sha256', bytes), md5: digestOf('md5', bytes) })));
  });

  it('leave out a stream that was dropped, and go on with the others', async () => {
    using digests = new ManyDigests({ algorithms: ['sha256'], threadCount: 1 });
    const [kept, dropped] = [digests.begin(), digests.begin()];
    await digests.update(kept, Buffer.from('kept '));
    await digests.update(dropped, Buffer.from('half of a'));
    await digests.drop(dropped);
    await digests.update(kept, Buffer.from('whole'));
    const answer = digests.finish(kept);
    await Promise.resolve();
    digests.flush();
    expect((await answer).digests.sha256).toBe(digestOf('sha256', Buffer.from('kept whole')));
  });
});
