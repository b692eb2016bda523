/** El Torito: the boot images of a disc, which need not be files of it. */
import { Fault, FaultKind, layout, raw, u16le, u32le, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { RunList } from '../content.ts';
import { type DataStream, StreamKind } from '../filesystems.ts';
import { SECTOR } from './record.ts';

/** El Torito 1.0, figures 2 to 5: entries of 32 bytes, told by their first. */
const ENTRY_SIZE = 32;
const validation = layout('validation entry', ENTRY_SIZE, {
  id: [0, u8],
  platform: [1, u8],
  maker: [4, raw(24)],
  key: [30, u16le],
});
const image = layout('boot entry', ENTRY_SIZE, { id: [0, u8], media: [1, u8], sectorCount: [6, u16le], block: [8, u32le] });
const section = layout('section header', ENTRY_SIZE, { id: [0, u8], platform: [1, u8], entryCount: [2, u16le] });
const Id = { Validation: 0x01, Bootable: 0x88, Passive: 0x00, Section: 0x90, LastSection: 0x91, Extension: 0x44 } as const;

/** By the low four bits of the media type; floppies have their size from their kind. */
const MEDIA: readonly (readonly [word: string, size: number | undefined])[] = [
  ['NoEmul', undefined],
  ['1.2M', 1_228_800],
  ['1.44M', 1_474_560],
  ['2.88M', 2_949_120],
  ['HardDisk', undefined],
];
const PLATFORMS: ReadonlyMap<number, string> = new Map([
  [0x00, 'x86'],
  [0x01, 'PowerPC'],
  [0x02, 'Macintosh'],
  [0xef, 'EFI'],
]);

export interface BootImage {
  /** In bytes of the volume: of its row in the catalogue. */
  readonly at: number;
  /** `Boot-NoEmul.img`, or `2-Boot-NoEmul.img` where the catalogue has several; as 7-Zip calls them. */
  readonly name: string;
  readonly platform: string;
  readonly isBootable: boolean;
  /** Where it begins, in bytes of the volume. */
  readonly offset: number;
  readonly size: number;
  /** The catalogue tells what is loaded, not how long the image is. */
  readonly isSizeGuessed: boolean;
}

export interface BootCatalog {
  readonly images: readonly BootImage[];
  readonly fault: Fault | undefined;
}

/** @param startSector of the session; blocks are counted from the beginning of the disc. */
export async function readCatalog(volume: ByteSource, catalogBlock: number, baseBlock: number): Promise<BootCatalog> {
  const at = (catalogBlock - baseBlock) * SECTOR;
  if (at < 0 || at + SECTOR > volume.size) return { images: [], fault: badCatalog(catalogBlock, 'is not in the image') };
  const bytes = await volume.read(at, SECTOR);
  const { id, platform, key } = validation.decode(bytes);
  if (id !== Id.Validation || key !== 0xaa55 || sumOf(bytes.subarray(0, ENTRY_SIZE)) !== 0)
    return { images: [], fault: badCatalog(catalogBlock, 'does not begin as one') };
  const rows: { row: number; platform: number }[] = [{ row: ENTRY_SIZE, platform }];
  for (let row = 2 * ENTRY_SIZE; row < SECTOR; ) {
    const header = section.decode(bytes.subarray(row));
    if (header.id !== Id.Section && header.id !== Id.LastSection) break;
    row += ENTRY_SIZE;
    for (let count = 0; count < header.entryCount && row < SECTOR; row += ENTRY_SIZE)
      if (bytes[row] !== Id.Extension) {
        rows.push({ row, platform: header.platform });
        count++;
      }
    if (header.id === Id.LastSection) break;
  }
  const images: BootImage[] = [];
  for (const { row, platform } of rows) {
    const found = await imageOf(volume, bytes.subarray(row, row + ENTRY_SIZE), at + row, platform, baseBlock);
    if (found !== undefined) images.push(found);
  }
  const isOne = images.length === 1;
  return { images: images.map((one, index) => (isOne ? one : { ...one, name: `${index + 1}-${one.name}` })), fault: undefined };
}

async function imageOf(
  volume: ByteSource,
  row: Buffer,
  at: number,
  platform: number,
  baseBlock: number,
): Promise<BootImage | undefined> {
  const { id, media, sectorCount, block } = image.decode(row);
  if ((id !== Id.Bootable && id !== Id.Passive) || block === 0) return undefined;
  const [word, fixed] = MEDIA[media & 15] ?? ['Unknown', undefined];
  const offset = (block - baseBlock) * SECTOR;
  const size = fixed ?? (word === 'HardDisk' ? await diskSize(volume, offset) : undefined);
  return {
    at,
    name: `Boot-${word}.img`,
    platform: PLATFORMS.get(platform) ?? `0x${platform.toString(16)}`,
    isBootable: id === Id.Bootable,
    offset,
    size: size ?? Math.max(1, sectorCount) * 512,
    isSizeGuessed: size === undefined,
  };
}

/** A hard disk ends with its last partition. */
async function diskSize(volume: ByteSource, offset: number): Promise<number | undefined> {
  if (offset < 0 || offset + 512 > volume.size) return undefined;
  const record = await volume.read(offset, 512);
  if (record.readUInt16LE(510) !== 0xaa55) return undefined;
  const ends = [446, 462, 478, 494].map((at) => record.readUInt32LE(at + 8) + record.readUInt32LE(at + 12));
  const size = Math.max(...ends) * 512;
  return size > 0 && size <= volume.size - offset ? size : undefined;
}

export function bootStream(volume: ByteSource, { offset, size, isSizeGuessed }: BootImage): DataStream {
  return {
    kind: StreamKind.Data,
    name: '',
    size,
    runs() {
      const list = new RunList(volume, size);
      if (offset >= 0) list.stored(offset, size);
      return Promise.resolve(list.done());
    },
    ...(isSizeGuessed
      ? { doubt: 'the boot catalogue tells how much is loaded at the start; the image itself may be longer' }
      : {}),
  };
}

/** Words of the validation entry add up to 0. */
function sumOf(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16LE(at);
  return sum & 0xffff;
}

function badCatalog(block: number, what: string): Fault {
  const message = `the boot catalogue at block ${block} ${what}: its boot images are not listed`;
  return new Fault(FaultKind.Corrupt, 'iso9660/boot-catalog', message, { block });
}
