/** What the ISO 9660 volume of the first data track says of itself: its name, and whether the image can hold all of it. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { Media, MediaFacts } from '../media.ts';
import { USER_DATA } from './sectors.ts';

const PRIMARY_AT = 16 * USER_DATA; // ECMA-119 §6.7.1

/** @param start of the data track in the medium, in bytes. A sector that can't be read is a warning. */
export async function volumeOf(media: Media, start: number): Promise<{ facts: MediaFacts; warnings: Fault[] }> {
  const at = start + PRIMARY_AT;
  if (at + USER_DATA > media.size) return { facts: {}, warnings: [] };
  let primary: Buffer;
  try {
    primary = await media.read(at, USER_DATA);
  } catch (error) {
    if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return { facts: {}, warnings: [error] };
    throw error;
  }
  if (primary.toString('latin1', 0, 7) !== '\x01CD001\x01') return { facts: {}, warnings: [] };
  const volumeId = primary.toString('latin1', 40, 72).replace(/[ \0]+$/, '');
  const facts = volumeId === '' ? {} : { volumeId: escaped(Buffer.from(volumeId, 'latin1')) };
  const blocks = primary.readUInt32LE(80);
  const there = (media.size - start) / USER_DATA;
  // A later session may count from the beginning of the disc.
  if (start > 0 || blocks <= there) return { facts, warnings: [] };
  const message = `the volume says ${blocks} blocks; from where it begins the image has ${there}: it is cut, or a track is missing`;
  return { facts, warnings: [new Fault(FaultKind.Truncated, 'optical/volume-cut', message, { blocks, there })] };
}
