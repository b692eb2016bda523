/**
 * Virtual PC and Hyper-V virtual disk (VHD): fixed, dynamic and differencing.
 *
 * On disk: fixed is the disk and a footer of 512 bytes. Dynamic and differencing are a copy of the footer, a header, a table of
 * u32be (one per block), the blocks, each after a bitmap of its sectors, and the footer. Numbers are big-endian.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import { Confidence, type MediaFacts, type MediaFormat } from '../media.ts';
import { firstBytes } from '../source-views.ts';
import { FIXED, type Footer, findFooter, hasFooter } from '../vhd/footer.ts';
import { parentNames, parentOf } from '../vhd/parent-of.ts';
import { SparseBlocks, sparseHeader } from '../vhd/sparse.ts';

const DIFFERENCING = 4;
const LARGEST = 2040 * 2 ** 30;
const SECTOR = 512;
const SINCE_2000_MS = 946_684_800_000;
const NIL = '00000000-0000-0000-0000-000000000000';

const TYPES: Readonly<Record<number, string>> = { 2: 'fixed', 3: 'dynamic', 4: 'differencing' };
/** Programs whose guests saw the size that the geometry gives, not the current size. */
const BY_GEOMETRY = new Set(['vpc ', 'qemu']);

export const format: MediaFormat = {
  id: 'vhd',
  title: 'Virtual PC virtual disk (VHD)',
  sources: ['Microsoft Virtual Hard Disk Image Format Specification 1.0', 'QEMU block/vpc.c', 'libvhdi'],

  async probe(container) {
    return (await hasFooter(container)) ? Confidence.Certain : Confidence.No;
  },

  async open(container, companions) {
    const { footer, end, warnings } = await findFooter(container);
    check(footer);
    const { size } = footer;
    const body = firstBytes(container, end);
    if (footer.type === FIXED) {
      const warning = lengthWarning(footer, end);
      return mappedMedia({
        format: 'vhd',
        size,
        sectorSize: SECTOR,
        facts: factsOf(footer),
        warnings: [...warnings, ...warning],
        map: (offset, length) => Promise.resolve([{ kind: 'stored', offset, length, source: body, at: offset }]),
      });
    }

    const header = await sparseHeader(body, footer.headerOffsetHigh * 0x1_0000_0000 + footer.headerOffsetLow, size);
    const blocks = new SparseBlocks(body, size, header);
    const { stored, warnings: damage } = await blocks.check();
    const names = footer.type === DIFFERENCING ? await parentNames(body, header) : [];
    if (footer.type === DIFFERENCING && header.parentUuid === footer.uuid) {
      const message = `the VHD image names itself (${footer.uuid}) as its parent; its header is damaged or forged`;
      throw new Fault(FaultKind.Corrupt, 'vhd/parent-is-itself', message, { parentUuid: header.parentUuid });
    }
    const parent = footer.type === DIFFERENCING ? await parentOf(header, names, companions) : undefined;
    return mappedMedia({
      format: 'vhd',
      size,
      sectorSize: SECTOR,
      facts: {
        ...factsOf(footer),
        blockSize: header.blockSize,
        allocatedBlocks: stored,
        ...(parent === undefined ? {} : { parentUuid: header.parentUuid }),
        ...(names.length === 0 ? {} : { parentNames: names }),
      },
      parts: parent === undefined ? [] : [parent.name, ...parent.media.parts],
      warnings: [...warnings, ...header.warnings, ...damage, ...(parent?.warnings ?? [])],
      map: (offset, length) => blocks.map(offset, length, parent?.media),
      owned: parent === undefined ? [] : [parent.media],
    });
  },
};

function check({ type, version, size }: Footer): void {
  const facts = { type, version, size };
  if (version >>> 16 !== 1) {
    const message = `a VHD image of version ${version >>> 16} is not read, only 1`;
    throw new Fault(FaultKind.Unsupported, 'vhd/version', message, facts);
  }
  if (TYPES[type] === undefined) {
    const message = `the VHD image is of type ${type}; fixed (2), dynamic (3) and differencing (4) ones are read`;
    throw new Fault(FaultKind.Unsupported, 'vhd/type', message, facts);
  }
  if (size > LARGEST) {
    const message = `the VHD footer says a disk of ${size} bytes; ${LARGEST} (2040 GiB) is the largest`;
    throw new Fault(FaultKind.Corrupt, 'vhd/size', message, facts);
  }
}

/** A fixed image holds its disk and nothing else. */
function lengthWarning({ size }: Footer, end: number): Fault[] {
  const facts = { size, found: end };
  if (size > end) {
    const message = `the VHD footer says a disk of ${size} bytes, and the file holds ${end} of them; the others can't be read`;
    return [new Fault(FaultKind.Truncated, 'vhd/data-short', message, facts)];
  }
  if (size < end) {
    const message = `the VHD footer says a disk of ${size} bytes, and ${end} lie before it; what is more is not part of the disk`;
    return [new Fault(FaultKind.Corrupt, 'vhd/data-long', message, facts)];
  }
  return [];
}

function factsOf(footer: Footer): MediaFacts {
  const { creator, creatorVersion, creatorSystem, time, cylinders, heads, sectorsPerTrack, size, originalSize, uuid } = footer;
  const geometrySize = cylinders * heads * sectorsPerTrack * SECTOR;
  const isLargest = cylinders === 65_535 && heads === 16 && sectorsPerTrack === 255;
  const seen = BY_GEOMETRY.has(creator) && !isLargest && geometrySize !== size;
  const texts = { creator: escaped(creator).trim(), creatorSystem: escaped(creatorSystem).trim() };
  return {
    subformat: TYPES[footer.type] ?? '',
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
    creatorVersion: `${creatorVersion >>> 16}.${creatorVersion & 0xffff}`,
    ...(time === 0 ? {} : { createdAt: new Date(SINCE_2000_MS + time * 1000).toISOString().replace('.000', '') }),
    currentSize: size,
    originalSize,
    ...(seen ? { geometrySize } : {}),
    ...(cylinders === 0 ? {} : { cylinders, heads, sectorsPerTrack }),
    ...(uuid === NIL ? {} : { uuid }),
    savedState: footer.savedState === 0 ? 'no' : 'yes',
    temporary: (footer.features & 1) === 0 ? 'no' : 'yes',
  };
}
