/** The files inside the disks: entered from each package's DFXML, found, listed, read. */
import { Readable } from 'node:stream';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { Fault, FaultKind } from '#ingest/kernel';
import { DFXML_FOLDER, packageKey } from '#ingest/package';
import { DFXML_HEAD_BYTES, openFile, readDfxml, readDfxmlHead } from '#ingest/survey';
import { cut, type Page, readCursor } from '../common/paging.ts';
import type { Part, Whole } from '../common/range.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { type KnownBy, KnownDigests } from '../known/known-digests.port.ts';
import { ContentService } from '../packages/content.service.ts';
import { MediumService } from '../packages/medium.service.ts';
import { PackageLocks } from '../packages/package-locks.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { DiskSurvey, SurveyState } from './disk-survey.entity.ts';
import { DiskVolume } from './disk-volume.entity.ts';
import { FileIndex, type FoundFile } from './file-index.port.ts';
import {
  type DiskFiles,
  type DiskFileView,
  type DiskView,
  type FileFacets,
  type FileQuery,
  type FilesPage,
  type FilesQuery,
  type FolderQuery,
  type ListingQuery,
  MOST_COUNTED,
} from './files.dto.ts';
import { extractedFile } from './extracted-file.ts';
import { csvOf } from './file-csv.ts';
import { fileView, volumeView } from './file-views.ts';

const PIECE = 1 << 20;
/** Rows of a listing that are held together. */
const ROWS_AT_ONCE = 2000;
const NOTHING = { volumes: 0, files: 0, directories: 0, deleted: 0, unread: 0, bytes: 0, hasDigests: false };

@Injectable()
export class FilesService {
  private readonly logger = new Logger('files');

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly index: FileIndex,
    private readonly known: KnownDigests,
    private readonly packages: PackagesService,
    private readonly locks: PackageLocks,
    private readonly medium: MediumService,
    private readonly content: ContentService,
  ) {}

  /** Enters the files of a package, from its DFXML, in place of what was entered before. A list that can't be read is told in its state. */
  async enter(packageId: string): Promise<DiskSurvey> {
    const path = await this.packages.firstBelow(packageId, DFXML_FOLDER);
    if (path === undefined) return this.mark(packageId, { ...NOTHING, state: SurveyState.Unsurveyed });
    await this.mark(packageId, { ...NOTHING, state: SurveyState.Pending, dfxmlPath: path });
    try {
      await using object = await this.engine.storage.open(`${packageKey(packageId)}/${path}`);
      const { signatures } = readDfxmlHead(await object.read(0, Math.min(object.size, DFXML_HEAD_BYTES)));
      const { digested, ...counts } = await this.index.replace(packageId, readDfxml(object.stream() as AsyncIterable<Buffer>));
      const hasDigests = signatures !== undefined || digested > 0;
      return await this.mark(packageId, { ...counts, hasDigests, state: SurveyState.Indexed, dfxmlPath: path });
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      this.logger.warn(`the list of files of package ${packageId} could not be entered: ${error.message}`);
      return this.mark(packageId, { ...NOTHING, state: SurveyState.Failed, dfxmlPath: path, detail: error.message });
    }
  }

  /** The same after an ingest, which has succeeded whatever comes of this: what fails is tried again at the next start. */
  async enterQuietly(packageId: string): Promise<void> {
    try {
      await this.enter(packageId);
    } catch (error) {
      this.logger.warn(
        `the files of package ${packageId} are not in the index yet: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** Enters what an earlier process left: packages whose files were not entered, or not to the end. @returns how many there were. */
  async enterPending(onPackage?: (done: number, all: number) => void): Promise<number> {
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT p.id AS id FROM package p LEFT JOIN disk_survey s ON s.package_id = p.id
       WHERE s.package_id IS NULL OR s.state = 'pending' ORDER BY p.id`,
    );
    for (const [done, { id }] of rows.entries()) {
      await this.enter(id);
      onPackage?.(done + 1, rows.length);
    }
    return rows.length;
  }

  /** The list of a package was replaced: what is entered is to be entered anew. */
  async forget(packageId: string, manager: EntityManager): Promise<void> {
    await manager.delete(DiskSurvey, { packageId });
  }

  /** Whether the files inside were read, not only listed, or not even that. */
  async hasDigests(packageId: string): Promise<boolean> {
    return (await this.database.manager.findOneBy(DiskSurvey, { packageId }))?.hasDigests === true;
  }

  /** Packages with a disk that can be read and a list without digests, or none; the oldest first. */
  async withoutDigests(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT p.id AS id FROM package p JOIN disk_survey s ON s.package_id = p.id
       WHERE p.medium_size IS NOT NULL AND s.state IN ('unsurveyed', 'indexed') AND NOT s.has_digests ORDER BY p.id`,
    );
    return rows.map(({ id }) => id);
  }

  /** @throws Fault 'paging/wrong-cursor'. */
  async find({ limit, after, ...query }: FilesPage): Promise<DiskFiles> {
    const { files, next } = await this.index.find(query, limit, after);
    return { items: await this.views(files), ...(next === undefined ? {} : { next }) };
  }

  async facets(query: FilesQuery): Promise<FileFacets> {
    const { count, hidden, facets } = await this.index.facets(query, MOST_COUNTED);
    const { extension = [], format = [], package: disks = [], accession = [] } = facets;
    return { count, hidden, isAtLeast: count >= MOST_COUNTED, facets: { extension, format, package: disks, accession } };
  }

  /** Files anywhere with this digest (lower-case hex). */
  async withDigest(digest: string, limit: number): Promise<DiskFileView[]> {
    return this.views(await this.index.withDigest(digest, limit));
  }

  /** @throws Fault 'package/unknown'. */
  async disk(packageId: string): Promise<DiskView> {
    await this.packages.expect(packageId);
    const survey = await this.database.manager.findOneBy(DiskSurvey, { packageId });
    const volumes = await this.database.manager.find(DiskVolume, { where: { packageId }, order: { number: 'ASC' } });
    const { state, detail, files, directories, deleted, unread, bytes, hasDigests } = survey ?? {
      ...NOTHING,
      state: SurveyState.Pending,
      detail: null,
    };
    return { state, hasDigests, detail, files, directories, deleted, unread, bytes, volumes: volumes.map(volumeView) };
  }

  /** Those of a disk whose files are entered, or the one with this number. @throws Fault 'package/unknown', 'files/no-list', 'files/no-such-volume'. */
  async volumes(packageId: string, volume: number | undefined): Promise<DiskVolume[]> {
    const { state, detail } = await this.disk(packageId);
    if (state === SurveyState.Indexed)
      return volume === undefined
        ? this.database.manager.find(DiskVolume, { where: { packageId }, order: { number: 'ASC' } })
        : [await this.volume(packageId, volume)];
    const why = detail ?? (state === SurveyState.Pending ? 'it is still being entered; try again' : 'its ingest made none');
    const message = `there is no list of the files inside package ${packageId}: ${why}`;
    throw new Fault(FaultKind.Refused, 'files/no-list', message, { id: packageId, state });
  }

  /** What a folder holds. @throws Fault 'package/unknown', 'files/no-such-volume', 'paging/wrong-cursor'. */
  async folder(packageId: string, volume: number, { path, limit, after }: FolderQuery): Promise<Page<DiskFileView>> {
    const { id } = await this.volume(packageId, volume);
    const key = after === undefined ? undefined : readCursor(after, 2);
    const rows = await this.index.folder(id, path, limit + 1, key);
    const { items, ...next } = cut(rows, limit, (row) => [row.name, row.id]);
    return { items: await this.views(items), ...next };
  }

  /** All that is in the volumes of a disk, a page at a time. @throws Fault 'package/unknown', 'files/…', 'paging/wrong-cursor'. */
  async listing(packageId: string, { volume, limit, after }: ListingQuery): Promise<Page<DiskFileView>> {
    const volumes = await this.volumes(packageId, volume);
    const [current, ...key] = after === undefined ? [] : readCursor(after, 4);
    const rows: FoundFile[] = [];
    for (const { id, number } of volumes) {
      if (rows.length > limit || (current !== undefined && number < Number(current))) continue;
      rows.push(...(await this.index.tree(id, '', limit + 1 - rows.length, number === current ? key : undefined)));
    }
    const { items, ...next } = cut(rows, limit, (row) => [row.volume, row.folder, row.name, row.id]);
    return { items: await this.views(items), ...next };
  }

  /** The same as CSV; what can be refused is refused before the first line. */
  async csv(packageId: string, volume: number | undefined): Promise<Readable> {
    await this.volumes(packageId, volume);
    return Readable.from(csvOf(this.pages(packageId, volume)), { objectMode: false });
  }

  /** @throws Fault 'package/unknown', 'files/no-such-volume', 'files/no-such-file'. */
  async file(packageId: string, volume: number, query: FileQuery): Promise<FoundFile> {
    const found = await this.fileOrNone(packageId, volume, query);
    if (found !== undefined) return found;
    const { path } = query;
    const message = `volume ${volume} of package ${packageId} has no file "${path}"; "strongroom show ${packageId}" tells of the volumes`;
    throw new Fault(FaultKind.Missing, 'files/no-such-file', message, { id: packageId, volume, path });
  }

  /** @throws Fault 'package/unknown', 'files/no-such-volume'. */
  async fileOrNone(packageId: string, volume: number, { path, stream }: FileQuery): Promise<FoundFile | undefined> {
    const { id } = await this.volume(packageId, volume);
    const slash = path.lastIndexOf('/');
    return this.index.byPath(id, path.slice(0, Math.max(0, slash)), path.slice(slash + 1), stream ?? null);
  }

  /** The volume whose root has this path, when only one has. @throws Fault 'files/no-such-file', 'files/ambiguous-path'. */
  async volumeWith(packageId: string, query: FileQuery): Promise<number> {
    await this.packages.expect(packageId);
    const volumes = await this.database.manager.findBy(DiskVolume, { packageId });
    const having: number[] = [];
    for (const { number } of volumes.toSorted((a, b) => a.number - b.number))
      if ((await this.fileOrNone(packageId, number, query)) !== undefined) having.push(number);
    const [only, ...others] = having;
    if (only !== undefined && others.length === 0) return only;
    if (only === undefined) {
      const message = `no volume of package ${packageId} has a file "${query.path}"`;
      throw new Fault(FaultKind.Missing, 'files/no-such-file', message, { id: packageId, path: query.path });
    }
    const message = `volumes ${having.join(' and ')} of package ${packageId} have a file "${query.path}"; say which`;
    throw new Fault(FaultKind.Refused, 'files/ambiguous-path', message, { id: packageId, path: query.path });
  }

  /** What a reader is told before the bytes. @throws Fault 'files/no-content' for a folder, or a file whose bytes could not be read. */
  whole(file: FoundFile): Whole {
    const { name, size, sha256, kind, stream } = file;
    if (kind === 'file' || stream !== null) return { name, size, sha256: sha256 ?? `${file.packageId}-${file.id}` };
    const message = `"${name}" is no file but a ${kind}: it has no content`;
    throw new Fault(FaultKind.Refused, 'files/no-content', message, { name, kind });
  }

  /** The bytes as they lie on the disk; the reading is recorded before the first byte leaves. */
  async read(file: FoundFile, part: Part): Promise<Readable> {
    const volume = await this.volume(file.packageId, file.volume);
    const place = extractedFile(volume, file);
    await this.content.record(file.packageId, `"${place.path}" in volume ${file.volume} of the disk`, part);
    const borrowed = await this.medium.borrow(file.packageId);
    const { media } = borrowed;
    const opening = openFile(media, place);
    const source = await opening.catch(async (error: unknown) => {
      await borrowed[Symbol.asyncDispose]();
      throw error;
    });
    return Readable.from(
      (async function* () {
        try {
          const end = part.offset + part.length;
          for (let at = part.offset; at < end; at += PIECE) yield await source.read(at, Math.min(PIECE, end - at));
        } finally {
          await source[Symbol.asyncDispose]();
          await borrowed[Symbol.asyncDispose]();
        }
      })(),
      { objectMode: false },
    );
  }

  async view(file: FoundFile): Promise<DiskFileView> {
    return fileView(file, (await this.knownBy([file])).get(file.id) ?? null);
  }

  private async views(files: readonly FoundFile[]): Promise<DiskFileView[]> {
    const known = await this.knownBy(files);
    return files.map((file) => fileView(file, known.get(file.id) ?? null));
  }

  /** A mark that no set stands behind any more says nothing. */
  private knownBy(files: readonly FoundFile[]): Promise<Map<number, KnownBy>> {
    return this.known.whichOf(files.filter(({ isKnown }) => isKnown).map(({ id }) => id));
  }

  private async *pages(packageId: string, volume: number | undefined): AsyncGenerator<DiskFileView[], void, undefined> {
    using _ = await this.locks.reading(packageId);
    let after: string | undefined;
    do {
      const { items, next } = await this.listing(packageId, { volume, limit: ROWS_AT_ONCE, after });
      yield items;
      after = next;
    } while (after !== undefined);
  }

  private async volume(packageId: string, number: number): Promise<DiskVolume> {
    await this.packages.expect(packageId);
    const row = await this.database.manager.findOneBy(DiskVolume, { packageId, number });
    if (row !== null) return row;
    const message = `the disk of package ${packageId} has no volume ${number}; "strongroom show ${packageId}" tells of them`;
    throw new Fault(FaultKind.Missing, 'files/no-such-volume', message, { id: packageId, number });
  }

  private async mark(
    packageId: string,
    facts: Omit<DiskSurvey, 'packageId' | 'dfxmlPath' | 'detail'> & Partial<DiskSurvey>,
  ): Promise<DiskSurvey> {
    const row = { dfxmlPath: null, detail: null, ...facts, packageId };
    await this.database.manager.upsert(DiskSurvey, row, ['packageId']);
    return row;
  }
}
