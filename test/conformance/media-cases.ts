/**
 * The cases of the media suite: what lies in test/fixtures/media/<format>/, made by the recipes there.
 *
 * `<case>.gz` is a container by itself. `<case>/` holds a set, each file gzipped; the line in its `OPEN` names the one to open.
 * The truth is `<case>.truth.gz` where there is one, the container itself for formats that wrap nothing, else canon.raw.gz.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type ByteSource, type Companions, companionsOf } from '#ingest/media';
import { bufferSource } from '../ingest/media/buffer-source.ts';

const fixtures = new URL('../fixtures/media/', import.meta.url);
const WRAP_NOTHING = new Set(['raw', 'iso', 'floppy']);

export interface MediaCase {
  readonly name: string;
  /** Bare name of the file to open. */
  readonly open: string;
  /** By bare name. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** The medium, as another program has it. */
  readonly truth: Buffer;
  /** The format wraps nothing: whatever the bytes are, they are the medium. */
  readonly isWhole: boolean;
}

const canon = unpacked(new URL('canon.raw.gz', fixtures));

function unpacked(url: URL): Buffer {
  return gunzipSync(readFileSync(url));
}

export function casesOf(id: string): MediaCase[] {
  const folder = new URL(`${id}/`, fixtures);
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry): MediaCase[] => {
    const name = entry.name.replace(/\.gz$/, '');
    if (name.endsWith('.truth') || (entry.isFile() && name === entry.name)) return [];
    const files = entry.isDirectory()
      ? setOf(new URL(`${name}/`, folder))
      : new Map([[name, unpacked(new URL(entry.name, folder))]]);
    const open = entry.isDirectory() ? readFileSync(new URL(`${name}/OPEN`, folder), 'utf8').trim() : name;
    const isWhole = WRAP_NOTHING.has(id);
    const truthUrl = new URL(`${name}.truth.gz`, folder);
    const truth = existsSync(truthUrl) ? unpacked(truthUrl) : isWhole ? (files.get(open) ?? canon) : canon;
    return [{ name, open, files, truth, isWhole }];
  });
}

function setOf(folder: URL): Map<string, Buffer> {
  const names = readdirSync(folder).filter((file) => file.endsWith('.gz'));
  return new Map(names.map((file) => [file.slice(0, -3), unpacked(new URL(file, folder))]));
}

/** The container and its companions, in memory; `damaged` stands in for the file to open. */
export function depositOf(of: MediaCase, damaged?: Buffer): { container: ByteSource; companions: Companions } {
  const bytes = (name: string): Buffer =>
    name === of.open && damaged !== undefined ? damaged : (of.files.get(name) ?? Buffer.alloc(0));
  const companions = companionsOf(of.open, [...of.files.keys()], (name) => Promise.resolve(bufferSource(bytes(name))));
  return { container: bufferSource(bytes(of.open)), companions };
}
