/** One bag and what validation must say about it. */
import type { Code } from 'bagit-js';
import type { Recipe } from './make-bag.ts';

export interface Case {
  name: string;
  recipe: Recipe;
  /** Exactly these, however often. None: the bag is valid. */
  errors?: Code[];
  /** At least these. */
  warnings?: Code[];
  complete?: boolean;
  /** Can't be put into an archive, or means something else there. */
  directoryOnly?: boolean;
  /** The zip writer of the tests turns backslashes into slashes. */
  noZip?: boolean;
}

export const relist = (from: string, to: string) => (lines: string[]) => lines.map((line) => line.replace(from, to));
export const more =
  (...lines: string[]) =>
  (old: string[]) => [...old, ...lines];
