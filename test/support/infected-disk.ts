/** Floppies by mtools: one with a file that every virus scanner finds, one with many harmless files. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EICAR } from './fake-clamd.ts';

/** With a harmless file beside it, and one that was deleted. @param folder of the test's own; the image lies in it afterwards. @returns its path. */
export async function infectedDisk(folder: string): Promise<string> {
  const image = join(folder, 'games.img');
  const mtools = (program: string, ...args: string[]): Buffer => execFileSync(program, ['-i', image, ...args]);
  mtools('mformat', '-C', '-f', '1440', '-v', 'GAMES', '::');
  mtools('mmd', '::TOOLS');
  const put = async (name: string, text: string, to: string): Promise<void> => {
    await writeFile(join(folder, name), text);
    mtools('mcopy', join(folder, name), to);
  };
  await put('EICAR.COM', EICAR, '::TOOLS/EICAR.COM');
  await put('NOTES.TXT', 'Nothing to see here.\n'.repeat(1000), '::NOTES.TXT');
  await put('EMPTY.TXT', '', '::EMPTY.TXT');
  await put('OLD.TXT', 'This was thrown away.', '::OLD.TXT');
  mtools('mdel', '::OLD.TXT');
  return image;
}

/** @param count of its files, each of another size. */
export async function fullDisk(folder: string, count: number): Promise<string> {
  const image = join(folder, 'letters.img');
  const files: string[] = [];
  for (let number = 0; number < count; number += 1) {
    files.push(join(folder, `LETTER${number}.TXT`));
    await writeFile(files[number] ?? '', 'x'.repeat(100 + number));
  }
  execFileSync('mformat', ['-i', image, '-C', '-f', '1440', '::']);
  execFileSync('mcopy', ['-i', image, ...files, '::']);
  return image;
}
