/** Files to digest, and the other programs' opinion of them. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '#ingest/kernel';

export const MIB = 1 << 20;

export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'digest-'));

  at(name: string): string {
    return join(this.path, name);
  }

  /** A file of random bytes, or of the bytes given. */
  file(name: string, content: number | Uint8Array): string {
    writeFileSync(this.at(name), typeof content === 'number' ? randomBytes(content) : content);
    return this.at(name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What coreutils or openssl say. */
export function digestByOthers(algorithm: string, path: string): string {
  const tool = {
    md5: 'md5sum',
    sha1: 'sha1sum',
    sha224: 'sha224sum',
    sha256: 'sha256sum',
    sha384: 'sha384sum',
    sha512: 'sha512sum',
  }[algorithm];
  if (tool !== undefined)
    return execFileSync(tool, ['-b', '--', path], { encoding: 'utf8' }).replace(/^\\/, '').slice(0, -1).split(' ')[0]!;
  const name = { sha3256: 'sha3-256', sha3512: 'sha3-512', blake2b512: 'blake2b512' }[algorithm]!;
  return execFileSync('openssl', ['dgst', `-${name}`, '-r', path], { encoding: 'utf8' }).split(' ')[0]!;
}

export function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** RFC 9162 §2.1.1, word for word. */
export function naiveRoot(entries: readonly Uint8Array[]): Buffer {
  if (entries.length === 0) return sha256();
  if (entries.length === 1) return sha256(Buffer.of(0), entries[0]!);
  let k = 1;
  while (k * 2 < entries.length) k *= 2;
  return sha256(Buffer.of(1), naiveRoot(entries.slice(0, k)), naiveRoot(entries.slice(k)));
}

export function blocksOf(content: Uint8Array): Buffer[] {
  return Array.from({ length: Math.ceil(content.length / MIB) }, (_, i) => sha256(content.subarray(i * MIB, (i + 1) * MIB)));
}

/** The whole block list, put together the plain way. */
export function blockListText(path: string, content: Uint8Array): string {
  const digests = blocksOf(content);
  const head = `strongroom-blocks 1\npath ${path}\nsize ${content.length}\nblock-size 1048576\nalgorithm sha256\n\n`;
  return `${head}${digests.map((digest) => `${digest.toString('hex')}\n`).join('')}\nroot ${naiveRoot(digests).toString('hex')}\n`;
}

export function allocated(path: string): number {
  return statSync(path).blocks * 512;
}

/** The Fault that `act` ends in. */
export async function faultOf(act: Promise<unknown>): Promise<Fault> {
  try {
    await act;
  } catch (error) {
    if ((error as Error).name === 'Fault') return error as Fault;
    throw error;
  }
  throw new Error('it succeeded');
}

/** The text of a file, or undefined where there is none. */
export function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Turns one bit over, in place. */
export function flip(path: string, offset: number, bit = 0): void {
  const byte = Buffer.alloc(1);
  const fd = openSync(path, 'r+');
  readSync(fd, byte, 0, 1, offset);
  writeSync(fd, Buffer.of(byte[0]! ^ (1 << bit)), 0, 1, offset);
  closeSync(fd);
}
