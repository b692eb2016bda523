/** One file inside a disk, opened: by its byte runs where they are known and plain, else through its file system. */
import { contentOf, type DataStream, LISTING_LIMITS, OPEN_OPTIONS, openFileSystems, StreamKind } from '../filesystems/index.ts';
import { Fault, FaultKind } from '../kernel/index.ts';
import { type ByteSource, rangeSource, type Run } from '../media/index.ts';
import type { SurveyedVolume } from './record.ts';

/** What tells a file: its file system, its number and path there, and which of its streams. */
export interface FilePlace {
  readonly volume: Pick<SurveyedVolume, 'offset' | 'length'>;
  /** Id of the file system's format. */
  readonly fileSystem: string;
  readonly entry: number;
  readonly path: string;
  /** Undefined for the data; else `resource`, or `alternate:name`. */
  readonly stream: string | undefined;
  readonly size: number;
  /** Runs on the medium: `[fileOffset, length, imageOffset]`, −1 for zeros. */
  readonly runs: readonly (readonly [fileOffset: number, length: number, imageOffset: number])[] | undefined;
}

/** Closing it closes what was opened for it, never the medium. @throws Fault 'survey/no-such-file', and what reading the disk throws. */
export async function openFile(media: ByteSource, place: FilePlace): Promise<ByteSource> {
  if (place.runs !== undefined) return contentOf(plainStream(media, place.size, place.runs));
  const { volume, fileSystem, entry, path, stream } = place;
  const systems = await openFileSystems(rangeSource(media, volume.offset, volume.length, 'the volume'), OPEN_OPTIONS);
  try {
    const system = systems.found.find(({ format }) => format === fileSystem);
    for await (const batch of system?.entries(LISTING_LIMITS) ?? [])
      for (const found of batch) {
        if (found.kind === 'damage' || found.id !== entry || found.path !== path) continue;
        const wanted = found.streams.find((each) => isCalled(each, stream));
        if (wanted === undefined) continue;
        const content = await contentOf(wanted);
        return {
          size: content.size,
          read: (offset, length) => content.read(offset, length),
          [Symbol.asyncDispose]: () => systems[Symbol.asyncDispose](),
        };
      }
  } catch (error) {
    await systems[Symbol.asyncDispose]();
    throw error;
  }
  await systems[Symbol.asyncDispose]();
  const message = `the file system of the volume does not list "${path}" any more; audit the package`;
  throw new Fault(FaultKind.Corrupt, 'survey/no-such-file', message, { path, entry });
}

/**
 * Many files of one file system that must be asked for each: its entries are gone through once. In the order in which they are found;
 * those that are not found are not given. Each source is good until the next is asked for.
 */
export async function* openFiles<T extends FilePlace>(
  media: ByteSource,
  places: readonly T[],
): AsyncGenerator<{ readonly place: T; readonly content: ByteSource | Fault }, void, undefined> {
  const [first] = places;
  if (first === undefined) return;
  const { volume, fileSystem } = first;
  const wanted = new Map<number, T[]>();
  for (const place of places) wanted.set(place.entry, [...(wanted.get(place.entry) ?? []), place]);
  await using systems = await openFileSystems(rangeSource(media, volume.offset, volume.length, 'the volume'), OPEN_OPTIONS);
  const system = systems.found.find(({ format }) => format === fileSystem);
  for await (const batch of system?.entries(LISTING_LIMITS) ?? [])
    for (const found of batch) {
      if (found.kind === 'damage') continue;
      for (const place of wanted.get(found.id) ?? []) {
        const stream = place.path === found.path ? found.streams.find((each) => isCalled(each, place.stream)) : undefined;
        if (stream === undefined) continue;
        const content = await contentOf(stream).catch(corrupt);
        yield { place, content };
      }
    }
}

function corrupt(error: unknown): Fault {
  if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return error;
  throw error;
}

function isCalled({ kind, name }: DataStream, stream: string | undefined): boolean {
  if (stream === undefined) return kind === StreamKind.Data;
  return stream === (name === '' ? kind : `${kind}:${name}`);
}

function plainStream(media: ByteSource, size: number, places: NonNullable<FilePlace['runs']>): DataStream {
  const runs = places.map(([offset, length, at]): Run => {
    return at < 0 ? { kind: 'zero', offset, length } : { kind: 'stored', source: media, at, offset, length };
  });
  return { kind: StreamKind.Data, name: '', size, runs: () => Promise.resolve(runs) };
}
