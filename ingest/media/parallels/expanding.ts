/**
 * The expanding image of Parallels (`.hdd`, `.hds`): a header, the block allocation table, clusters.
 *
 * It does not say whether a cluster that is not there is a parent's: that is known to the bundle's descriptor alone.
 */
import { createHash } from 'node:crypto';
import { Fault, FaultKind, escaped, layout, raw, u32le, u64le } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { type DiskExtent, type ExtentRun, append, brokenSource } from '../vmdk/disk-extent.ts';

export const OLD_MARK = 'WithoutFreeSpace';
export const NEW_MARK = 'WithouFreSpacExt';
const VERSION = 2;
const IN_USE = 0x746f6e59;
const FLAG_EMPTY = 1;
const EXTENSION_MARK = Buffer.from('87eadc23ef4c23ab', 'hex');
/** 16 million clusters. */
const LARGEST_TABLE = 64 * 1024 * 1024;
/** Tables longer than this are not looked through for clusters that two entries name. */
const MOST_SORTED = 2 ** 21;
const MOST_SECTORS = 2 ** 44;
const LARGEST_CLUSTER = 2 ** 21;
const RUNS_AT_ONCE = 4096;

/** From QEMU docs/interop/parallels; numbers are sectors unless their name says otherwise. */
const header = layout('Parallels header', 64, {
  mark: [0, raw(16)],
  version: [16, u32le],
  heads: [20, u32le],
  cylinders: [24, u32le],
  clusterSectors: [28, u32le], // tracks
  entryCount: [32, u32le],
  sectors: [36, u64le],
  sectorsLow: [36, u32le],
  inUse: [44, u32le],
  dataSector: [48, u32le],
  flags: [52, u32le],
  extensionSector: [56, u64le],
});

export interface ExpandingImage extends DiskExtent {
  /** Of its own header; the part of the medium may be longer or shorter. */
  readonly sectorCount: number;
  readonly clusterSize: number;
  readonly cylinders: number;
  readonly heads: number;
  readonly subformat: string;
}

export function isExpanding(head: Buffer): boolean {
  return [OLD_MARK, NEW_MARK].includes(head.toString('latin1', 0, 16));
}

/**
 * @param place of the image in the medium; as large as its header says, unless told. What a root is too short for is absent.
 * @throws Fault for what can't be.
 */
export async function openExpanding(
  source: ByteSource,
  name: string,
  place: { readonly start: number; readonly size?: number; readonly isRoot?: boolean } = { start: 0 },
): Promise<ExpandingImage> {
  const h = header.decode(await source.read(0, Math.min(header.size, source.size)));
  const isNew = h.mark.toString('latin1') === NEW_MARK;
  const sectors = isNew ? h.sectors : h.sectorsLow;
  check(h, sectors, source.size);
  const table = await source.read(header.size, h.entryCount * 4);
  const { start, size = sectors * 512, isRoot = true } = place;
  const clusterSize = h.clusterSectors * 512;
  const unit = isNew ? clusterSize : 512;
  const first = Math.max(h.dataSector * 512, header.size + table.length);
  const damage = new Fault(
    FaultKind.Corrupt,
    'parallels/cluster-place',
    'the block table of the Parallels image leads into its own header; it is damaged',
  );
  const broken = brokenSource(damage);
  const ownSize = Math.min(size, sectors * 512);

  return {
    start,
    size,
    sectorCount: sectors,
    clusterSize,
    cylinders: h.cylinders,
    heads: h.heads,
    subformat: isNew ? 'expanding (WithouFreSpacExt)' : 'expanding (WithoutFreeSpace)',
    warnings: [
      ...headerWarnings(h, name),
      ...tableWarnings({ table, unit, first, ownSize, clusterSize, fileSize: source.size }),
      ...(await extensionWarnings(h, source, clusterSize)),
    ],
    map(offset, length) {
      const runs: ExtentRun[] = [];
      const end = offset + length;
      const ownEnd = Math.min(end, start + ownSize);
      let at = offset;
      while (at < ownEnd && runs.length < RUNS_AT_ONCE) {
        const index = Math.floor((at - start) / clusterSize);
        const clusterStart = start + index * clusterSize;
        const piece = { offset: at, length: Math.min(ownEnd, clusterStart + clusterSize) - at };
        const place = table.readUInt32LE(index * 4) * unit;
        if (place === 0) append(runs, { kind: 'hole', ...piece });
        else if (place < first) append(runs, { kind: 'stored', ...piece, source: broken, at: at - start });
        else append(runs, { kind: 'stored', ...piece, source, at: place + (at - clusterStart) });
        at += piece.length;
      }
      if (at >= ownEnd && at < end) append(runs, { kind: isRoot ? 'absent' : 'hole', offset: at, length: end - at });
      return Promise.resolve(runs);
    },
  };
}

type Header = ReturnType<typeof header.decode>;

function check(h: Header, sectors: number, size: number): void {
  const facts = { version: h.version, clusterSectors: h.clusterSectors, entryCount: h.entryCount, sectors, size };
  if (!isExpanding(h.mark)) throw new Fault(FaultKind.Corrupt, 'parallels/mark', 'the mark of a Parallels image is not there');
  if (h.version !== VERSION)
    throw new Fault(FaultKind.Unsupported, 'parallels/version', `Parallels version ${h.version} is not read, only 2`, facts);
  if (h.clusterSectors === 0 || h.clusterSectors > LARGEST_CLUSTER || sectors > MOST_SECTORS) {
    const message = `the Parallels header says clusters of ${h.clusterSectors} sectors and a disk of ${sectors}`;
    throw new Fault(FaultKind.Corrupt, 'parallels/cluster-size', message, facts);
  }
  if (h.entryCount < Math.ceil(sectors / h.clusterSectors) || h.entryCount * 4 > LARGEST_TABLE) {
    const message = `the Parallels header says ${h.entryCount} clusters of ${h.clusterSectors} sectors for a disk of ${sectors}`;
    throw new Fault(FaultKind.Corrupt, 'parallels/table-size', message, facts);
  }
  if (header.size + h.entryCount * 4 > size) {
    const message = `the block table of the Parallels image (${h.entryCount} entries) is not in the file of ${size} bytes; the image is cut`;
    throw new Fault(FaultKind.Truncated, 'parallels/table-outside', message, facts);
  }
}

function headerWarnings(h: Header, name: string): Fault[] {
  const faults: Fault[] = [];
  if (h.inUse === IN_USE) {
    const message = `"${escaped(name)}" was not closed properly by the program that wrote it; the last changes may be missing`;
    faults.push(new Fault(FaultKind.Corrupt, 'parallels/in-use', message, { name }));
  }
  if ((h.flags & FLAG_EMPTY) !== 0) {
    const message = `the header of "${escaped(name)}" says that the image is empty; what its block table names is read all the same`;
    faults.push(new Fault(FaultKind.Corrupt, 'parallels/said-empty', message, { name }));
  }
  return faults;
}

interface TableCheck {
  readonly table: Buffer;
  readonly unit: number;
  readonly first: number;
  readonly ownSize: number;
  readonly clusterSize: number;
  readonly fileSize: number;
}

/** Damage in the table spoils clusters, not the disk: told now, and refused when they are read. */
function tableWarnings({ table, unit, first, ownSize, clusterSize, fileSize }: TableCheck): Fault[] {
  const count = Math.ceil(ownSize / clusterSize);
  const entries = new Uint32Array(count);
  let outside = 0;
  let misplaced = 0;
  for (let index = 0; index < count; index++) {
    const entry = table.readUInt32LE(index * 4);
    entries[index] = entry;
    if (entry === 0) continue;
    if (entry * unit < first) misplaced++;
    if (entry * unit + Math.min(clusterSize, ownSize - index * clusterSize) > fileSize) outside++;
  }
  let shared = 0;
  if (count <= MOST_SORTED) {
    entries.sort();
    for (let i = 1; i < count; i++) if (entries[i] !== 0 && entries[i] === entries[i - 1]) shared++;
  }
  const faults: Fault[] = [];
  const tell = (kind: FaultKind, code: string, number: number, message: string): void => {
    if (number > 0) faults.push(new Fault(kind, code, `${number} of ${count} clusters ${message}`, { count: number, fileSize }));
  };
  const cut = `lie past the end of the file (${fileSize} bytes); the image is cut, and they can't be read`;
  tell(FaultKind.Truncated, 'parallels/clusters-outside', outside, cut);
  tell(FaultKind.Corrupt, 'parallels/clusters-misplaced', misplaced, "lie in the header by the block table; they can't be read");
  tell(FaultKind.Corrupt, 'parallels/clusters-shared', shared, 'are named by two entries of the block table; it is damaged');
  return faults;
}

/** The extension holds nothing of the disk (change tracking); its own checksum tells damage nearby. */
async function extensionWarnings(h: Header, source: ByteSource, clusterSize: number): Promise<Fault[]> {
  const at = h.extensionSector * 512;
  if (at === 0 || h.extensionSector > MOST_SECTORS || at + clusterSize > source.size || clusterSize > LARGEST_TABLE) return [];
  const bytes = await source.read(at, clusterSize);
  if (!bytes.subarray(0, 8).equals(EXTENSION_MARK)) return [];
  const got = createHash('md5').update(bytes.subarray(24)).digest('hex');
  const expected = bytes.toString('hex', 8, 24);
  if (got === expected) return [];
  const message = `the MD5 of the Parallels extension is ${got}, the image says ${expected}; the extension is damaged, the disk need not be`;
  return [new Fault(FaultKind.Corrupt, 'parallels/extension-checksum', message, { got, expected })];
}
