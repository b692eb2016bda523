/** The Atari's root sector (AHDI): four entries, and a chain of extended ones; ICD's has eight more. */
import { Fault, FaultKind, layout, raw, u32be } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import { overlapsOf } from '../rows.ts';
import { Confidence, type Volume, type VolumeScheme } from '../volumes.ts';

/** AHDI 3.00 release notes, "root sector". */
const root = layout('Atari root sector', 512, {
  icd: [0x156, raw(96)],
  sectorCount: [0x1c2, u32be],
  entries: [0x1c6, raw(48)],
  badListSector: [0x1f6, u32be],
  badSectorCount: [0x1fa, u32be],
});

interface Row {
  readonly flags: number;
  readonly id: string;
  readonly startSector: number;
  readonly sectorCount: number;
}

const SECTOR = 512;
const EXISTS = 1;
const BOOTABLE = 0x80;
const EXTENDED = 'XGM';
const MOST_CHAINED = 128;

const TITLES: ReadonlyMap<string, string> = new Map([
  ['GEM', 'GEMDOS below 16 MB'],
  ['BGM', 'GEMDOS'],
  [EXTENDED, 'extended'],
  ['RAW', 'raw'],
  ['F32', 'FAT32'],
  ['LNX', 'Linux'],
  ['SWP', 'swap'],
  ['MIX', 'Minix'],
  ['MNX', 'Minix'],
  ['UNX', 'Unix'],
  ['MAC', 'Macintosh HFS'],
  ['QWA', 'QDOS'],
]);

export const format: VolumeScheme = {
  id: 'ahdi',
  title: 'Atari root sector (AHDI)',
  sources: ['Atari, AHDI 3.00 Release Notes', 'Linux block/partitions/atari.c'],
  rank: 70,

  async probe(source) {
    if (source.size < root.size) return Confidence.No;
    const bytes = await source.read(0, root.size);
    const { sectorCount, entries } = root.decode(bytes);
    const rows = rowsOf(entries);
    // No mark of its own: a known name, and places inside the disk as the sector itself counts it.
    const isPlausible =
      rows.length > 0 && rows.every((row) => isInside(row, sectorCount) && row.startSector * SECTOR < source.size);
    const isWhole = sectorCount > 0 && sectorCount * SECTOR <= source.size * 64;
    return isPlausible && isWhole && rows.some(({ id }) => TITLES.has(id)) ? Confidence.Likely : Confidence.No;
  },

  async read(source) {
    const { entries, icd, sectorCount, badListSector, badSectorCount } = root.decode(await source.read(0, root.size));
    const rows = rowsOf(entries);
    const volumes: Volume[] = [];
    const areas: Range[] = [{ offset: 0, length: SECTOR }];
    const warnings: Fault[] = [];
    let number = 0;
    for (const row of rows) {
      volumes.push(volumeOf(row, ++number, 0));
      if (row.id !== EXTENDED) continue;
      for await (const each of chainOf(source, row)) {
        if (each instanceof Fault) warnings.push(each);
        else {
          areas.push({ offset: each.base * SECTOR, length: SECTOR });
          if (each.row !== undefined) volumes.push(volumeOf(each.row, ++number, each.base));
        }
      }
    }
    // ICD's software kept twelve entries; where a chain is, there is code or nothing at that place.
    const more = rows.some(({ id }) => id === EXTENDED) ? [] : rowsOf(icd).filter((row) => TITLES.has(row.id));
    if (more.every((row) => isInside(row, sectorCount))) for (const row of more) volumes.push(volumeOf(row, ++number, 0));
    if (badSectorCount > 0) {
      const bad = { offset: badListSector * SECTOR, length: badSectorCount * SECTOR };
      if (bad.offset + bad.length <= source.size) areas.push(bad);
    }
    return {
      scheme: 'ahdi',
      sectorSize: SECTOR,
      volumes,
      areas,
      warnings: [...warnings, ...overlapsOf(volumes, 'ahdi/overlap')],
    };
  },
};

/** Rows that exist. */
function rowsOf(entries: Buffer): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at + 12 <= entries.length; at += 12) {
    const flags = entries.readUInt8(at);
    const id = entries.toString('latin1', at + 1, at + 4);
    if ((flags & EXISTS) === 0 || !/^[A-Z0-9]{3}$/.test(id)) continue;
    rows.push({ flags, id, startSector: entries.readUInt32BE(at + 4), sectorCount: entries.readUInt32BE(at + 8) });
  }
  return rows;
}

function isInside({ startSector, sectorCount }: Row, diskSectorCount: number): boolean {
  return startSector > 0 && sectorCount > 0 && startSector + sectorCount <= diskSectorCount;
}

/** A volume counts from the sector that names it, the next sector from the extended partition. */
async function* chainOf(source: ByteSource, extended: Row): AsyncGenerator<Fault | { base: number; row: Row | undefined }> {
  const seen = new Set<number>();
  let at: number | undefined = extended.startSector;
  while (at !== undefined) {
    const isWithin: boolean = at < extended.startSector + extended.sectorCount && (at + 1) * SECTOR <= source.size;
    if (seen.has(at) || seen.size >= MOST_CHAINED || !isWithin) {
      yield brokenChain(at, seen.size);
      return;
    }
    seen.add(at);
    const rows: Row[] = rowsOf(root.decode(await source.read(at * SECTOR, SECTOR)).entries);
    const row = rows.find(({ id }) => id !== EXTENDED);
    yield { base: at, row };
    const next: Row | undefined = rows.find(({ id }) => id === EXTENDED);
    if (row === undefined && next === undefined) yield brokenChain(at, seen.size - 1);
    at = next === undefined ? undefined : extended.startSector + next.startSector;
  }
}

function volumeOf({ flags, id, startSector, sectorCount }: Row, number: number, base: number): Volume {
  return {
    number,
    offset: (base + startSector) * SECTOR,
    length: sectorCount * SECTOR,
    type: id,
    title: TITLES.get(id),
    ...((flags & BOOTABLE) === 0 ? {} : { isBootable: true as const }),
    ...(id === EXTENDED ? { isContainer: true as const } : {}),
  };
}

function brokenChain(sector: number, count: number): Fault {
  const message = `the chain of extended partitions breaks off, or leads in a circle, at sector ${sector}; the ${count} before it are listed`;
  return new Fault(FaultKind.Corrupt, 'ahdi/chain', message, { sector, count });
}
