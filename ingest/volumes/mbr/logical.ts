/** The chain of extended boot records: each names one logical volume and the next record. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import type { Geometry } from './chs.ts';
import { isExtended, record, type Row, rowsOf } from './record.ts';

/** Logical volumes: real disks stay far below; a chain that goes on is a loop or a forgery. */
const MOST_LOGICAL = 128;

/** A logical volume: its row counts from sector `base`. */
export interface Logical {
  readonly row: Row;
  readonly base: number;
}

export interface Chain {
  readonly logical: readonly Logical[];
  /** The records themselves. */
  readonly areas: readonly Range[];
  readonly warnings: readonly Fault[];
}

/**
 * A volume is counted from the record that names it, the next record from the extended partition. Records need not come in the order
 * of the disk, but lie in the extended partition, and none comes twice.
 */
export async function chainOf(source: ByteSource, extended: Row, sectorSize: number, geometry: Geometry): Promise<Chain> {
  const { startSector: start, sectorCount: length } = extended;
  const seen = new Set<number>();
  const logical: Logical[] = [];
  const areas: Range[] = [];
  const warnings: Fault[] = [];
  let at: number | undefined = start;
  while (at !== undefined) {
    const offset: number = at * sectorSize;
    const why: string | undefined = seen.has(at)
      ? 'comes back to a record it has passed'
      : seen.size >= MOST_LOGICAL
        ? `goes on after ${MOST_LOGICAL} records`
        : at >= start + length || offset + record.size > source.size
          ? 'leads out of the extended partition or past the end of the image'
          : undefined;
    const rows: Row[] | undefined = why === undefined ? rowsOf(await source.read(offset, record.size), geometry) : undefined;
    if (rows === undefined) {
      warnings.push(brokenChain(why ?? 'leads to no such record', at, logical.length));
      break;
    }
    seen.add(at);
    areas.push({ offset, length: sectorSize });
    // Volumes of the record itself, and of nothing outside of what was given to it.
    for (const row of rows.filter(({ type }) => type !== 0).filter((each) => !isExtended(each)))
      if (row.startSector > 0 && at + row.startSector + row.sectorCount <= start + length) logical.push({ row, base: at });
      else warnings.push(garbage(at, row));
    const next: Row | undefined = rows.find(isExtended);
    at = next === undefined ? undefined : start + next.startSector;
  }
  return { logical, areas, warnings };
}

function brokenChain(why: string, sector: number, count: number): Fault {
  const message = `the chain of logical volumes ${why} at sector ${sector}; the ${count} before it are listed`;
  return new Fault(FaultKind.Corrupt, 'mbr/chain', message, { sector, count });
}

function garbage(sector: number, { type, startSector, sectorCount }: Row): Fault {
  const message = `the extended boot record at sector ${sector} names ${sectorCount} sectors from its sector ${startSector}, which lie outside of the extended partition; they are left out`;
  return new Fault(FaultKind.Corrupt, 'mbr/garbage', message, { sector, type, startSector, sectorCount });
}
