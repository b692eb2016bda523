/** Random moments to kill at: the same ones for the same seed, as far as a machine does the same in the same time. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Ended, Running } from './strongroom.ts';

/** STRONGROOM_SEED makes a run again. */
const SEED = Number(process.env['STRONGROOM_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Numbers from 0 to 1 (mulberry32). */
export function randomNumbers(stream: number): () => number {
  let state = (SEED + stream * 0x9e3779b9) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function seedInWords(): string {
  return `STRONGROOM_SEED=${SEED}`;
}

/** Kills over the whole life of runs, and over the part of it in which the work is done. */
export class Killer {
  /** Milliseconds that runs take: from their start, and from the beginning of their work, to their end. */
  private lifeMs: number;
  private workMs: number;
  private readonly random: () => number;
  private readonly works: () => boolean;

  /** @param works whether the process has begun its work: asked again and again. */
  constructor(random: () => number, lifeMs: number, workMs: number, works: () => boolean) {
    this.random = random;
    this.lifeMs = lifeMs;
    this.workMs = workMs;
    this.works = works;
  }

  /** Kills `running` at a random moment, unless it ends before. `beforeKill` looks at what it was doing. */
  async strike(running: Running, wasKilled: () => void): Promise<Ended> {
    const inWork = this.random() < 0.75;
    if (inWork) while (running.isRunning && !this.works()) await pause(1);
    await pause(this.random() * 1.1 * (inWork ? this.workMs : this.lifeMs));
    if (running.isRunning) {
      running.kill();
      wasKilled();
    }
    return running.ended;
  }

  /** A machine gets busier and idler: a run that nobody disturbed says how long they take now. */
  learn(lifeMs: number, workMs: number | undefined): void {
    this.lifeMs = lifeMs;
    if (workMs !== undefined) this.workMs = workMs;
  }
}

/** Waits for the run to end, and says how long it worked. */
export async function watched(running: Running, works: () => boolean): Promise<Ended & { workMs: number | undefined }> {
  let began: number | undefined;
  while (running.isRunning && began === undefined) {
    if (works()) began = performance.now();
    else await pause(1);
  }
  const ended = await running.ended;
  return { ...ended, workMs: began === undefined ? undefined : performance.now() - began };
}
