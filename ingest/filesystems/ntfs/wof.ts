/** Files that the Windows Overlay Filter stores (Compact OS): their content is packed in a stream beside the data. */
import type { Attribute } from './record.ts';
import { keptElsewhere } from './reparse.ts';
import type { Elsewhere } from './streams.ts';
import type { MasterTable } from './table.ts';

export function wofRuns(_table: MasterTable, _number: number, _attributes: readonly Attribute[], _data: Buffer): Elsewhere {
  return { packing: 'wof', runs: () => Promise.reject(keptElsewhere('wof')) };
}
