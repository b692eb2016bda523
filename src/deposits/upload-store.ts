/** The uploads on the disk. One expires so long after its last byte came: who sends slowly, or goes on after days, is not cut off. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FileStore } from '@tus/file-store';
import type { Upload } from '@tus/server';
import { isSystemError } from '#ingest/kernel';

/** Its bytes, and the record beside them; a kill may have left either alone. */
const UPLOAD = /^([0-9a-f]{32})(?:\.json)?$/;

export class UploadStore extends FileStore {
  readonly #keepMs: number;

  /** @param keepMs how long an upload is kept to which nothing is added, in milliseconds. */
  constructor(directory: string, keepMs: number) {
    super({ directory, expirationPeriodInMilliseconds: keepMs });
    this.#keepMs = keepMs;
  }

  /** The protocol's server counts from this date, in what it announces (Upload-Expires) and in what it refuses (410). */
  override async getUpload(id: string): Promise<Upload> {
    const upload = await super.getUpload(id);
    upload.creation_date = (await stat(join(this.directory, id))).mtime.toISOString();
    return upload;
  }

  /**
   * Removes what was abandoned, finished or not. Not the library's deleteExpired: that goes by the day of announcement and the machine's clock.
   * @param inUse ids that a deposit waits for. Answers the ids that were removed.
   */
  async removeAbandoned(now: Date, inUse: ReadonlySet<string>): Promise<string[]> {
    const ids = new Set((await readdir(this.directory)).flatMap((name) => UPLOAD.exec(name)?.[1] ?? []));
    const removed: string[] = [];
    for (const id of ids) {
      if (inUse.has(id) || !(await this.#isAbandoned(id, now))) continue;
      for (const name of [id, `${id}.json`]) await rm(join(this.directory, name), { force: true });
      removed.push(id);
    }
    return removed;
  }

  async #isAbandoned(id: string, now: Date): Promise<boolean> {
    const age = async (name: string): Promise<number | undefined> => {
      try {
        return now.getTime() - (await stat(join(this.directory, name))).mtimeMs;
      } catch (error) {
        if (isSystemError(error) && error.code === 'ENOENT') return undefined;
        throw error;
      }
    };
    const idle = (await age(id)) ?? (await age(`${id}.json`));
    return idle !== undefined && idle > this.#keepMs;
  }
}
