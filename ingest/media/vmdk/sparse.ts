/**
 * The hosted sparse extent (KDMV): monolithicSparse, twoGbMaxExtentSparse and streamOptimized.
 *
 * On disk: a header of one sector, usually an embedded descriptor, two copies of the grain directory with their tables, the
 * grains. A stream has directory and tables behind the grains, and a second header (footer) at its end says where.
 */
import { Fault, FaultKind, type Field, escaped, layout, raw, u16le, u32le, u64le, u8 } from '../../kernel/index.ts';
import type { ByteSource, MediaFacts } from '../media.ts';
import { MOST_SECTORS } from './descriptor.ts';
import { type DiskExtent, shortfall } from './disk-extent.ts';
import { GrainMap } from './grain-map.ts';
import { type GrainDirectory, grainDirectory, scannedDirectory } from './grain-directory.ts';
import { END_OF_STREAM, FOOTER, scanStream, streamMarker } from './stream.ts';

export const SPARSE_MARK = 'KDMV';
const NEWLINES = Buffer.from('\n \r\n', 'latin1');
const FLAG_NEWLINES = 1;
const FLAG_REDUNDANT = 2;
const FLAG_ZEROED = 4;
const FLAG_COMPRESSED = 0x1_0000;
const FLAG_MARKERS = 0x2_0000;
const AT_END = -1;
const SMALLEST_GRAIN = 8;
const LARGEST_GRAIN = 2 ** 21;
/** A packed grain is unpacked in memory. */
const LARGEST_PACKED_GRAIN = 2 ** 16;
const MOST_TABLE_ENTRIES = 512;

/** A number of sectors, or AT_END for all ones. */
const sectorOrEnd: Field<number> = {
  width: 8,
  decode: (bytes, at) => (bytes.readBigUInt64LE(at) === 0xffff_ffff_ffff_ffffn ? AT_END : u64le.decode(bytes, at)),
};

/** SparseExtentHeader of the Virtual Disk Format specification; numbers are sectors unless their name says otherwise. */
const header = layout('VMDK sparse header', 512, {
  mark: [0, raw(4)],
  version: [4, u32le],
  flags: [8, u32le],
  capacity: [12, u64le],
  grainSectors: [20, u64le],
  descriptorSector: [28, u64le],
  descriptorSectors: [36, u64le],
  tableEntryCount: [44, u32le],
  redundantSector: [48, sectorOrEnd],
  directorySector: [56, sectorOrEnd],
  overhead: [64, u64le],
  unclean: [72, u8],
  newlines: [73, raw(4)],
  compression: [77, u16le],
});

export type SparseHeader = ReturnType<typeof header.decode>;

/** @throws Fault for what is no such header, was transferred as text, or says what can't be. */
export async function sparseHeader(source: ByteSource, at = 0): Promise<SparseHeader> {
  const h = header.decode(await source.read(at, Math.min(header.size, source.size - at)));
  if (h.mark.toString('latin1') !== SPARSE_MARK)
    throw new Fault(FaultKind.Corrupt, 'vmdk/sparse-mark', 'the mark of a VMDK sparse extent (KDMV) is not there');
  if ((h.flags & FLAG_NEWLINES) !== 0 && !h.newlines.equals(NEWLINES)) {
    const message = `the line ends in the VMDK header were changed to ${h.newlines.toString('hex')}: the image was transferred in text mode and is spoilt; transfer it again in binary mode`;
    throw new Fault(FaultKind.Corrupt, 'vmdk/text-mode', message, { got: h.newlines.toString('hex'), expected: '0a200d0a' });
  }
  check(h);
  return h;
}

export interface SparseExtent extends DiskExtent {
  readonly header: SparseHeader;
}

export interface SparsePlace {
  readonly start: number;
  /** Of the extent's part of the medium; the header's capacity, unless told. */
  readonly size?: number;
  /** For warnings. */
  readonly name: string;
  /** Nothing says whether holes are zeros or the parent's. */
  readonly orphan?: boolean;
}

/** Maps the extent. @throws what sparseHeader throws; Fault when neither grain directory is of use. */
export async function openSparse(source: ByteSource, place: SparsePlace): Promise<SparseExtent> {
  const h = await sparseHeader(source);
  const { start, size = h.capacity * 512, name } = place;
  const warnings: Fault[] = [];
  if (h.unclean !== 0) {
    const message = `"${escaped(name)}" was not closed properly by the program that wrote it; the last changes may be missing`;
    warnings.push(new Fault(FaultKind.Corrupt, 'vmdk/unclean', message, { name }));
  }
  warnings.push(...shortfall(name, h.capacity, size));
  const { directory, knownSize } = await directoryOf(h, source, name, warnings);
  const isStream = (h.flags & FLAG_MARKERS) !== 0;
  const map = await new GrainMap({
    start,
    size,
    source,
    grainSize: h.grainSectors * 512,
    tableEntryCount: h.tableEntryCount,
    ...(h.compression === 1 ? { compressed: { markers: isStream } } : {}),
    hasTable: directory.hasTable,
    loadTable: directory.loadTable,
    knownSize: Math.min(size, h.capacity * 512, knownSize),
    hole: (place.orphan === true && !isStream) || directory.areHolesUnknown ? 'absent' : 'hole',
    warnings,
  }).check();
  return { header: h, start, size, warnings: map.warnings, map: (offset, length) => map.map(offset, length) };
}

export function sparseFacts({ header: h }: SparseExtent): MediaFacts {
  return {
    version: h.version,
    grainSize: h.grainSectors * 512,
    ...(h.compression === 1 ? { compression: 'deflate' } : {}),
  };
}

interface FoundDirectory {
  readonly directory: GrainDirectory;
  /** Bytes of the extent about which the directory tells. */
  readonly knownSize: number;
}

async function directoryOf(h: SparseHeader, source: ByteSource, name: string, warnings: Fault[]): Promise<FoundDirectory> {
  if (h.directorySector === AT_END) return streamDirectory(h, source, name, warnings);
  const primary = await directoryAt(h, source, h.directorySector);
  if (primary?.isWhole === true) return { directory: primary, knownSize: Infinity };
  const redundant =
    (h.flags & FLAG_REDUNDANT) !== 0 && h.redundantSector > 0 ? await directoryAt(h, source, h.redundantSector) : undefined;
  if (redundant !== undefined && (redundant.isWhole || primary === undefined)) {
    const message = `the grain directory of "${escaped(name)}" is damaged; its second copy is used`;
    warnings.push(new Fault(FaultKind.Corrupt, 'vmdk/directory-damaged', message, { name }));
    return { directory: redundant, knownSize: Infinity };
  }
  if (primary !== undefined) return { directory: primary, knownSize: Infinity };
  const message = `the grain directory of "${escaped(name)}" (sector ${h.directorySector}) is not in the file of ${source.size} bytes; the image is cut or damaged`;
  throw new Fault(FaultKind.Truncated, 'vmdk/directory-outside', message, { sector: h.directorySector, size: source.size });
}

function directoryAt(h: SparseHeader, source: ByteSource, sector: number): Promise<GrainDirectory | undefined> {
  const span = h.grainSectors * h.tableEntryCount;
  return grainDirectory({
    source,
    at: sector * 512,
    count: Math.ceil(h.capacity / span),
    tableEntryCount: h.tableEntryCount,
    zeroed: (h.flags & FLAG_ZEROED) !== 0,
    firstSector: Math.max(1, h.descriptorSector === 0 ? 1 : h.descriptorSector + h.descriptorSectors),
  });
}

/** By the footer; without one the stream was cut, and its grains tell where they belong. */
async function streamDirectory(h: SparseHeader, source: ByteSource, name: string, warnings: Fault[]): Promise<FoundDirectory> {
  const footer = await footerAt(h, source, source.size - 1024);
  if (footer !== undefined) return byFooter(footer, source);
  const scan = await scanStream(source, {
    from: h.overhead * 512,
    capacity: h.capacity,
    grainSectors: h.grainSectors,
    tableEntryCount: h.tableEntryCount,
  });
  const late = scan.footerAt === undefined ? undefined : await footerAt(h, source, scan.footerAt);
  if (late !== undefined) {
    const message = `"${escaped(name)}" goes on after the end of the stream; what follows is not looked at`;
    warnings.push(new Fault(FaultKind.Corrupt, 'vmdk/after-end', message, { name, size: source.size }));
    return byFooter(late, source);
  }
  const knownSize = scan.inOrder ? scan.knownSectors * 512 : Infinity;
  const message = `the end of the stream "${escaped(name)}" is missing: it was cut at byte ${scan.end}; ${scan.grainCount} grains were found by their markers, the rest of the disk is absent`;
  warnings.push(
    new Fault(FaultKind.Truncated, 'vmdk/stream-cut', message, { name, size: source.size, grainCount: scan.grainCount }),
  );
  return { directory: scannedDirectory(scan), knownSize };
}

async function byFooter(footer: SparseHeader, source: ByteSource): Promise<FoundDirectory> {
  const directory = footer.directorySector === AT_END ? undefined : await directoryAt(footer, source, footer.directorySector);
  if (directory !== undefined) return { directory, knownSize: Infinity };
  const message = `the footer of the VMDK stream puts the grain directory where it can't be (sector ${footer.directorySector}); the image is damaged`;
  throw new Fault(FaultKind.Corrupt, 'vmdk/footer-directory', message, { sector: footer.directorySector, size: source.size });
}

/** The footer at byte `at`, if it is one. @throws Fault when it contradicts the header. */
async function footerAt(h: SparseHeader, source: ByteSource, at: number): Promise<SparseHeader | undefined> {
  if (at < 1024 || at + 1024 > source.size) return undefined;
  const bytes = await source.read(at - 512, 1536);
  const before = streamMarker.decode(bytes.subarray(0, 512));
  const after = streamMarker.decode(bytes.subarray(1024));
  if (before.size !== 0 || before.type !== FOOTER || bytes.toString('latin1', 512, 516) !== SPARSE_MARK) return undefined;
  if (after.size !== 0 || after.type !== END_OF_STREAM) return undefined;
  const footer = await sparseHeader(source, at);
  for (const field of ['capacity', 'grainSectors', 'tableEntryCount', 'compression'] as const) {
    if (footer[field] === h[field]) continue;
    const message = `the footer of the VMDK stream says ${field} ${footer[field]}, the header ${h[field]}; one of them is damaged`;
    throw new Fault(FaultKind.Corrupt, 'vmdk/footer-differs', message, { field, footer: footer[field], header: h[field] });
  }
  return footer;
}

function check(h: SparseHeader): void {
  const facts = { version: h.version, capacity: h.capacity, grainSectors: h.grainSectors, tableEntryCount: h.tableEntryCount };
  const refuse = (kind: FaultKind, code: string, message: string): Fault => new Fault(kind, code, message, facts);
  if (h.version < 1 || h.version > 3)
    throw refuse(FaultKind.Unsupported, 'vmdk/version', `VMDK sparse version ${h.version} is not read, only 1 to 3`);
  if (h.capacity > MOST_SECTORS)
    throw refuse(FaultKind.Corrupt, 'vmdk/capacity-absurd', `the VMDK header says a disk of ${h.capacity} sectors`);
  const { grainSectors } = h;
  if (grainSectors < SMALLEST_GRAIN || grainSectors > LARGEST_GRAIN || !Number.isInteger(Math.log2(grainSectors))) {
    const message = `the VMDK header says grains of ${grainSectors} sectors; ${SMALLEST_GRAIN} to ${LARGEST_GRAIN}, a power of two, can be`;
    throw refuse(FaultKind.Corrupt, 'vmdk/grain-size', message);
  }
  if (h.tableEntryCount < 1 || h.tableEntryCount > MOST_TABLE_ENTRIES) {
    const message = `the VMDK header says ${h.tableEntryCount} entries in each grain table; 1 to ${MOST_TABLE_ENTRIES} can be`;
    throw refuse(FaultKind.Corrupt, 'vmdk/table-entries', message);
  }
  const isCompressed = (h.flags & FLAG_COMPRESSED) !== 0;
  if (h.compression > 1 || isCompressed !== (h.compression === 1)) {
    const message = `the VMDK header says compression ${h.compression} and flags ${h.flags.toString(16)}; none (0) and deflate (1) are read`;
    throw refuse(FaultKind.Unsupported, 'vmdk/compression', message);
  }
  if (isCompressed && grainSectors > LARGEST_PACKED_GRAIN) {
    const message = `the VMDK has compressed grains of ${grainSectors} sectors; up to ${LARGEST_PACKED_GRAIN} are read`;
    throw refuse(FaultKind.Unsupported, 'vmdk/packed-grain-size', message);
  }
}
