/** The files inside a disk: listed against The Sleuth Kit's fls, digested against a plain read, entered and found in the catalogue. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileSource, openImage } from '#ingest/media';
import { openFile, type SurveyedFile, type SurveyItem, surveyOf } from '#ingest/survey';
import { SqliteFileIndex } from '#built/src/files/sqlite.file-index';
import { SqliteKnownDigests } from '#built/src/known/sqlite.known-digests';
import { type BenchCase, remove, seconds, shell } from './case.ts';
import { catalogueWithPackage } from './described.ts';
import { child, line, type MemoryCase } from './memory.ts';

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

const QUERIES = [
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
/** Between two searches of somebody who types while files are entered. */
const TYPING_MS = 150;
/** Entries whose speed is told by itself: whatever grows with the rows shows there. */
const CHUNK = 100_000;

/** Searches for each of QUERIES in turn, as often as `next` says so. @returns milliseconds, sorted. */
async function searched(index: SqliteFileIndex, next: (done: number) => Promise<boolean>): Promise<number[]> {
  const times: number[] = [];
  while (await next(times.length)) {
    const start = performance.now();
    await index.find({ q: QUERIES[times.length % QUERIES.length] ?? '' }, 50, undefined);
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b);
}

function told(times: readonly number[]): string {
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms (target 50), worst ${at(1)} ms of ${times.length}`;
}

const catalogue: MemoryCase = {
  name: `survey/catalogue of ${ROWS} files: entries a second, searches while typing meanwhile and then`,
  async run(dir) {
    const folder = join(dir, 'catalogue');
    shell(`mkdir ${folder}`);
    const database = await catalogueWithPackage(join(folder, 'catalogue.sqlite'));
    try {
      const index = new SqliteFileIndex(database, new SqliteKnownDigests(database));
      const speeds: number[] = [];
      let since = performance.now();
      async function* watched(): AsyncGenerator<SurveyItem> {
        let count = 0;
        for await (const item of invented(ROWS)) {
          yield item;
          if (item.kind !== 'files') continue;
          count += item.files.length;
          if (count % CHUNK !== 0 || item.files.length === 0) continue;
          speeds.push(Math.round(CHUNK / ((performance.now() - since) / 1000)));
          since = performance.now();
        }
      }
      let isEntering = true;
      const before = process.cpuUsage();
      const meanwhile = searched(index, async () => {
        await pause(TYPING_MS);
        return isEntering;
      });
      const entered = await seconds(() => index.replace('p', watched()));
      isEntering = false;
      const { user, system } = process.cpuUsage(before);
      const under = await meanwhile;
      const then = await searched(index, (done) => Promise.resolve(done < 10 * QUERIES.length));
      const speed = `${Math.round(ROWS / entered)} entries/s (target 10000; ${((user + system) / 1e6).toFixed(1)} s of CPU; by ${CHUNK}: ${speeds.join(' ')})`;
      return `${speed}; search meanwhile ${told(under)}; then ${told(then)}`;
    } finally {
      await database.destroy();
      remove(folder);
    }
  },
};

const described: MemoryCase = {
  name: `survey/describe ${FILES} files of ext4: listed, written as DFXML, entered from it (target 20000 a second, 512 MiB)`,
  async run(dir) {
    const folder = join(dir, 'described');
    makeTree(folder, FILES, 20);
    try {
      const figures = await child('describe', join(folder, 'place'), join(folder, 'disk.img'));
      return `${Math.round(FILES / figures.seconds)} entries/s; ${line(figures)}`;
    } finally {
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
export const memoryCases: readonly MemoryCase[] = [catalogue, described, firstByte];
