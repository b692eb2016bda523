/** A folder of one's own for one test; gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A fresh folder, removed when the running test is over. */
export async function tmpFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
