/** A whole ingest of one large image, against the same work as bare processes side by side. */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Progress, systemClock } from '#ingest/kernel';
import { verifyPackage } from '#ingest/package';
import { ingest, type IngestReport } from '#ingest/pipeline';
import { openPremisGuard } from '#ingest/premis';
import { openStorage, type Storage } from '#ingest/storage';
import { v7 } from 'uuid';
import { type BenchCase, INGEST_SIZE, randomFile, remove, seconds, shell } from './case.ts';

/** Ingests `path` into a location at `place`, with nothing but the engine. */
export async function ingestInto(
  place: string,
  path: string,
  onProgress?: Progress,
): Promise<{ storage: Storage; report: IngestReport }> {
  const storage = await openStorage(pathToFileURL(place));
  using guard = await openPremisGuard();
  const report = await ingest(
    { path, title: undefined, accession: undefined, again: true },
    {
      storage,
      clock: systemClock,
      newId: v7,
      guard,
      agents: [{ name: 'bench', type: 'software', version: '0', role: 'executing program' }],
      holds: () => Promise.resolve(undefined),
      stored: () => Promise.resolve(undefined),
      signal: undefined,
      onProgress,
      surveyBudgetMs: 0,
    },
  );
  return { storage, report };
}

function ingestCase(name: string, target: number, readBack: boolean): BenchCase {
  let folder = '';
  const at = (file: string): string => join(folder, file);
  return {
    name,
    target,
    async prepare(dir) {
      folder = join(dir, 'ingest');
      await mkdir(folder);
      randomFile(at('source.img'), INGEST_SIZE);
    },
    async ours() {
      remove(at('place'));
      shell('sync');
      return seconds(() => ingestInto(at('place'), at('source.img')));
    },
    async floor() {
      remove(at('copy'));
      shell('sync');
      const hash = 'openssl dgst -sha256';
      const again = readBack ? `; ${hash} ${at('copy')}` : '';
      return seconds(() =>
        shell(
          `cp ${at('source.img')} ${at('copy')} & ${hash} ${at('source.img')} & ${hash} ${at('source.img')} & wait; sync${again}`,
        ),
      );
    },
    async dispose() {
      remove(folder);
    },
  };
}

/** The audit as `strongroom audit` does it: manifests, walk and all, of a package with one large file. */
function auditCase(): BenchCase {
  let folder = '';
  let stored: { storage: Storage; report: IngestReport } | undefined;
  const at = (file: string): string => join(folder, file);
  return {
    name: 'audit/package: one large file, against one-core openssl on it divided by the cores',
    target: 0.9,
    async prepare(dir) {
      folder = join(dir, 'audit');
      await mkdir(folder);
      randomFile(at('source.img'), INGEST_SIZE);
      stored = await ingestInto(at('place'), at('source.img'));
    },
    ours: () =>
      seconds(async () => {
        if (stored === undefined) throw new TypeError('not prepared');
        const { id, tagManifestSha256 } = stored.report;
        const { outcome } = await verifyPackage(stored.storage, id, { tagManifestSha256, catalogue: nothing });
        if (outcome !== 'ok') throw new Error(outcome);
      }),
    async floor() {
      const cores = availableParallelism();
      const run = `openssl dgst -sha256 ${at('source.img')} & `.repeat(cores);
      return (await seconds(() => shell(`${run} wait`))) / cores;
    },
    async dispose() {
      remove(folder);
    },
  };
}

async function* nothing(): AsyncIterable<never> {}

export const cases: readonly BenchCase[] = [
  ingestCase('ingest: received, copied, digested, read back, sealed; against cp & openssl & openssl; sync', 0.9, false),
  ingestCase('ingest: the same; the floor reads its copy back as well, on one core', 0.9, true),
  auditCase(),
];
