/** A fixture of ISO 9660 or UDF to be patched, and its listing. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  contentOf,
  type Entry,
  fileSystems,
  type FileSystem,
  LISTING_LIMITS,
  OPEN_OPTIONS,
  openFileSystems,
  type OpenedFileSystems,
} from '#ingest/filesystems';
import { bufferSource } from '../media/buffer-source.ts';

export const SECTOR = 2048;

export class DiscVolume {
  bytes: Buffer;

  constructor(
    private readonly format: 'iso9660' | 'udf',
    name: string,
  ) {
    this.bytes = gunzipSync(readFileSync(new URL(`../../fixtures/filesystems/${format}/${name}.img.gz`, import.meta.url)));
  }

  async open(): Promise<FileSystem> {
    const format = fileSystems.get(this.format);
    if (format === undefined) throw new RangeError(this.format);
    return format.open(bufferSource(this.bytes), OPEN_OPTIONS);
  }

  openAll(): Promise<OpenedFileSystems> {
    return openFileSystems(bufferSource(this.bytes));
  }

  async warnings(): Promise<string[]> {
    return (await this.open()).warnings.map(({ code }) => code);
  }

  async listed(): Promise<{ entries: Entry[]; damages: [path: string, code: string][] }> {
    const entries: Entry[] = [];
    const damages: [string, string][] = [];
    for await (const batch of (await this.open()).entries(LISTING_LIMITS))
      for (const found of batch)
        if (found.kind === 'damage') damages.push([found.path, found.fault.code]);
        else entries.push(found);
    return { entries, damages };
  }

  async paths(): Promise<string[]> {
    return (await this.listed()).entries.map(({ path }) => path);
  }

  async entry(path: string): Promise<Entry> {
    const entry = (await this.listed()).entries.find((each) => each.path === path);
    if (entry === undefined) throw new RangeError(path);
    return entry;
  }

  async text(path: string): Promise<string> {
    const [data] = (await this.entry(path)).streams;
    if (data === undefined) throw new RangeError(path);
    const content = await contentOf(data);
    return (await content.read(0, content.size)).toString('latin1');
  }

  /** Bytes of the first stream, by the kind of its runs. */
  async lengths(path: string): Promise<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const { kind, length } of (await (await this.entry(path)).streams[0]?.runs()) ?? [])
      sums[kind] = (sums[kind] ?? 0) + length;
    return sums;
  }
}

/** Codes of an entry's faults. */
export function codesOf({ faults }: Entry): string[] {
  return (faults ?? []).map(({ code }) => code);
}
