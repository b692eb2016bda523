/** Programs of others that find the disk in a container; by the writer's id. A new writer adds its own. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { have, run } from './readers.ts';

export interface DiskReader {
  readonly name: string;
  /** Checks the container, and gives the disk in it. @param work an empty folder. @throws when the program complains. */
  read(container: string, work: string): Promise<Buffer>;
}

/** @param checks whether `qemu-img check` knows the format. */
const qemu = (format: string, checks: boolean): DiskReader => ({
  name: 'qemu-img',
  async read(container, work) {
    const out = join(work, 'disk');
    if (checks) await run('qemu-img', ['check', '-f', format, container]);
    await run('qemu-img', ['convert', '-f', format, '-O', 'raw', container, out]);
    await run('qemu-img', ['compare', '-f', format, '-F', 'raw', container, out]);
    return readFile(out);
  },
});

const ewf: DiskReader = {
  name: 'ewf-tools',
  async read(container, work) {
    const { stdout } = await run('ewfverify', ['-q', '-d', 'sha1', container]);
    if (/inconsistent|mismatch|FAILURE/i.test(stdout) || !/SUCCESS/.test(stdout)) throw new Error(stdout);
    await run('ewfexport', ['-q', '-u', '-f', 'raw', '-t', join(work, 'disk'), container]);
    return readFile(join(work, 'disk.raw'));
  },
};

const readers: Readonly<Record<string, readonly (readonly [tool: string, reader: DiskReader])[]>> = {
  qcow2: [['qemu-img', qemu('qcow2', true)]],
  vmdk: [['qemu-img', qemu('vmdk', true)]],
  vhd: [['qemu-img', qemu('vpc', false)]],
  vhdx: [['qemu-img', qemu('vhdx', true)]],
  vdi: [['qemu-img', qemu('vdi', true)]],
  e01: [['ewfverify', ewf]],
};

/** Those that are installed. */
export function diskReaders(writer: string): readonly DiskReader[] {
  return (readers[writer] ?? []).filter(([tool]) => have(tool)).map(([, reader]) => reader);
}
