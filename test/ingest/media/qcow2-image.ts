/** QCOW2 images made by hand: one first table, one second table, and whatever a test wants to lie in its header. */

export interface Qcow2Image {
  readonly version?: 2 | 3;
  readonly clusterBits?: number;
  /** Of the medium, in bytes. */
  readonly size?: number;
  /** Of the second table, from its first entry on; two a cluster with subclusters. */
  readonly entries?: readonly bigint[];
  readonly l1?: readonly bigint[];
  readonly backing?: string;
  readonly backingFormat?: string;
  readonly dataFile?: string;
  /** Of the header's extensions: type and data. */
  readonly extensions?: readonly (readonly [number, Buffer])[];
  readonly incompatible?: bigint;
  readonly compression?: number;
  /** What lies from the fifth cluster on. */
  readonly clusters?: Buffer;
  /** Last, over the header as it stands. */
  readonly spoil?: (image: Buffer) => void;
}

/** Where the n-th cluster of `clusters` lies in an image of 64 KiB clusters. */
export const place = (n: number): bigint => BigInt((4 + n) * 65_536);

/** Header, reference counts (none), first table, second table, clusters: one cluster each, and the rest. */
export function qcow2Image(of: Qcow2Image): Buffer {
  const { version = 3, clusterBits = 16, size = 262_144, entries = [], backing = '', clusters = Buffer.alloc(0) } = of;
  const clusterSize = 2 ** clusterBits;
  const image = Buffer.alloc(4 * clusterSize);
  image.write('QFI\xfb', 'latin1');
  image.writeUInt32BE(version, 4);
  image.writeUInt32BE(clusterBits, 20);
  image.writeBigUInt64BE(BigInt(size), 24);
  const l1 = of.l1 ?? [BigInt(3 * clusterSize)];
  image.writeUInt32BE(l1.length, 36);
  image.writeBigUInt64BE(BigInt(2 * clusterSize), 40);
  image.writeBigUInt64BE(BigInt(clusterSize), 48);
  image.writeUInt32BE(1, 56);
  if (version === 3) {
    image.writeBigUInt64BE(of.incompatible ?? 0n, 72);
    image.writeUInt32BE(4, 96);
    image.writeUInt32BE(112, 100);
    image.writeUInt8(of.compression ?? 0, 104);
  }
  let at = version === 3 ? 112 : 72;
  for (const [type, data] of extensions(of)) {
    image.writeUInt32BE(type, at);
    image.writeUInt32BE(data.length, at + 4);
    data.copy(image, at + 8);
    at += 8 + Math.ceil(data.length / 8) * 8;
  }
  if (backing !== '') {
    image.writeBigUInt64BE(BigInt(at + 8), 8);
    image.writeUInt32BE(Buffer.byteLength(backing), 16);
    image.write(backing, at + 8);
  }
  for (const [i, entry] of l1.entries()) image.writeBigUInt64BE(entry, 2 * clusterSize + i * 8);
  for (const [i, entry] of entries.entries()) image.writeBigUInt64BE(entry, 3 * clusterSize + i * 8);
  of.spoil?.(image);
  return Buffer.concat([image, clusters]);
}

function extensions(of: Qcow2Image): (readonly [number, Buffer])[] {
  return [
    ...(of.backingFormat === undefined ? [] : [[0xe2792aca, Buffer.from(of.backingFormat)] as const]),
    ...(of.dataFile === undefined ? [] : [[0x44415441, Buffer.from(of.dataFile)] as const]),
    ...(of.extensions ?? []),
  ];
}

/** The entry of a compressed cluster, for clusters of 64 KiB. */
export function compressedEntry(at: number | bigint, sectorCount: number): bigint {
  return (1n << 62n) | (BigInt(sectorCount - 1) << 54n) | BigInt(at);
}
