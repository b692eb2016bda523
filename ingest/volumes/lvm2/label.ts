/** What marks a physical volume of LVM2: its label in one of the first four sectors, and the places that it names. */
import { crc32 } from 'node:zlib';
import { ascii, Fault, FaultKind, layout, u32le, u64le } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';

/** struct label_header of lib/label/label.h. */
const labelHeader = layout('LVM2 label', 32, { id: [0, ascii(8)], crc: [16, u32le], offset: [20, u32le], type: [24, ascii(8)] });
/** struct pv_header of lib/format_text/layout.h; lists of places follow, each ended by zeros: data, then metadata. */
const volumeHeader = layout('LVM2 physical volume header', 40, { id: [0, ascii(32)], size: [32, u64le] });
const placeLayout = layout('LVM2 place', 16, { offset: [0, u64le], size: [8, u64le] });
/** struct mda_header of lib/format_text/layout.h; raw_locn follow from byte 40. */
const metadataHeader = layout('LVM2 metadata header', 64, {
  crc: [0, u32le],
  magic: [4, ascii(16)],
  textOffset: [40, u64le],
  textSize: [48, u64le],
  textCrc: [56, u32le],
});

const SECTOR = 512;
const MAGIC = ' LVM2 x[5A%r0N*>';
const MOST_TEXT = 4 * 1024 * 1024;
const MOST_PLACES = 8;

export interface PhysicalVolume {
  readonly labelAt: number;
  /** Without hyphens, as it is stored. */
  readonly id: string;
  readonly size: number;
  /** Where extents may lie, from their beginning. */
  readonly data: readonly Range[];
  readonly metadata: readonly Range[];
  readonly isSound: boolean;
}

/** Undefined where there is no label. */
export async function physicalVolumeOf(source: ByteSource): Promise<PhysicalVolume | undefined> {
  const head = await source.read(0, Math.min(source.size, 4 * SECTOR));
  for (let at = 0; at + SECTOR <= head.length; at += SECTOR) {
    const sector = head.subarray(at, at + SECTOR);
    const { id, crc, offset, type } = labelHeader.decode(sector);
    if (id !== 'LABELONE' || type !== 'LVM2 001' || offset < 32 || offset + 40 > SECTOR) continue;
    const header = volumeHeader.decode(sector.subarray(offset));
    const [data, next] = placesAt(sector, offset + 40);
    const [metadata] = placesAt(sector, next);
    return { labelAt: at, id: header.id, size: header.size, data, metadata, isSound: lvmCrc(sector.subarray(20)) === crc };
  }
  return undefined;
}

function placesAt(sector: Buffer, at: number): [places: Range[], next: number] {
  const places: Range[] = [];
  for (let next = at; next + placeLayout.size <= sector.length && places.length < MOST_PLACES; next += placeLayout.size) {
    const { offset, size } = placeLayout.decode(sector.subarray(next));
    if (offset === 0) return [places, next + placeLayout.size];
    places.push({ offset, length: size });
  }
  return [places, sector.length];
}

/** The newest text in a metadata area. It may run over the end and go on after the header. @throws Fault where there is none. */
export async function metadataText(source: ByteSource, area: Range): Promise<string> {
  if (area.length < SECTOR || area.offset + area.length > source.size) throw noMetadata();
  const h = metadataHeader.decode(await source.read(area.offset, metadataHeader.size));
  const { textOffset, textSize } = h;
  const isPossible =
    h.magic === MAGIC &&
    textOffset >= SECTOR &&
    textOffset < area.length &&
    textSize <= Math.min(MOST_TEXT, area.length - SECTOR);
  if (!isPossible || textSize === 0) throw noMetadata();
  const first = Math.min(textSize, area.length - textOffset);
  const text = Buffer.concat([
    await source.read(area.offset + textOffset, first),
    await source.read(area.offset + SECTOR, textSize - first),
  ]);
  if (lvmCrc(text) !== h.textCrc) throw noMetadata();
  return text.toString('utf8');
}

/** CRC-32 that begins with a number of its own and is not inverted. */
function lvmCrc(bytes: Buffer): number {
  return ~crc32(bytes, ~0xf597_a6cf >>> 0) >>> 0;
}

function noMetadata(): Fault {
  const message = 'the metadata of the volume group are not on this disk, or damaged; its logical volumes are not known';
  return new Fault(FaultKind.Corrupt, 'lvm2/metadata', message);
}
