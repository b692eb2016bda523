/** verifyJournal(): every line against its own hash, and all of them against what was signed. Reads only. */
import { Fault, FaultKind } from '../kernel/index.ts';
import type { Checkpoint, SignerKey } from './checkpoint.ts';
import { GrowingTree } from './merkle.ts';
import { leavesOf } from './read-journal.ts';
import { checkpointIn, nodesIn, rewritten } from './signed-log.ts';
import { isMissing } from './tiles.ts';

export interface VerifiedJournal {
  readonly entries: number;
  /** Undefined when nothing was signed yet. */
  readonly checkpoint: Checkpoint | undefined;
}

/**
 * @param keys of those who may have signed.
 * @throws Fault 'journal/rewritten' at the first entry that is not the one that was signed; 'journal/cut' when signed ones are
 *   gone; 'journal/altered', 'journal/gap'; as readCheckpoint.
 */
export async function verifyJournal(folder: string, keys: readonly SignerKey[]): Promise<VerifiedJournal> {
  const checkpoint = await checkpointIn(folder, keys);
  const signed = checkpoint?.size ?? 0;
  const nodes = nodesIn(folder, signed);
  const tree = new GrowingTree();
  let entries = 0;
  for await (const { index, leaf } of leavesOf(folder)) {
    entries = index + 1;
    if (index >= signed) continue;
    // The tiles only tell where; whether is for the root to say.
    const told = await nodes(0, index).catch(unlessLost);
    if (told !== undefined && !told.equals(leaf)) throw rewritten(folder, index);
    tree.add(leaf);
  }
  if (entries < signed) throw cut(folder, signed, entries);
  if (checkpoint !== undefined && !tree.root().equals(checkpoint.root)) throw rewritten(folder, undefined);
  return { entries, checkpoint };
}

function unlessLost(error: unknown): undefined {
  if (!isMissing(error) && !(error instanceof RangeError)) throw error;
}

export function cut(folder: string, signed: number, found: number): Fault {
  const message =
    `${signed} entries of the journal at ${folder} were signed, and ${found} are there: the others were cut away or lost. ` +
    'Restore the folder from another copy';
  return new Fault(FaultKind.Corrupt, 'journal/cut', message, { folder, signed, found });
}
