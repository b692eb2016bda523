/** What lies in a zip, by its central directory. Source: PKWARE APPNOTE 6.3.10, 4.3.7, 4.3.12, 4.3.16. Not read: zip64, encrypted files. */
import { constants, inflateRawSync } from 'node:zlib';
import { ascii, layout, u16le, u32le } from '../kernel/index.ts';
import { type Inside, INSIDE_SIZE, MOST_NAMES } from './container.ts';
import { bytesAt, type Sample } from './sample.ts';

const END_SIGN = Buffer.from('PK\u0005\u0006', 'latin1');
const ENTRY_SIGN = 'PK\u0001\u0002';
/** What is unpacked at most to see the beginning of a file. */
const MOST_UNPACKED = 1 << 20;

const end = layout('zip end of central directory', 22, {
  entryCount: [10, u16le],
  directorySize: [12, u32le],
  directoryOffset: [16, u32le],
});
const entry = layout('zip directory entry', 46, {
  signature: [0, ascii(4)],
  method: [10, u16le],
  packedSize: [20, u32le],
  nameLength: [28, u16le],
  extraLength: [30, u16le],
  commentLength: [32, u16le],
  offset: [42, u32le],
});
const local = layout('zip local header', 30, {
  nameLength: [26, u16le],
  extraLength: [28, u16le],
});

interface Place {
  readonly method: number;
  readonly packedSize: number;
  readonly offset: number;
}

/** Undefined when the directory is not in the sample, or none. */
export function zipInside(sample: Sample): Inside | undefined {
  const { tail } = sample;
  const at = tail.lastIndexOf(END_SIGN);
  if (at < 0 || at + end.size > tail.length) return undefined;
  const { entryCount, directorySize, directoryOffset } = end.decode(tail.subarray(at, at + end.size));
  const directory = bytesAt(sample, directoryOffset, directorySize);
  if (directory === undefined) return undefined;
  const places = new Map<string, Place>();
  let position = 0;
  for (let left = Math.min(entryCount, MOST_NAMES); left > 0 && position + entry.size <= directory.length; left--) {
    const found = entry.decode(directory.subarray(position, position + entry.size));
    if (found.signature !== ENTRY_SIGN) break;
    const name = directory.toString('utf8', position + entry.size, position + entry.size + found.nameLength);
    places.set(name, found);
    position += entry.size + found.nameLength + found.extraLength + found.commentLength;
  }
  return { names: new Set(places.keys()), read: (name) => content(sample, places.get(name)) };
}

function content(sample: Sample, place: Place | undefined): Buffer | undefined {
  const header = place && bytesAt(sample, place.offset, local.size);
  if (place === undefined || header === undefined) return undefined;
  const { nameLength, extraLength } = local.decode(header);
  const start = place.offset + local.size + nameLength + extraLength;
  const packed = bytesAt(sample, start, Math.min(place.packedSize, MOST_UNPACKED));
  if (packed === undefined) return undefined;
  if (place.method === 0) return packed.subarray(0, INSIDE_SIZE);
  if (place.method !== 8) return undefined;
  try {
    return inflateRawSync(packed, { maxOutputLength: MOST_UNPACKED, finishFlush: constants.Z_SYNC_FLUSH }).subarray(
      0,
      INSIDE_SIZE,
    );
  } catch {
    return undefined; // damaged, or a bomb: its name alone tells
  }
}
