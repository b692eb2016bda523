/** loadFolder(): the folder is the list. One file is one plug-in, found because it is there. */
import { readdir } from 'node:fs/promises';

/**
 * Imports every module of `folder` in order of name and returns its export `exportName`, by id.
 * @param folder URL of a folder, ending in `/`.
 * @throws TypeError when a file lacks the export, or its `id` differs from its file name.
 */
export async function loadFolder<T extends { readonly id: string }>(
  folder: URL,
  exportName: string,
): Promise<ReadonlyMap<string, T>> {
  const files = (await readdir(folder)).filter((file) => /(?<!\.d)\.[jt]s$/.test(file)).toSorted();
  const found = new Map<string, T>();
  for (const file of files) {
    const id = file.replace(/\.[jt]s$/, '');
    const module = (await import(new URL(file, folder).href)) as Record<string, T | undefined>;
    const plugin = module[exportName];
    if (plugin === undefined) throw new TypeError(`${file} does not export "${exportName}"`);
    if (plugin.id !== id) throw new TypeError(`${file} exports the id "${plugin.id}"; it must be "${id}", the name of its file`);
    found.set(id, plugin);
  }
  return found;
}
