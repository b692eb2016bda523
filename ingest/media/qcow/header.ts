/** The header of QCOW2, versions 2 and 3, from docs/interop/qcow2.txt; and what of it is refused. */
import { Fault, FaultKind, escaped, layout, u32be, u64be, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { type Extensions, extensionsOf } from './extensions.ts';

const MAGIC = 0x514649fb; // "QFI\xfb"
const LARGEST_L1 = 32 * 1024 * 1024;

const common = {
  magic: [0, u32be],
  version: [4, u32be],
  backingOffset: [8, u64be],
  backingLength: [16, u32be],
  clusterBits: [20, u32be],
  diskSize: [24, u64be],
  encryption: [32, u32be], // crypt_method
  l1Count: [36, u32be], // l1_size
  l1Offset: [40, u64be],
  refcountOffset: [48, u64be],
  refcountClusterCount: [56, u32be],
  snapshotCount: [60, u32be],
  snapshotsOffset: [64, u64be],
} as const;

const version2 = layout('QCOW2 header', 72, common);
const version3 = layout('QCOW2 header', 104, {
  ...common,
  incompatibleHigh: [72, u32be],
  incompatible: [76, u32be],
  autoclear: [92, u32be],
  refcountOrder: [96, u32be],
  headerLength: [100, u32be],
});
const compression = layout('QCOW2 header', 105, { type: [104, u8] });

/** Incompatible features: whoever does not know one can't read the image. */
export const Feature = { Dirty: 1, Corrupt: 2, DataFile: 4, Compression: 8, ExtendedL2: 16 } as const;
const KNOWN_FEATURES = 31;
const DATA_FILE_IS_RAW = 2;

type Header3 = ReturnType<typeof version3.decode>;

export interface Header extends Header3 {
  readonly clusterSize: number;
  readonly compression: 'zlib' | 'zstd';
  readonly extensions: Extensions;
  /** As recorded; '' for none. */
  readonly backingFile: string;
  readonly isDataFileRaw: boolean;
}

export async function isQcow(container: ByteSource, versions: readonly number[]): Promise<boolean> {
  if (container.size < 8) return false;
  const head = await container.read(0, 8);
  return head.readUInt32BE(0) === MAGIC && versions.includes(head.readUInt32BE(4));
}

/** @throws Fault for a header that can't be true, for encryption, and for features that are not known. */
export async function headerOf(container: ByteSource): Promise<Header> {
  const start = await container.read(0, Math.min(112, container.size));
  const h = decoded(start);
  const clusterSize = 2 ** h.clusterBits;
  check(h, clusterSize, container.size);
  const first = await container.read(0, Math.min(clusterSize, container.size));
  const extensions = extensionsOf(first, h.headerLength, h.backingOffset === 0 ? clusterSize : h.backingOffset);
  checkFeatures(h, extensions);
  checkEncryption(h.encryption);
  const names = first.subarray(h.backingOffset, h.backingOffset + h.backingLength);
  return {
    ...h,
    clusterSize,
    compression: compressionOf(h, start),
    extensions,
    backingFile: h.backingOffset === 0 ? '' : names.toString('utf8'),
    isDataFileRaw: (h.autoclear & DATA_FILE_IS_RAW) !== 0,
  };
}

function decoded(bytes: Buffer): Header3 {
  if (bytes.length >= 4 && bytes.readUInt32BE(0) !== MAGIC)
    throw corrupt('signature', 'the signature of a QCOW2 image is not there', {});
  const head = version2.decode(bytes);
  if (head.version === 3) return version3.decode(bytes);
  if (head.version === 2)
    return { ...head, incompatibleHigh: 0, incompatible: 0, autoclear: 0, refcountOrder: 4, headerLength: version2.size };
  const message = `QCOW version ${head.version} is not read here, only 2 and 3; convert a copy with qemu-img`;
  throw new Fault(FaultKind.Unsupported, 'qcow2/version', message, { version: head.version });
}

function check(h: Header3, clusterSize: number, size: number): void {
  const { clusterBits, headerLength, version, refcountOrder, backingOffset, backingLength, l1Count, l1Offset } = h;
  if (clusterBits < 9 || clusterBits > 21)
    throw corrupt('cluster-bits', `the header says clusters of 2^${clusterBits} bytes; 2^9 to 2^21 are possible`, {
      clusterBits,
    });
  if (headerLength > clusterSize || headerLength % 8 !== 0 || (version === 3 && headerLength < version3.size))
    throw corrupt('header-length', `the header says that it has ${headerLength} bytes; it has 104 or more`, { headerLength });
  if (refcountOrder > 6)
    throw corrupt('refcount-order', `the header says reference counts of 2^${refcountOrder} bits`, { refcountOrder });
  if (backingOffset !== 0 && (backingOffset < headerLength || backingLength < 1 || backingLength > 1023))
    throw corrupt('backing-place', `the header says a backing file's name of ${backingLength} bytes at byte ${backingOffset}`, {
      backingOffset,
      backingLength,
    });
  if (backingOffset !== 0 && backingOffset + backingLength > Math.min(clusterSize, size))
    throw corrupt('backing-place', `the name of the backing file (byte ${backingOffset}) lies outside of the header's cluster`, {
      backingOffset,
      backingLength,
    });
  if (l1Count * 8 > LARGEST_L1)
    throw corrupt('l1-size', `the header says a first table of ${l1Count} entries; ${LARGEST_L1 / 8} are possible`, { l1Count });
  if (l1Count > 0 && (l1Offset === 0 || l1Offset % clusterSize !== 0))
    throw corrupt('l1-place', `the first table can't lie at byte ${l1Offset}: over the header, or between clusters`, {
      l1Offset,
    });
}

/** Only what reading needs of the first table; its place in the file is checked where it is read. */
export function checkL1Count(h: Header, entriesPerTable: number): void {
  const needed = Math.ceil(h.diskSize / (h.clusterSize * entriesPerTable));
  if (h.l1Count >= needed) return;
  const message = `the first table has ${h.l1Count} entries, and a disk of ${h.diskSize} bytes needs ${needed}`;
  throw corrupt('l1-short', message, { l1Count: h.l1Count, needed, diskSize: h.diskSize });
}

function checkFeatures(h: Header3, { features }: Extensions): void {
  const bits: number[] = [];
  for (let bit = 0; bit < 64; bit++) {
    const half = bit < 32 ? h.incompatible & ~KNOWN_FEATURES : h.incompatibleHigh;
    if (((half >>> (bit % 32)) & 1) !== 0) bits.push(bit);
  }
  if (bits.length === 0) return;
  const names = bits.map((bit) => {
    const name = features.get(bit);
    return name === undefined ? `bit ${bit}` : `bit ${bit} (${escaped(Buffer.from(name, 'latin1'))})`;
  });
  const message = `the image uses features that this version does not know: ${names.join(', ')}; convert a copy with the qemu-img that wrote it`;
  throw new Fault(FaultKind.Unsupported, 'qcow2/features', message, { features: names });
}

function checkEncryption(method: number): void {
  if (method === 0) return;
  const name = { 1: 'AES', 2: 'LUKS' }[method];
  const what = name === undefined ? `by an unknown method (${method})` : `with ${name}`;
  const message = `the image is encrypted ${what}; it is kept as received; deposit a copy decrypted with qemu-img convert to have it read`;
  throw new Fault(FaultKind.Unsupported, 'qcow2/encrypted', message, { encryption: name ?? String(method) });
}

function compressionOf(h: Header3, bytes: Buffer): 'zlib' | 'zstd' {
  const isMarked = (h.incompatible & Feature.Compression) !== 0;
  const type = h.headerLength > version3.size ? compression.decode(bytes).type : 0;
  if (type > 1)
    throw new Fault(FaultKind.Unsupported, 'qcow2/compression', `compression of type ${type} is not known`, {
      compression: type,
    });
  if (isMarked !== (type !== 0))
    throw corrupt(
      'compression-mark',
      `the header says compression of type ${type}, and its mark for that ${isMarked ? 'is' : 'is not'} set`,
      {
        compression: type,
      },
    );
  return type === 1 ? 'zstd' : 'zlib';
}

function corrupt(what: string, message: string, facts: Readonly<Record<string, number>>): Fault {
  return new Fault(FaultKind.Corrupt, `qcow2/${what}`, `${message}; the image is damaged or forged`, facts);
}
