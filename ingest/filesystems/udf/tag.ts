/** The tag that every structure of UDF begins with: what it is, where it belongs, and checksums. */
import { Fault, FaultKind, layout, u16le, u32le, u8 } from '../../kernel/index.ts';
import { crcCcitt } from '../../media/index.ts';

/** ECMA-167 3/7.2 and 4/7.2 */
const tagLayout = layout('descriptor tag', 16, {
  id: [0, u16le],
  checksum: [4, u8],
  crc: [8, u16le],
  crcLength: [10, u16le],
  location: [12, u32le],
});

export const TAG_SIZE = tagLayout.size;

export const TagId = {
  SparingTable: 0,
  Primary: 1,
  Anchor: 2,
  Pointer: 3,
  Partition: 5,
  LogicalVolume: 6,
  Terminating: 8,
  Integrity: 9,
  FileSet: 256,
  FileIdentifier: 257,
  AllocationExtent: 258,
  IndirectEntry: 259,
  FileEntry: 261,
  ExtendedFileEntry: 266,
} as const;

export interface Tag {
  readonly id: number;
  readonly location: number;
  /** Of what follows the tag, so many bytes are covered by the CRC. */
  readonly crcLength: number;
  readonly isCrcRight: boolean;
}

/** Undefined when what stands there is no tag: its own checksum fails. @param bytes from the tag on, as far as the structure may go. */
export function tagOf(bytes: Buffer): Tag | undefined {
  if (bytes.length < TAG_SIZE) return undefined;
  let sum = 0;
  for (let index = 0; index < TAG_SIZE; index++) if (index !== 4) sum += bytes[index] ?? 0;
  const { id, checksum, crc, crcLength, location } = tagLayout.decode(bytes);
  if ((sum & 0xff) !== checksum || (id === 0 && crcLength === 0)) return undefined;
  const end = TAG_SIZE + crcLength;
  const isCrcRight = crcLength === 0 || (end <= bytes.length && crcCcitt(bytes.subarray(TAG_SIZE, end)) === crc);
  return { id, location, crcLength, isCrcRight };
}

export function crcFault(what: string, location: number): Fault {
  const message = `the checksum of the ${what} at block ${location} is wrong: it is damaged, and used as it stands`;
  return new Fault(FaultKind.Corrupt, 'udf/crc', message, { location });
}
