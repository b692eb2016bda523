/** A disk that fills up at any moment is told in words, costs nothing that was there, and leaves nothing when room is made. */
import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allIsWhole, nothingIsHalf, staged } from './invariants.ts';
import { randomNumbers } from './moments.ts';
import { largeDisk, newDisk } from './sources.ts';
import { answerOf, type Ended, strongroom } from './strongroom.ts';

const FULL = process.env['STRONGROOM_CRASH'] === 'full';
const KIB = 1024;
const MIB = 1024 * KIB;

/** A small file system of one's own is root's to make. */
const canMount = ((): boolean => {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

let outside: string;
let disk: string;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'strongroom-full-'));
  disk = join(outside, 'disk');
  mkdirSync(disk);
  if (canMount) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk]);
});
afterEach(() => {
  if (canMount) execFileSync('umount', [disk]);
  rmSync(outside, { recursive: true, force: true });
});

function free(): number {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
}

/** Leaves `bytes` free. */
function fillUp(bytes: number): void {
  const ballast = openSync(join(disk, 'ballast'), 'a');
  for (let more = free() - bytes; more > 0; more = free() - bytes) writeSync(ballast, Buffer.alloc(Math.min(more, MIB)));
  fsyncSync(ballast);
  closeSync(ballast);
}

function makeRoom(): void {
  rmSync(join(disk, 'ballast'), { force: true });
}

/** @returns the code of its Fault; undefined when there was room after all. */
function saidSo({ code, stdout, stderr }: Ended): string | undefined {
  if (code === 0) return undefined;
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
  expect([1, 3], `${error.code}: ${error.message}`).toContain(code);
  expect(error.code).toMatch(/^[a-z]+\/[a-z-]+$/);
  expect(error.code, error.message).not.toBe('cli/unexpected');
  expect(error.message).toMatch(/full|free|room|space/i);
  expect(stderr, 'no stack trace').not.toMatch(/\n\s+at |\\n\s+at /);
  return error.code;
}

/** From nothing free to enough, most of them where the metadata is written. */
function levels(needed: number): number[] {
  if (!FULL) return [64 * KIB, Math.floor(needed / 2), needed - 16 * KIB];
  const within = Array.from({ length: 16 }, (_, step) => Math.floor((needed * step) / 16));
  const end = Array.from({ length: 12 }, (_, step) => needed + (step - 6) * 16 * KIB);
  return [...new Set([0, 4 * KIB, 32 * KIB, 64 * KIB, ...within, ...end])].filter((level) => level >= 0);
}

describe.skipIf(!canMount)('a full disk (skipped where no tmpfs may be mounted)', () => {
  it.runIf(FULL)(
    'refuses an ingest, whatever it was writing, and takes it when there is room',
    async () => {
      const home = join(disk, 'home');
      const random = randomNumbers(300);
      const [first] = answerOf<{ packages: { id: string }[] }>(
        await strongroom(home, 'ingest', newDisk(join(outside, 'first'), random)),
      ).packages;
      const kept = new Set([first!.id]);
      const codes = new Map<string, number>();
      // The check of free space asks for more than is needed: a device that lies about its size gets by without it. So the
      // source is sparse, and grows on a file system without holes as it is copied.
      const before = free();
      const [trial] = answerOf<{ packages: { id: string }[] }>(
        await strongroom(home, 'ingest', newDisk(join(outside, 'trial'), random)),
      ).packages;
      kept.add(trial!.id);
      const needed = before - free();
      let number = 0;
      for (const level of levels(needed)) {
        number += 1;
        fillUp(level);
        const source = newDisk(join(outside, `source-${number}`), random);
        const code = saidSo(await strongroom(home, 'ingest', source)) ?? 'stored';
        codes.set(code, (codes.get(code) ?? 0) + 1);
        makeRoom();
        await nothingIsHalf(home, kept);
        rmSync(source, { recursive: true });
      }
      const last = answerOf<{ packages: { id: string }[] }>(
        await strongroom(home, 'ingest', newDisk(join(outside, 'last'), random)),
      );
      kept.add(last.packages[0]!.id);
      await holds(home, kept);
      console.log(`ingests on a full disk: ${told(codes)}`);
    },
    1_800_000,
  );

  it('lets an ingest run out of room at every stage when something else fills the disk meanwhile', async () => {
    const home = join(disk, 'home');
    const random = randomNumbers(301);
    const [first] = answerOf<{ packages: { id: string }[] }>(
      await strongroom(home, 'ingest', newDisk(join(outside, 'first'), random)),
    ).packages;
    const kept = new Set([first!.id]);
    const codes = new Map<string, number>();
    const image = largeDisk(join(outside, 'source.img'), 3 * MIB, random);
    // Enough for the check before the copy; gone as soon as staging begins.
    for (const level of levels(3 * MIB + 64 * KIB)) {
      makeRoom();
      const running = strongroom(home, 'ingest', image, '--again');
      while (staged(home).length === 0) {
        const isOver = await Promise.race([running.then(() => true), new Promise<false>((next) => setImmediate(next, false))]);
        if (isOver) break;
      }
      fillUp(level);
      const ended = await running;
      const code = saidSo(ended) ?? 'stored';
      codes.set(code, (codes.get(code) ?? 0) + 1);
      makeRoom();
      const ids = await nothingIsHalf(home, kept);
      if (code === 'stored') kept.add(answerOf<{ packages: { id: string }[] }>(ended).packages[0]!.id);
      if (ids.length > 4) {
        // The disk is small: this home has seen enough.
        await holds(home, kept);
        rmSync(home, { recursive: true });
        kept.clear();
        answerOf(await strongroom(home, 'list'), 1);
        kept.add(answerOf<{ packages: { id: string }[] }>(await strongroom(home, 'ingest', image)).packages[0]!.id);
      }
    }
    await holds(home, kept);
    console.log(`ingests on a disk that fills up meanwhile: ${told(codes)}`);
  }, 1_800_000);

  it('keeps an audit from being recorded, and says so, and never calls that damage', async () => {
    const home = join(disk, 'home');
    const [first] = answerOf<{ packages: { id: string }[] }>(
      await strongroom(home, 'ingest', newDisk(join(outside, 'first'), randomNumbers(302))),
    ).packages;
    const codes = new Map<string, number>();
    for (const level of FULL ? [0, 4, 8, 16, 32, 48, 64, 96, 128, 256] : [4, 64]) {
      fillUp(level * KIB);
      const ended = await strongroom(home, 'audit', '--all');
      const code = saidSo(ended) ?? 'recorded';
      codes.set(code, (codes.get(code) ?? 0) + 1);
      makeRoom();
      await nothingIsHalf(home, [first!.id]);
    }
    const { packages } = answerOf<{ packages: { status: string }[] }>(await strongroom(home, 'list'));
    expect(packages.map(({ status }) => status).filter((status) => !['ok', 'unchecked'].includes(status))).toEqual([]);
    await holds(home, [first!.id]);
    console.log(`audits on a full disk: ${told(codes)}`);
  }, 1_800_000);

  it('refuses an export to it, before the first byte or in the middle, and leaves nothing there', async () => {
    const home = join(outside, 'home');
    const image = largeDisk(join(outside, 'image.img'), 4 * MIB, randomNumbers(303));
    const [{ id }] = answerOf<{ packages: [{ id: string }] }>(await strongroom(home, 'ingest', image)).packages;
    for (const as of FULL ? ['bag', 'tar', 'zip'] : ['bag']) {
      for (const level of FULL ? [0, 64 * KIB, MIB, 4 * MIB, 4 * MIB + 16 * KIB] : [4 * MIB]) {
        fillUp(level);
        const code = saidSo(await strongroom(home, 'export', id, '--as', as, '--to', join(disk, `out.${as}`)));
        expect(code, `${as} with ${level} bytes free`).toBe('export/target-full');
        expect(readdirSync(disk)).toEqual(['ballast']);
        makeRoom();
      }
      answerOf(await strongroom(home, 'export', id, '--as', as, '--to', join(disk, `out.${as}`)));
      rmSync(join(disk, `out.${as}`), { recursive: true });
    }
    await allIsWhole(home, [id]);
  }, 1_800_000);
});

/** As allIsWhole, on a disk that is too small for doctor's liking. */
async function holds(home: string, acknowledged: Iterable<string>): Promise<void> {
  await allIsWhole(home, acknowledged, ['free space']);
}

function told(codes: ReadonlyMap<string, number>): string {
  return [...codes].map(([code, times]) => `${code} ${times}`).join(', ');
}
