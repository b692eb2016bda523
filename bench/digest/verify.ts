/** Audits against the same work as bare processes: one large file by blocks, many small files by digests. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { copyAndDigest, type RecordedFile, verifyBlocks, verifyFiles } from '#ingest/digest';
import { type BenchCase, LARGE, randomFile, remove, seconds, shell } from '../case.ts';

const cores = availableParallelism();
const FILES = 20_000;
const FILE_SIZE = 10_000;

function blocksCase(): BenchCase {
  let folder = '';
  const at = (file: string): string => join(folder, file);
  return {
    name: `digest/verify-blocks: one file, against ${cores} × openssl on it, divided by ${cores}`,
    target: 0.9,
    async prepare(dir) {
      folder = dir;
      randomFile(at('source'), LARGE);
      await copyAndDigest([{ source: at('source'), target: at('image'), blocks: { target: at('list'), path: 'image' } }], {
        algorithms: [],
      });
      remove(at('source'));
    },
    async ours() {
      return seconds(async () => {
        const { outcome } = await verifyBlocks({ path: at('image'), list: at('list'), expectedSize: LARGE });
        if (outcome !== 'ok') throw new Error(outcome);
      });
    },
    // every core hashes the whole file: a core's share of the work is that time divided by the cores
    async floor() {
      return (await seconds(() => shell(`${`openssl dgst -sha256 ${at('image')} & `.repeat(cores)} wait`))) / cores;
    },
    async dispose() {
      remove(at('image'), at('list'));
    },
  };
}

function filesCase(): BenchCase {
  let folder = '';
  let recorded: RecordedFile[] = [];
  return {
    name: `digest/verify-files: ${FILES} × ${FILE_SIZE} bytes, against xargs -P${cores} sha256sum`,
    target: 1,
    async prepare(dir) {
      folder = join(dir, 'small');
      for (let i = 0; i < FILES; i += 1) {
        const sub = join(folder, String(Math.floor(i / 1000)));
        if (i % 1000 === 0) mkdirSync(sub, { recursive: true });
        writeFileSync(join(sub, String(i)), randomBytes(FILE_SIZE));
      }
      const sums = execFileSync('bash', ['-c', `find ${folder} -type f -print0 | xargs -0 sha256sum`], {
        encoding: 'latin1',
        maxBuffer: 1 << 26,
      });
      recorded = sums
        .trimEnd()
        .split('\n')
        .map((line) => ({ path: line.slice(66), name: line.slice(66), size: FILE_SIZE, digests: { sha256: line.slice(0, 64) } }));
    },
    async ours() {
      return seconds(async () => {
        const { ok } = await verifyFiles(recorded, { onResult: () => undefined });
        if (ok !== FILES) throw new Error(`${ok} files are right`);
      });
    },
    floor: () => seconds(() => shell(`find ${folder} -type f -print0 | xargs -0 -P${cores} -n 500 sha256sum`)),
    async dispose() {
      remove(folder);
    },
  };
}

export const cases: readonly BenchCase[] = [blocksCase(), filesCase()];
