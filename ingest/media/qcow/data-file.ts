/** The external data file of QCOW2: the clusters lie in it as in the medium, and the image holds only the tables. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource, Companions } from '../media.ts';
import { depositedName } from './backing.ts';

export interface DataFile {
  /** Bare name among the companions. */
  readonly name: string;
  /** The companions keep it. */
  readonly source: ByteSource;
}

/** @throws Fault 'qcow2/data-file-name', 'qcow2/data-file-missing'. */
export async function dataFileOf(recorded: string, companions: Companions): Promise<DataFile> {
  const facts = { dataFile: escaped(recorded) };
  if (/[\\/:\0]/.test(recorded) || recorded === '.' || recorded === '..') {
    const message = `the image names its data file by a path, "${escaped(recorded)}"; paths in an image are never followed`;
    throw new Fault(FaultKind.Refused, 'qcow2/data-file-name', message, facts);
  }
  const source = recorded === '' ? undefined : await companions.find(recorded);
  if (source !== undefined) return { name: depositedName(recorded, companions), source };
  const what = recorded === '' ? 'which it does not name' : `"${escaped(recorded)}"`;
  const message = `the clusters of the image lie in a data file, ${what}; deposit both together`;
  throw new Fault(FaultKind.Missing, 'qcow2/data-file-missing', message, facts);
}
