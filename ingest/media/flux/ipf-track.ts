/** The cells of an IPF track: blocks of raw, encoded and weak elements, each block with a gap behind it. */
import { crc32 } from 'node:zlib';
import { Fault, FaultKind, layout, u32be } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { type Cells, MOST_CELLS, joined } from './cells.ts';
import type { TrackRecord } from './ipf-records.ts';

const block = layout('IPF block descriptor', 32, {
  dataBits: [0, u32be],
  gapBits: [4, u32be],
  first: [8, u32be], // CAPS: data bytes; SPS: offset of the gap's description
  second: [12, u32be], // CAPS: gap bytes; SPS: cell type
  encoder: [16, u32be], // 1 MFM
  flags: [20, u32be],
  gapValue: [24, u32be],
  dataOffset: [28, u32be],
});

const IN_BITS = 4; // flag: elements count bits, not bytes
const MOST_BLOCKS = 1000;
const LARGEST_AREA = 4 * 1024 * 1024;

const Element = { End: 0, Sync: 1, Data: 2, Gap: 3, Raw: 4, Weak: 5 } as const;

/** Cells as they are appended: raw ones, and bytes with the clock cells that MFM has before each bit. */
class Writer {
  readonly cells: Uint8Array;
  length = 0;
  #last = 0;

  constructor(size: number) {
    this.cells = new Uint8Array(size);
  }

  raw(bytes: Uint8Array, bits: number): void {
    for (let i = 0; i < bits; i++) this.#put(bitOf(bytes, i));
  }

  mfm(bytes: Uint8Array, bits: number): void {
    for (let i = 0; i < bits; i++) {
      const bit = bitOf(bytes, i);
      this.#put((this.#last | bit) ^ 1);
      this.#put(bit);
    }
  }

  fill(cellCount: number): void {
    for (let i = 0; i < cellCount; i++) this.#put(0);
  }

  #put(cell: number): void {
    if (this.length >= this.cells.length) throw new RangeError('more cells than the track has');
    this.cells[this.length++] = cell;
    this.#last = cell;
  }
}

function bitOf(bytes: Uint8Array, i: number): number {
  return ((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1;
}

/** Undefined for a track of noise or without data. @throws Fault 'ipf/…' for damage. */
export async function cellsOfTrack(container: ByteSource, track: TrackRecord): Promise<Cells | undefined> {
  const { data, blockCount, trackBits } = track;
  if (data === undefined || data.size === 0 || blockCount === 0) return undefined;
  const facts = { cylinder: track.cylinder, head: track.head, blockCount, trackBits, size: data.size };
  const refuse = (what: string): Fault =>
    new Fault(FaultKind.Corrupt, 'ipf/track', `the IPF record of the track is damaged: ${what}`, facts);
  if (data.offset + data.size > container.size) {
    const message = `its ${data.size} bytes from byte ${data.offset} on are not in the file of ${container.size} bytes; the image is cut`;
    throw new Fault(FaultKind.Truncated, 'ipf/data-outside', message, facts);
  }
  if (blockCount > MOST_BLOCKS || data.size > LARGEST_AREA || blockCount * block.size > data.size || trackBits > MOST_CELLS)
    throw refuse(`${blockCount} blocks and ${trackBits} cells in ${data.size} bytes`);
  const area = await container.read(data.offset, data.size);
  const computed = crc32(area);
  if (computed !== data.crc) {
    const message = 'the data of the track fail their CRC; the file was changed or damaged';
    throw new Fault(FaultKind.Corrupt, 'ipf/data-crc', message, { ...facts, stored: data.crc, computed });
  }
  const out = new Writer(MOST_CELLS);
  for (let i = 0; i < blockCount; i++) {
    const b = block.decode(area.subarray(i * block.size));
    if (b.encoder !== 1) throw refuse(`block ${i} has encoding ${b.encoder}, only MFM (1) is read`);
    const start = out.length;
    if (b.dataBits > MOST_CELLS || b.gapBits > MOST_CELLS || b.dataOffset >= area.length) throw refuse(`block ${i}`);
    writeElements(out, area, b.dataOffset, (b.flags & IN_BITS) !== 0, start + b.dataBits, refuse);
    if (out.length + b.gapBits > MOST_CELLS) throw refuse(`the gap of block ${i} has ${b.gapBits} cells`);
    out.fill(b.gapBits);
  }
  return joined(out.cells.subarray(0, out.length), out.length);
}

/** Elements up to the end mark: an octet with the kind and the width of the count, the count, and what it counts. */
function writeElements(
  out: Writer,
  area: Buffer,
  offset: number,
  inBits: boolean,
  end: number,
  refuse: (what: string) => Fault,
): void {
  for (let at = offset; at < area.length; ) {
    const code = area[at++] ?? 0;
    const kind = code & 0x1f;
    if (kind === Element.End) break;
    const width = code >> 5;
    if (width === 0 || width > 4 || at + width > area.length) throw refuse(`an element at byte ${at - 1}`);
    const bits = area.readUIntBE(at, width) * (inBits ? 1 : 8);
    at += width;
    const size = kind === Element.Weak ? 0 : Math.ceil(bits / 8);
    const cellCount = kind === Element.Sync || kind === Element.Raw ? bits : 2 * bits;
    if (at + size > area.length || out.length + cellCount > end) throw refuse(`an element of ${bits} bits at byte ${at}`);
    const bytes = area.subarray(at, at + size);
    if (kind === Element.Sync || kind === Element.Raw) out.raw(bytes, bits);
    else if (kind === Element.Data || kind === Element.Gap) out.mfm(bytes, bits);
    else if (kind === Element.Weak) out.fill(cellCount);
    else throw refuse(`an element of kind ${kind}`);
    at += size;
  }
  if (out.length < end) out.fill(end - out.length);
}
