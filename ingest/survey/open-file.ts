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
