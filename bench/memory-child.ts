/** One long work in a process of its own, so that its peak memory is its own: prints {seconds, peakBytes}, and on stderr how far it is. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { validateBag } from 'bagit-js';
import { describeAndEnter } from './described.ts';
import { ingestInto } from './ingest.ts';

const [what, place = '', path = ''] = process.argv.slice(2);
const start = performance.now();
const SAY_MS = 10_000;
let said = { stage: '', at: start };

/** Each stage as it begins, and every ten seconds. */
function say(stage: string, share: number): void {
  const now = performance.now();
  if (stage === said.stage && now - said.at < SAY_MS) return;
  said = { stage, at: now };
  process.stderr.write(`  ${((now - start) / 1000).toFixed(0)} s  ${stage} ${(share * 100).toFixed(0)} %\n`);
}

if (what === 'ingest') {
  await ingestInto(place, path, ({ stage, doneBytes, totalBytes }) => say(stage, doneBytes / Math.max(1, totalBytes)));
} else if (what === 'describe') {
  await describeAndEnter(place, path);
} else {
  say('validate', 0);
  const [id = ''] = await readdir(join(place, 'packages'));
  const { valid } = await validateBag(join(place, 'packages', id));
  if (valid !== true) throw new Error('the bag is not valid');
}
const seconds = (performance.now() - start) / 1000;
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
process.stdout.write(JSON.stringify({ seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes: maxRSS * 1024 }));
