/**
 * Sectors as floppy controllers of IBM's kind write them: MFM (PC, Atari ST, CP/M …) and FM.
 * Source: IBM 3740 and System 34 formats; NEC µPD765 and WD177x data sheets.
 */
import type { Cells } from './cells.ts';
import { crcCcitt } from '../floppy/crc16.ts';
import { Encoding, type Sector } from './sector.ts';

const ID = 0xfe;
const LARGEST_SIZE_CODE = 7; // 16 KiB
/** Cells between a header and its data: a controller waits 43 bytes in MFM and 30 in FM; copy tools wrote some more. */
const WAIT = 1200;

/** The byte whose first clock cell is at `at`. */
function byteAt(cells: Uint8Array, at: number): number {
  let byte = 0;
  for (let i = at + 1; i < at + 16; i += 2) byte = (byte << 1) | (cells[i] ?? 0);
  return byte;
}

function bytesAt(cells: Uint8Array, at: number, count: number): Buffer | undefined {
  if (at + count * 16 > cells.length) return undefined;
  const bytes = Buffer.allocUnsafe(count);
  for (let i = 0; i < count; i++) bytes[i] = byteAt(cells, at + i * 16);
  return bytes;
}

interface Header {
  readonly cylinder: number;
  readonly head: number;
  readonly record: number;
  readonly size: number;
  readonly at: number;
}

/** Pairs headers with the data that follow them. */
class Pairing {
  readonly sectors: Sector[] = [];
  #pending: Header | undefined;

  constructor(
    private readonly track: Cells,
    private readonly encoding: Encoding,
    /** CRC of what stands before the mark's own byte. */
    private readonly seed: number,
  ) {}

  /** @param at first cell after the mark. */
  mark(mark: number, at: number): void {
    if (mark === ID) this.#header(at);
    else if (mark >= 0xf8 && mark <= 0xfb) this.#data(mark, at);
  }

  /** A header without data is a sector that can't be read. */
  flush(): void {
    if (this.#pending !== undefined) this.#add(this.#pending, undefined, false);
    this.#pending = undefined;
  }

  #header(at: number): void {
    const { cells, length } = this.track;
    if (at > length + 160) return; // seen already, at the beginning
    const bytes = bytesAt(cells, at, 6);
    if (bytes === undefined || crcCcitt(bytes, crcCcitt([ID], this.seed)) !== 0) return;
    this.flush();
    const [cylinder = 0, head = 0, record = 0, code = 0] = bytes;
    const size = code <= LARGEST_SIZE_CODE ? 128 << code : 0;
    this.#pending = { cylinder, head, record, size, at };
  }

  #data(mark: number, at: number): void {
    const header = this.#pending;
    if (header === undefined || at - header.at > WAIT || header.size === 0) return;
    this.#pending = undefined;
    const bytes = bytesAt(this.track.cells, at, header.size + 2);
    const isGood = bytes !== undefined && crcCcitt(bytes, crcCcitt([mark], this.seed)) === 0;
    this.#add(header, isGood ? bytes.subarray(0, header.size) : undefined, mark === 0xf8 || mark === 0xf9);
  }

  #add({ cylinder, head, record, size }: Header, data: Buffer | undefined, isDeleted: boolean): void {
    this.sectors.push({ encoding: this.encoding, cylinder, head, record, size, data, isDeleted });
  }
}

/** A1 with a clock bit left out, which no data can make. */
export const SYNC = 0x4489;

export function mfmSectors(track: Cells): Sector[] {
  const { cells } = track;
  const pairing = new Pairing(track, Encoding.Mfm, crcCcitt([0xa1, 0xa1, 0xa1], 0xffff));
  let window = 0;
  for (let at = 0; at < cells.length; at++) {
    window = ((window << 1) | (cells[at] ?? 0)) & 0xffff;
    if (window !== SYNC) continue;
    const mark = byteAt(cells, at + 1);
    if (mark >= 0xf8 && at + 17 < cells.length) pairing.mark(mark, at + 17);
  }
  pairing.flush();
  return pairing.sectors;
}

/** Marks with their clock C7: the header's FE, the data's FB, FA, F9 and F8. */
const FM_MARKS: ReadonlyMap<number, number> = new Map([
  [0xf57e, 0xfe],
  [0xf56f, 0xfb],
  [0xf56e, 0xfa],
  [0xf56b, 0xf9],
  [0xf56a, 0xf8],
]);

export function fmSectors(track: Cells): Sector[] {
  const { cells } = track;
  const pairing = new Pairing(track, Encoding.Fm, 0xffff);
  let window = 0;
  for (let at = 0; at < cells.length; at++) {
    window = ((window << 1) | (cells[at] ?? 0)) & 0xffff;
    if (window < 0xf56a || window > 0xf57e) continue;
    const mark = FM_MARKS.get(window);
    if (mark !== undefined) pairing.mark(mark, at + 1);
  }
  pairing.flush();
  return pairing.sectors;
}
