/** The files inside a disk: listed against The Sleuth Kit's fls, digested against a plain read, entered and found in the catalogue. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileSource, openImage } from '#ingest/media';
import { openFile, type SurveyedFile, type SurveyItem, surveyOf } from '#ingest/survey';
import { openCatalogue, catalogueOptions } from '#built/src/database/data-source';
import { SqliteFileIndex } from '#built/src/files/sqlite.file-index';
import { SqliteKnownDigests } from '#built/src/known/sqlite.known-digests';
import { type BenchCase, remove, seconds, shell } from './case.ts';
import type { MemoryCase } from './memory.ts';

/** Files on the disk that is listed; files in the catalogue that is searched. */
const FILES = Number(process.env['BENCH_FILES_INSIDE'] ?? 200_000);
const ROWS = Number(process.env['BENCH_ROWS'] ?? 1_000_000);
const BYTES = Number(process.env['BENCH_FILES_BYTES'] ?? 512 << 20);

/** An ext4 image as The Sleuth Kit reads it: many small files in folders of a thousand. */
function makeTree(folder: string, fileCount: number, size: number): void {
  const perFolder = 1000;
  shell(`mkdir -p ${folder}/tree && cd ${folder}/tree && python3 - <<'P'
import os
body = os.urandom(${Math.max(1, size)})
for start in range(0, ${fileCount}, ${perFolder}):
    name = f"folder {start // ${perFolder}:05d}"
    os.mkdir(name)
    for i in range(start, min(${fileCount}, start + ${perFolder})):
        with open(f"{name}/document {i:07d}.txt", "wb") as file:
            file.write(body[i % 64:] if len(body) > 64 else body)
P
cd .. && mke2fs -q -t ext4 -O ^orphan_file,^metadata_csum_seed -N ${fileCount * 2 + 1000} -d tree disk.img ${Math.ceil((fileCount * (size + 4096 + 400)) / 1024) + 65_536}k && rm -r tree && cat disk.img > /dev/null`);
}

const listing: BenchCase = (() => {
  let folder = '';
  return {
    name: `survey/list ${FILES} files of ext4, against fls -r -p`,
    target: 0.5,
    async prepare(dir) {
      folder = join(dir, 'list');
      makeTree(folder, FILES, 20);
    },
    ours: () =>
      seconds(async () => {
        await using image = await openImage([{ name: 'disk.img', open: () => fileSource(join(folder, 'disk.img')) }], false);
        let count = 0;
        for await (const item of surveyOf(image.media, { algorithms: [] })) if (item.kind === 'files') count += item.files.length;
        if (count < FILES) throw new Error(`${count} of ${FILES} entries`);
      }),
    floor: () => seconds(() => shell(`fls -r -p ${folder}/disk.img > ${folder}/list`)),
    async dispose() {
      remove(folder);
    },
  };
})();

const hashing: BenchCase = (() => {
  let folder = '';
  return {
    name: 'survey/SHA-256 of every file of a disk, against xargs -P sha256sum of the same bytes in pieces',
    target: 0.8,
    async prepare(dir) {
      folder = join(dir, 'hash');
      makeTree(folder, Math.floor(BYTES / (256 << 10)), 256 << 10);
      shell(`cd ${folder} && split -b 8M -d -a 4 disk.img piece. && cat piece.* > /dev/null`);
    },
    ours: () =>
      seconds(async () => {
        await using image = await openImage([{ name: 'disk.img', open: () => fileSource(join(folder, 'disk.img')) }], false);
        for await (const item of surveyOf(image.media, { algorithms: ['sha256'] })) if (item.kind === 'totals') void item.totals;
      }),
    floor: () =>
      seconds(() => shell(`ls ${folder}/piece.* | xargs -n 4 -P ${availableParallelism()} sha256sum > ${folder}/sums`)),
    async dispose() {
      remove(folder);
    },
  };
})();

async function* invented(count: number): AsyncGenerator<SurveyItem> {
  yield {
    kind: 'volume',
    volume: { index: 0, scheme: 'none', number: '', offset: 0, length: 1, type: '', remarks: [] },
  };
  const words = ['letter', 'novel', 'draft', 'budget', 'photo', 'minutes', 'report', 'tide', 'chapter', 'garden'];
  let files: SurveyedFile[] = [];
  for (let i = 0; i < count; i += 1) {
    const name = `${words[i % 10]} ${words[(i * 7 + 3) % 10]} ${(i * 2_654_435_761) % 4_000_000}.${['doc', 'txt', 'wpd', 'jpg'][i % 4]}`;
    const digest = (i + 1).toString(16).padStart(12, '0').repeat(6).slice(0, 64);
    files.push({
      volume: 0,
      kind: 'file',
      path: `folder ${Math.floor(i / 500)}/${name}`,
      nameBytes: Buffer.alloc(0),
      encoding: 'utf-8',
      id: i,
      isDeleted: false,
      streams: [
        {
          kind: 'data',
          name: '',
          size: i,
          runs: [{ kind: 'stored', fileOffset: 0, length: i, imageOffset: i * 4096 }],
          digests: { sha256: digest },
        },
      ],
      times: { modified: { text: `199${i % 10}-05-12T16:20:10`, resolutionSeconds: 2 } },
      attributes: [],
    });
    if (files.length === 1000) {
      yield { kind: 'files', files };
      files = [];
    }
  }
  yield { kind: 'files', files };
  yield { kind: 'end', volume: 0, damages: [] };
}

const catalogue: MemoryCase = {
  name: `survey/catalogue of ${ROWS} files: entries a second, then searches while typing`,
  async run(dir) {
    const folder = join(dir, 'catalogue');
    shell(`mkdir ${folder}`);
    const database = await openCatalogue(catalogueOptions(join(folder, 'catalogue.sqlite')));
    try {
      await database.query(`INSERT INTO package(id, title, image_name, format_id, format_title, bytes, file_count, sealed_at, tag_manifest_sha256, acquisition, created_at)
        VALUES ('p', 'disk', 'disk.img', 'raw', 'Raw', 0, 0, '', '', '{}', '')`);
      const index = new SqliteFileIndex(database, new SqliteKnownDigests(database));
      const before = process.cpuUsage();
      const entered = await seconds(() => index.replace('p', invented(ROWS)));
      const { user, system } = process.cpuUsage(before);
      const queries = [
        'n',
        'no',
        'nov',
        'nove',
        'novel',
        'novel d',
        'novel dra',
        '1234',
        '99.doc',
        'tide 77',
        'apter gar',
        'xyzzy',
        'report 3999',
        'budget photo 12',
      ];
      const times: number[] = [];
      for (let round = 0; round < 10; round += 1)
        for (const q of queries) {
          const start = performance.now();
          await index.find({ q }, 50, undefined);
          times.push(performance.now() - start);
        }
      times.sort((a, b) => a - b);
      const p95 = times[Math.floor(times.length * 0.95)] ?? Number.NaN;
      return `${Math.round(ROWS / entered)} entries/s (target 10000; ${((user + system) / 1e6).toFixed(1)} s of CPU); search p50 ${(times[times.length >> 1] ?? 0).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms (target 50)`;
    } finally {
      await database.destroy();
      remove(folder);
    }
  },
};

const firstByte: MemoryCase = {
  name: 'survey/first byte of a file inside a 500 GB image, by its runs (target 50 ms)',
  async run(dir) {
    const path = join(dir, 'large.img');
    shell(`truncate -s 500G ${path} && mke2fs -q -t ext4 -E lazy_itable_init=1 ${path}`);
    try {
      const times: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        const start = performance.now();
        await using image = await openImage([{ name: 'large.img', open: () => fileSource(path) }], false);
        const place = {
          volume: { offset: 0, length: image.media.size },
          fileSystem: 'ext',
          entry: 12,
          path: 'hello',
          stream: undefined,
          size: 6,
        };
        await using file = await openFile(image.media, { ...place, runs: [[0, 6, 400 * 2 ** 30]] });
        await file.read(0, 1);
        times.push(performance.now() - start);
      }
      times.sort((a, b) => a - b);
      return `${(times[2] ?? 0).toFixed(0)} ms, the image opened anew each time`;
    } finally {
      remove(path);
    }
  },
};

export const cases: readonly BenchCase[] = [listing, hashing];
export const memoryCases: readonly MemoryCase[] = [catalogue, firstByte];
