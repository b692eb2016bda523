/**
 * Apple disk image (UDIF, .dmg): raw or packed by zlib, bzip2, xz, LZFSE or ADC.
 *
 * On disk: the blocks (data fork), an XML property list with tables of where each block lies, and the `koly` trailer of 512 bytes.
 * Not read: encrypted images, images in several files (.dmgpart), and those that have a classic resource fork instead of the list.
 */
import { Fault, FaultKind, escaped, layout, raw, u32be, u64be } from '../../kernel/index.ts';
import { adc } from '../codecs/adc.ts';
import { bzip2 } from '../codecs/bzip2.ts';
import type { Codec } from '../codecs/codec.ts';
import { recipeOf, zlib } from '../codecs/deflate.ts';
import { lzfse } from '../codecs/lzfse.ts';
import { xz } from '../codecs/xz.ts';
import { type Blocks, BlockType, blockAt, checksumsOf, readBlocks } from '../dmg/blocks.ts';
import { checkMaster, verifierOf } from '../dmg/checksums.ts';
import { blockTables } from '../dmg/plist.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';
import type { Run } from '../runs.ts';

const SECTOR_SIZE = 512;
const LARGEST_LIST = 128 * 1024 * 1024;
const RUNS_AT_ONCE = 4096;
const CRC_32 = 2;

/** UDIFResourceFile; the names are those of QEMU block/dmg.c and libdmg-hfsplus. */
const trailer = layout('UDIF trailer', 512, {
  mark: [0, raw(4)], // "koly"
  version: [4, u32be],
  headerSize: [8, u32be],
  flags: [12, u32be],
  dataForkOffset: [24, u64be],
  dataForkLength: [32, u64be],
  resourceForkLength: [48, u64be],
  segmentNumber: [56, u32be],
  segmentCount: [60, u32be],
  segmentId: [64, raw(16)],
  listOffset: [216, u64be],
  listLength: [224, u64be],
  checksumType: [352, u32be],
  checksum: [360, u32be],
  sectorCount: [492, u64be],
});

type Trailer = ReturnType<typeof trailer.decode>;

const PACKED: ReadonlyMap<number, { readonly name: string; readonly codec: Codec }> = new Map([
  [BlockType.Adc, { name: 'ADC', codec: adc }],
  [BlockType.Zlib, { name: 'zlib', codec: zlib }],
  [BlockType.Bzip2, { name: 'bzip2', codec: bzip2 }],
  [BlockType.Lzfse, { name: 'LZFSE', codec: lzfse }],
  [BlockType.Xz, { name: 'xz', codec: xz }],
]);

export const format: MediaFormat = {
  id: 'dmg',
  title: 'Apple disk image (UDIF)',
  sources: ['QEMU block/dmg.c', 'libdmg-hfsplus includes/dmg/dmg.h', 'PRONOM fmt/1071'],
  puid: 'fmt/1071',

  async probe(container) {
    if (container.size < trailer.size) return Confidence.No;
    const mark = await container.read(container.size - trailer.size, 4);
    return mark.toString('latin1') === 'koly' ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    if (container.size < trailer.size) throw refuse(FaultKind.Truncated, 'dmg/trailer', 'the image is shorter than its trailer');
    const t = trailer.decode(await container.read(container.size - trailer.size, trailer.size));
    check(t, container.size);
    const size = t.sectorCount * SECTOR_SIZE;
    const tables = blockTables(await container.read(t.listOffset, t.listLength));
    const blocks = readBlocks(tables, { size, fileSize: container.size, dataForkOffset: t.dataForkOffset });
    const checksums = checksumsOf(tables);
    const verifier = verifierOf(checksums, blocks);
    return mappedMedia({
      format: 'dmg',
      size,
      sectorSize: SECTOR_SIZE,
      facts: factsOf(
        t,
        blocks,
        tables.map(({ name }) => name),
      ),
      warnings: [...checkBlocks(blocks, size), ...(t.checksumType === CRC_32 ? checkMaster(checksums, t.checksum) : [])],
      ...(verifier === undefined ? {} : { verifier }),
      map: (offset, length) => Promise.resolve(runsOf(container, blocks, offset, length)),
    });
  },
};

function check(t: Trailer, fileSize: number): void {
  if (t.mark.toString('latin1') !== 'koly')
    throw refuse(FaultKind.Corrupt, 'dmg/trailer', 'the trailer of a disk image is not there');
  if (t.version !== 4 || t.headerSize !== trailer.size)
    throw refuse(FaultKind.Unsupported, 'dmg/version', `version ${t.version} of the UDIF format is not read, only 4`);
  if (t.segmentCount > 1) {
    const message = `the disk image is in ${t.segmentCount} files, which is not read; join them with hdiutil and deposit the result`;
    throw refuse(FaultKind.Unsupported, 'dmg/segments', message);
  }
  if (t.listLength === 0 && t.resourceForkLength > 0) {
    const message = 'the disk image has its tables in a resource fork, which is not read; convert a copy with hdiutil';
    throw refuse(FaultKind.Unsupported, 'dmg/resource-fork', message);
  }
  if (t.listLength === 0 || t.listLength > LARGEST_LIST || t.listLength > fileSize - t.listOffset)
    throw refuse(
      FaultKind.Corrupt,
      'dmg/list-outside',
      `the property list (byte ${t.listOffset}, ${t.listLength} bytes) is not in the file of ${fileSize} bytes`,
    );
  if (t.sectorCount === 0 || t.sectorCount > Number.MAX_SAFE_INTEGER / SECTOR_SIZE)
    throw refuse(FaultKind.Corrupt, 'dmg/size', `the disk image says that the medium has ${t.sectorCount} sectors`);
}

/** Tables describe all of the medium; what none describes was lost. */
function checkBlocks({ count, offsets, sizes }: Blocks, size: number): Fault[] {
  let covered = 0;
  for (let i = 0; i < count; i++) covered += sizes[i] ?? 0;
  if (covered === size) return [];
  const missing = (size - covered) / SECTOR_SIZE;
  const message = `${missing} sectors of the medium are in none of the image's tables; the image is damaged, and they can't be read`;
  return [new Fault(FaultKind.Corrupt, 'dmg/sectors-missing', message, { missing, blocks: offsets.length })];
}

function runsOf(container: ByteSource, blocks: Blocks, offset: number, length: number): Run[] {
  const { count, types, offsets, sizes, places, lengths } = blocks;
  const runs: Run[] = [];
  const end = offset + length;
  for (let at = offset, i = blockAt(blocks, offset); at < end && runs.length < RUNS_AT_ONCE; i++) {
    const start = i < count ? (offsets[i] as number) : end;
    if (start > at) {
      const stop = Math.min(start, end);
      runs.push({ kind: 'absent', offset: at, length: stop - at });
      at = stop;
      if (at === end) break;
    }
    const size = sizes[i] as number;
    const stop = Math.min(end, start + size);
    const type = types[i] as number;
    const place = places[i] as number;
    const window = { offset: at, length: stop - at };
    const skip = at - start;
    at = stop;
    if (type === BlockType.Zero || type === BlockType.Ignore) {
      const last = runs.at(-1);
      if (last?.kind === 'zero') runs[runs.length - 1] = { ...last, length: last.length + window.length };
      else runs.push({ kind: 'zero', ...window });
    } else if (type === BlockType.Raw) runs.push({ kind: 'stored', ...window, source: container, at: place + skip });
    else {
      const codec = PACKED.get(type)?.codec;
      const recipe = codec === undefined ? undefined : recipeOf(codec);
      const unpack = (packed: Buffer): Promise<Buffer> => unpackBlock(type, packed, size);
      runs.push({
        kind: 'packed',
        ...window,
        skip,
        chunk: { key: i, source: container, at: place, packedLength: lengths[i] as number, size, unpack, recipe },
      });
    }
  }
  return runs;
}

async function unpackBlock(type: number, packed: Buffer, size: number): Promise<Buffer> {
  const method = PACKED.get(type);
  if (method === undefined) {
    const name = `method 0x${type.toString(16)}`;
    throw refuse(
      FaultKind.Unsupported,
      'dmg/method',
      `a block is packed by ${name}, which is not read; convert a copy with hdiutil`,
    );
  }
  const bytes = await method.codec(packed, size);
  if (bytes.length === size) return bytes;
  throw refuse(
    FaultKind.Corrupt,
    'dmg/block-short',
    `a block has ${bytes.length} bytes instead of ${size}; the image is damaged`,
  );
}

function factsOf(t: Trailer, { count, types, sizes }: Blocks, names: readonly string[]): MediaFacts {
  const methods = new Set<string>();
  let ignored = 0;
  for (let i = 0; i < count; i++) {
    const type = types[i] as number;
    const name = type === BlockType.Raw ? 'raw' : PACKED.get(type)?.name;
    if (name !== undefined) methods.add(name);
    if (type === BlockType.Ignore) ignored += (sizes[i] as number) / SECTOR_SIZE;
  }
  const partitions = names.filter((name) => name !== '').map((name) => escaped(name));
  return {
    ...(methods.size === 0 ? {} : { compression: [...methods].toSorted().join(', ') }),
    ...(partitions.length === 0 ? {} : { partitions }),
    ...(ignored === 0 ? {} : { sectorsLeftOut: ignored }),
    ...(t.segmentId.every((byte) => byte === 0) ? {} : { segmentId: t.segmentId.toString('hex') }),
    ...(t.checksumType === CRC_32 ? { checksum: `CRC-32 ${t.checksum.toString(16).padStart(8, '0')}` } : {}),
  };
}

function refuse(kind: FaultKind, code: string, message: string): Fault {
  return new Fault(kind, code, message);
}
