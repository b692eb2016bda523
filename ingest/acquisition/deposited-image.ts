/** The image of a deposit: which files, and how they make one. */
import type { Fault } from '../kernel/index.ts';
import type { Media } from '../media/index.ts';
import type { DepositFile } from './folder.ts';
import type { SetKind } from './split-set.ts';

/** What the medium inside says of itself. */
export type FoundMedium = Pick<Media, 'isWhole' | 'sectorSize' | 'facts' | 'storedDigests' | 'warnings'>;

export interface ImageFiles {
  /** What to call it: `disk.img` for `disk.img.001 …`, the file's own name otherwise. Relative to the root. */
  readonly name: string;
  /** In order. */
  readonly files: readonly DepositFile[];
  /** In bytes, over all files. */
  readonly totalSize: number;
  /** One file; pieces that make the image end to end; segments that only a reader of their format can join. */
  readonly scheme: 'single' | SetKind;
  /** What its opening told, or what hindered it, where it was opened to find its parts: a wrapper is unpacked whole for that. */
  readonly medium?: FoundMedium | Fault;
}
