/**
 * The records of an IPF: INFO, one IMGE and one DATA for each track, each with its own CRC-32.
 * Source: J. Louis-Guerin, "IPF documentation" 1.6; libdisk's writer of the same.
 */
import { crc32 } from 'node:zlib';
import { Fault, FaultKind, ascii, layout, u32be } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';

const head = layout('IPF record', 12, { id: [0, ascii(4)], length: [4, u32be], crc: [8, u32be] });

const info = layout('IPF INFO record', 96, {
  mediaType: [12, u32be],
  encoder: [16, u32be], // 1 CAPS, 2 SPS
  encoderRevision: [20, u32be],
  release: [24, u32be],
  revision: [28, u32be],
  origin: [32, u32be],
  minCylinder: [36, u32be],
  maxCylinder: [40, u32be],
  minHead: [44, u32be],
  maxHead: [48, u32be],
  date: [52, u32be], // year, month, day as decimal digits
  time: [56, u32be], // hour, minute, second, millisecond
  platform1: [60, u32be],
  platform2: [64, u32be],
  platform3: [68, u32be],
  platform4: [72, u32be],
  diskNumber: [76, u32be],
  creator: [80, u32be],
});
export type Info = ReturnType<typeof info.decode>;

const image = layout('IPF IMGE record', 80, {
  cylinder: [12, u32be],
  head: [16, u32be],
  density: [20, u32be],
  signal: [24, u32be],
  trackBytes: [28, u32be],
  startByte: [32, u32be],
  startBit: [36, u32be],
  dataBits: [40, u32be],
  gapBits: [44, u32be],
  trackBits: [48, u32be],
  blockCount: [52, u32be],
  process: [56, u32be],
  flags: [60, u32be],
  key: [64, u32be],
});
export type Image = ReturnType<typeof image.decode>;

const data = layout('IPF DATA record', 28, { size: [12, u32be], bits: [16, u32be], crc: [20, u32be], key: [24, u32be] });

export interface TrackRecord extends Image {
  /** Where its data lie in the file; undefined when there are none. */
  readonly data: { readonly offset: number; readonly size: number; readonly crc: number } | undefined;
}

const MOST_RECORDS = 2000;

/** @throws Fault 'ipf/info' without an INFO record. */
export async function recordsOf(
  container: ByteSource,
  warnings: Fault[],
): Promise<{ info: Info; tracks: TrackRecord[]; unknown: number }> {
  let found: Info | undefined;
  const images: Image[] = [];
  const areas = new Map<number, NonNullable<TrackRecord['data']>>();
  let at = 0;
  let unknown = 0;
  for (let count = 0; at + head.size <= container.size && count < MOST_RECORDS; count++) {
    const { id, length } = head.decode(await container.read(at, head.size));
    const known = id === 'INFO' ? info.size : id === 'IMGE' ? image.size : id === 'DATA' ? data.size : head.size;
    if (length < known || at + length > container.size) {
      const message = `the record at byte ${at} says ${length} bytes; it is cut or damaged, what follows is not read`;
      warnings.push(new Fault(FaultKind.Truncated, 'ipf/record-cut', message, { offset: at, length }));
      break;
    }
    const record = await container.read(at, Math.min(length, 4096));
    if (record.length === length) checkCrc(record, at, warnings);
    if (id === 'INFO') found ??= info.decode(record);
    else if (id === 'IMGE') images.push(image.decode(record));
    else if (id !== 'DATA' && id !== 'CAPS') unknown++;
    at += length;
    if (id !== 'DATA') continue;
    const { size, crc, key } = data.decode(record);
    if (!areas.has(key)) areas.set(key, { offset: at, size, crc });
    at += size;
  }
  if (found === undefined) {
    const message = 'the IPF image has no INFO record, so nothing is known of the disk; the file is cut or damaged';
    throw new Fault(FaultKind.Corrupt, 'ipf/info', message, { size: container.size });
  }
  return { info: found, tracks: images.map((each) => ({ ...each, data: areas.get(each.key) })), unknown };
}

/** Over the whole record, with zeros where the CRC itself stands. */
function checkCrc(record: Buffer, offset: number, warnings: Fault[]): void {
  const stored = record.readUInt32BE(8);
  const computed = crc32(Buffer.concat([record.subarray(0, 8), Buffer.alloc(4), record.subarray(12)]));
  if (stored === computed || warnings.length >= 20) return;
  const message = `the IPF record at byte ${offset} fails its CRC; the file was changed or damaged`;
  warnings.push(new Fault(FaultKind.Corrupt, 'ipf/record-crc', message, { offset, stored, computed }));
}
