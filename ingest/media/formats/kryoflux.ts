/**
 * KryoFlux streams: the time between flux changes, one file `trackCC.H.raw` for each track, found by name beside the one opened.
 *
 * The flux is decoded to sectors when it is opened; what gives none is kept and told, not read.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { fluxMedia } from '../flux/flux-media.ts';
import { type KryoFluxStream, readStream } from '../flux/kryoflux-stream.ts';
import type { RawTrack } from '../flux/track.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';
import { kryoFlux } from '../signature-checks.ts';

const LARGEST = 64 * 1024 * 1024;
const HEAD_SIZE = 4096;
const NAME = /^(.*)(\d\d)\.([01])\.raw$/is;
const MOST_FILES = 512;

interface TrackFile {
  readonly name: string;
  readonly cylinder: number;
  readonly head: number;
  readonly source: ByteSource;
}

export const format: MediaFormat = {
  id: 'kryoflux',
  title: 'KryoFlux streams',
  sources: ['KryoFlux "Stream Protocol" revision 1.1'],

  async probe(container) {
    const head = await container.read(0, Math.min(HEAD_SIZE, container.size));
    const found = kryoFlux({ head, tail: Buffer.alloc(0), size: container.size });
    return found === undefined ? Confidence.No : Confidence.Certain;
  },

  async open(container, companions) {
    const files = await filesOf(container, companions.own, companions.names, (name) => companions.find(name));
    const warnings: Fault[] = [];
    const first = await streamOf(container);
    warnings.push(...files.filter(({ source }) => source.size === 0).map(emptyTrack));
    const tracks = files.filter(({ source }) => source.size > 0).map((file) => trackOf(file, warnings));
    const facts = factsOf(first);
    const containerSize = files.reduce((sum, { source }) => sum + source.size, 0);
    const parts = files.filter(({ source }) => source !== container).map(({ name }) => name);
    return fluxMedia({ format: 'kryoflux', tracks, facts, warnings, parts, containerSize });
  },
};

/** The container and those named like it, in order of cylinder and head; a stream without such a name is track 0.0 by itself. */
async function filesOf(
  container: ByteSource,
  own: string,
  names: readonly string[],
  find: (name: string) => Promise<ByteSource | undefined>,
): Promise<TrackFile[]> {
  const prefix = NAME.exec(own)?.[1]?.toLowerCase();
  if (prefix === undefined) return [{ name: own, cylinder: 0, head: 0, source: container }];
  const files = new Map<string, TrackFile>();
  for (const name of [own, ...names]) {
    const match = NAME.exec(name);
    if (match?.[1]?.toLowerCase() !== prefix || files.size >= MOST_FILES) continue;
    const [cylinder, head] = [Number(match[2]), Number(match[3])];
    const place = `${cylinder}.${head}`;
    const source = files.has(place) ? undefined : name === own ? container : await find(name);
    if (source !== undefined) files.set(place, { name, cylinder, head, source });
  }
  return [...files.values()].toSorted((a, b) => a.cylinder - b.cylinder || a.head - b.head);
}

async function streamOf(source: ByteSource): Promise<KryoFluxStream> {
  if (source.size > LARGEST) {
    const message = `the stream has ${source.size} bytes; a track has at most ${LARGEST}`;
    throw new Fault(FaultKind.Unsupported, 'kryoflux/too-large', message, { size: source.size });
  }
  return readStream(await source.read(0, source.size));
}

function emptyTrack({ name, cylinder, head }: TrackFile): Fault {
  const message = `track ${cylinder}.${head} is missing: "${escaped(name)}" has 0 bytes; image the disk again if there is still a chance`;
  return new Fault(FaultKind.Truncated, 'kryoflux/empty-track', message, { file: escaped(name), cylinder, head });
}

/** How many revolutions there are is known when the first is read. */
function trackOf({ name, cylinder, head, source }: TrackFile, warnings: Fault[]): RawTrack {
  let revolutionCount = 1;
  let isNew = true;
  return {
    cylinder,
    head,
    get revolutionCount() {
      return revolutionCount;
    },
    async read(revolution) {
      const stream = await streamOf(source);
      revolutionCount = Math.max(1, stream.revolutions.length);
      if (isNew)
        for (const warning of stream.warnings) {
          const message = `track ${cylinder}.${head}: ${warning.message}`;
          warnings.push(new Fault(warning.kind, warning.code, message, { ...warning.facts, file: name }));
        }
      isNew = false;
      return stream.revolutions[revolution];
    },
  };
}

function factsOf({ info, revolutions, rotationNs }: KryoFluxStream): MediaFacts {
  const facts: Record<string, string | number> = { revolutions: revolutions.length };
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') facts[name] = value;
  };
  if (rotationNs !== undefined && rotationNs > 1e6) {
    facts['rotationTimeMs'] = Math.round(rotationNs / 1e4) / 100;
    facts['rpm'] = Math.round(6e11 / rotationNs) / 10;
  }
  put('captureTool', info.get('name'));
  put('captureToolVersion', info.get('version'));
  put('hardware', [info.get('hwid'), info.get('hwrv')].filter((text) => text !== undefined).join('.'));
  put('sampleClock', info.get('sck'));
  const date = /^(\d{4})\.(\d{2})\.(\d{2})$/.exec(info.get('host_date') ?? '');
  const time = /^\d{2}:\d{2}:\d{2}$/.exec(info.get('host_time') ?? '');
  if (date !== null) put('capturedAt', `${date[1]}-${date[2]}-${date[3]}${time === null ? '' : `T${time[0]}`}`);
  return facts;
}
