/** What an ingest does with the files inside a disk, without the copy: lists and describes them, then enters them from what it wrote. */
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { fileSource, openImage } from '#ingest/media';
import { readDfxml, surveyOf, writeDfxml } from '#ingest/survey';
import { catalogueOptions, openCatalogue } from '#built/src/database/data-source';
import { SqliteFileIndex } from '#built/src/files/sqlite.file-index';
import { SqliteKnownDigests } from '#built/src/known/sqlite.known-digests';
import { writeDocument } from '#built/ingest/pipeline/write-document';

/** @param place a folder that is made. */
export async function describeAndEnter(place: string, path: string): Promise<void> {
  await mkdir(place);
  const list = join(place, 'files.dfxml');
  {
    await using image = await openImage([{ name: 'disk.img', open: () => fileSource(path) }], false);
    const items = surveyOf(image.media, { algorithms: [], withRuns: true });
    const head = { image: 'disk.img', program: 'bench', version: '0', startedAt: new Date(0) };
    await writeDocument(list, (sink) => writeDfxml(items, head, sink));
  }
  const database = await catalogueWithPackage(join(place, 'catalogue.sqlite'));
  try {
    await new SqliteFileIndex(database, new SqliteKnownDigests(database)).replace('p', readDfxml(createReadStream(list)));
  } finally {
    await database.destroy();
  }
}

/** A catalogue in which files can be entered for the package `p`; the caller closes it. */
export async function catalogueWithPackage(path: string): Promise<DataSource> {
  const database = await openCatalogue(catalogueOptions(path));
  await database.query(`INSERT INTO package(id, title, image_name, format_id, format_title, bytes, file_count, sealed_at, tag_manifest_sha256, acquisition, created_at)
    VALUES ('p', 'disk', 'disk.img', 'raw', 'Raw', 0, 0, '', '', '{}', '')`);
  return database;
}
