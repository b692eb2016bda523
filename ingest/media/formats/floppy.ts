/**
 * Sector image of a floppy: the sectors in order, nothing around them. The medium is the container's bytes.
 *
 * Told by the size table, and by the BIOS parameter block (BPB) of a DOS disk where that is sane.
 * Not read: containers (MSA, IMD, TD0 …) and flux; identify names them.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { type FloppyGeometry, LARGEST_FLOPPY, geometriesOf } from '../floppy-geometry.ts';
import { APPLE_DISK_SIZE, appleSystem } from '../floppy/apple2.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';
import { wholeMedia } from '../whole-media.ts';

/** BIOS parameter block of DOS 2 and later, u16le unless said (Microsoft FAT specification). */
interface Bpb {
  readonly bytesPerSector: number;
  readonly reservedSectors: number;
  readonly fats: number;
  readonly rootEntries: number;
  readonly totalSectors: number;
  readonly sectorsPerFat: number;
  readonly sectorsPerTrack: number;
  readonly heads: number;
}

const APPLE_800K = 819_200;
const BOOT_SECTOR_SIZE = 512;
const DIRECTORY_ENTRY_SIZE = 32;
const VOLUME_LABEL = 0x08; // attribute of the root entry that carries the label
const LONG_NAME = 0x0f;

/** First bytes of FAT 1 on disks with no BPB (DOS 1.x): media byte, then FF FF. */
const MEDIA_BYTES: Readonly<Record<number, number>> = { 163_840: 0xfe, 184_320: 0xfc, 327_680: 0xff, 368_640: 0xfd };

export const format: MediaFormat = {
  id: 'floppy',
  title: 'Floppy disk sector image',
  isWhole: true,
  sources: ['Microsoft FAT specification 1.03', 'PRONOM fmt/1087, fmt/1361, fmt/1105'],

  async probe(container) {
    const { size } = container;
    if (size < BOOT_SECTOR_SIZE || size > LARGEST_FLOPPY + LARGEST_FLOPPY / 2) return Confidence.No;
    const known = geometriesOf(size).length > 0;
    const bpb = await readBpb(container);
    if (bpb !== undefined) return sizeOf(bpb) === size && known ? Confidence.Fits : Confidence.Likely;
    if (!known) return Confidence.No;
    const isTold = (await systemOf(container)) !== undefined || (await appleOf(container)) !== undefined;
    return isTold ? Confidence.Fits : Confidence.Size;
  },

  async open(container) {
    const bpb = await readBpb(container);
    const warnings: Fault[] = [];
    const facts: Record<string, string | number> = {};
    const candidates = geometriesOf(bpb === undefined ? container.size : sizeOf(bpb));
    const system = await systemOf(container);
    const geometry = chosen(bpb, candidates, system);
    if (geometry === undefined) {
      facts['geometry'] = `one of: ${candidates.map(inWords).join('; ')}`;
    } else {
      const { cylinders, heads, sectorsPerTrack, bytesPerSector, likely } = geometry;
      Object.assign(facts, { cylinders, heads, bytesPerSector, likely });
      if (sectorsPerTrack > 0) facts['sectorsPerTrack'] = sectorsPerTrack;
    }
    if (system !== undefined) facts['system'] = system;
    else Object.assign(facts, await appleOf(container));
    const label = bpb === undefined ? '' : await dosLabel(container, bpb);
    if (label !== '') facts['label'] = label;
    if (bpb !== undefined && sizeOf(bpb) !== container.size) warnings.push(sizesDiffer(container.size, bpb));
    const sectorSize = geometry?.bytesPerSector ?? candidates[0]?.bytesPerSector ?? BOOT_SECTOR_SIZE;
    return wholeMedia(container, { format: 'floppy', sectorSize, facts, warnings });
  },
};

function sizeOf(bpb: Bpb): number {
  return bpb.totalSectors * bpb.bytesPerSector;
}

/** The BPB, when every field of it can be true on a floppy. */
async function readBpb(container: ByteSource): Promise<Bpb | undefined> {
  if (container.size < BOOT_SECTOR_SIZE) return undefined;
  const boot = await container.read(0, BOOT_SECTOR_SIZE);
  const bpb: Bpb = {
    bytesPerSector: boot.readUInt16LE(11),
    reservedSectors: boot.readUInt16LE(14),
    fats: boot.readUInt8(16),
    rootEntries: boot.readUInt16LE(17),
    totalSectors: boot.readUInt16LE(19),
    sectorsPerFat: boot.readUInt16LE(22),
    sectorsPerTrack: boot.readUInt16LE(24),
    heads: boot.readUInt16LE(26),
  };
  const perCluster = boot.readUInt8(13);
  const sane =
    [128, 256, 512, 1024].includes(bpb.bytesPerSector) &&
    [1, 2, 4, 8, 16].includes(perCluster) &&
    bpb.reservedSectors >= 1 &&
    (bpb.fats === 1 || bpb.fats === 2) &&
    bpb.rootEntries > 0 &&
    bpb.sectorsPerFat > 0 &&
    bpb.sectorsPerTrack >= 1 &&
    bpb.sectorsPerTrack <= 63 &&
    (bpb.heads === 1 || bpb.heads === 2) &&
    bpb.totalSectors % (bpb.sectorsPerTrack * bpb.heads) === 0 &&
    dataStart(bpb) < sizeOf(bpb) &&
    sizeOf(bpb) <= LARGEST_FLOPPY;
  return sane ? bpb : undefined;
}

function rootStart(bpb: Bpb): number {
  return (bpb.reservedSectors + bpb.fats * bpb.sectorsPerFat) * bpb.bytesPerSector;
}

function dataStart(bpb: Bpb): number {
  return rootStart(bpb) + bpb.rootEntries * DIRECTORY_ENTRY_SIZE;
}

/** What made the disk, where one look at a fixed place tells. */
async function systemOf(container: ByteSource): Promise<string | undefined> {
  if (container.size < 2 * BOOT_SECTOR_SIZE + 4) return undefined;
  const head = await container.read(0, 2 * BOOT_SECTOR_SIZE + 4);
  const amiga = head.toString('latin1', 0, 3) === 'DOS' && (head[3] ?? 0xff) <= 7;
  if (amiga && container.size % 901_120 === 0) return 'Amiga';
  const mark = head.readUInt16BE(1024);
  if (mark === 0x4244) return 'Macintosh HFS';
  if (mark === 0xd2d7) return 'Macintosh MFS';
  const mediaByte = MEDIA_BYTES[container.size];
  if (mediaByte !== undefined && head[512] === mediaByte && head[513] === 0xff && head[514] === 0xff) return 'DOS 1';
  return undefined;
}

/** DOS 3.3 and ProDOS, and the order of the sectors (`.do` or `.po`). */
function appleOf(container: ByteSource): Promise<MediaFacts | undefined> {
  const isApple = container.size === APPLE_DISK_SIZE || container.size === APPLE_800K;
  return isApple ? appleSystem(container, 0, container.size) : Promise.resolve(undefined);
}

/** The one geometry that all evidence speaks for; none when the size alone allows several. */
function chosen(
  bpb: Bpb | undefined,
  candidates: readonly FloppyGeometry[],
  system: string | undefined,
): FloppyGeometry | undefined {
  if (bpb !== undefined) {
    const { heads, sectorsPerTrack, bytesPerSector } = bpb;
    const cylinders = bpb.totalSectors / (heads * sectorsPerTrack);
    const likely = candidates.find((g) => g.sectorsPerTrack === sectorsPerTrack && g.heads === heads)?.likely;
    return { cylinders, heads, sectorsPerTrack, bytesPerSector, likely: likely ?? 'DOS disk' };
  }
  if (system === 'DOS 1') return candidates[0];
  if (system?.startsWith('Macintosh') === true) return candidates.find((g) => g.likely.startsWith('Macintosh')) ?? candidates[0];
  return candidates.length === 1 ? candidates[0] : undefined;
}

function inWords(g: FloppyGeometry): string {
  return `${g.likely} (${g.cylinders}×${g.heads}×${g.sectorsPerTrack === 0 ? 'zones' : g.sectorsPerTrack}×${g.bytesPerSector})`;
}

/** The label in the root directory; it is what DOS shows, while the boot sector's copy is often left "NO NAME". */
async function dosLabel(container: ByteSource, bpb: Bpb): Promise<string> {
  const length = Math.min(bpb.rootEntries * DIRECTORY_ENTRY_SIZE, Math.max(0, container.size - rootStart(bpb)));
  if (length === 0) return '';
  const root = await container.read(rootStart(bpb), length);
  for (let at = 0; at + DIRECTORY_ENTRY_SIZE <= length && root[at] !== 0; at += DIRECTORY_ENTRY_SIZE) {
    const attributes = root[at + 11] ?? 0;
    if (root[at] === 0xe5 || attributes === LONG_NAME || (attributes & VOLUME_LABEL) === 0) continue;
    return escaped(root.subarray(at, at + 11)).trimEnd();
  }
  return '';
}

function sizesDiffer(size: number, bpb: Bpb): Fault {
  const facts = { size, declaredSize: sizeOf(bpb) };
  const says = `the boot sector says ${bpb.totalSectors} sectors of ${bpb.bytesPerSector} bytes, ${facts.declaredSize} bytes`;
  if (size < facts.declaredSize) {
    return new Fault(
      FaultKind.Truncated,
      'floppy/cut',
      `${says}; the image has ${size}: the end of the disk is not there`,
      facts,
    );
  }
  return new Fault(FaultKind.Corrupt, 'floppy/longer', `${says}; the image has ${size}: more than the disk`, facts);
}
