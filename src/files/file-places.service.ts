/** All files inside a disk with what opens each: for work that goes through every one of them. */
import { Injectable } from '@nestjs/common';
import type { ExtractedFile } from '#ingest/export';
import { SurveyState } from './disk-survey.entity.ts';
import { extractedFile } from './extracted-file.ts';
import { FileIndex } from './file-index.port.ts';
import { FilesService } from './files.service.ts';

export interface PlacedFile {
  /** Of its row; another one when the files of the package are entered anew. */
  readonly id: number;
  readonly place: ExtractedFile;
}

/** Rows of the index that are held together. */
const ROWS_AT_ONCE = 500;

@Injectable()
export class FilePlaces {
  constructor(
    private readonly files: FilesService,
    private readonly index: FileIndex,
  ) {}

  /** Of the data of all files, in bytes. @throws Fault 'package/unknown'. */
  async bytes(packageId: string): Promise<number> {
    return (await this.files.disk(packageId)).bytes;
  }

  /** Parts of the disk whose files are not known, in words. @throws Fault 'package/unknown'. */
  async gaps(packageId: string): Promise<string[]> {
    const { state, detail, volumes } = await this.files.disk(packageId);
    if (state !== SurveyState.Indexed)
      return [
        `the files inside the disk are not known: ${detail ?? (state === SurveyState.Pending ? 'they are not entered yet' : 'its ingest made no list')}`,
      ];
    return volumes
      .filter(({ fileSystem, listed }) => fileSystem !== null && !listed)
      .map(({ number, fileSystemTitle, encrypted }) => {
        const why = encrypted ? 'is encrypted' : 'is not read by this version';
        return `the files of volume ${number} are not known: ${fileSystemTitle ?? 'its file system'} ${why}`;
      });
  }

  /** Files and further streams, volume by volume; none where the list of files is missing. */
  async *of(packageId: string): AsyncGenerator<PlacedFile[], void, undefined> {
    const { state } = await this.files.disk(packageId);
    if (state !== SurveyState.Indexed) return;
    for (const volume of await this.files.volumes(packageId, undefined)) {
      let after: readonly (string | number)[] | undefined;
      do {
        const rows = await this.index.tree(volume.id, '', ROWS_AT_ONCE, after);
        const withContent = rows.filter(({ kind, stream }) => kind === 'file' || stream !== null);
        yield withContent.map((row) => ({ id: row.id, place: extractedFile(volume, row) }));
        const last = rows.length < ROWS_AT_ONCE ? undefined : rows.at(-1);
        after = last === undefined ? undefined : [last.folder, last.name, last.id];
      } while (after !== undefined);
    }
  }

  /** The row of a file by where it is; undefined when it is not in the index. */
  async idOf(packageId: string, volume: number, path: string, stream: string | null): Promise<number | undefined> {
    const { volumes } = await this.files.disk(packageId);
    if (!volumes.some(({ number }) => number === volume)) return undefined;
    const query = stream === null ? { path } : { path, stream };
    return (await this.files.fileOrNone(packageId, volume, query))?.id;
  }
}
