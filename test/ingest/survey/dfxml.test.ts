/** A survey as DFXML: valid by the official schema where that is at hand, and read back as it was. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { identificationBy } from '#ingest/identification';
import { openMedia } from '#ingest/media';
import { dataOf, readDfxml, surveyOf, type SurveyItem, writeDfxml } from '#ingest/survey';
import { casesOf } from '../../conformance/filesystem-cases.ts';
import { fileSystems } from '#ingest/filesystems';
import { tmpFolder } from '../../support/tmp.ts';
import { bufferSource } from '../media/buffer-source.ts';

const XSD = new URL('../../../../shared/data/xsd/dfxml/dfxml.xsd', import.meta.url);
const { observer, signatures } = await identificationBy('');
const HEAD = { image: 'disk.img', program: 'Strongroom', version: '1', startedAt: new Date(0), signatures };

async function surveyed(volume: Buffer): Promise<SurveyItem[]> {
  await using media = await openMedia(bufferSource(volume));
  const items: SurveyItem[] = [];
  for await (const item of surveyOf(media, {
    algorithms: ['sha256', 'md5'],
    observer,
    unread: [{ offset: 20_000, length: 3000 }],
  }))
    items.push(item);
  return items;
}

async function written(items: readonly SurveyItem[]): Promise<string> {
  let text = '';
  await writeDfxml(asStream(items), HEAD, (piece) => {
    text += piece;
    return Promise.resolve();
  });
  return text;
}

async function* asStream<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

/** Items in the order of the document: batches have no meaning. */
function flat(items: readonly SurveyItem[]): unknown[] {
  return items.flatMap((item): unknown[] => {
    if (item.kind === 'files') return [...item.files];
    return item.kind === 'volume' || item.kind === 'end' ? [item] : [];
  });
}

const CASES = [...fileSystems.keys()].flatMap((id) =>
  casesOf(id)
    .filter(
      ({ volume, truth }) => volume.length <= 40 * 1024 * 1024 && truth.entries.every(({ size = 0 }) => size <= 16 * 1024 * 1024),
    )
    .slice(0, 1)
    .map((of) => ({ ...of, name: `${id}: ${of.name}` })),
);

describe.each(CASES)('the survey of $name', ({ volume }) => {
  it('is read back from DFXML as it was', async () => {
    const items = await surveyed(volume);
    const back: SurveyItem[] = [];
    for await (const item of readDfxml(asStream([Buffer.from(await written(items))]))) back.push(item);
    expect(flat(back)).toEqual(flat(items));
  });

  it.skipIf(!existsSync(XSD))('is DFXML by the official schema', async () => {
    const file = join(await tmpFolder(), 'survey.xml');
    writeFileSync(file, await written(await surveyed(volume)));
    execFileSync('xmllint', ['--noout', '--nonet', '--schema', XSD.pathname, file], { stdio: 'pipe' });
  });
});

it('tells which bytes of which files were never read', async () => {
  const volume = gunzipSync(readFileSync(new URL('../../fixtures/filesystems/fat/floppy.img.gz', import.meta.url)));
  const files = (await surveyed(volume)).flatMap((item) => (item.kind === 'files' ? item.files : []));
  const hit = files.filter(({ streams }) => streams.some(({ unread }) => unread !== undefined));
  const bytes = hit.flatMap(({ streams }) => streams.flatMap(({ unread = [] }) => unread.map(({ length }) => length)));
  expect(bytes.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(3000);
  expect(hit.length).toBeGreaterThan(0);
});

it('tells what the formats were told by, and keeps them', async () => {
  const volume = gunzipSync(readFileSync(new URL('../../fixtures/filesystems/fat/floppy.img.gz', import.meta.url)));
  const items = await surveyed(volume);
  expect(await written(items)).toContain(`<library name="${signatures.name}" version="${signatures.version}"/>`);
  const back: SurveyItem[] = [];
  for await (const item of readDfxml(asStream([Buffer.from(await written(items))]))) back.push(item);
  const formats = back.flatMap((item) => (item.kind === 'files' ? item.files.map((file) => dataOf(file)?.format?.puid) : []));
  expect(formats.filter((puid) => puid !== undefined).length).toBeGreaterThan(0);
});
