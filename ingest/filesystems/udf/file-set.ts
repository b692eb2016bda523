/** The file set: what the root directory is. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { fileSet } from './descriptors.ts';
import { addressOf } from './icb.ts';
import type { Address, Space } from './space.ts';
import { crcFault, TagId, tagOf } from './tag.ts';

export interface FileSet {
  readonly root: Address;
  readonly label: Buffer;
  readonly fault: Fault | undefined;
}

/** @param ad as the logical volume descriptor has it. @throws Fault when none stands there. */
export async function readFileSet(space: Space, ad: Buffer): Promise<FileSet> {
  const address = addressOf(ad);
  if (address === undefined) throw noFileSet();
  const { bytes } = await space.read(address);
  const tag = tagOf(bytes);
  if (tag?.id !== TagId.FileSet) throw noFileSet();
  const { root, label } = fileSet.decode(bytes);
  const found = addressOf(root);
  if (found === undefined) throw noFileSet();
  return { root: found, label, fault: tag.isCrcRight ? undefined : crcFault('file set descriptor', address.block) };
}

function noFileSet(): Fault {
  const message = 'the descriptor that leads to the root folder is missing or damaged: no file can be listed';
  return new Fault(FaultKind.Corrupt, 'udf/file-set', message);
}
