/** The volume schemes this version reads, in the order in which they are asked. */
import { loadFolder } from '../kernel/index.ts';
import type { VolumeScheme } from './volumes.ts';

/** By id; the folder is the list. */
export const schemes: ReadonlyMap<string, VolumeScheme> = await loadFolder<VolumeScheme>(
  new URL('./formats/', import.meta.url),
  'format',
);

/** The same in order of rank. */
export const inOrder: readonly VolumeScheme[] = [...schemes.values()].toSorted((a, b) => a.rank - b.rank);
