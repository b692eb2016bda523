/** Files from inside a disk as files to take away: chosen by path, verified while they are written, and the taking away is an event. */
import { Inject, Injectable } from '@nestjs/common';
import { join } from 'node:path';
import { finished, Readable } from 'node:stream';
import { type ExtractedFile, extractedZip, extractFiles, type Extraction, type FilesToExtract } from '#ingest/export';
import { type Clock, Fault, FaultKind, type Progress } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { EventsService } from '../events/events.service.ts';
import { MediumService } from '../packages/medium.service.ts';
import { PackageLocks } from '../packages/package-locks.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import type { DiskVolume } from './disk-volume.entity.ts';
import { extractedFile } from './extracted-file.ts';
import { FileIndex, type FoundFile } from './file-index.port.ts';
import { FilesService } from './files.service.ts';

/** What is chosen of a disk. */
export interface Selection {
  readonly packageId: string;
  /** Of files, or of folders with all that is in them; '' for the whole disk. */
  readonly paths: readonly string[];
  /** From 0; undefined for every volume that has the paths. */
  readonly volume: number | undefined;
  readonly withDeleted: boolean;
}

export interface ExtractRequest extends Selection {
  /** A path that does not exist, in a folder that does; a zip file where it ends in `.zip`. */
  readonly to: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

export interface Extracted extends Extraction {
  /** Files among them in which the last virus scan found something. */
  readonly infected: number;
}

/** Rows of the index that are held together. */
const ROWS_AT_ONCE = 2000;
/** Paths that the event names. */
const MOST_TOLD = 20;

@Injectable()
export class ExtractingService {
  constructor(
    private readonly files: FilesService,
    private readonly index: FileIndex,
    private readonly packages: PackagesService,
    private readonly locks: PackageLocks,
    private readonly medium: MediumService,
    private readonly events: EventsService,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
  ) {}

  /** @throws Fault 'package/unknown', 'files/…', 'extract/…', 'export/target-…'; nothing is left at the target then. */
  async extract({ to, signal, onProgress, ...selection }: ExtractRequest): Promise<Extracted> {
    using _ = await this.locks.reading(selection.packageId);
    const { paths, files } = await this.selected(selection);
    let infected = 0;
    const counted = (): AsyncIterable<ExtractedFile> => {
      infected = 0;
      return files(() => (infected += 1));
    };
    await using borrowed = await this.medium.borrow(selection.packageId);
    const result = await extractFiles(await this.chosen(selection, borrowed.media, counted), to, { signal, onProgress });
    await this.record(selection.packageId, paths, result);
    return { ...result, infected };
  }

  /**
   * The same as a zip file on its way out: what can be refused is refused, and the taking away recorded, before its first byte. When a file turns
   * out not to be what was surveyed, the stream breaks off, and the zip has no end.
   */
  async zip(selection: Selection): Promise<Readable> {
    const { packageId } = selection;
    const lock = await this.locks.reading(packageId);
    let borrowed: Awaited<ReturnType<MediumService['borrow']>> | undefined;
    const release = async (): Promise<void> => {
      lock[Symbol.dispose]();
      await borrowed?.[Symbol.asyncDispose]();
    };
    try {
      const { paths, files } = await this.selected(selection);
      const counts = { files: 0, folders: 0, bytes: 0 };
      for await (const { kind, stream, size } of files(() => undefined)) {
        if (kind === 'directory' && stream === undefined) counts.folders += 1;
        else if (kind === 'file' || stream !== undefined) {
          counts.files += 1;
          counts.bytes += size;
        }
      }
      borrowed = await this.medium.borrow(packageId);
      const chosen = await this.chosen(selection, borrowed.media, () => files(() => undefined));
      const folder = join(await this.engine.workFolder('exports'), `extract-${newId()}`);
      await this.recordSending(packageId, paths, counts);
      const stream = Readable.from(extractedZip(chosen, folder), { objectMode: false });
      // Not in the generator: one that nobody reads never begins, and never ends.
      finished(stream, () => void release());
      return stream;
    } catch (error) {
      await release();
      throw error;
    }
  }

  private async selected({ packageId, volume, withDeleted, ...asked }: Selection): Promise<{
    paths: string[];
    files: (onInfected: () => void) => AsyncIterable<ExtractedFile>;
  }> {
    const volumes = await this.files.volumes(packageId, volume);
    const paths = outermost(asked.paths);
    for (const path of paths) await this.mustHave(packageId, volumes, path, withDeleted);
    return { paths, files: (onInfected) => this.beneathAll(volumes, paths, withDeleted, onInfected) };
  }

  private async chosen(
    { packageId }: Selection,
    media: FilesToExtract['media'],
    files: FilesToExtract['files'],
  ): Promise<FilesToExtract> {
    const hasSeveralVolumes = (await this.files.volumes(packageId, undefined)).length > 1;
    const { sealedAt } = await this.packages.open(packageId);
    return { media, hasSeveralVolumes, at: sealedAt, files };
  }

  private async *beneathAll(
    volumes: readonly DiskVolume[],
    paths: readonly string[],
    withDeleted: boolean,
    onInfected: () => void,
  ): AsyncGenerator<ExtractedFile, void, undefined> {
    for (const volume of volumes)
      for (const path of paths)
        for await (const file of this.beneath(volume, path))
          if (withDeleted || !file.isDeleted) {
            if (file.scan?.outcome === 'infected') onInfected();
            yield extractedFile(volume, file);
          }
  }

  /** What has this path, and all that is in it. */
  private async *beneath({ id }: DiskVolume, path: string): AsyncGenerator<FoundFile, void, undefined> {
    if (path !== '') yield* await this.index.named(id, folderOf(path), path.slice(path.lastIndexOf('/') + 1));
    let after: readonly (string | number)[] | undefined;
    do {
      const rows = await this.index.tree(id, path, ROWS_AT_ONCE, after);
      yield* rows;
      const last = rows.length < ROWS_AT_ONCE ? undefined : rows.at(-1);
      after = last === undefined ? undefined : [last.folder, last.name, last.id];
    } while (after !== undefined);
  }

  private async mustHave(id: string, volumes: readonly DiskVolume[], path: string, withDeleted: boolean): Promise<void> {
    if (path === '') return;
    let hasDeleted = false;
    for (const volume of volumes)
      for await (const { isDeleted } of this.beneath(volume, path)) {
        if (withDeleted || !isDeleted) return;
        hasDeleted = true;
      }
    const where = volumes.length === 1 ? `volume ${volumes[0]?.number ?? 0}` : 'no volume';
    const message = hasDeleted
      ? `"${path}" on the disk of package ${id} was deleted; extract it with --with-deleted, when those who gave the disk allow it`
      : `${where} of package ${id} has ${volumes.length === 1 ? 'no' : 'a'} file or folder "${path}"; "strongroom files ${id}" lists them`;
    if (hasDeleted) throw new Fault(FaultKind.Refused, 'extract/deleted', message, { id, path });
    throw new Fault(FaultKind.Missing, 'files/no-such-file', message, { id, path });
  }

  /** Before it is known how it ends: the bytes leave one by one. */
  private async recordSending(
    packageId: string,
    paths: readonly string[],
    counts: Record<'files' | 'folders' | 'bytes', number>,
  ): Promise<void> {
    const detail = `up to ${counts.files} files (${counts.bytes} bytes) from inside the disk were sent as a zip file; every byte is verified on the way`;
    await this.tell(packageId, paths, detail, { kind: 'extract', ...counts });
  }

  private async record(packageId: string, paths: readonly string[], result: Extraction): Promise<void> {
    const { files, folders, bytes, skipped, unread, sha256 } = result;
    const detail = `${files} files (${bytes} bytes) from inside the disk were extracted; every byte was verified`;
    const facts = { kind: 'extract', files, folders, bytes, skipped, unread, ...(sha256 === undefined ? {} : { sha256 }) };
    await this.tell(packageId, paths, detail, facts);
  }

  private async tell(packageId: string, paths: readonly string[], detail: string, facts: Record<string, unknown>): Promise<void> {
    const event = {
      id: newId(),
      type: 'dissemination',
      at: this.clock.now(),
      outcome: 'success',
      detail,
      notes: paths.slice(0, MOST_TOLD).map((path) => (path === '' ? 'the whole disk' : `"${path}"`)),
      agents: this.agents,
      packageId,
      facts,
    } as const;
    await this.events.record(event, () => Promise.resolve());
  }
}

/** Without slashes at their ends, and without those that lie in another of them. */
function outermost(paths: readonly string[]): string[] {
  const plain = new Set(paths.map((path) => path.replace(/^\/+/, '').replace(/\/+$/, '')));
  if (plain.has('')) return [''];
  return [...plain].filter((path) => {
    for (let above = folderOf(path); above !== ''; above = folderOf(above)) if (plain.has(above)) return false;
    return true;
  });
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
