/** One long work in a process of its own, so that its peak memory is its own: prints {seconds, peakBytes}. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { validateBag } from 'bagit-js';
import { ingestInto } from './ingest.ts';

const [what, place = '', path = ''] = process.argv.slice(2);
const start = performance.now();
if (what === 'ingest') {
  await ingestInto(place, path);
} else {
  const [id = ''] = await readdir(join(place, 'packages'));
  const { valid } = await validateBag(join(place, 'packages', id));
  if (valid !== true) throw new Error('the bag is not valid');
}
const seconds = (performance.now() - start) / 1000;
process.stdout.write(JSON.stringify({ seconds, peakBytes: process.resourceUsage().maxRSS * 1024 }));
