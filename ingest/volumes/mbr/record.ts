/** The boot record of a PC: four entries of sixteen bytes; the extended records of logical volumes have the same form. */
import { layout, raw, u16le, u32le, u8 } from '../../kernel/index.ts';
import { chsSector, type Geometry, geometryOf } from './chs.ts';

export const SIGNATURE = 0xaa55;
const EXTENDED: ReadonlySet<number> = new Set([0x05, 0x0f, 0x85]);

export const record = layout('master boot record', 512, {
  diskId: [0x1b8, u32le],
  first: [0x1be, raw(16)],
  second: [0x1ce, raw(16)],
  third: [0x1de, raw(16)],
  fourth: [0x1ee, raw(16)],
  signature: [0x1fe, u16le],
});

const entryLayout = layout('partition entry', 16, {
  status: [0, u8],
  firstChs: [1, raw(3)],
  type: [4, u8],
  lastChs: [5, raw(3)],
  startSector: [8, u32le],
  sectorCount: [12, u32le],
});

export interface Row {
  readonly status: number;
  readonly type: number;
  readonly startSector: number;
  readonly sectorCount: number;
}

export function entriesOf(bytes: Buffer) {
  const { first, second, third, fourth } = record.decode(bytes);
  return [first, second, third, fourth].map((entry) => entryLayout.decode(entry));
}

/**
 * The four rows; undefined for a sector that is no such record. Old tables count by cylinder, head and sector alone.
 * A row without a length is one of type 0.
 */
export function rowsOf(bytes: Buffer, geometry: Geometry = geometryOf(entriesOf(bytes))): Row[] | undefined {
  if (record.decode(bytes).signature !== SIGNATURE) return undefined;
  return entriesOf(bytes).map(({ status, type, startSector, sectorCount, firstChs, lastChs }) => {
    if (type === 0 || sectorCount !== 0) return { status, type, startSector, sectorCount };
    const start = startSector === 0 ? chsSector(firstChs, geometry) : startSector;
    const end = chsSector(lastChs, geometry);
    if (start === undefined || end === undefined || end < start) return { status, type: 0, startSector, sectorCount };
    return { status, type, startSector: start, sectorCount: end - start + 1 };
  });
}

export function isExtended({ type }: Row): boolean {
  return EXTENDED.has(type);
}

/** Anything but 0 and 0x80 is doubtful: some boot managers keep a drive number or a flag there. */
export function isStatusDoubtful({ status }: Row): boolean {
  return status !== 0 && status !== 0x80;
}
