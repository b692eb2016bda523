/** The sparse extent of older ESX servers (COWD, "vmfsSparse"): snapshots mostly, with grains as small as a sector. */
import { Fault, FaultKind, layout, raw, u32le } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { type DiskExtent, shortfall } from './disk-extent.ts';
import { grainDirectory } from './grain-directory.ts';
import { GrainMap } from './grain-map.ts';

export const COWD_MARK = 'COWD';
const TABLE_ENTRY_COUNT = 4096;
const LARGEST_GRAIN = 2 ** 21;

/** COWDisk_Header of the Virtual Disk Format specification; numbers are sectors unless their name says otherwise. */
const header = layout('COWD header', 512, {
  mark: [0, raw(4)],
  version: [4, u32le],
  flags: [8, u32le],
  capacity: [12, u32le],
  grainSectors: [16, u32le],
  directorySector: [20, u32le],
  directoryEntryCount: [24, u32le],
});

/** @throws Fault for what is no such extent or says what can't be. */
export async function openCowd(source: ByteSource, start: number, size: number, name: string): Promise<DiskExtent> {
  const h = header.decode(await source.read(0, Math.min(header.size, source.size)));
  const facts = { version: h.version, capacity: h.capacity, grainSectors: h.grainSectors };
  if (h.mark.toString('latin1') !== COWD_MARK)
    throw new Fault(FaultKind.Corrupt, 'vmdk/cowd-mark', 'the mark of a VMDK sparse extent (COWD) is not there');
  if (h.version !== 1)
    throw new Fault(FaultKind.Unsupported, 'vmdk/version', `COWD version ${h.version} is not read, only 1`, facts);
  if (h.grainSectors < 1 || h.grainSectors > LARGEST_GRAIN || !Number.isInteger(Math.log2(h.grainSectors))) {
    const message = `the COWD header says grains of ${h.grainSectors} sectors; 1 to ${LARGEST_GRAIN}, a power of two, can be`;
    throw new Fault(FaultKind.Corrupt, 'vmdk/grain-size', message, facts);
  }
  const count = Math.ceil(h.capacity / (h.grainSectors * TABLE_ENTRY_COUNT));
  const directory =
    count > h.directoryEntryCount
      ? undefined
      : await grainDirectory({
          source,
          at: h.directorySector * 512,
          count,
          tableEntryCount: TABLE_ENTRY_COUNT,
          zeroed: false,
          firstSector: 1,
        });
  if (directory === undefined) {
    const message = `the grain directory of the COWD extent (sector ${h.directorySector}, ${h.directoryEntryCount} entries) is not where it can be; the image is cut or damaged`;
    throw new Fault(FaultKind.Truncated, 'vmdk/directory-outside', message, { ...facts, size: source.size });
  }
  return new GrainMap({
    start,
    size,
    source,
    grainSize: h.grainSectors * 512,
    tableEntryCount: TABLE_ENTRY_COUNT,
    hasTable: directory.hasTable,
    loadTable: directory.loadTable,
    knownSize: Math.min(size, h.capacity * 512),
    warnings: shortfall(name, h.capacity, size),
  }).check();
}
