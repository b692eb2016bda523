/** Programs that read containers, each with what it needs and what it says the disk inside is. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { has, run } from '../ingest/media/tools.ts';

/** A disk as a program reads it. */
export interface Reading {
  readonly size: number;
  readonly sha256: string;
}

export interface Judge {
  readonly name: string;
  readonly isThere: () => boolean;
  /** @throws when the program does. */
  readonly read: (folder: string, file: string) => Reading;
}

const LIBYAL = fileURLToPath(new URL('libyal.py', import.meta.url));
/** Debian's bindings belong to its own Python, whichever else comes first. */
const PYTHON = '/usr/bin/python3';

export function readingOf(bytes: Buffer): Reading {
  return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Runs a script in `folder` with `$1`, `$2` … */
export function shell(folder: string, script: string, ...args: string[]): void {
  run('sh', ['-c', script, 'sh', ...args], folder);
}

/** By a script that reads `$1` and writes the disk to the file `judged`. */
function byScript(name: string, script: string, tool = name): Judge {
  return {
    name,
    isThere: () => has(tool),
    read(folder, file) {
      const judged = join(folder, 'judged');
      try {
        shell(folder, script, file);
        return readingOf(readFileSync(judged));
      } finally {
        rmSync(judged, { force: true });
      }
    },
  };
}

export const qemuImg = (driver: string): Judge => byScript('qemu-img', `qemu-img convert -f ${driver} -O raw "$1" judged`);

/** The Sleuth Kit; told the type, without which it reads what it does not know as raw. */
export const imgCat = (type: string): Judge => byScript('img_cat', `img_cat -i ${type} "$1" > judged`);

export const affcat = byScript('affcat', 'affcat -q "$1" > judged');

/** Once ewfverify says that the digests of the set are right. To a file: on standard output it adds a word of its own to the bytes. */
export const ewfexport = byScript(
  'ewfexport',
  'ewfverify -q "$1" && ewfexport -u -q -f raw -t export "$1" && mv export.raw judged',
);

export const unpacked = (tool: string): Judge => byScript(tool, `${tool} -dc < "$1" > judged`);

export function libyal(library: 'vhdi' | 'vmdk' | 'qcow'): Judge {
  return {
    name: `lib${library}`,
    isThere: () => has(PYTHON) && canImport(`py${library}`),
    read(folder, file) {
      const said = run(PYTHON, [LIBYAL, library, file], folder).trim();
      const [size, sha256] = said.split(' ');
      return { size: Number(size), sha256: String(sha256) };
    },
  };
}

function canImport(name: string): boolean {
  try {
    run(PYTHON, ['-c', `import ${name}`]);
    return true;
  } catch {
    return false;
  }
}
