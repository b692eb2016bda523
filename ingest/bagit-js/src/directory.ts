/** A bag in a directory. The tree is walked once; links are never followed, special files never opened. */
import { constants } from 'node:fs';
import { lstat, open, opendir, readlink, realpath } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { BagItError, reason } from './bagit-error.ts';
import type { HashSetup } from './hash-files.ts';
import { aborted } from './hash-pool.ts';
import type { Inventory, OtherKind } from './inventory.ts';
import type { Limits } from './limits.ts';
import { shown } from './paths.ts';
import type { Findings } from './report.ts';
import type { BagSource } from './source.ts';

export class DirectorySource implements BagSource {
  readonly serialization = 'directory';
  readonly baseName: string;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.baseName = basename(root);
  }

  /** The directory itself may be reached through links; what is in it may not. */
  static async open(path: string): Promise<DirectorySource> {
    return new DirectorySource(await realpath(path));
  }

  async scan(inventory: Inventory, findings: Findings, _limits?: Limits, signal?: AbortSignal): Promise<boolean> {
    const waiting = [''];
    for (let prefix = waiting.pop(); prefix !== undefined; prefix = waiting.pop()) {
      if (signal?.aborted === true) throw aborted(signal);
      try {
        for await (const entry of await opendir(`${this.#root}/${prefix}`, {
          encoding: 'buffer' as BufferEncoding,
          bufferSize: 512,
        })) {
          const bytes = entry.name as unknown as Buffer;
          if (!isUtf8(bytes)) {
            findings.error(
              'name-not-utf8',
              prefix + shown(bytes),
              'this name is not valid UTF-8: no manifest can list it, rename the file',
            );
            continue;
          }
          const name = prefix + bytes.toString('utf8');
          if (entry.isFile()) inventory.add(name);
          else if (entry.isDirectory()) {
            inventory.directories.add(name);
            waiting.push(`${name}/`);
          } else await this.#other(name, inventory, findings, waiting);
        }
      } catch (error) {
        if (error instanceof BagItError) throw error;
        inventory.unlistable.push(prefix);
        const message = `the directory can't be listed: ${reason(error)}; what is in it was not checked`;
        findings.error('unreadable', prefix.slice(0, -1), message, undefined, true);
      }
    }
    return true;
  }

  async #other(name: string, inventory: Inventory, findings: Findings, waiting: string[]): Promise<void> {
    const stats = await lstat(`${this.#root}/${name}`); // some file systems don't say the type in the listing
    if (stats.isFile()) inventory.add(name, stats.size);
    else if (stats.isDirectory()) {
      inventory.directories.add(name);
      waiting.push(`${name}/`);
    } else {
      const kind: OtherKind = stats.isSymbolicLink() ? await this.#linkKind(name) : 'special-file';
      inventory.others.set(name, kind);
      const target = stats.isSymbolicLink() ? await readlink(`${this.#root}/${name}`).catch(() => '?') : '';
      findings.error(
        kind,
        name,
        kind === 'special-file' ? 'this is neither a file nor a directory' : `a symbolic link to ${JSON.stringify(target)}`,
      );
    }
  }

  async #linkKind(name: string): Promise<OtherKind> {
    const path = `${this.#root}/${name}`;
    const target = await realpath(path).catch(async () => resolve(dirname(path), await readlink(path).catch(() => '/')));
    const inside = relative(this.#root, target);
    const out = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    return out || (await lstat(target).catch(() => undefined)) === undefined ? 'link-out-of-bag' : 'symbolic-link';
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const path = `${this.#root}/${name}`;
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      if (!(await file.stat()).isFile()) throw new BagItError('no-such-file', `${name} is not a file`);
      const buffer = Buffer.allocUnsafeSlow(256 * 1024);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead); // used up before the next read
      }
    } finally {
      await file.close();
    }
  }

  hashing(algorithms: readonly string[], sizes: readonly number[]): HashSetup {
    return { path: this.#root, archive: false, algorithms, sizes };
  }

  async close(): Promise<void> {}
}
