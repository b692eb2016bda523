/** Apple's partition map: a chain of one-block entries after the driver descriptor, counted by 512 or 2,048 bytes, or by both on discs. */
import { ascii, Fault, FaultKind, layout, u16be, u32be } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import { labelOf, overlapsOf, shownName } from '../rows.ts';
import { Confidence, type Volume, type VolumeScheme } from '../volumes.ts';

/** Inside Macintosh: Devices, listing 3-2. */
const entryLayout = layout('Apple partition map entry', 512, {
  signature: [0, u16be],
  mapEntryCount: [4, u32be],
  startBlock: [8, u32be],
  blockCount: [12, u32be],
  name: [16, ascii(32)],
  type: [48, ascii(32)],
  status: [88, u32be],
});

type Entry = ReturnType<typeof entryLayout.decode>;

const DRIVER_DESCRIPTOR = 0x4552; // ER
const ENTRY = 0x504d; // PM
const BOOTABLE = 8;
const SPACINGS = [512, 1024, 2048, 4096];
/** CVE-2011-1010: the count is a stranger's. */
const MOST_ENTRIES = 1024;

const TITLES: ReadonlyMap<string, string> = new Map([
  ['apple_hfs', 'HFS or HFS+'],
  ['apple_hfsx', 'HFSX'],
  ['apple_mfs', 'MFS'],
  ['apple_prodos', 'ProDOS'],
  ['apple_unix_svr2', 'Unix'],
  ['apple_ufs', 'UFS'],
  ['apple_boot', 'boot'],
  ['apple_bootstrap', 'boot'],
  ['apple_driver', 'driver'],
  ['apple_driver43', 'driver'],
  ['apple_driver43_cd', 'driver'],
  ['apple_driver_ata', 'driver'],
  ['apple_driver_atapi', 'driver'],
  ['apple_driver_ioki', 'driver'],
  ['apple_driver_openfirmware', 'driver'],
  ['apple_fwdriver', 'driver'],
  ['apple_patches', 'patches'],
  ['apple_corestorage', 'Core Storage'],
  ['apple_raid', 'RAID'],
]);

interface Map_ {
  readonly spacing: number;
  readonly entries: readonly Entry[];
  readonly promisedCount: number;
}

export const format: VolumeScheme = {
  id: 'apm',
  title: 'Apple partition map',
  sources: ['Apple, Inside Macintosh: Devices, chapter 3', 'Apple Technical Note TN1189', 'Linux block/partitions/mac.c'],
  rank: 20,

  async probe(source) {
    for (const spacing of SPACINGS) {
      const first = await entryAt(source, spacing, 1);
      if (first !== undefined && first.mapEntryCount > 0 && first.startBlock + first.blockCount > 0) return Confidence.Certain;
    }
    return Confidence.No;
  },

  async read(source) {
    const maps = await mapsOf(source);
    const [first] = maps;
    if (first === undefined) throw new Fault(FaultKind.Corrupt, 'apm/map', 'no entry of an Apple partition map was found');
    const areas: Range[] = [];
    const warnings: Fault[] = [];
    if ((await source.read(0, 2)).readUInt16BE(0) === DRIVER_DESCRIPTOR) areas.push({ offset: 0, length: 512 });
    const volumes = new Map<string, Volume>();
    for (const { spacing, entries, promisedCount } of maps) {
      if (entries.length < promisedCount) warnings.push(short(entries.length, promisedCount));
      for (const [index, entry] of entries.entries()) {
        areas.push({ offset: (index + 1) * spacing, length: 512 });
        const volume = volumeOf(entry, index + 1, spacing);
        const type = entry.type.toLowerCase();
        if (type === 'apple_partition_map') areas.push(...inside(volume, source.size));
        else if (!isUnused(type) && volume.length > 0) volumes.set(`${volume.offset} ${volume.length}`, volume);
      }
    }
    const listed = [...volumes.values()];
    return {
      scheme: 'apm',
      sectorSize: first.spacing,
      volumes: listed,
      areas,
      warnings: [...warnings, ...overlapsOf(listed, 'apm/overlap')],
    };
  },
};

/** One for each spacing by which a map is told; the two of an interleaved disc name the same volumes, or each its own. */
async function mapsOf(source: ByteSource): Promise<Map_[]> {
  const maps: Map_[] = [];
  for (const spacing of SPACINGS) {
    const first = await entryAt(source, spacing, 1);
    // A 512-byte map has entries where one by larger blocks would begin.
    const isOther = maps.some(({ spacing: other, entries }) => entries.length * other >= spacing);
    if (first === undefined || isOther) continue;
    const entries = [first];
    const count = Math.min(first.mapEntryCount, MOST_ENTRIES);
    while (entries.length < count) {
      const entry = await entryAt(source, spacing, entries.length + 1);
      if (entry === undefined) break;
      entries.push(entry);
    }
    maps.push({ spacing, entries, promisedCount: first.mapEntryCount });
  }
  return maps;
}

async function entryAt(source: ByteSource, spacing: number, index: number): Promise<Entry | undefined> {
  const offset = spacing * index;
  if (offset + entryLayout.size > source.size) return undefined;
  const entry = entryLayout.decode(await source.read(offset, entryLayout.size));
  return entry.signature === ENTRY ? entry : undefined;
}

/** Free space is named by the map like a volume. */
function isUnused(type: string): boolean {
  return type === 'apple_free' || type === 'apple_scratch' || type === 'apple_void' || type === 'apple_extra' || type === '';
}

function volumeOf({ startBlock, blockCount, name, type, status }: Entry, number: number, spacing: number): Volume {
  return {
    number,
    offset: startBlock * spacing,
    length: blockCount * spacing,
    type: shownName(type),
    title: TITLES.get(type.toLowerCase()),
    ...labelOf(name),
    ...((status & BOOTABLE) === 0 ? {} : { isBootable: true as const }),
  };
}

function inside({ offset, length }: Range, size: number): Range[] {
  return offset < size ? [{ offset, length: Math.min(length, size - offset) }] : [];
}

function short(got: number, expected: number): Fault {
  const message = `the partition map promises ${expected} entries and has ${got}; the others are damaged, or the count is wrong`;
  return new Fault(FaultKind.Corrupt, 'apm/count', message, { got, expected });
}
