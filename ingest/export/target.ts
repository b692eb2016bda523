/** Where an export goes: a place that is free, a private folder beside it while it is made, and one rename at the end. */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Fault, FaultKind, isSystemError, syncFolder, wordsOfSystemError } from '../kernel/index.ts';

export class Target {
  /** Where the result will be. */
  readonly path: string;
  /** Private; on the target's own file system; goes away with whatever is in it. */
  readonly work: string;

  private constructor(path: string) {
    this.path = path;
    this.work = `${path}.partial-${randomBytes(6).toString('hex')}`;
  }

  /** @throws Fault 'export/target-exists', 'export/target-folder', 'export/target-not-writable'. */
  static async prepare(to: string): Promise<Target> {
    const target = new Target(resolve(to));
    try {
      await target.mustBeFree();
      const folder = await stat(dirname(target.path)).catch((error: unknown) => {
        throw noFolder(target.path, error);
      });
      if (!folder.isDirectory()) throw noFolder(target.path);
      await mkdir(target.work, 0o700);
    } catch (error) {
      throw targetFault(target.path, error);
    }
    return target;
  }

  /** Where the exporter writes; other names in `work` are its own. */
  get draft(): string {
    return join(this.work, 'export');
  }

  /**
   * @param needed bytes that will be written, holes counted as if they were data.
   * @throws Fault 'export/target-full' before the first byte, not after hours.
   */
  async mustHaveRoom(needed: number): Promise<void> {
    const { bavail, bsize, blocks } = await statfs(this.work);
    const free = bavail * bsize;
    if (blocks === 0 || free >= needed) return; // some network file systems tell nothing
    throw new Fault(
      FaultKind.Refused,
      'export/target-full',
      `the export needs ${needed} bytes, ${dirname(this.path)} has ${free} free; free some space or choose another place`,
      { target: this.path, needed, free },
    );
  }

  /** The finished draft becomes the target, whole. */
  async publish(): Promise<void> {
    // rename(2) would replace what somebody put there meanwhile; a hard link would not, but FAT and exFAT sticks have none.
    await this.mustBeFree();
    await rename(this.draft, this.path);
    try {
      await syncFolder(dirname(this.path));
    } catch (error) {
      await rm(this.path, { recursive: true, force: true }); // ours: what is not durable was not exported
      throw error;
    }
  }

  async dropWork(): Promise<void> {
    await rm(this.work, { recursive: true, force: true });
  }

  private async mustBeFree(): Promise<void> {
    try {
      await lstat(this.path);
    } catch (error) {
      if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return;
      throw error;
    }
    throw new Fault(
      FaultKind.Refused,
      'export/target-exists',
      `${this.path} exists already and is never overwritten; choose another place or remove it`,
      { target: this.path },
    );
  }
}

function noFolder(path: string, cause?: unknown): Fault {
  const words = cause === undefined ? 'is not a folder' : wordsOfSystemError(cause);
  return new Fault(
    FaultKind.Refused,
    'export/target-folder',
    `the folder to export to, ${dirname(path)}, can't be used: ${words}; create it first, or choose another`,
    { target: path },
    { cause },
  );
}

/** What went wrong at the target, in words; anything that is not a system error is returned as it is. */
export function targetFault(path: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const words = wordsOfSystemError(error);
  const facts = { target: path, error: error.code, ...(error.path === undefined ? {} : { file: error.path }) };
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new Fault(
      FaultKind.Refused,
      'export/target-full',
      `the export to ${path} can't be finished: ${words}; nothing was left there. Free some space or choose another place`,
      facts,
      { cause: error },
    );
  }
  return new Fault(
    error.code === 'EIO' ? FaultKind.Unreadable : FaultKind.Refused,
    'export/target-not-writable',
    `the export to ${path} can't be written: ${words}; nothing was left there`,
    facts,
    { cause: error },
  );
}
