/**
 * Every writer in the registry must pass this, unasked: our own reader and other people's programs find in what it makes the
 * disk that went in; and damage, a lie or a cancellation leave nothing behind.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mappedMedia } from '#built/ingest/media/mapped-media';
import type { Run } from '#built/ingest/media/runs';
import { exportMedium, exporters, type MediaWriter, mediaWriters, type StoredMedium } from '#ingest/export';
import { alone, fileSource, identify, type Media, openMedia, type Range } from '#ingest/media';
import { diskReaders } from '../ingest/export/disk-readers.ts';
import { bufferSource } from '../ingest/media/buffer-source.ts';

const ID = '01935e2a-7b1c-7000-8000-0123456789ab';
const MIB = 1 << 20;
const SECTOR = 512;

/** A disk, and what is told of it beside its bytes. */
interface Case {
  readonly bytes: Buffer;
  readonly absent?: readonly Range[];
  readonly zero?: readonly Range[];
}

const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(3 * MIB));
const canon = gunzipSync(readFileSync(new URL('../fixtures/media/canon.raw.gz', import.meta.url)));

function nearlyEmpty(): Case {
  const bytes = Buffer.alloc(40 * MIB);
  canon.copy(bytes, 0, 0, 70_000);
  noise.copy(bytes, 33 * MIB + 12_345, 0, 200_000);
  bytes.writeUInt8(1, bytes.length - 1);
  return { bytes, zero: [{ offset: MIB, length: 20 * MIB }] };
}

/** The second is filler of an imaging program. */
function withAbsent(): Case {
  const bytes = Buffer.concat([noise.subarray(0, MIB), Buffer.alloc(5 * MIB), noise.subarray(MIB)]);
  bytes.fill('BAD!', 64 * SECTOR, 72 * SECTOR);
  return {
    bytes,
    absent: [
      { offset: 64 * SECTOR, length: 8 * SECTOR },
      { offset: MIB, length: 4 * MIB },
    ],
  };
}

const cases: Readonly<Record<string, Case>> = {
  'the canon': { bytes: canon },
  'a disk of 40 MiB with little on it': nearlyEmpty(),
  'a disk that ends within a sector': { bytes: Buffer.concat([noise.subarray(0, 2 * MIB), Buffer.from('the end')]) },
  'a disk of less than a sector': { bytes: Buffer.from('short') },
  'a disk with ranges that were never read': withAbsent(),
  'a disk of zeros': { bytes: Buffer.alloc(3 * MIB + SECTOR) },
  'a disk that holds the signature of another container': {
    bytes: Buffer.concat([Buffer.from('KDMV'), noise.subarray(0, 5 * SECTOR - 4)]),
  },
};

function mediaOf({ bytes, absent = [], zero = [] }: Case): Media {
  const source = bufferSource(bytes);
  const map = (offset: number, length: number): Promise<readonly Run[]> => {
    const hole = zero.find((range) => range.offset + range.length > offset && range.offset < offset + length);
    if (hole === undefined) return Promise.resolve([{ kind: 'stored', offset, length, source, at: offset }]);
    if (hole.offset <= offset)
      return Promise.resolve([{ kind: 'zero', offset, length: Math.min(length, hole.offset + hole.length - offset) }]);
    return Promise.resolve([{ kind: 'stored', offset, length: hole.offset - offset, source, at: offset }]);
  };
  return mappedMedia({ format: 'test', size: bytes.length, sectorSize: SECTOR, unread: absent, map });
}

function stored(of: Case, more: Partial<StoredMedium> = {}): StoredMedium {
  return {
    id: ID,
    sealedAt: new Date('2026-11-22T10:00:00Z'),
    media: mediaOf(of),
    size: of.bytes.length,
    sha256: digestOf(of.bytes),
    facts: { caseNumber: '2026-014', evidenceNumber: 'é 7', examiner: 'Ada\tMarrowby', acquiredAt: '2011-02-03T04:05:06Z' },
    ...more,
  };
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'writers-'));
});
afterAll(async () => rm(root, { recursive: true, force: true }));

it('has no writer with the id of an exporter', () => {
  expect([...mediaWriters.keys()].filter((id) => exporters.has(id))).toEqual([]);
});

describe.each([...mediaWriters.keys()])('%s', (id) => {
  const writer = mediaWriters.get(id) as MediaWriter;
  const readers = diskReaders(id);
  const freshFolder = async (): Promise<string> => mkdtemp(join(root, 'to-'));
  const to = (folder: string): string => join(folder, `disk${writer.extension}`);
  const filledUp = (bytes: Buffer): Buffer =>
    Buffer.concat([bytes], Math.ceil(bytes.length / writer.sectorSize) * writer.sectorSize);

  async function refusal(medium: StoredMedium, options: Parameters<typeof exportMedium>[3] = {}, by = writer): Promise<unknown> {
    const folder = await freshFolder();
    const error = await exportMedium(by, medium, to(folder), options).then(
      () => expect.fail('the export went through'),
      (reason: unknown) => reason,
    );
    expect(await readdir(folder)).toEqual([]);
    return error;
  }

  describe.each(Object.keys(cases))('%s', (name) => {
    const disk = cases[name]!;

    it('is found again by our own reader, known by its content', async () => {
      const target = to(await freshFolder());
      const result = await exportMedium(writer, stored(disk), target);
      expect(result).toMatchObject({ target, files: 1, mediumSha256: digestOf(disk.bytes) });
      expect([(await stat(target)).size, digestOf(await readFile(target))]).toEqual([result.bytes, result.sha256]);
      await using container = await fileSource(target);
      const known = await identify(container);
      expect(writer.format === 'raw' || known.id === writer.format).toBe(true);
      await using media = await openMedia(container, alone, writer.format);
      expect(media.isWhole ? [] : media.warnings).toEqual([]);
      expect((await media.read(0, media.size)).equals(filledUp(disk.bytes))).toBe(true);
    });

    it.each(readers)('is found again by $name', async (reader) => {
      const folder = await freshFolder();
      await exportMedium(writer, stored(disk), to(folder));
      const found = await reader.read(to(folder), await freshFolder());
      expect(found.subarray(0, disk.bytes.length).equals(disk.bytes)).toBe(true);
      expect(found.subarray(disk.bytes.length).every((byte) => byte === 0)).toBe(true);
      expect(found.length - disk.bytes.length).toBeLessThan(SECTOR);
    });

    it('gives the same bytes every time', async () => {
      const [first, second] = [to(await freshFolder()), to(await freshFolder())];
      const result = await exportMedium(writer, stored(disk), first);
      expect(await exportMedium(writer, stored(disk), second)).toEqual({ ...result, target: second });
    });
  });

  it('is read by at least one program of others, or says why not', () => {
    expect(id === 'raw' || readers.length > 0).toBe(true);
  });

  it('takes little room for a disk with little on it', async () => {
    const target = to(await freshFolder());
    await exportMedium(writer, stored(cases['a disk of 40 MiB with little on it']!), target);
    expect((await stat(target)).blocks * 512).toBeLessThan(12 * MIB);
  });

  it('says what was never read, and what was added', async () => {
    const notesOf = async (name: string): Promise<readonly string[]> =>
      (await exportMedium(writer, stored(cases[name]!), to(await freshFolder()))).notes;
    expect(await notesOf('the canon')).toEqual([]);
    expect((await notesOf('a disk with ranges that were never read')).join()).toContain(
      `${4 * MIB + 8 * SECTOR} bytes were never read`,
    );
    const added = (await notesOf('a disk that ends within a sector')).join();
    expect(added).toMatch(writer.sectorSize === 1 ? /^$/ : /^505 zeros follow the disk/);
  });

  it('refuses a disk that is not the one that was ingested', async () => {
    const sha256 = 'ab'.repeat(32);
    const fault = await refusal(stored({ bytes: canon }, { sha256 }));
    expect(fault).toMatchObject({ kind: 'corrupt', code: 'export/medium-altered', facts: { recorded: sha256 } });
    expect(await refusal(stored({ bytes: canon }, { size: canon.length + 1 }))).toMatchObject({ code: 'export/medium-altered' });
  });

  it('tells the damage of a container that can not be read', async () => {
    const media = mediaOf({ bytes: canon });
    const read = (offset: number, length: number): Promise<Buffer> =>
      offset + length > 3 * MIB ? media.read(canon.length, 1) : media.read(offset, length);
    expect(await refusal(stored({ bytes: canon }, { media: { ...media, read } }))).toMatchObject({ code: 'media/past-end' });
  });

  it('refuses a disk that is larger than the container can hold', async () => {
    const fault = await refusal(stored({ bytes: canon }), {}, { ...writer, largest: MIB });
    expect(fault).toMatchObject({
      kind: 'refused',
      code: 'export/medium-too-large',
      facts: { size: canon.length, largest: MIB },
    });
  });

  it('never publishes what our reader does not find the disk in', async () => {
    const lying: MediaWriter = {
      ...writer,
      async *write(disk) {
        const pieces: Uint8Array[] = [];
        for await (const piece of writer.write(disk)) pieces.push(Buffer.from(piece));
        const whole = Buffer.concat(pieces);
        whole.writeUInt8(whole.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1);
        yield whole;
      },
    };
    expect(await refusal(stored({ bytes: noise }), {}, lying)).toBeInstanceOf(Error);
  });

  it('leaves nothing when cancelled: before, midway, and while it is read back', async () => {
    const reason = new Error('cancelled by the archivist');
    expect(await refusal(stored({ bytes: canon }), { signal: AbortSignal.abort(reason) })).toBe(reason);
    for (const share of [0.1, 0.5, 0.95]) {
      const stop = new AbortController();
      const onProgress = ({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }): void => {
        if (doneBytes > totalBytes * share) stop.abort(reason);
      };
      expect(await refusal(stored({ bytes: canon }), { signal: stop.signal, onProgress })).toBe(reason);
    }
  });

  it('tells how far it is, never backwards, to the end', async () => {
    const seen: number[] = [];
    const totals = new Set<number>();
    await exportMedium(writer, stored(cases['a disk of 40 MiB with little on it']!), to(await freshFolder()), {
      onProgress: ({ doneBytes, totalBytes }) => (seen.push(doneBytes), totals.add(totalBytes)),
    });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect([...totals]).toEqual([seen.at(-1)]);
  });
});
