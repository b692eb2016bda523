/** The example disk, ingested as an archivist would and exported in every form: judged by bagit-js and by programs of others. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { validateBag } from 'bagit-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exporter, exporters, exportPackage } from '#ingest/export';
import { type OpenedPackage, openPackage } from '#ingest/package';
import { ingest } from '#ingest/pipeline';
import { openPremisGuard } from '#ingest/premis';
import { openStorage } from '#ingest/storage';
import { HandClock } from '../../support/clock.ts';
import { treeOf } from './bag-fixture.ts';
import { have, run } from './readers.ts';

const CARRIER = fileURLToPath(new URL('../../../examples/donated-disk/carrier', import.meta.url));
const ID = '01935e2a-7b1c-7000-8000-0123456789ab';

let root: string;
let pkg: OpenedPackage;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'example-'));
  const storage = await openStorage(pathToFileURL(join(root, 'location')));
  using guard = await openPremisGuard();
  const report = await ingest(
    { path: CARRIER, title: 'Ilse Marrowby, disk 7', accession: undefined, again: false },
    {
      storage,
      guard,
      clock: new HandClock(),
      newId: () => ID,
      agents: [{ name: 'Strongroom', type: 'software', version: '0', role: 'executing program' }],
      holds: async () => undefined,
      surveyBudgetMs: 60_000,
      stored: async () => undefined,
      signal: undefined,
      onProgress: undefined,
    },
  );
  pkg = await openPackage(storage, ID, report.tagManifestSha256);
});
afterAll(async () => rm(root, { recursive: true, force: true }));

async function identity(target: string): Promise<unknown> {
  if ((await stat(target)).isFile()) {
    return createHash('sha256')
      .update(await readFile(target))
      .digest('hex');
  }
  return [...(await treeOf(target))];
}

/** What else must be content with the result; by the exporter's id. */
const judges: Record<string, readonly [tool: string, ...args: string[]][]> = { tar: [['tar', '-tf']], zip: [['unzip', '-t']] };

describe.each([...exporters.keys()])('the example disk as %s', (id) => {
  const exporter = exporters.get(id) as Exporter;
  const to = async (): Promise<string> => join(await mkdtemp(join(root, 'to-')), `${ID}${exporter.extension}`);

  it('is a valid bag with everything the donor sent', async () => {
    const target = await to();
    await exportPackage(exporter, pkg, target);
    expect(await validateBag(target)).toMatchObject({ complete: true, valid: true, errors: [] });
  });

  it('is the same twice', async () => {
    const [first, second] = [await to(), await to()];
    const result = await exportPackage(exporter, pkg, first);
    expect(await exportPackage(exporter, pkg, second)).toEqual({ ...result, target: second });
    expect(await identity(first)).toEqual(await identity(second));
  });

  it.each((judges[id] ?? []).filter(([tool]) => have(tool)))('satisfies %s %s', async (tool, ...args) => {
    const target = await to();
    await exportPackage(exporter, pkg, target);
    const { stdout, stderr } = await run(tool, [...args, target]);
    expect(stderr).toBe('');
    for await (const { path } of pkg.files()) expect(stdout).toContain(`${ID}/${path}`);
  });
});
