/**
 * npm run bench [-- words of a case's name]: every case against its floor in the same run, on the same bytes.
 * Rounds alternate; printed are the median ratio (floor ÷ ours, higher is better) and its spread. Nothing is asserted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCase } from './case.ts';
import { cases as passes } from './digest/pass.ts';
import { cases as checks } from './digest/verify.ts';
import { cases as media } from './media.ts';
import { memoryCases as firstBytes } from './first-byte.ts';
import { cases as ingests } from './ingest.ts';
import { type MemoryCase, memoryCases } from './memory.ts';
import { cases as surveys, memoryCases as surveyed } from './survey.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const words = process.argv.slice(2);
const wanted = ({ name }: { name: string }): boolean => words.every((word) => name.includes(word));

const folder = await mkdtemp(join(process.env['BENCH_DIR'] ?? tmpdir(), 'strongroom-bench-'));
try {
  for (const each of [...ingests, ...passes, ...checks, ...media, ...surveys].filter(wanted)) await measure(each);
  for (const each of [...memoryCases, ...surveyed, ...firstBytes].filter(wanted)) await weigh(each);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(each: BenchCase): Promise<void> {
  await each.prepare(folder);
  try {
    await each.floor();
    await each.ours();
    const rounds: { ours: number; floor: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push({ ours: await each.ours(), floor: await each.floor() });
    const ratios = rounds.map(({ ours, floor }) => floor / ours).toSorted((a, b) => a - b);
    const median = quantile(ratios, 0.5);
    const spread = `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`;
    const took = quantile(
      rounds.map(({ ours }) => ours).toSorted((a, b) => a - b),
      0.5,
    );
    console.log(`${median.toFixed(2)} × floor  (${spread}; target ${each.target})  ${took.toFixed(2)} s  ${each.name}`);
  } finally {
    await each.dispose();
  }
}

async function weigh(each: MemoryCase): Promise<void> {
  console.log(`${await each.run(folder)}  ${each.name}`);
}

/** Of sorted values. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}
