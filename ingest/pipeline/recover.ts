/** What a crash left in staging is cleared away; a package that had been renamed into place already is reported. */
import { packageKey } from '../package/index.ts';
import type { Storage } from '../storage/index.ts';
import { isSurveyStage } from './survey-work.ts';

/**
 * Call while nothing is being ingested: at start, under the home's lock.
 * @returns ids whose package lies whole in storage although its ingest never ended: the caller records them.
 */
export async function recoverStaging(storage: Storage): Promise<{ dropped: string[]; stored: string[] }> {
  const dropped: string[] = [];
  const stored: string[] = [];
  for (const name of await storage.staged()) {
    if (isSurveyStage(name)) continue;
    const found = await storage.stat(`${packageKey(name)}/bagit.txt`);
    (found === undefined ? dropped : stored).push(name);
    if (found === undefined) await storage.dropStage(name);
  }
  return { dropped, stored };
}
