/** The sessions of a disc: each has descriptors of its own, and the last is the one that systems show. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { Blocks } from './blocks.ts';
import { type DescriptorSet, readDescriptors, type VolumeDescriptor } from './descriptors.ts';
import { beginsDirectory } from './files.ts';
import { recordOf, SECTOR } from './record.ts';

/** From the end of one session to the next: 11,400 sectors at most, and 150 before the first of the data; rounded up. */
const GAP_SECTOR_COUNT = 12_288;
const MOST_SESSIONS = 32;
/** Read at once, looking for the next one. */
const PIECE = 512 * SECTOR;
/** Writers that emulate sessions on what can be overwritten put the first here, and the newest descriptors at 16. */
const EMULATED_START = 32;
/** Descriptors and path tables before the root of a session that is there alone. */
const ROOT_SEARCH_LENGTH = 512 * SECTOR;

/** In the order of the disc. Empty when nothing stands at sector 16. */
export async function sessionsOf(volume: ByteSource): Promise<DescriptorSet[]> {
  const atStart = await readDescriptors(volume, 0);
  if (atStart === undefined) return [];
  const emulated = await sessionAt(volume, EMULATED_START);
  const found = [emulated ?? atStart];
  for (let last = found[0]; last !== undefined && found.length < MOST_SESSIONS; ) {
    last = await nextSession(volume, endOf(last));
    if (last !== undefined) found.push(last);
  }
  // Of emulated sessions the newest stands at sector 16 too.
  const rootOf = ({ volumes }: DescriptorSet) => volumes[0]?.root.section.block;
  if (found.every((session) => rootOf(session) !== rootOf(atStart))) found.push(atStart);
  return found;
}

/** The sector behind a session. Its size is counted from the beginning of the disc by some, of the session by others. */
function endOf({ startSector, volumes }: DescriptorSet): number {
  const ends = volumes.map(({ fields, blockSize }) => Math.ceil((fields.blockCount.value * blockSize) / SECTOR));
  const most = Math.max(...ends);
  return most > startSector + 16 ? most : startSector + most;
}

async function nextSession(volume: ByteSource, end: number): Promise<DescriptorSet | undefined> {
  const from = (end + 16) * SECTOR;
  const to = Math.min(volume.size, from + GAP_SECTOR_COUNT * SECTOR);
  for (let at = from; at + SECTOR <= to; at += PIECE)
    for await (const { offset, bytes } of readable(volume, at, Math.min(PIECE, to - at)))
      for (let sector = 0; sector + SECTOR <= bytes.length; sector += SECTOR) {
        if (bytes[sector] !== 1 || bytes.toString('latin1', sector + 1, sector + 6) !== 'CD001') continue;
        const session = await sessionAt(volume, (offset + sector) / SECTOR - 16);
        if (session !== undefined) return session;
      }
  return undefined;
}

/** What can be read of a stretch: between sessions a drive finds nothing, and images say so. */
async function* readable(volume: ByteSource, offset: number, length: number): AsyncGenerator<{ offset: number; bytes: Buffer }> {
  try {
    yield { offset, bytes: await volume.read(offset, length) };
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    if (length > SECTOR) for (let at = 0; at + SECTOR <= length; at += SECTOR) yield* readable(volume, offset + at, SECTOR);
  }
}

/** Only what counts its blocks from the beginning of the disc: a disc image that lies as a file on this one counts from its own. */
async function sessionAt(volume: ByteSource, startSector: number): Promise<DescriptorSet | undefined> {
  const set = await readDescriptors(volume, startSector);
  if (set === undefined) return undefined;
  for (const descriptor of set.volumes) {
    if (descriptor.root.section.block * descriptor.blockSize <= startSector * SECTOR) return undefined;
    if (!(await hasRoot(volume, descriptor, 0))) return undefined;
  }
  return set;
}

/** Whether the root directory stands where the descriptor says, and is itself. */
export async function hasRoot(volume: ByteSource, descriptor: VolumeDescriptor, baseBlock: number): Promise<boolean> {
  const { root, blockSize, isHighSierra } = descriptor;
  const at = new Blocks(volume, blockSize, baseBlock).placeOf(root.section.block);
  if (at < 0 || at + SECTOR > volume.size) return false;
  return beginsDirectory(await volume.read(at, SECTOR), at, isHighSierra);
}

/** Number of the block that the image begins with, when it is a later session cut out of its disc; undefined when that can't be told. */
export async function baseBlockOf(volume: ByteSource, descriptor: VolumeDescriptor): Promise<number | undefined> {
  const { root, blockSize, isHighSierra } = descriptor;
  const wanted = root.section.block;
  const from = 17 * SECTOR;
  const length = Math.min(ROOT_SEARCH_LENGTH, volume.size - from);
  if (length <= 0) return undefined;
  const bytes = await volume.read(from, length);
  for (let at = 0; at + 34 <= bytes.length; at += blockSize) {
    const own = recordOf(bytes.subarray(at, at + (bytes[at] ?? 0)), from + at, isHighSierra);
    const isOwn = own?.identifier.length === 1 && own.identifier[0] === 0 && own.section.block === wanted;
    const base = wanted - (from + at) / blockSize;
    if (isOwn && base > 0 && beginsDirectory(bytes.subarray(at), from + at, isHighSierra)) return base;
  }
  return undefined;
}
