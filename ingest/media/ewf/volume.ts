/** Version 1: what the volume section (`volume`, `disk`, and its copy `data`) says of the medium. */
import { Fault, FaultKind, ascii, guid, layout, u32le, u64le, u8 } from '../../kernel/index.ts';
import { adler32 } from '../codecs/adler32.ts';
import type { Section } from './sections.ts';
import type { Segment } from './segments.ts';

const LONGEST_CHUNK_SECTORS = 32_768;
const LARGEST_CHUNK = 64 * 1024 * 1024;
const NO_GUID = '00000000-0000-0000-0000-000000000000';

const volumeLayout = layout('EWF volume section', 1052, {
  mediaType: [0, u8],
  chunkCount: [4, u32le],
  sectorsPerChunk: [8, u32le],
  sectorSize: [12, u32le],
  sectorCount: [16, u64le],
  cylinders: [24, u32le],
  heads: [28, u32le],
  sectorsPerTrack: [32, u32le],
  flags: [36, u8],
  compression: [52, u8],
  errorGranularity: [56, u32le],
  setGuid: [64, guid],
});

/** Of ASR Data and SMART: fewer fields, a number of sectors of 32 bits. */
const oldLayout = layout('EWF volume section (ASR)', 94, {
  chunkCount: [4, u32le],
  sectorsPerChunk: [8, u32le],
  sectorSize: [12, u32le],
  sectorCount: [16, u32le],
  mark: [85, ascii(5)],
});

export interface Volume extends Omit<ReturnType<typeof volumeLayout.decode>, 'setGuid'> {
  /** Undefined where the writer left it empty, or the layout has none. */
  readonly setGuid?: string;
  readonly isOld: boolean;
  /** The mark of SMART in the old layout. */
  readonly mark: string;
}

/** @throws Fault 'ewf/volume' when it is damaged, or says what no medium has. */
export async function volumeOf({ type, offset, bodyOffset, end }: Section, { source, number }: Segment): Promise<Volume> {
  const fault = (what: string): Fault =>
    new Fault(
      FaultKind.Corrupt,
      'ewf/volume',
      `the section "${type}" at byte ${offset} of segment ${number} ${what}; it is damaged`,
      {
        segment: number,
        offset,
      },
    );
  const room = end - bodyOffset;
  const isOld = room < volumeLayout.size;
  const { size } = isOld ? oldLayout : volumeLayout;
  if (room < size) throw fault(`has ${room} bytes`);
  const bytes = await source.read(bodyOffset, size);
  if (bytes.readUInt32LE(size - 4) !== adler32(bytes, 0, size - 4)) throw fault('does not match its checksum');
  const volume = isOld ? oldVolume(bytes) : newVolume(bytes);
  const { sectorsPerChunk, sectorSize } = volume;
  if (sectorsPerChunk < 1 || sectorsPerChunk > LONGEST_CHUNK_SECTORS) throw fault(`says ${sectorsPerChunk} sectors a chunk`);
  if (sectorSize < 128 || sectorSize > 65_536 || sectorsPerChunk * sectorSize > LARGEST_CHUNK)
    throw fault(`says sectors of ${sectorSize} bytes, ${sectorsPerChunk} a chunk`);
  if (volume.sectorCount > Number.MAX_SAFE_INTEGER / sectorSize) throw fault(`says ${volume.sectorCount} sectors`);
  return volume;
}

function newVolume(bytes: Buffer): Volume {
  const { setGuid, ...fields } = volumeLayout.decode(bytes);
  return { ...fields, ...(setGuid === NO_GUID ? {} : { setGuid }), isOld: false, mark: '' };
}

function oldVolume(bytes: Buffer): Volume {
  const none = { mediaType: 1, cylinders: 0, heads: 0, sectorsPerTrack: 0, flags: 0, compression: 0, errorGranularity: 0 };
  return { ...none, ...oldLayout.decode(bytes), isOld: true };
}
