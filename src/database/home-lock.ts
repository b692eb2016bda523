/**
 * One writing process for each home. The lock is SQLite's own on `lock.sqlite`: the operating system frees it however the
 * process ends, so that it is never stale. `lock.json` beside it only tells who holds it and where it answers.
 * Nobody else may open and close lock.sqlite in the holding process: POSIX would drop the lock.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, durableWrite, Fault, FaultKind, systemClock, wordsOfSystemError } from '#ingest/kernel';
import { SqliteDatabase } from './sqlite.ts';

/** Whoever only asks who has the home holds the lock for an instant. */
const GLANCE_MS = 250;

const HomeOwner = z.object({
  pid: z.number(),
  startedAt: z.string(),
  /** What the user typed, as far as it may be shown. */
  command: z.string(),
  /** Where the server answers, and the key for this machine's own command line. */
  url: z.string().optional(),
  token: z.string().optional(),
});
export type HomeOwner = z.infer<typeof HomeOwner>;
export type HomeUse = Omit<HomeOwner, 'pid' | 'startedAt'>;

export interface HomeLock {
  /** Tells more about the owner, such as the address once it listens. */
  tell(use: HomeUse): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the home for this process. The folder must exist.
 * @throws Fault 'home/in-use' when another process (or this one) has it; 'home/lock-not-written' when the disk fails.
 */
export async function acquireHomeLock(home: string, use: HomeUse, clock: Clock = systemClock): Promise<HomeLock> {
  const db = grip(home, GLANCE_MS);
  if (db === undefined) throw inUse(home, await readOwner(home));
  const startedAt = clock.now().toISOString();
  const tell = (said: HomeUse): Promise<void> =>
    durableWrite(ownerPath(home), `${JSON.stringify({ pid: process.pid, startedAt, ...said })}\n`, 0o600);
  const release = async (): Promise<void> => {
    if (!db.open) return;
    await rm(ownerPath(home), { force: true });
    db.close();
  };
  try {
    await rm(ownerPath(home), { force: true });
    await tell(use);
  } catch (error) {
    db.close();
    throw notWritable(home, error);
  }
  return { tell, release };
}

/** Who holds the home now; undefined when nobody does. What is known may be empty when it has only just been taken. */
export async function homeOwner(home: string): Promise<Partial<HomeOwner> | undefined> {
  const db = grip(home, 0);
  if (db === undefined) return (await readOwner(home)) ?? {};
  db.close();
  return undefined;
}

function grip(home: string, waitMs: number): SqliteDatabase | undefined {
  const db = openLock(home, waitMs);
  try {
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return undefined;
    throw notWritable(home, error);
  }
}

function openLock(home: string, waitMs: number): SqliteDatabase {
  try {
    return new SqliteDatabase(join(home, 'lock.sqlite'), { timeout: waitMs });
  } catch (error) {
    throw notWritable(home, error);
  }
}

/** SQLite's words and the system's, for a home that can't be taken because the disk fails. */
function notWritable(home: string, cause: unknown): Fault {
  const message = `the home ${home} can't be taken: ${wordsOfSystemError(cause)}. Is the disk full, or read-only? Mend that and try again`;
  return new Fault(FaultKind.Unreadable, 'home/lock-not-written', message, { home }, { cause });
}

async function readOwner(home: string): Promise<HomeOwner | undefined> {
  try {
    return HomeOwner.parse(JSON.parse(await readFile(ownerPath(home), 'utf8')));
  } catch {
    return undefined;
  }
}

function ownerPath(home: string): string {
  return join(home, 'lock.json');
}

function inUse(home: string, owner: HomeOwner | undefined): Fault {
  const who = owner === undefined ? 'another process' : `process ${owner.pid} ("${owner.command}") since ${owner.startedAt}`;
  const what = owner?.url === undefined ? 'wait until it ends, or stop it' : `it answers at ${owner.url}: ask it, or stop it`;
  const facts = owner === undefined ? {} : { pid: owner.pid, startedAt: owner.startedAt, command: owner.command };
  return new Fault(FaultKind.Refused, 'home/in-use', `the home ${home} is in use by ${who}; ${what}`, { home, ...facts });
}
