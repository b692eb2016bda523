/** Headers of an Amiga floppy that no directory names any more: deleting takes them out of their chain and leaves them as they are. */
import type { Entry } from '../filesystems.ts';
import { Secondary } from './block.ts';
import { entryOf, nameOf } from './entry.ts';
import type { AmigaVolume, Header } from './volume.ts';

/** Floppies, where a search through every block costs nothing. */
export const MOST_SEARCHED = 4 * 1024 * 1024;

const KINDS: ReadonlySet<number> = new Set([Secondary.File, Secondary.Directory]);

/** @param directories paths of the listed ones, by block; deleted ones come before what is in them. */
export async function deletedIn(
  volume: AmigaVolume,
  listed: ReadonlySet<number>,
  directories: ReadonlyMap<number, string>,
): Promise<Entry[]> {
  const lost = await lostHeaders(volume, listed);
  const paths = new Map<number, string>(directories);
  const found: Entry[] = [];
  // Parents first; what is in a circle of its own stays out.
  for (let rest = [...lost.values()]; rest.length > 0; ) {
    const ready = rest.filter(({ tail }) => paths.has(tail.parent) || !lost.has(tail.parent));
    if (ready.length === 0) break;
    for (const header of ready) {
      const path = paths.get(header.tail.parent);
      const entry = await entryOf(volume, header, {
        directory: path === undefined ? volume.shape.rootBlock : header.tail.parent,
        path: path ?? '',
        isDeleted: true,
      });
      found.push(entry);
      if (header.tail.secondary === Secondary.Directory) paths.set(header.number, entry.path);
      else lost.delete(header.number);
    }
    const done = new Set(ready);
    rest = rest.filter((header) => !done.has(header));
  }
  return found;
}

async function lostHeaders(volume: AmigaVolume, listed: ReadonlySet<number>): Promise<Map<number, Header>> {
  const { blockSize, blockCount, rootBlock, hasLongNames } = volume.shape;
  const lost = new Map<number, Header>();
  const last = Math.min(blockCount, Math.floor(volume.volume.size / blockSize));
  for (let number = 2; number < last; number++) {
    if (listed.has(number) || number === rootBlock) continue;
    const block = await volume.block(number);
    const header = block.readUInt32BE(0) === 2 ? volume.headerIn(block, number) : undefined;
    const isWhole = header !== undefined && header.isSumRight && KINDS.has(header.tail.secondary);
    if (isWhole && nameOf(header, hasLongNames).bytes.length > 0) lost.set(number, header);
  }
  return lost;
}
