/**
 * VirtualBox disk image (VDI): dynamic, fixed and differencing.
 *
 * On disk: a header of 512 bytes, a map of u32le (one per block), then the blocks in the order in which they were first written.
 * Not read: undo images (type 3) and headers of version 0.
 */
import { Fault, FaultKind, ascii, escaped, guid, layout, raw, u32le, u64le } from '../../kernel/index.ts';
import { BlockPlaces } from '../block-places.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, type Companions, Confidence, type MediaFormat } from '../media.ts';
import { PagedTable } from '../paged-table.ts';
import { type Parent, below, openParent } from '../parent.ts';
import { type Run, pushRun } from '../runs.ts';

const SIGNATURE = 0xbeda107f;
const VERSION = 0x00010001;
const BLOCK_FREE = 0xffffffff; // never written: zeros, or the parent's
const BLOCK_ZERO = 0xfffffffe; // written, then discarded: zeros
const LARGEST_BLOCK = 64 * 1024 * 1024;
const NIL = '00000000-0000-0000-0000-000000000000';
const RUNS_AT_ONCE = 4096;

const TYPES: Readonly<Record<number, string>> = { 1: 'dynamic', 2: 'fixed', 4: 'differencing' };

/** VDIPREHEADER and VDIHEADER1PLUS, from VBox/Storage/VDICore.h; sizes in bytes. */
const header = layout('VDI header', 0x200, {
  text: [0x000, ascii(64)],
  signature: [0x040, u32le],
  version: [0x044, u32le],
  type: [0x04c, u32le],
  description: [0x054, ascii(256)],
  mapOffset: [0x154, u32le],
  dataOffset: [0x158, u32le],
  cylinders: [0x15c, u32le],
  heads: [0x160, u32le],
  sectorsPerTrack: [0x164, u32le],
  sectorSize: [0x168, u32le],
  diskSize: [0x170, u64le],
  blockSize: [0x178, u32le],
  blockExtra: [0x17c, u32le],
  blockCount: [0x180, u32le],
  allocatedCount: [0x184, u32le],
  uuid: [0x188, guid],
  modification: [0x198, guid], // uuidModify
  parentUuid: [0x1a8, guid], // uuidLinkage
  parentModification: [0x1b8, guid], // uuidParentModify
});

/** What a file must have to be somebody's parent; nothing else of a foreign file is decoded. */
const identity = layout('VDI identity', 0x200, {
  signature: [0x040, raw(4)],
  uuid: [0x188, guid],
  modification: [0x198, guid],
});

type Header = ReturnType<typeof header.decode>;

export const format: MediaFormat = {
  id: 'vdi',
  title: 'VirtualBox disk image',
  sources: ['VirtualBox src/VBox/Storage/VDICore.h', 'QEMU block/vdi.c', 'PRONOM fmt/726'],
  puid: 'fmt/726',

  async probe(container) {
    if (container.size < header.size) return Confidence.No;
    const mark = await container.read(0x40, 4);
    return mark.readUInt32LE() === SIGNATURE ? Confidence.Certain : Confidence.No;
  },

  async open(container, companions) {
    const h = header.decode(await container.read(0, Math.min(header.size, container.size)));
    check(h, container.size);
    const map = new PagedTable(container, h.mapOffset, h.blockCount, 4);
    const stride = h.blockSize + h.blockExtra;
    const places = new BlockPlaces('vdi', container.size, stride, []);
    const warnings = await checkMap(h, map, places);
    const parent = h.type === 4 ? await parentOf(h, companions) : undefined;

    const block = (entry: number, index: number, offset: number, length: number): Run => {
      if (entry === BLOCK_ZERO) return { kind: 'zero', offset, length };
      if (entry === BLOCK_FREE) return below(parent?.media, offset, length);
      const at = h.dataOffset + entry * stride + h.blockExtra;
      const source = places.sourceOf(container, index, at, lengthOf(h, index));
      return { kind: 'stored', offset, length, source, at: at + (offset - index * h.blockSize) };
    };

    return mappedMedia({
      format: 'vdi',
      size: h.diskSize,
      sectorSize: h.sectorSize === 0 ? 512 : h.sectorSize,
      facts: factsOf(h),
      parts: parent === undefined ? [] : [parent.name, ...parent.media.parts],
      warnings: [...warnings, ...(parent?.warnings ?? [])],
      async map(offset, length) {
        const runs: Run[] = [];
        const page = await map.page(Math.floor(offset / h.blockSize));
        const pageEnd = Math.min(offset + length, page.end * h.blockSize);
        const entryOf = (index: number): number => page.bytes.readUInt32LE((index - page.first) * 4);
        for (let at = offset; at < pageEnd && runs.length < RUNS_AT_ONCE; ) {
          const index = Math.floor(at / h.blockSize);
          const entry = entryOf(index);
          let after = index + 1;
          if (entry === BLOCK_FREE) while (after * h.blockSize < pageEnd && entryOf(after) === BLOCK_FREE) after++;
          const run = block(entry, index, at, Math.min(pageEnd, after * h.blockSize) - at);
          pushRun(runs, run);
          at += run.length;
        }
        return runs;
      },
      owned: parent === undefined ? [] : [parent.media],
    });
  },
};

function check(h: Header, size: number): void {
  const facts = { ...plain(h), size };
  if (h.signature !== SIGNATURE)
    throw new Fault(FaultKind.Corrupt, 'vdi/signature', 'the signature of a VDI image is not there', facts);
  if (h.version !== VERSION) {
    const version = `${h.version >>> 16}.${h.version & 0xffff}`;
    throw new Fault(
      FaultKind.Unsupported,
      'vdi/version',
      `VDI version ${version} is not read, only 1.1; convert a copy with VBoxManage`,
      facts,
    );
  }
  if (TYPES[h.type] === undefined) {
    const what = h.type === 3 ? 'an undo image' : `of type ${h.type}`;
    throw new Fault(
      FaultKind.Unsupported,
      'vdi/type',
      `the VDI image is ${what}; dynamic, fixed and differencing ones are read`,
      facts,
    );
  }
  if (h.blockSize < 512 || h.blockSize > LARGEST_BLOCK || h.blockExtra > LARGEST_BLOCK || h.blockSize % 512 !== 0)
    throw new Fault(
      FaultKind.Corrupt,
      'vdi/block-size',
      `the VDI header says blocks of ${h.blockSize} bytes (and ${h.blockExtra} extra)`,
      facts,
    );
  if (![0, 512, 1024, 2048, 4096].includes(h.sectorSize))
    throw new Fault(FaultKind.Corrupt, 'vdi/sector-size', `the VDI header says sectors of ${h.sectorSize} bytes`, facts);
  if (h.blockCount !== Math.ceil(h.diskSize / h.blockSize)) {
    const message = `the VDI header says ${h.blockCount} blocks of ${h.blockSize} bytes for a disk of ${h.diskSize}`;
    throw new Fault(FaultKind.Corrupt, 'vdi/block-count', message, facts);
  }
  if (h.mapOffset < header.size || h.mapOffset + h.blockCount * 4 > size)
    throw new Fault(
      FaultKind.Truncated,
      'vdi/map-outside',
      `the VDI block map (byte ${h.mapOffset}, ${h.blockCount} entries) is not in the file of ${size} bytes`,
      facts,
    );
  if (h.dataOffset < h.mapOffset + h.blockCount * 4)
    throw new Fault(
      FaultKind.Corrupt,
      'vdi/data-offset',
      `the VDI header says that blocks begin at byte ${h.dataOffset}, inside the block map (byte ${h.mapOffset}, ${h.blockCount} entries)`,
      facts,
    );
  if (h.type === 4 && h.parentUuid === h.uuid) {
    const message = `the VDI image names itself (${h.uuid}) as its parent; its header is damaged or forged`;
    throw new Fault(FaultKind.Corrupt, 'vdi/parent-is-itself', message, facts);
  }
}

/** Damage in the map spoils blocks, not the disk: what lies outside of the file is told now and refused when it is read. */
async function checkMap(h: Header, map: PagedTable, places: BlockPlaces): Promise<Fault[]> {
  const stride = h.blockSize + h.blockExtra;
  for await (const { first, end, bytes, filledWith } of map.pages())
    for (let index = filledWith === 0xff ? end : first; index < end; index++) {
      const entry = bytes.readUInt32LE((index - first) * 4);
      if (entry < BLOCK_ZERO) places.add(h.dataOffset + entry * stride + h.blockExtra, lengthOf(h, index));
    }
  const faults = places.warnings(h.blockCount);
  if (places.count !== h.allocatedCount && faults.length === 0) {
    const message = `the header counts ${h.allocatedCount} blocks in use and the map ${places.count}; the image was not closed properly`;
    const facts = { counted: h.allocatedCount, found: places.count };
    faults.push(new Fault(FaultKind.Corrupt, 'vdi/blocks-counted', message, facts));
  }
  return faults;
}

/** Of the last block only what belongs to the disk need be there. */
function lengthOf(h: Header, index: number): number {
  return Math.min(h.blockSize, h.diskSize - index * h.blockSize);
}

function parentOf(h: Header, companions: Companions): Promise<Parent> {
  return openParent(companions, {
    format: 'vdi',
    async match(source: ByteSource) {
      if (source.size < identity.size) return undefined;
      const { signature, uuid, modification } = identity.decode(await source.read(0, identity.size));
      if (signature.readUInt32LE() !== SIGNATURE || uuid !== h.parentUuid) return undefined;
      return h.parentModification === NIL || h.parentModification === modification ? 'same' : 'changed';
    },
    changed: (name) =>
      `the parent "${name}" was written to after the VDI image was made from it; what is read through it may not be what it was`,
    missing() {
      const message = `the VDI image holds only the differences to its parent, the image with the UUID ${h.parentUuid}; deposit both together`;
      return new Fault(FaultKind.Missing, 'vdi/parent-missing', message, { parentUuid: h.parentUuid });
    },
  });
}

function factsOf(h: Header): Record<string, string | number> {
  const geometry = h.cylinders === 0 ? {} : { cylinders: h.cylinders, heads: h.heads, sectorsPerTrack: h.sectorsPerTrack };
  const description = escaped(Buffer.from(h.description, 'latin1')).trim();
  return {
    subformat: TYPES[h.type] ?? '',
    creator: escaped(Buffer.from(h.text.trim().replaceAll(/^<+ ?| ?>+$/g, ''), 'latin1')),
    blockSize: h.blockSize,
    allocatedBlocks: h.allocatedCount,
    uuid: h.uuid,
    ...(h.parentUuid === NIL ? {} : { parentUuid: h.parentUuid }),
    ...(description === '' ? {} : { description }),
    ...geometry,
  };
}

function plain({ version, type, blockSize, blockExtra, blockCount, diskSize, mapOffset }: Header): Record<string, number> {
  return { version, type, blockSize, blockExtra, blockCount, diskSize, mapOffset };
}
