/** The file systems this version knows. */
import { loadFolder } from '../kernel/index.ts';
import type { FileSystemFormat } from './filesystems.ts';

/** By id; the folder is the list. */
export const fileSystems: ReadonlyMap<string, FileSystemFormat> = await loadFolder<FileSystemFormat>(
  new URL('./formats/', import.meta.url),
  'format',
);
