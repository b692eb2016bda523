/** How long a reader waits over HTTP for the first byte: from the middle of the disk in a large container, and of a file inside a large disk. */
import { randomBytes } from 'node:crypto';
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { fileSource, openImage } from '#ingest/media';
import { surveyOf } from '#ingest/survey';
import { readSettings } from '#built/src/config/settings';
import { openHome } from '#built/src/database/home';
import { DepositsService } from '#built/src/deposits/deposits.service';
import { SqliteFileIndex } from '#built/src/files/sqlite.file-index';
import { SqliteKnownDigests } from '#built/src/known/sqlite.known-digests';
import { MediumService } from '#built/src/packages/medium.service';
import { createApp } from '#built/src/server';
import { remove, shell } from './case.ts';
import { makeE01, makeQcow2, makeVolume, WORDS } from './large-images.ts';
import type { MemoryCase } from './memory.ts';

const ROUNDS = 11;
const GB = 10 ** 9;
const LARGE = 100 * 2 ** 30;
const LARGEST = Math.round((500 * GB) / 2 ** 20) * 2 ** 20;

interface Archive extends AsyncDisposable {
  readonly app: NestFastifyApplication;
  readonly api: string;
  /** A package whose image is the file at `path`, which is moved there: to ingest 100 GB would take the bench hours. Answers its id. */
  hold(path: string, format: string, size: number): Promise<string>;
  /** As if nobody had read in it for a minute, and nothing else were in memory either. */
  forget(id: string): Promise<void>;
}

async function archive(folder: string): Promise<Archive> {
  const home = join(folder, 'home');
  await openHome(home);
  const settings = readSettings({}, { home, logLevel: 'error' });
  const app = await createApp({ settings, access: 'write', person: 'bench', roles: ['api'] });
  await app.listen(0, '127.0.0.1');
  const images = new Map<string, string>();
  return {
    app,
    api: `${await app.getUrl()}/api/v1`,
    async hold(path, format, size) {
      const small = join(folder, 'small.img');
      writeFileSync(small, randomBytes(4096));
      const { id } = await app.get(DepositsService).ingest({ path: small, again: true });
      const image = join(home, 'locations/main/packages', id, 'data/image/small.img');
      images.set(id, image);
      renameSync(path, image);
      const files = [{ path: 'data/image/small.img', size: statSync(image).size, sha256: '0'.repeat(64) }];
      const acquisition = {
        image: { name: 'small.img', format: { id: format, title: format, basis: 'signature' }, files },
        medium: { size, sha256: '0'.repeat(64), sectorSize: 512 },
      };
      await app
        .get(DataSource)
        .query('UPDATE package SET acquisition = ?, medium_size = ?, medium_sha256 = ? WHERE id = ?', [
          JSON.stringify(acquisition),
          size,
          '0'.repeat(64),
          id,
        ]);
      return id;
    },
    async forget(id) {
      await app.get(MediumService).onApplicationShutdown();
      shell(`dd of=${images.get(id) ?? ''} oflag=nocache conv=notrunc,fdatasync count=0 status=none`);
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** Milliseconds to the first byte. @throws Error when it is not the one that is expected. */
async function firstByte(url: string, offset: number, expected: string): Promise<number> {
  const start = performance.now();
  const response = await fetch(url, { headers: { range: `bytes=${offset}-${offset + 4095}` } });
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  const took = performance.now() - start;
  await reader?.cancel();
  if (response.status !== 206 || value?.[0] !== expected.charCodeAt(0))
    throw new Error(`${url}: ${response.status}, ${value?.[0] ?? 'nothing'}`);
  return took;
}

/** The medians of rounds that begin with nothing open and nothing in memory, and of rounds that follow them. */
async function coldAndWarm(archive: Archive, id: string, read: () => Promise<number>): Promise<string> {
  const [cold, warm, bare]: [number[], number[], number[]] = [[], [], []];
  await read();
  for (let round = 0; round < ROUNDS; round += 1) {
    await archive.forget(id);
    cold.push(await read());
    warm.push(await read());
    const start = performance.now();
    await (await fetch(`${archive.api}/health/live`)).text();
    bare.push(performance.now() - start);
  }
  const median = (times: number[]): string => (times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN).toFixed(1);
  return `${median(cold)} ms cold, ${median(warm)} ms warm (target 50); an answer without content takes ${median(bare)} ms`;
}

function ofContainer(name: string, format: string, make: (path: string, size: number) => void): MemoryCase {
  return {
    name: `http/first byte from the middle of a 100 GiB ${name}`,
    async run(dir) {
      const folder = join(dir, 'first-byte');
      shell(`mkdir ${folder}`);
      try {
        make(join(folder, 'disk'), LARGE);
        await using held = await archive(folder);
        const id = await held.hold(join(folder, 'disk'), format, LARGE);
        return await coldAndWarm(held, id, () => firstByte(`${held.api}/packages/${id}/images/1/media`, LARGE / 2, WORDS));
      } finally {
        remove(folder);
      }
    },
  };
}

function ofFile(kind: 'ext4' | 'ntfs'): MemoryCase {
  return {
    name: `http/first byte of a file inside a 500 GB ${kind} disk`,
    async run(dir) {
      const folder = join(dir, 'first-byte');
      shell(`mkdir ${folder}`);
      try {
        const path = join(folder, 'disk');
        makeVolume(path, kind, LARGEST);
        await using held = await archive(folder);
        const id = await held.hold(path, 'raw', LARGEST);
        const database = held.app.get(DataSource);
        const image = join(folder, 'home/locations/main/packages', id, 'data/image/small.img');
        {
          await using opened = await openImage([{ name: 'small.img', open: () => fileSource(image) }], true);
          await new SqliteFileIndex(database, new SqliteKnownDigests(database)).replace(
            id,
            surveyOf(opened.media, { algorithms: [], withRuns: true }),
          );
        }
        const url = `${held.api}/packages/${id}/disk/0/content?path=hello.txt`;
        return await coldAndWarm(held, id, () => firstByte(url, 0, WORDS));
      } finally {
        remove(folder);
      }
    },
  };
}

export const memoryCases: readonly MemoryCase[] = [
  ofContainer('E01', 'ewf', makeE01),
  ofContainer('QCOW2', 'qcow2', makeQcow2),
  ofFile('ext4'),
  ofFile('ntfs'),
];
