/** Zstandard as containers use it: frames, what stands between them, and what follows. */
import { describe, expect, it } from 'vitest';
import { zstd } from '#built/ingest/media/codecs/zstd';
import { has, run } from './tools.ts';

/** A frame of one block: `stored` bytes as they are, or `repeated` one of them, so many times. */
function frame(block: { stored: Buffer } | { repeated: number; times: number }, { says = -1, checksum = false } = {}): Buffer {
  const isStored = 'stored' in block;
  const length = isStored ? block.stored.length : block.times;
  const head = says < 0 ? [checksum ? 0x04 : 0, 0x58] : [0xa0 | (checksum ? 0x04 : 0), ...le(says, 4)];
  const body = isStored ? block.stored : Buffer.of(block.repeated);
  return Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd, ...head, ...le(1 | (isStored ? 0 : 2) | (length << 3), 3)), body]);
}

function le(value: number, width: number): number[] {
  return Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** i) & 255);
}

const abc = Buffer.from('abc');
const skippable = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);

describe('zstd', () => {
  it('unpacks a frame, whatever follows it', async () => {
    for (const after of ['', '\0\0\0\0\0\0\0\0\0\0', 'another cluster', '(\xb5/\xfd']) {
      const packed = Buffer.concat([frame({ stored: abc }), Buffer.from(after, 'latin1')]);
      expect((await zstd(packed, 3)).toString()).toBe('abc');
    }
  });

  it('unpacks frames one after the other, and skips what is to be skipped', async () => {
    const packed = Buffer.concat([skippable, frame({ stored: abc }), skippable, frame({ repeated: 100, times: 5 }), skippable]);
    expect((await zstd(packed, 8)).toString()).toBe('abcddddd');
    expect((await zstd(packed, 100)).toString()).toBe('abcddddd');
  });

  it('refuses more than was agreed, whether the frame says so or not', async () => {
    const long = { repeated: 7, times: 100_000 };
    await expect(zstd(frame(long, { says: 100_000 }), 1000)).rejects.toMatchObject({ code: 'media/chunk-too-long' });
    await expect(zstd(frame(long), 1000)).rejects.toMatchObject({ kind: 'corrupt' });
    await expect(zstd(frame({ stored: abc }), 2)).rejects.toMatchObject({ code: 'media/chunk-too-long' });
    await expect(zstd(frame({ stored: abc }, { says: 0xffff_ffff }), 3)).rejects.toMatchObject({ code: 'media/chunk-too-long' });
  });

  it.each([
    ['seven bytes', Buffer.alloc(7)],
    ['zeros', Buffer.alloc(4096)],
    ['a frame cut in its header', frame({ stored: abc }, { says: 3 }).subarray(0, 9)],
    ['a frame cut in its block', frame({ stored: abc }).subarray(0, 10)],
    ['a frame without the checksum it promises', frame({ stored: abc }, { checksum: true })],
    ['a frame with a wrong checksum', Buffer.concat([frame({ stored: abc }, { checksum: true }), Buffer.alloc(4)])],
    ['a frame that says another length', frame({ stored: abc }, { says: 2 })],
    ['a skippable frame of 4 GiB', Buffer.from([0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255, 0])],
  ])('refuses %s', async (_, packed) => {
    const answer = zstd(packed, 3).then((bytes) => bytes.length);
    await expect(answer).rejects.toMatchObject({ kind: 'corrupt', code: 'media/chunk-damaged' });
  });

  it('stays of use after a damaged frame', async () => {
    await expect(zstd(frame({ stored: abc }, { says: 2 }), 3)).rejects.toMatchObject({ code: 'media/chunk-damaged' });
    expect((await zstd(frame({ stored: abc }), 3)).toString()).toBe('abc');
  });
});

describe.runIf(has('zstd'))('what the zstd program writes', () => {
  it.each(['-1', '-19', '--no-check', '--long=27'])('with %s is unpacked', async (level) => {
    const text = run('sh', ['-c', 'i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done']);
    const packed = run('sh', ['-c', `printf %s "$1" | zstd -q -c ${level} | base64`, 'sh', text]);
    const bytes = await zstd(Buffer.from(packed, 'base64'), text.length);
    expect(bytes.toString()).toBe(text.trimEnd().padEnd(bytes.length, '\n'));
  });
});
