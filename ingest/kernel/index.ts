/**
 * kernel: what every area of the engine may use, and nothing of images or archives.
 * May import: Node's own modules only. Imported by: every area.
 * Entry: Fault (the one error), loadFolder (the folder is the list), Clock (time is an argument), fsync and rename.
 */
export { type Clock, systemClock } from './clock.ts';
export { isSystemError, wordsOfSystemError } from './system-error.ts';
export { Fault, type FaultFacts, FaultKind } from './fault.ts';
export { durableFolder, durableRename, durableWrite, syncFolder, syncTree } from './durable.ts';
export { escaped } from './names.ts';
export { loadFolder } from './plugins.ts';
export type { Progress } from './progress.ts';
