/**
 * The source of a pass: inspected before it is opened, opened without blocking, read once from front to back,
 * and compared with itself afterwards. A file that changes while it is read is refused, never half taken.
 */
import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { Fault, FaultKind, isSystemError, wordsOfSystemError } from '../kernel/index.ts';
import { READ_FLAGS } from './second-look.ts';

/** Linux keeps the size of block devices in sectors of 512 bytes, whatever the device's own. */
const SYS_SECTOR = 512;

/** What a source was when it was first looked at. Plain data, to be handed to worker threads. */
export interface Source {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedMs: number;
  readonly device: boolean;
  /** Device, inode, size and both times: equal before and after, or the file was changed. */
  readonly identity: Identity;
}

export interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/**
 * Looks at a source without opening it.
 * @throws Fault 'digest/source-missing', 'digest/source-unreadable', 'digest/source-kind' (FIFO, socket, folder, character device,
 * symbolic link: the caller resolves links if it means to), 'digest/source-size-unknown', 'digest/source-too-large'.
 */
export async function inspectSource(path: string): Promise<Source> {
  const stats = await lstat(path, { bigint: true }).catch((error: unknown) => {
    throw openFault(error, path);
  });
  if (!stats.isFile() && !stats.isBlockDevice()) throw kindFault(stats, path);
  const device = stats.isBlockDevice();
  const size = device ? await deviceSize(stats, path) : stats.size;
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new Fault(FaultKind.Refused, 'digest/source-too-large', `${path} has ${size} bytes; more than 2^53 can't be counted`, {
      path,
    });
  }
  return { path, size: Number(size), modifiedMs: Number(stats.mtimeNs) / 1e6, device, identity: identityOf(stats) };
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Identity {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

function kindFault(stats: BigIntStats, path: string): Fault {
  const kinds = [
    [stats.isDirectory(), 'a folder'],
    [stats.isSymbolicLink(), 'a symbolic link'],
    [stats.isFIFO(), 'a named pipe'],
    [stats.isSocket(), 'a socket'],
    [stats.isCharacterDevice(), 'a character device'],
  ] as const;
  const kind = kinds.find(([is]) => is)?.[1] ?? 'no regular file';
  return new Fault(FaultKind.Refused, 'digest/source-kind', `${path} is ${kind}; only regular files and block devices are read`, {
    path,
    kind,
  });
}

async function deviceSize(stats: BigIntStats, path: string): Promise<bigint> {
  const major = ((stats.rdev >> 8n) & 0xfffn) | ((stats.rdev >> 32n) & ~0xfffn);
  const minor = (stats.rdev & 0xffn) | ((stats.rdev >> 12n) & ~0xffn);
  const sectors = await readFile(`/sys/dev/block/${major}:${minor}/size`, 'latin1').catch(() => '');
  if (/^\d+\n$/.test(sectors)) return BigInt(sectors.trim()) * BigInt(SYS_SECTOR);
  throw new Fault(
    FaultKind.Refused,
    'digest/source-size-unknown',
    `${path} is a device, and this system does not tell its size; image it to a file first (ddrescue) and give that`,
    { path },
  );
}

function openFault(error: unknown, path: string): Fault {
  const missing = isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
  const reason = wordsOfSystemError(error);
  return missing
    ? new Fault(FaultKind.Missing, 'digest/source-missing', `${path} ${reason}`, { path, reason }, { cause: error })
    : unreadable(error, path, 0);
}

function unreadable(error: unknown, path: string, offset: number): Fault {
  const reason = wordsOfSystemError(error);
  const code = isSystemError(error) ? error.code : 'unknown';
  return new Fault(
    FaultKind.Unreadable,
    'digest/source-unreadable',
    `${path} could not be read at byte ${offset}: ${reason}`,
    { path, offset, reason, error: code },
    { cause: error },
  );
}

/** Reads one source, in order. Synchronous. */
export class SourceReader {
  readonly #source: Source;
  readonly #fd: number;
  #offset = 0;
  #closed = false;

  /** Opens the very file that was inspected, or throws 'digest/source-changed'. */
  constructor(source: Source) {
    this.#source = source;
    try {
      this.#fd = openSync(source.path, READ_FLAGS);
    } catch (error) {
      throw openFault(error, source.path);
    }
    try {
      this.#compare();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The bytes not yet read, of those the file had at first. */
  get left(): number {
    return this.#source.size - this.#offset;
  }

  /** Fills as much of `into` as the source has. @returns the bytes read. */
  fill(into: Buffer): number {
    const length = Math.min(into.length, this.left);
    for (let at = 0; at < length; ) {
      const got = this.#read(into, at, length - at, this.#offset);
      if (got === 0) throw this.#shrank(this.#offset);
      at += got;
      this.#offset += got;
    }
    return length;
  }

  /** After the last byte: the source ends here, and is what it was. @throws Fault 'digest/source-changed', 'digest/source-shrank'. */
  finish(): void {
    if (this.left !== 0) throw new RangeError(`${this.left} bytes were not read`);
    this.#compare();
    if (this.#read(Buffer.alloc(1), 0, 1, this.#offset) !== 0)
      throw this.#changed('size', this.#source.size, `more than ${this.#source.size}`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      closeSync(this.#fd);
    } catch {
      // nothing was written: a failing close loses nothing
    }
  }

  #read(into: Buffer, at: number, length: number, offset: number): number {
    try {
      return readSync(this.#fd, into, at, length, offset);
    } catch (error) {
      throw unreadable(error, this.#source.path, offset);
    }
  }

  #compare(): void {
    let now: Identity;
    try {
      now = identityOf(fstatSync(this.#fd, { bigint: true }));
    } catch (error) {
      throw unreadable(error, this.#source.path, this.#offset);
    }
    const then = this.#source.identity;
    if (now.size < then.size && now.ino === then.ino && now.dev === then.dev) throw this.#shrank(Number(now.size));
    for (const key of ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const) {
      const timeOfDevice = this.#source.device && (key === 'mtimeNs' || key === 'ctimeNs'); // its node's, not its content's
      if (now[key] !== then[key] && !timeOfDevice) throw this.#changed(key, String(then[key]), String(now[key]));
    }
  }

  #shrank(size: number): Fault {
    const { path, size: before } = this.#source;
    return new Fault(
      FaultKind.Truncated,
      'digest/source-shrank',
      `${path} had ${before} bytes and now ends at byte ${size}: it was cut while it was read; ask for it again`,
      { path, before, after: size },
    );
  }

  #changed(what: string, before: string | number, after: string | number): Fault {
    const { path } = this.#source;
    return new Fault(
      FaultKind.Refused,
      'digest/source-changed',
      `${path} was changed while it was read (${what} was ${before}, is ${after}); let it come to rest and start again`,
      { path, what, before, after },
    );
  }
}
