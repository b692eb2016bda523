/** The kinds of logs this version knows, and which of them a text is. */
import { loadFolder } from '../kernel/index.ts';
import type { ImagingLog } from './imaging-log.ts';

/** By id; the folder is the list. */
export const imagingLogs: ReadonlyMap<string, ImagingLog> = await loadFolder<ImagingLog>(
  new URL('./logs/', import.meta.url),
  'log',
);

/** @param head the first 64 KiB, decoded. Undefined where no kind, or more than one, claims it. */
export function kindOfLog(head: string): ImagingLog | undefined {
  const [first, ...others] = [...imagingLogs.values()].filter((log) => log.matches(head));
  return others.length === 0 ? first : undefined;
}
