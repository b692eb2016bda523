/** What belongs together: a container's own descriptor, the parent by its content id, the descriptor that names a lone extent. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource, Companions, Media } from '../media.ts';
import { COWD_MARK } from './cowd.ts';
import { type Descriptor, NO_PARENT, isDescriptor, readDescriptor } from './descriptor.ts';
import { SE_SPARSE_MARK } from './se-sparse.ts';
import { SPARSE_MARK, sparseHeader } from './sparse.ts';

const HEAD_SIZE = 1024;

export type VmdkKind = 'descriptor' | 'sparse' | 'cowd' | 'sesparse';

/** By the first KiB of a file. */
export function kindOf(head: Buffer): VmdkKind | undefined {
  const mark = head.toString('latin1', 0, 4);
  if (mark === SPARSE_MARK) return 'sparse';
  if (mark === COWD_MARK) return 'cowd';
  if (head.subarray(0, SE_SPARSE_MARK.length).equals(SE_SPARSE_MARK)) return 'sesparse';
  return isDescriptor(head) ? 'descriptor' : undefined;
}

export async function headOf(source: ByteSource): Promise<Buffer> {
  return source.read(0, Math.min(HEAD_SIZE, source.size));
}

/** 'empty' when the place for it holds nothing: an extent of a set; 'damaged' when it holds something else. */
export async function embeddedDescriptor(source: ByteSource): Promise<Descriptor | 'empty' | 'damaged'> {
  const h = await sparseHeader(source);
  if (h.descriptorSector === 0 || h.descriptorSectors === 0) return 'empty';
  const offset = h.descriptorSector * 512;
  if (offset >= source.size) return 'damaged';
  const head = await source.read(offset, Math.min(HEAD_SIZE, source.size - offset));
  if (isDescriptor(head)) return readDescriptor(source, offset, h.descriptorSectors * 512);
  return head.every((byte) => byte === 0) ? 'empty' : 'damaged';
}

export interface Parent {
  readonly name: string;
  readonly media: Media;
  readonly warnings: readonly Fault[];
}

/** How a child names its parent, and the same value of any other. */
interface Identity {
  readonly what: string;
  readonly wanted: string;
  of(descriptor: Descriptor): string;
}

/** VMware goes by content id; VirtualBox leaves that empty and goes by UUID. */
function identityOfParent({ parentCid, values }: Descriptor): Identity | undefined {
  if (parentCid !== NO_PARENT) return { what: 'content id', wanted: parentCid, of: ({ cid }) => cid ?? '' };
  const wanted = uuidOf(values.get('ddb.uuid.parent'));
  if (wanted === '' || /^[0-]+$/.test(wanted)) return undefined;
  return { what: 'UUID', wanted, of: (other) => uuidOf(other.values.get('ddb.uuid.image')) };
}

function uuidOf(text = ''): string {
  return /^[0-9a-f-]{36}$/i.test(text) ? text.toLowerCase() : '';
}

/**
 * The parent is the deposited VMDK with the content id (or UUID) that the child remembers; the name only says where to look first.
 * @throws Fault 'vmdk/parent-missing', 'vmdk/parent-ambiguous', and what opening it throws.
 */
export async function openParent(child: Descriptor, companions: Companions): Promise<Parent | undefined> {
  const identity = identityOfParent(child);
  if (identity === undefined) return undefined;
  const { what, wanted } = identity;
  const hint = child.parentHint.split(/[/\\]/).at(-1) ?? '';
  const hinted = await idOf(companions, hint, identity);
  if (hinted === wanted) return opened(hint, companions, []);
  const others: string[] = [];
  for (const name of companions.names) if ((await idOf(companions, name, identity)) === wanted) others.push(name);
  const [only, ...more] = others;
  if (more.length > 0) {
    const message = `${others.length} files have the ${what} ${wanted} of the parent: ${others.slice(0, 20).map(escaped).join(', ')}; deposit the one that belongs to this snapshot`;
    throw new Fault(FaultKind.Refused, 'vmdk/parent-ambiguous', message, { wanted, names: others.slice(0, 20) });
  }
  if (only !== undefined) return opened(only, companions, []);
  const shown = escaped(hint.slice(0, 200));
  if (hinted !== undefined) {
    const message = `the parent "${shown}" has the ${what} ${hinted}, the snapshot was taken of ${wanted}: the parent was changed afterwards, and what is read may mix two states of the disk`;
    const fault = new Fault(FaultKind.Corrupt, 'vmdk/parent-changed', message, { name: shown, got: hinted, expected: wanted });
    return opened(hint, companions, [fault]);
  }
  // A descendant is no companion any more, but it is told as what it is.
  if (hint !== '' && (await companions.find(hint)) === undefined) await companions.media(hint, 'vmdk');
  const named = shown === '' ? 'the VMDK' : `"${shown}"`;
  const message = `the VMDK holds only the differences to its parent, ${named} with the ${what} ${wanted}; deposit both together`;
  throw new Fault(FaultKind.Missing, 'vmdk/parent-missing', message, { name: shown, wanted });
}

async function opened(name: string, companions: Companions, warnings: readonly Fault[]): Promise<Parent | undefined> {
  const media = await companions.media(name, 'vmdk');
  return media === undefined ? undefined : { name, media, warnings };
}

/** Of the VMDK with that name; '' when it tells none, undefined when it is no VMDK with a descriptor. */
async function idOf(companions: Companions, name: string, identity: Identity): Promise<string | undefined> {
  const descriptor = await descriptorIn(companions, name);
  return descriptor === undefined ? undefined : identity.of(descriptor);
}

async function descriptorIn(companions: Companions, name: string): Promise<Descriptor | undefined> {
  const source = name === '' ? undefined : await companions.find(name);
  if (source === undefined) return undefined;
  const kind = kindOf(await headOf(source));
  if (kind !== 'descriptor' && kind !== 'sparse') return undefined;
  try {
    if (kind === 'descriptor') return await readDescriptor(source);
    const embedded = await embeddedDescriptor(source);
    return embedded === 'empty' || embedded === 'damaged' ? undefined : embedded;
  } catch (error) {
    // A neighbour that is damaged is no reason to refuse this one.
    if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return undefined;
    throw error;
  }
}

/** Why an extent can't be opened by itself, and which file to open instead. */
export async function loneExtent(companions: Companions): Promise<Fault> {
  const own = companions.own.toLowerCase();
  for (const name of companions.names) {
    const source = await companions.find(name);
    if (source === undefined || !isDescriptor(await headOf(source))) continue;
    const descriptor = await descriptorIn(companions, name);
    if (descriptor?.extents.some((line) => line.name.toLowerCase() === own) !== true) continue;
    const message = `the file is one extent of the VMDK disk that "${escaped(name)}" describes; open that file`;
    return new Fault(FaultKind.Refused, 'vmdk/extent-alone', message, { descriptor: name });
  }
  const guess = /^(.+?)(?:-s\d{3}|-delta|-sesparse)(\.vmdk)$/i.exec(companions.own);
  const name = guess === null ? '' : `, by its name "${escaped(`${guess[1]}${guess[2]}`)}"`;
  const message = `the file is one extent of a VMDK disk; the descriptor that says what belongs together is needed: a small text file${name}; deposit it and the other extents too`;
  return new Fault(FaultKind.Missing, 'vmdk/descriptor-missing', message, { name: companions.own });
}
