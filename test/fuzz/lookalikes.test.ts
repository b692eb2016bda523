/**
 * Files of just the sizes that formats have, which are none of them: noise, fills, text, small numbers. Whatever is not that format comes
 * out as it went in, every byte in its place; a text is a text.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileSystems } from '#ingest/filesystems';
import { formats, identify, openMedia } from '#ingest/media';
import { casesOf as volumesOf } from '../conformance/filesystem-cases.ts';
import { casesOf } from '../conformance/media-cases.ts';
import { bufferSource } from '../ingest/media/buffer-source.ts';
import { numbersFrom } from './damage.ts';

const SECONDS = Number(process.env['STRONGROOM_FUZZ_SECONDS'] ?? 2);
const LARGEST = 2_300_000;
const SECTORS = [128, 256, 512, 1024];
const FILLS = [0x00, 0x01, 0x03, 0x09, 0x0a, 0x0b, 0x1a, 0x20, 0x4e, 0x55, 0xa5, 0xaa, 0xe5, 0xf6, 0xfe, 0xff];

/** Whatever a format may go by: sizes of disks, with a byte or a tag for each block, behind the headers that formats have. */
const sizes = [...new Set([...geometric(), ...commodore(), ...fixtures()])].filter((size) => size > 0 && size <= LARGEST);

function geometric(): number[] {
  const disks = [35, 40, 41, 42, 77, 79, 80, 81, 82, 84].flatMap((cylinders) =>
    [1, 2].flatMap((heads) =>
      [5, 8, 9, 10, 11, 13, 15, 16, 18, 20, 21, 26, 36].flatMap((sectors) =>
        SECTORS.map((size) => cylinders * heads * sectors * size),
      ),
    ),
  );
  const behind = [0, 12, 14, 16, 32, 64, 84, 133, 256, 512, 688, 4096, 8704];
  return [...disks, 409_600, 819_200, 143_360, 116_480, 232_960].flatMap((disk) => behind.map((header) => header + disk));
}

function commodore(): number[] {
  return [683, 768, 802, 1366, 1536, 3120, 3200, 3280, 4133].flatMap((blocks) => [blocks * 256, blocks * 257]);
}

function fixtures(): number[] {
  return [...formats.keys()].flatMap((id) => casesOf(id).map(({ open, files }) => files.get(open)?.length ?? 0));
}

async function staysAsItIs(bytes: Buffer, what: string): Promise<void> {
  const source = bufferSource(bytes);
  const { id, kind, basis, readable } = await identify(source);
  if (kind !== 'image' || !readable) return;
  await using media = await openMedia(source);
  const isSame = media.size === bytes.length && (await media.read(0, media.size)).equals(bytes);
  expect(`${what} of ${bytes.length} bytes: ${id} by its ${basis}, ${isSame ? 'whole' : 'other bytes'}`).toMatch(/whole$/);
}

const kinds: readonly (readonly [string, (size: number, next: (below: number) => number) => Buffer])[] = [
  ['noise', (size, next) => Buffer.from(Uint8Array.from({ length: size }, () => next(256)))],
  [
    'noise behind zeros',
    (size, next) => Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at < 16_384 ? 0 : next(256)))),
  ],
  [
    'zeros behind noise',
    (size, next) => Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at < 16_384 ? next(256) : 0))),
  ],
  ['small numbers', (size, next) => Buffer.from(Uint8Array.from({ length: size }, () => (next(3) === 0 ? next(12) : 0)))],
  ['a pattern', (size, next) => Buffer.alloc(size, Buffer.from([next(256), next(256), next(4), 0].slice(0, 1 + next(4))))],
  ['a table of numbers', counted],
];

function counted(size: number, next: (below: number) => number): Buffer {
  const bytes = Buffer.alloc(size);
  const step = 1 + next(512);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(((at / 4) * step) >>> 0, at);
  return bytes;
}

describe('a file that only has the size of a format', () => {
  it.each(kinds)(`is left as it is: %s, for ${SECONDS} s`, { timeout: (SECONDS + 60) * 1000 }, async (what, make) => {
    const seed = SECONDS > 2 ? Math.floor(Math.random() * 2 ** 32) : 1;
    const next = numbersFrom(seed);
    const order = sizes.map((size) => [next(2 ** 30), size] as const).toSorted(([a], [b]) => a - b);
    const end = performance.now() + SECONDS * 1000;
    for (const [, size] of order) {
      await staysAsItIs(make(size, next), `seed ${seed}: ${what}`);
      if (performance.now() > end) break;
    }
  });

  it('is left as it is: filled with one byte', async () => {
    for (const size of [...commodore(), 143_360, 819_200, 1_474_560, 8704 + 256 * 10])
      for (const fill of FILLS) await staysAsItIs(Buffer.alloc(size, fill), `fill ${fill}`);
  });

  it('is left as it is: cut out of a disk', { timeout: (SECONDS + 60) * 1000 }, async () => {
    const disks = [
      ...[...fileSystems.keys()].flatMap((id) => volumesOf(id).map(({ name, volume }) => ({ name, bytes: volume }))),
      ...['raw', 'iso', 'floppy'].flatMap((id) => casesOf(id).map(({ name, truth }) => ({ name, bytes: truth }))),
    ];
    const cuts = disks.flatMap(({ name, bytes }) =>
      sizes.filter((size) => size < bytes.length).map((size) => [name, bytes.subarray(0, size)] as const),
    );
    const next = numbersFrom(SECONDS > 2 ? Math.floor(Math.random() * 2 ** 32) : 1);
    for (const end = performance.now() + SECONDS * 1000; performance.now() < end; ) {
      const [name, bytes] = cuts[next(cuts.length)] ?? ['', Buffer.alloc(1)];
      await staysAsItIs(bytes, `a cut of ${name}`);
    }
  });

  it('is left as it is: the first side of a disk that has two, and some of the second', async () => {
    const [disk] = casesOf('d71');
    const cut = (disk?.truth ?? Buffer.alloc(0)).subarray(0, 175_531);
    const noisy = Buffer.concat([cut.subarray(0, 174_848), Buffer.alloc(683, 'second side')]);
    await staysAsItIs(noisy, 'a cut D71');
  });

  it('is a text where it is one', async () => {
    const line = fc.stringMatching(/^[ -~]{1,60}$/);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...sizes), fc.array(line, { minLength: 1, maxLength: 20 }), async (size, lines) => {
        const bytes = Buffer.alloc(size, `Notes of the donor.\n${lines.join('\n')}\n`);
        const { kind } = await identify(bufferSource(bytes));
        expect(`${size} ${kind}`).toBe(`${size} paper`);
      }),
      { numRuns: 1_000_000, interruptAfterTimeLimit: SECONDS * 1000 },
    );
  });
});
