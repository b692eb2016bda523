/** The disk label of the BSDs, of either byte order: where it stands, and its rows. */
import { type Field, layout, u16be, u16le, u32be, u32le, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';

const MAGIC = 0x8256_4557;
const FIXED = 148;
const ROW = 16;
/** OpenBSD has 52, the others 8 to 22. */
const MOST_ROWS = 64;

/** struct disklabel of FreeBSD sys/disklabel.h; OpenBSD's has an identity and high halves in places that others leave 0. */
const tables = (u16: Field<number>, u32: Field<number>) => ({
  header: layout('BSD disk label', FIXED, {
    magic: [0, u32],
    sectorSize: [40, u32],
    version: [114, u16],
    secondMagic: [132, u32],
    rowCount: [138, u16],
  }),
  row: layout('BSD partition', ROW, {
    sectorCount: [0, u32],
    startSector: [4, u32],
    startHigh: [8, u16],
    countHigh: [10, u16],
    kind: [12, u8],
  }),
});

export interface Row {
  /** From 0: `a` is 0. */
  readonly index: number;
  readonly startSector: number;
  readonly sectorCount: number;
  readonly kind: number;
}

export interface Label {
  readonly at: number;
  readonly length: number;
  readonly sectorSize: number;
  /** Rows with a length. */
  readonly rows: readonly Row[];
  /** OpenBSD's. */
  readonly diskId: string | undefined;
  readonly isSound: boolean;
}

/** Undefined where there is none. It stands in the second sector, or somewhere in the first (Alpha 64, SPARC 128). */
export async function labelOf(source: ByteSource, hint: number): Promise<Label | undefined> {
  const head = await source.read(0, Math.min(source.size, 8192));
  for (const at of new Set([512, 64, 128, 0, hint])) {
    if (at + FIXED > head.length) continue;
    for (const isBig of [false, true]) {
      const label = decoded(head.subarray(at), at, isBig);
      if (label !== undefined) return label;
    }
  }
  return undefined;
}

function decoded(bytes: Buffer, at: number, isBig: boolean): Label | undefined {
  if ((isBig ? bytes.readUInt32BE(0) : bytes.readUInt32LE(0)) !== MAGIC) return undefined;
  const { header, row } = isBig ? BIG : LITTLE;
  const h = header.decode(bytes);
  const length = FIXED + h.rowCount * ROW;
  if (h.secondMagic !== MAGIC || h.rowCount === 0 || h.rowCount > MOST_ROWS || length > bytes.length) return undefined;
  if (![512, 1024, 2048, 4096].includes(h.sectorSize)) return undefined;
  const hasHigh = h.version === 1;
  const rows: Row[] = [];
  for (let index = 0; index < h.rowCount; index++) {
    const r = row.decode(bytes.subarray(FIXED + index * ROW, FIXED + (index + 1) * ROW));
    const sectorCount = r.sectorCount + (hasHigh ? r.countHigh * 0x1_0000_0000 : 0);
    const startSector = r.startSector + (hasHigh ? r.startHigh * 0x1_0000_0000 : 0);
    if (sectorCount > 0) rows.push({ index, startSector, sectorCount, kind: r.kind });
  }
  let xor = 0;
  for (let each = 0; each < length; each += 2) xor ^= bytes.readUInt16LE(each);
  const diskId = hasHigh ? bytes.toString('hex', 64, 72) : undefined;
  return { at, length, sectorSize: h.sectorSize, rows, diskId, isSound: xor === 0 };
}

const LITTLE = tables(u16le, u32le);
const BIG = tables(u16be, u32be);
