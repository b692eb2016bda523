/** What an Apple II disk says of itself: its system, and the order in which the image has the sectors of a track. */
import { escaped } from '../../kernel/index.ts';
import type { ByteSource, MediaFacts } from '../media.ts';

/** 35 tracks of 16 sectors of 256 bytes. */
export const APPLE_DISK_SIZE = 143_360;

const SECTOR = 256;
const TRACK = 16 * SECTOR;
const VTOC_TRACK = 17;
/** Where a ProDOS volume has its directory (block 2): in ProDOS order, and in DOS order where its sectors are 11 and 10. */
const PRODOS_DIRECTORY = 0x400;
const PRODOS_DIRECTORY_IN_DOS_ORDER = 0xb00;

/** @param at where the disk begins. @returns undefined when neither DOS 3.3 nor ProDOS is there. */
export async function appleSystem(source: ByteSource, at: number, size: number): Promise<MediaFacts | undefined> {
  if (size < PRODOS_DIRECTORY + SECTOR || at + size > source.size) return undefined;
  const prodos = await directoryName(source, at + PRODOS_DIRECTORY);
  if (prodos !== undefined) return { system: 'ProDOS', sectorOrder: 'ProDOS', label: prodos };
  if (size < APPLE_DISK_SIZE) return undefined;
  const turned = await directoryName(source, at + PRODOS_DIRECTORY_IN_DOS_ORDER);
  if (turned !== undefined) return { system: 'ProDOS', sectorOrder: 'DOS 3.3', label: turned };
  const track = await source.read(at + VTOC_TRACK * TRACK, TRACK);
  const isDos = track[1] === VTOC_TRACK && track[3] === 3 && track[0x34] === 35 && track[0x35] === 16 && track[0x37] === 1;
  if (!isDos) return undefined;
  // Catalogue sector 15 is followed by 14, which ProDOS order has at place 1.
  const follows = (place: number): boolean => track[place * SECTOR + 1] === VTOC_TRACK && track[place * SECTOR + 2] === 13;
  const order = follows(14) ? 'DOS 3.3' : follows(1) ? 'ProDOS' : undefined;
  const volume = track[6] ?? 0;
  return { system: 'Apple DOS 3.3', volumeNumber: volume, ...(order === undefined ? {} : { sectorOrder: order }) };
}

/** The name of the volume, when a ProDOS volume directory begins at `at`. */
async function directoryName(source: ByteSource, at: number): Promise<string | undefined> {
  const block = await source.read(at, 48);
  const length = (block[4] ?? 0) & 0x0f;
  const isKeyBlock = block.readUInt16LE(0) === 0 && block.readUInt16LE(2) === 3 && ((block[4] ?? 0) & 0xf0) === 0xf0;
  const name = block.subarray(5, 5 + length).toString('latin1');
  if (!isKeyBlock || length === 0 || !/^[A-Z][A-Z0-9.]*$/.test(name) || block[0x23] !== 0x27) return undefined;
  return escaped(name);
}
