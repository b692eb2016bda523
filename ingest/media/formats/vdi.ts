/**
 * VirtualBox disk image (VDI): dynamic, fixed and differencing.
 *
 * On disk: a header of 512 bytes, a map of u32le (one per block), then the blocks in the order in which they were first written.
 * Not read: undo images (type 3) and headers of version 0.
 */
import { Fault, FaultKind, ascii, escaped, guid, layout, u32le, u64le } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, type Companions, Confidence, type Media, type MediaFormat } from '../media.ts';
import type { Run } from '../runs.ts';

const SIGNATURE = 0xbeda107f;
const VERSION = 0x00010001;
const BLOCK_FREE = 0xffffffff; // never written: zeros, or the parent's
const BLOCK_ZERO = 0xfffffffe; // written, then discarded: zeros
const LARGEST_BLOCK = 64 * 1024 * 1024;
const NO_PARENT = '00000000-0000-0000-0000-000000000000';
const MAP_AT_ONCE = 4096;

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
  parentUuid: [0x1a8, guid], // uuidLinkage
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
    const map = await container.read(h.mapOffset, h.blockCount * 4);
    const stride = h.blockSize + h.blockExtra;
    const warnings = checkMap(h, map, container.size);
    const parent = h.type === 4 ? await openParent(h, companions) : undefined;

    const block = (index: number, offset: number, length: number): Run => {
      const entry = map.readUInt32LE(index * 4);
      if (entry === BLOCK_ZERO) return { kind: 'zero', offset, length };
      if (entry === BLOCK_FREE) {
        if (parent === undefined || offset >= parent.media.size) return { kind: 'zero', offset, length };
        return { kind: 'stored', offset, length: Math.min(length, parent.media.size - offset), source: parent.media, at: offset };
      }
      const at = h.dataOffset + entry * stride + h.blockExtra + (offset - index * h.blockSize);
      return { kind: 'stored', offset, length, source: container, at };
    };

    return mappedMedia({
      format: 'vdi',
      size: h.diskSize,
      sectorSize: h.sectorSize === 0 ? 512 : h.sectorSize,
      facts: factsOf(h),
      parts: parent === undefined ? [] : [parent.name, ...parent.media.parts],
      warnings: [...warnings, ...(parent?.media.warnings ?? [])],
      map(offset, length) {
        const runs: Run[] = [];
        for (let at = offset; at < offset + length && runs.length < MAP_AT_ONCE; ) {
          const index = Math.floor(at / h.blockSize);
          const end = Math.min(offset + length, (index + 1) * h.blockSize);
          const run = block(index, at, end - at);
          runs.push(run);
          at += run.length;
        }
        return Promise.resolve(runs);
      },
      owned: parent === undefined ? [] : [parent.media],
    });
  },
};

function check(h: Header, size: number): void {
  const refuse = (kind: FaultKind, code: string, message: string): Fault => new Fault(kind, code, message, { ...plain(h), size });
  if (h.signature !== SIGNATURE) throw refuse(FaultKind.Corrupt, 'vdi/signature', 'the signature of a VDI image is not there');
  if (h.version !== VERSION) {
    const version = `${h.version >>> 16}.${h.version & 0xffff}`;
    throw refuse(
      FaultKind.Unsupported,
      'vdi/version',
      `VDI version ${version} is not read, only 1.1; convert a copy with VBoxManage`,
    );
  }
  if (TYPES[h.type] === undefined) {
    const what = h.type === 3 ? 'an undo image' : `of type ${h.type}`;
    throw refuse(FaultKind.Unsupported, 'vdi/type', `the VDI image is ${what}; dynamic, fixed and differencing ones are read`);
  }
  if (h.blockSize < 512 || h.blockSize > LARGEST_BLOCK || h.blockExtra > LARGEST_BLOCK || h.blockSize % 512 !== 0)
    throw refuse(
      FaultKind.Corrupt,
      'vdi/block-size',
      `the VDI header says blocks of ${h.blockSize} bytes (and ${h.blockExtra} extra)`,
    );
  if (![0, 512, 1024, 2048, 4096].includes(h.sectorSize))
    throw refuse(FaultKind.Corrupt, 'vdi/sector-size', `the VDI header says sectors of ${h.sectorSize} bytes`);
  if (h.blockCount !== Math.ceil(h.diskSize / h.blockSize)) {
    const message = `the VDI header says ${h.blockCount} blocks of ${h.blockSize} bytes for a disk of ${h.diskSize}`;
    throw refuse(FaultKind.Corrupt, 'vdi/block-count', message);
  }
  if (h.mapOffset < header.size || h.mapOffset + h.blockCount * 4 > size)
    throw refuse(
      FaultKind.Truncated,
      'vdi/map-outside',
      `the VDI block map (byte ${h.mapOffset}, ${h.blockCount} entries) is not in the file of ${size} bytes`,
    );
}

/** Damage in the map spoils blocks, not the disk: what lies outside of the file is told now and refused when it is read. */
function checkMap(h: Header, map: Buffer, size: number): Fault[] {
  const seen = new Set<number>();
  let outside = 0;
  let shared = 0;
  for (let index = 0; index < h.blockCount; index++) {
    const entry = map.readUInt32LE(index * 4);
    if (entry >= BLOCK_ZERO) continue;
    const length = Math.min(h.blockSize, h.diskSize - index * h.blockSize);
    if (h.dataOffset + entry * (h.blockSize + h.blockExtra) + h.blockExtra + length > size) outside++;
    if (seen.has(entry)) shared++;
    seen.add(entry);
  }
  const faults: Fault[] = [];
  if (outside > 0) {
    const message = `${outside} of ${h.blockCount} blocks lie past the end of the file (${size} bytes); the image is cut, and those blocks can't be read`;
    faults.push(new Fault(FaultKind.Truncated, 'vdi/blocks-outside', message, { outside, size }));
  }
  if (shared > 0) {
    const message = `${shared} entries of the block map name a block that another names too; the map is damaged`;
    faults.push(new Fault(FaultKind.Corrupt, 'vdi/blocks-shared', message, { shared }));
  }
  if (seen.size !== h.allocatedCount && faults.length === 0) {
    const message = `the header counts ${h.allocatedCount} blocks in use and the map ${seen.size}; the image was not closed properly`;
    faults.push(new Fault(FaultKind.Corrupt, 'vdi/blocks-counted', message, { counted: h.allocatedCount, found: seen.size }));
  }
  return faults;
}

/** The parent is the deposited VDI whose own UUID the header names; names play no part. */
async function openParent(h: Header, companions: Companions): Promise<{ name: string; media: Media }> {
  for (const name of companions.names) {
    const source = await companions.find(name);
    if (source === undefined || (await uuidOf(source)) !== h.parentUuid) continue;
    const media = await companions.media(name, 'vdi');
    if (media !== undefined) return { name, media };
  }
  const message = `the VDI image holds only the differences to its parent, the image with the UUID ${h.parentUuid}; deposit both together`;
  throw new Fault(FaultKind.Missing, 'vdi/parent-missing', message, { parentUuid: h.parentUuid });
}

async function uuidOf(source: ByteSource): Promise<string | undefined> {
  if (source.size < header.size) return undefined;
  const { signature, uuid } = header.decode(await source.read(0, header.size));
  return signature === SIGNATURE ? uuid : undefined;
}

function factsOf(h: Header): Record<string, string | number> {
  const geometry = h.cylinders === 0 ? {} : { cylinders: h.cylinders, heads: h.heads, sectorsPerTrack: h.sectorsPerTrack };
  const description = escaped(Buffer.from(h.description, 'latin1')).trim();
  return {
    subformat: TYPES[h.type] ?? '',
    creator: escaped(Buffer.from(h.text, 'latin1')).replaceAll(/^<+ ?| ?>+(\\n)?$/g, ''),
    blockSize: h.blockSize,
    allocatedBlocks: h.allocatedCount,
    uuid: h.uuid,
    ...(h.parentUuid === NO_PARENT ? {} : { parentUuid: h.parentUuid }),
    ...(description === '' ? {} : { description }),
    ...geometry,
  };
}

function plain({ version, type, blockSize, blockExtra, blockCount, diskSize, mapOffset }: Header): Record<string, number> {
  return { version, type, blockSize, blockExtra, blockCount, diskSize, mapOffset };
}
