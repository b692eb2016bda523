/**
 * Every file system in the registry must pass this, unasked: drop fixtures in test/fixtures/filesystems/<id>/ (see filesystem-cases.ts).
 * The truth is what other programs say of the same volume, never what our own reader says.
 */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contentOf,
  type Damage,
  type DataStream,
  type Entry,
  type FileSystem,
  fileSystems,
  LISTING_LIMITS,
  OPEN_OPTIONS,
  openFileSystems,
} from '#ingest/filesystems';
import { Fault } from '#ingest/kernel';
import type { ByteSource } from '#ingest/media';
import { bufferSource } from '../ingest/media/buffer-source.ts';
import { type FileSystemCase, type TruthEntry, casesOf } from './filesystem-cases.ts';

/** Streams larger than this (sparse ones) are digested in pieces; what a damaged volume claims beyond is not read. */
const MOST = 64 * 1024 * 1024;
const PIECE = 8 * 1024 * 1024;

interface Listing {
  readonly entries: readonly Entry[];
  readonly damages: readonly Damage[];
}

async function opened(id: string, volume: ByteSource): Promise<FileSystem> {
  const format = fileSystems.get(id);
  if (format === undefined) throw new RangeError(id);
  return format.open(volume, OPEN_OPTIONS);
}

async function listed(system: FileSystem): Promise<Listing> {
  const entries: Entry[] = [];
  const damages: Damage[] = [];
  for await (const batch of system.entries(LISTING_LIMITS))
    for (const found of batch)
      if (found.kind === 'damage') damages.push(found);
      else entries.push(found);
  return { entries, damages };
}

async function digestOf(stream: DataStream, algorithm: 'md5' | 'sha256'): Promise<string> {
  const content = await contentOf(stream);
  const hash = createHash(algorithm);
  for (let at = 0; at < content.size; at += PIECE) hash.update(await content.read(at, Math.min(PIECE, content.size - at)));
  return hash.digest('hex');
}

/** The entry in the words of the truth, no more of it than the truth states. */
async function inWords(entry: Entry, truth: TruthEntry): Promise<TruthEntry> {
  const data = entry.streams.find(({ kind }) => kind === 'data');
  const streams = await Promise.all(
    entry.streams
      .filter(({ kind }) => kind !== 'data')
      .map(async (stream) => {
        const key = stream.name === '' ? stream.kind : `${stream.kind}:${stream.name}`;
        const stated = truth.streams?.[key];
        const digests = {
          ...(stated?.md5 === undefined ? {} : { md5: await digestOf(stream, 'md5') }),
          ...(stated?.sha256 === undefined ? {} : { sha256: await digestOf(stream, 'sha256') }),
        };
        return [key, { size: stream.size, ...digests }] as const;
      }),
  );
  const times = Object.entries(entry.times).flatMap(([name, stamp]): [string, string][] =>
    truth.times?.[name] === undefined ? [] : [[name, stamp?.text ?? `impossible: ${stamp?.doubt}`]],
  );
  const words: Required<TruthEntry> = {
    path: entry.path,
    kind: entry.kind as TruthEntry['kind'],
    size: data?.size ?? -1,
    sha256: truth.sha256 === undefined || data === undefined ? '' : await digestOf(data, 'sha256'),
    md5: truth.md5 === undefined || data === undefined ? '' : await digestOf(data, 'md5'),
    target: entry.target ?? '',
    mode: entry.mode ?? -1,
    ownerId: entry.ownerId ?? -1,
    groupId: entry.groupId ?? -1,
    linkCount: entry.linkCount ?? -1,
    attributes: entry.attributes,
    facts: Object.fromEntries(Object.entries(entry.facts ?? {}).filter(([name]) => truth.facts?.[name] !== undefined)),
    times: Object.fromEntries(times),
    streams: Object.fromEntries(streams),
  };
  return Object.fromEntries(Object.entries(words).filter(([name]) => name in truth)) as unknown as TruthEntry;
}

/** Everything a survey does, so that damage has every chance to hurt. What is no Fault is thrown on. */
async function exercise(id: string, volume: Buffer): Promise<void> {
  try {
    const source = bufferSource(volume);
    await fileSystems.get(id)?.probe(source);
    await using system = await opened(id, source);
    const { entries } = await listed(system);
    for (const { streams } of entries.slice(0, 200)) for (const stream of streams) await readWhole(stream);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

async function readWhole(stream: DataStream): Promise<void> {
  try {
    const content = await contentOf(stream);
    if (content.size > 0) await content.read(0, Math.min(content.size, MOST));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

describe.each([...fileSystems.keys()])('%s', (id) => {
  const cases = casesOf(id);

  it('has at least one fixture', () => expect(cases).not.toEqual([]));

  it('names its sources', () => expect(fileSystems.get(id)?.sources).not.toEqual([]));

  describe.each(cases)('$name', ({ volume, truth }: FileSystemCase) => {
    const source = bufferSource(volume);

    it('is told by its content', async () => {
      await using systems = await openFileSystems(source);
      const name = truth.format ?? id;
      const found = systems.found.find(({ format }) => format === name);
      expect(found).toMatchObject({
        format: name,
        isListed: truth.isListed ?? true,
        ...(truth.type === undefined ? {} : { type: truth.type }),
        ...(truth.label === undefined ? {} : { label: truth.label }),
        ...(truth.serial === undefined ? {} : { serial: truth.serial }),
        ...(truth.isEncrypted === undefined ? {} : { isEncrypted: truth.isEncrypted }),
        ...(truth.size === undefined ? {} : { size: truth.size }),
        ...(truth.blockSize === undefined ? {} : { blockSize: truth.blockSize }),
        ...(truth.facts === undefined ? {} : { facts: truth.facts }),
      });
    });

    it('lists what the truth lists, and nothing else', async () => {
      await using system = await opened(id, source);
      const { entries, damages } = await listed(system);
      const expected = new Map(truth.entries.map((entry) => [entry.path, entry]));
      const words = new Map<string, TruthEntry>();
      for (const entry of entries.filter(({ isDeleted }) => !isDeleted))
        words.set(entry.path, await inWords(entry, expected.get(entry.path) ?? { path: entry.path, kind: 'file' }));
      expect([...words.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
      for (const [path, entry] of expected) expect(words.get(path)).toEqual(entry);
      const faults = [
        ...system.warnings,
        ...damages.map(({ fault }) => fault),
        ...entries.flatMap((entry) => entry.faults ?? []),
      ];
      expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(truth.faults));
    });

    it('lists the deleted entries that the structures still tell of', async () => {
      await using system = await opened(id, source);
      const { entries } = await listed(system);
      const deleted = entries.filter(({ isDeleted }) => isDeleted);
      for (const expected of truth.deleted ?? []) {
        const alike = deleted.filter(({ path }) => path === expected.path);
        expect(await Promise.all(alike.map((entry) => inWords(entry, expected)))).toContainEqual(expected);
      }
    });

    it('has entries whose directories came before them, with names that are safe to show', async () => {
      await using system = await opened(id, source);
      const directories = new Set(['']);
      for (const { path, kind, name, streams } of (await listed(system)).entries) {
        expect(directories.has(path.slice(0, Math.max(0, path.lastIndexOf('/'))))).toBe(true);
        expect(path.slice(path.lastIndexOf('/') + 1)).toBe(name.text);
        expect(name.text).toMatch(/^[^\p{Cc}\p{Cs}/]+$/u);
        if (kind === 'directory') directories.add(path);
        for (const { size } of streams) expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
      }
    });

    it('has runs that cover each stream once, and any window of it reads the same', async () => {
      await using system = await opened(id, source);
      const { entries } = await listed(system);
      for (const stream of entries.flatMap(({ streams }) => streams).slice(0, 300)) {
        let end = 0;
        for (const run of await stream.runs()) {
          expect(run.offset).toBe(end);
          expect(run.length).toBeGreaterThan(0);
          end += run.length;
        }
        expect(end).toBe(stream.size);
      }
      const some = entries.flatMap(({ streams }) => streams).filter(({ size }) => size > 0 && size < MOST / 8);
      const readable = (await Promise.all(some.slice(0, 60).map(wholeOf))).filter((whole) => whole !== undefined);
      for (const { stream, bytes } of readable) {
        const content = await contentOf(stream);
        await fc.assert(
          fc.asyncProperty(fc.nat(bytes.length), fc.nat(1 << 16), async (offset, wish) => {
            const length = Math.min(wish, bytes.length - offset);
            expect((await content.read(offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(true);
          }),
          { numRuns: 10 },
        );
      }
    });

    it('answers damage with Faults, never a crash or a hang', async () => {
      const early = fc.nat(Math.min(volume.length, 128 * 1024) - 1);
      const places = fc.array(fc.tuple(fc.oneof(early, fc.nat(volume.length - 1)), fc.integer({ min: 1, max: 255 })), {
        minLength: 1,
        maxLength: 8,
      });
      await fc.assert(
        fc.asyncProperty(places, async (changes) => {
          const damaged = Buffer.from(volume);
          for (const [at, change] of changes) damaged[at] = (damaged[at] ?? 0) ^ change;
          await exercise(id, damaged);
        }),
        { numRuns: 20, interruptAfterTimeLimit: 2000 },
      );
    });

    it('answers a cut anywhere with Faults', async () => {
      const lengths = fc.oneof(fc.nat(Math.min(128 * 1024, volume.length - 1)), fc.nat(volume.length - 1));
      await fc.assert(
        fc.asyncProperty(lengths, (length) => exercise(id, volume.subarray(0, length))),
        { numRuns: 12, interruptAfterTimeLimit: 1500 },
      );
    });
  });
});

async function wholeOf(stream: DataStream): Promise<{ stream: DataStream; bytes: Buffer } | undefined> {
  try {
    const content = await contentOf(stream);
    return { stream, bytes: await content.read(0, content.size) };
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
