/** The image of a deposit: which files, and how they make one. */
import type { DepositFile } from './folder.ts';
import type { SetKind } from './split-set.ts';

export interface ImageFiles {
  /** What to call it: `disk.img` for `disk.img.001 …`, the file's own name otherwise. Relative to the root. */
  readonly name: string;
  /** In order. */
  readonly files: readonly DepositFile[];
  /** In bytes, over all files. */
  readonly totalSize: number;
  /** One file; pieces that make the image end to end; segments that only a reader of their format can join. */
  readonly scheme: 'single' | SetKind;
}
