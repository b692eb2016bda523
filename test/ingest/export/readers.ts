/** Programs of others that open what an exporter made; by the exporter's id. A new exporter adds its own. */
import { execFile, execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

export interface Reader {
  readonly name: string;
  readonly tool: string;
  unpack(file: string, into: string): Promise<unknown>;
}

const PYTHON_UNZIP =
  'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2])';
const PYTHON_UNTAR = 'import sys, tarfile; tarfile.open(sys.argv[1], "r:").extractall(sys.argv[2])';
const bsdtar: Reader = { name: 'bsdtar', tool: 'bsdtar', unpack: async (file, into) => run('bsdtar', ['-xf', file, '-C', into]) };

const readers: Record<string, readonly Reader[]> = {
  bag: [{ name: 'cp -a', tool: 'cp', unpack: async (file, into) => run('cp', ['-a', file, join(into, basename(file))]) }],
  tar: [
    bsdtar,
    { name: 'GNU tar', tool: 'tar', unpack: async (file, into) => run('tar', ['-xf', file, '-C', into]) },
    { name: 'python tarfile', tool: 'python3', unpack: async (file, into) => run('python3', ['-c', PYTHON_UNTAR, file, into]) },
  ],
  zip: [
    bsdtar,
    {
      name: 'unzip', // -^ because it drops control characters from names unless told otherwise
      tool: 'unzip',
      unpack: async (file, into) => run('unzip', ['-q', '-^', file, '-d', into], { env: { ...process.env, LC_ALL: 'C.UTF-8' } }),
    },
    { name: 'python zipfile', tool: 'python3', unpack: async (file, into) => run('python3', ['-c', PYTHON_UNZIP, file, into]) },
  ],
};

export function have(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`]);
    return true;
  } catch {
    return false;
  }
}

/** Those of this machine. */
export function readersOf(exporter: string): readonly Reader[] {
  return (readers[exporter] ?? []).filter(({ tool }) => have(tool));
}
