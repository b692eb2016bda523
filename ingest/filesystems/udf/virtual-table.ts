/** The virtual allocation table of discs that are written once: the last thing that was written on them. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { readRuns, runsOf } from './allocation.ts';
import { vatHeader } from './descriptors.ts';
import { decoded, FileType, type Icb } from './icb.ts';
import type { Space } from './space.ts';
import { tagOf } from './tag.ts';
import { entityOf } from './text.ts';

/** Drives and images add some sectors behind the last that was written. */
const SEARCH_SECTOR_COUNT = 2048;
const MOST_SIZE = 64 * 1024 * 1024;
/** UDF 1.50 §2.2.10: entity identifier and the place of the table before. */
const OLD_TRAILER_SIZE = 36;
const OLD_NAME = '*UDF Virtual Alloc Tbl';

export interface VirtualTable {
  /** u32 by virtual block. */
  readonly table: Buffer;
  /** As changed with the last session; '' where the table does not say. */
  readonly label: Buffer | undefined;
}

/**
 * @param partition reference of the physical partition below; @param start of it, in sectors.
 * @throws Fault 'udf/virtual-table' when none is found: the disc was not finished, or the image is cut.
 */
export async function readVirtualTable(space: Space, partition: number, start: number): Promise<VirtualTable> {
  const { volume, blockSize } = space;
  const last = Math.floor(volume.size / blockSize) - 1;
  const first = Math.max(start, last - SEARCH_SECTOR_COUNT + 1);
  for (let sector = last; sector >= first; sector--) {
    const bytes = await space.paged.read(sector * blockSize, blockSize);
    const tag = tagOf(bytes);
    const address = { partition, block: sector - start };
    if (tag?.location !== address.block) continue;
    const found = await orNothing(async () => tableOf(space, decoded(bytes, sector * blockSize, address, tag)));
    if (found !== undefined) return found;
  }
  const message = `the table of a disc that is written once is not among the last ${SEARCH_SECTOR_COUNT} sectors: the disc was not closed, or the image is cut`;
  throw new Fault(FaultKind.Truncated, 'udf/virtual-table', message, { last });
}

async function tableOf(space: Space, icb: Icb): Promise<VirtualTable | undefined> {
  const isNew = icb.fileType === FileType.VirtualTable;
  if ((!isNew && icb.fileType !== FileType.Unspecified) || icb.size > MOST_SIZE || icb.size < OLD_TRAILER_SIZE) return undefined;
  const bytes = await readRuns(space, await runsOf(space, icb), 0, icb.size);
  if (bytes.length < icb.size) return undefined;
  if (isNew) {
    const { headerSize, label } = vatHeader.decode(bytes);
    return headerSize < vatHeader.size || headerSize > bytes.length ? undefined : { table: bytes.subarray(headerSize), label };
  }
  const trailer = bytes.length - OLD_TRAILER_SIZE;
  const isOld = entityOf(bytes.subarray(trailer, trailer + 32)).identifier.startsWith(OLD_NAME);
  return isOld ? { table: bytes.subarray(0, trailer), label: undefined } : undefined;
}

/** What stands there may be anything. */
async function orNothing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    return undefined;
  }
}
