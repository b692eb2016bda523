/** Files from inside a disk as files to take away: chosen by path, verified while they are written, and the taking away is an event. */
import { Inject, Injectable } from '@nestjs/common';
import { type ExtractedFile, extractFiles, type Extraction } from '#ingest/export';
import { type Clock, Fault, FaultKind, type Progress } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { EventsService } from '../events/events.service.ts';
import { MediumService } from '../packages/medium.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import type { DiskVolume } from './disk-volume.entity.ts';
import { extractedFile } from './extracted-file.ts';
import { FileIndex, type FoundFile } from './file-index.port.ts';
import { FilesService } from './files.service.ts';

export interface ExtractRequest {
  readonly packageId: string;
  /** Of files, or of folders with all that is in them; '' for the whole disk. */
  readonly paths: readonly string[];
  /** From 0; undefined for every volume that has the paths. */
  readonly volume: number | undefined;
  readonly withDeleted: boolean;
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
    private readonly medium: MediumService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
  ) {}

  /** @throws Fault 'package/unknown', 'files/…', 'extract/…', 'export/target-…'; nothing is left at the target then. */
  async extract({ packageId, to, volume, withDeleted, signal, onProgress, ...asked }: ExtractRequest): Promise<Extracted> {
    const volumes = await this.files.volumes(packageId, volume);
    const paths = outermost(asked.paths);
    for (const path of paths) await this.mustHave(packageId, volumes, path, withDeleted);
    const hasSeveralVolumes = (await this.files.volumes(packageId, undefined)).length > 1;
    const { sealedAt } = await this.packages.open(packageId);
    await using borrowed = await this.medium.borrow(packageId);
    let infected = 0;
    const files = (): AsyncIterable<ExtractedFile> => {
      infected = 0;
      return this.chosen(volumes, paths, withDeleted, () => (infected += 1));
    };
    const chosen = { media: borrowed.media, hasSeveralVolumes, at: sealedAt, files };
    const result = await extractFiles(chosen, to, { signal, onProgress });
    await this.record(packageId, paths, result);
    return { ...result, infected };
  }

  private async *chosen(
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

  private async record(packageId: string, paths: readonly string[], result: Extraction): Promise<void> {
    const { files, folders, bytes, skipped, unread, sha256 } = result;
    const event = {
      id: newId(),
      type: 'dissemination',
      at: this.clock.now(),
      outcome: 'success',
      detail: `${files} files (${bytes} bytes) from inside the disk were extracted; every byte was verified`,
      notes: paths.slice(0, MOST_TOLD).map((path) => (path === '' ? 'the whole disk' : `"${path}"`)),
      agents: this.agents,
      packageId,
      facts: { kind: 'extract', files, folders, bytes, skipped, unread, ...(sha256 === undefined ? {} : { sha256 }) },
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
