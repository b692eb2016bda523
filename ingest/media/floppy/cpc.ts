/** What the two CPC disk images share, standard and extended: a disk block, and a block for each track and side (CPCEMU). */
import { Fault, FaultKind, ascii, escaped, layout, raw, u16le, u8 } from '../../kernel/index.ts';
import type { Media } from '../media.ts';
import { sectorMedia } from './sector-media.ts';
import type { Sector, Track } from './sectors.ts';

/** "Disk Information Block". The extended form has a table of sizes (in 256 bytes) where the standard one has one size. */
const diskBlock = layout('CPC disk block', 256, {
  signature: [0x00, ascii(34)],
  creator: [0x22, ascii(14)],
  cylinderCount: [0x30, u8],
  sideCount: [0x31, u8],
  trackSize: [0x32, u16le],
  trackSizes: [0x34, raw(204)],
});

/** "Track Information Block", without the sectors. */
const trackBlock = layout('CPC track block', 24, {
  signature: [0x00, ascii(12)],
  cylinder: [0x10, u8],
  side: [0x11, u8],
  dataRate: [0x12, u8],
  recordingMode: [0x13, u8],
  sizeCode: [0x14, u8],
  sectorCount: [0x15, u8],
  gap: [0x16, u8],
  filler: [0x17, u8],
});

/** "Sector Information List", one entry; the status registers are those of the µPD765 controller. */
const sectorEntry = layout('CPC sector entry', 8, {
  cylinder: [0, u8],
  head: [1, u8],
  id: [2, u8],
  sizeCode: [3, u8],
  status1: [4, u8],
  status2: [5, u8],
  storedLength: [6, u16le],
});

type DiskBlock = ReturnType<typeof diskBlock.decode>;
type TrackBlock = ReturnType<typeof trackBlock.decode>;
type SectorEntry = ReturnType<typeof sectorEntry.decode>;

const TRACK_MARK = 'Track-Info';
const ENCODINGS: Readonly<Record<number, string>> = { 1: 'FM', 2: 'MFM' };
const STORED_OF_8K = 0x1800; // a standard image keeps 6 KiB of a sector of 8 KiB

export function openCpc(format: 'dsk' | 'edsk', bytes: Buffer): Media {
  const disk = diskBlock.decode(bytes);
  check(format, disk);
  const warnings: Fault[] = [];
  const tracks: Track[] = [];
  let at = diskBlock.size;
  for (let index = 0; index < disk.cylinderCount * disk.sideCount; index++) {
    const size = format === 'edsk' ? (disk.trackSizes[index] ?? 0) * 256 : disk.trackSize;
    const cylinder = Math.floor(index / disk.sideCount);
    const head = index % disk.sideCount;
    if (size > 0) {
      const block = bytes.subarray(at, at + size);
      if (block.length < size) warnings.push(cutIn(format, bytes.length, cylinder, head, size));
      if (block.length === 0) break;
      const track = trackOf(format, block, cylinder, head);
      if (track === undefined) warnings.push(noMark(format, at, cylinder, head));
      else tracks.push(track);
    }
    at += size;
  }
  const creator = escaped(Buffer.from(disk.creator.trim(), 'latin1'));
  return sectorMedia({
    format,
    tracks,
    cylinderCount: disk.cylinderCount,
    facts: { ...(creator === '' ? {} : { creator }), sides: disk.sideCount },
    warnings: warnings.slice(0, 8),
  });
}

function check(format: 'dsk' | 'edsk', disk: DiskBlock): void {
  const { cylinderCount, sideCount, trackSize } = disk;
  const isTable = format === 'edsk' && cylinderCount * sideCount <= 204;
  if (cylinderCount > 0 && sideCount >= 1 && sideCount <= 2 && (isTable || (format === 'dsk' && trackSize >= 256))) return;
  const message = `the disk block says ${cylinderCount} tracks on ${sideCount} sides of ${trackSize} bytes; it is damaged`;
  throw new Fault(FaultKind.Corrupt, 'floppy/cpc-disk-block', message, { format, cylinderCount, sideCount, trackSize });
}

/** None where the block does not begin with its mark; what lies past its end is missing. */
function trackOf(format: 'dsk' | 'edsk', block: Buffer, cylinder: number, head: number): Track | undefined {
  if (block.length < trackBlock.size || block.toString('latin1', 0, TRACK_MARK.length) !== TRACK_MARK) return undefined;
  const track = trackBlock.decode(block);
  const sectors: Sector[] = [];
  const entriesEnd = trackBlock.size + track.sectorCount * sectorEntry.size;
  let at = Math.max(256, Math.ceil(entriesEnd / 256) * 256);
  for (let index = 0; index < track.sectorCount; index++) {
    const start = trackBlock.size + index * sectorEntry.size;
    if (start + sectorEntry.size > block.length) break;
    const entry = sectorEntry.decode(block.subarray(start, start + sectorEntry.size));
    const length = storedLength(format, entry, track);
    sectors.push(sectorOf(entry, block.subarray(at, at + length), length));
    at += length;
  }
  return { cylinder, head, encoding: ENCODINGS[track.recordingMode] ?? 'MFM', sectors };
}

function storedLength(format: 'dsk' | 'edsk', entry: SectorEntry, track: TrackBlock): number {
  if (format === 'edsk') return entry.storedLength;
  return track.sizeCode >= 6 ? STORED_OF_8K : 128 << track.sizeCode;
}

function sectorOf(entry: SectorEntry, stored: Buffer, length: number): Sector {
  const nominal = entry.sizeCode <= 8 ? 128 << entry.sizeCode : length;
  const size = length === 0 ? nominal : Math.min(nominal, length);
  const hasNoMark = (entry.status1 & 0x05) !== 0 || (entry.status2 & 0x01) !== 0; // of the ID or of the data
  const hasError = ((entry.status1 | entry.status2) & 0x20) !== 0; // CRC, of the ID or of the data
  return {
    id: entry.id,
    size,
    ...(length > 0 && stored.length >= size ? { bytes: stored.subarray(0, size) } : {}),
    isBad: hasNoMark || hasError,
    isDeleted: (entry.status2 & 0x40) !== 0,
    copyCount: length > nominal && length % nominal === 0 ? length / nominal : 1,
  };
}

function cutIn(format: string, size: number, cylinder: number, head: number, length: number): Fault {
  const message = `the image ends at byte ${size}, within the ${length} bytes of cylinder ${cylinder}, head ${head}; ask for a whole copy`;
  return new Fault(FaultKind.Truncated, 'floppy/cpc-cut', message, { format, size, cylinder, head });
}

function noMark(format: string, at: number, cylinder: number, head: number): Fault {
  const message = `no track block begins at byte ${at}, where cylinder ${cylinder}, head ${head} should; the track is told as missing`;
  return new Fault(FaultKind.Corrupt, 'floppy/cpc-track-block', message, { format, at, cylinder, head });
}
