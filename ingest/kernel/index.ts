/**
 * kernel: what every area of the engine may use, and nothing of images or archives.
 * May import: Node's own modules only. Imported by: every area.
 * Entry: Fault (the one error), layout (on-disk structures), loadFolder (the folder is the list), Clock, fsync and rename.
 */
export { byteOrder } from './byte-order.ts';
export { type Clock, systemClock } from './clock.ts';
export { isSystemError, wordsOfSystemError } from './system-error.ts';
export { Fault, type FaultFacts, FaultKind } from './fault.ts';
export { durableFolder, durableRename, durableWrite, syncFolder, syncTree } from './durable.ts';
export { inParallel } from './in-parallel.ts';
export { escaped } from './names.ts';
export {
  ascii,
  type Decoded,
  type Field,
  guid,
  i32le,
  type Layout,
  layout,
  raw,
  u16be,
  u16le,
  u32be,
  u32le,
  u64be,
  u64le,
  u8,
  uuidBe,
} from './layout.ts';
export { loadFolder } from './plugins.ts';
export type { Progress } from './progress.ts';
export { plainText, xmlText } from './xml-text.ts';
