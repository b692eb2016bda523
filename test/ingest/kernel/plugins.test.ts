/** loadFolder(): the folder is the list, and a file that breaks the rules stops the start. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadFolder } from '#ingest/kernel';
import { tmpFolder } from '../../support/tmp.ts';

async function folderWith(files: Record<string, string>): Promise<URL> {
  const folder = join(await tmpFolder(), 'formats');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
}

describe('loadFolder', () => {
  it('finds every module in order of name, and nothing else', async () => {
    const folder = await folderWith({
      'vdi.js': "export const format = { id: 'vdi' };",
      'raw.js': "export const format = { id: 'raw' };",
      'raw.d.ts': 'export {};',
      'raw.js.map': '{}',
    });
    expect([...(await loadFolder(folder, 'format')).keys()]).toEqual(['raw', 'vdi']);
  });
  it('refuses a file without the export', async () => {
    const folder = await folderWith({ 'vdi.js': "export const other = { id: 'vdi' };" });
    await expect(loadFolder(folder, 'format')).rejects.toThrow('vdi.js does not export "format"');
  });
  it('refuses an id that is not the name of the file', async () => {
    const folder = await folderWith({ 'vdi.js': "export const format = { id: 'vhd' };" });
    await expect(loadFolder(folder, 'format')).rejects.toThrow('it must be "vdi"');
  });
});
