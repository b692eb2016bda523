/** The mark of Apple's APFS: its container, and the names of its volumes. */
import { ascii, layout, raw, u16le, u32le, u64le, uuidBe } from '../../kernel/index.ts';
import { decodedText } from '../names.ts';
import { isBlockSize, type Kind, type Peek, serialOf, Strength } from './recognised.ts';

/** nx_superblock_t of the Apple File System Reference, with its obj_phys_t. */
const containerLayout = layout('APFS container super block', 984, {
  transactionId: [16, u64le],
  magic: [32, ascii(4)],
  blockSize: [36, u32le],
  blockCount: [40, u64le],
  uuid: [72, uuidBe],
  checkpointCount: [104, u32le],
  checkpointBlock: [112, u64le],
  objectMapBlock: [160, u64le],
  volumeCount: [180, u32le],
  volumeIds: [184, raw(800)],
});

/** apfs_superblock_t. */
const volumeLayout = layout('APFS volume super block', 960, {
  magic: [32, ascii(4)],
  flags: [264, u64le],
  name: [704, raw(256)],
});

/** btree_node_phys_t of a leaf with keys and values of one size. */
const nodeLayout = layout('APFS B-tree node', 56, {
  flags: [32, u16le],
  level: [34, u16le],
  keyCount: [36, u32le],
  tableOffset: [40, u16le],
  tableLength: [42, u16le],
});

type Container = ReturnType<typeof containerLayout.decode>;

const UNENCRYPTED = 1;
const ROOT_NODE = 1;
const ROOT_INFO = 40;
const MOST_CHECKPOINTS = 256;
const MOST_VOLUMES = 100;

export const apfs: Kind = {
  id: 'apfs',
  source: 'Apple File System Reference (2020-06-22)',
  strength: Strength.First,
  async recognise(volume) {
    const first = await containerAt(volume, 0, 4096);
    if (first === undefined || !isBlockSize(first.blockSize, 4096)) return undefined;
    const container = await newest(volume, first);
    const volumes = await volumesOf(volume, container);
    const { blockSize, blockCount, uuid } = container;
    const encrypted = volumes.filter(({ isEncrypted }) => isEncrypted).map(({ name }) => name);
    return {
      type: 'APFS',
      label: volumes[0]?.name ?? '',
      ...serialOf(uuid),
      size: blockCount * blockSize,
      blockSize,
      ...(volumes.length === 0 ? {} : { isEncrypted: encrypted.length > 0 }),
      facts: {
        ...(volumes.length === 0 ? {} : { volumes: volumes.map(({ name }) => name).join(', ') }),
        ...(encrypted.length === 0 ? {} : { encryptedVolumes: encrypted.join(', ') }),
      },
    };
  },
};

async function containerAt(volume: Peek, block: number, blockSize: number): Promise<Container | undefined> {
  const bytes = await volume.at(block * blockSize, blockSize);
  if (bytes === undefined || bytes.toString('latin1', 32, 36) !== 'NXSB' || !isSound(bytes)) return undefined;
  return containerLayout.decode(bytes);
}

/** Block 0 is a copy that may be old; the checkpoints follow each other in a ring. */
async function newest(volume: Peek, first: Container): Promise<Container> {
  let found = first;
  for (let index = 0; index < Math.min(first.checkpointCount, MOST_CHECKPOINTS); index++) {
    const other = await containerAt(volume, first.checkpointBlock + index, first.blockSize);
    if (other !== undefined && other.blockSize === first.blockSize && other.transactionId > found.transactionId) found = other;
  }
  return found;
}

/** Where the object map is one leaf, as it is but for containers with many snapshots. */
async function volumesOf(volume: Peek, container: Container): Promise<{ name: string; isEncrypted: boolean }[]> {
  const { blockSize } = container;
  const map = await volume.at(container.objectMapBlock * blockSize, 56);
  if (map === undefined || !isBlockSize(blockSize, 4096)) return [];
  const node = await volume.at(u64le.decode(map, 48) * blockSize, blockSize);
  if (node === undefined || !isSound(node)) return [];
  const places = leafOf(node, blockSize);
  const found: { name: string; isEncrypted: boolean }[] = [];
  for (let index = 0; index < Math.min(container.volumeCount, MOST_VOLUMES); index++) {
    const place = places.get(u64le.decode(container.volumeIds, index * 8));
    const bytes = place === undefined ? undefined : await volume.at(place * blockSize, blockSize);
    if (bytes?.toString('latin1', 32, 36) !== 'APSB' || !isSound(bytes)) continue;
    const { flags, name } = volumeLayout.decode(bytes);
    found.push({ name: decodedText(name, 'utf-8'), isEncrypted: flags % 2 !== UNENCRYPTED });
  }
  return found;
}

/** Blocks by the object that lies in them; keys come in order, so the newest of an object is the last. */
function leafOf(node: Buffer, blockSize: number): Map<number, number> {
  const { flags, level, keyCount, tableOffset, tableLength } = nodeLayout.decode(node);
  const table = 56 + tableOffset;
  const keys = table + tableLength;
  const values = blockSize - ((flags & ROOT_NODE) === 0 ? 0 : ROOT_INFO);
  const places = new Map<number, number>();
  if (level !== 0 || keys > blockSize) return places;
  for (let index = 0; index < Math.min(keyCount, Math.floor(tableLength / 4)); index++) {
    const key = keys + node.readUInt16LE(table + index * 4);
    const value = values - node.readUInt16LE(table + index * 4 + 2);
    if (key + 16 > blockSize || value < keys || value + 16 > blockSize) continue;
    places.set(u64le.decode(node, key), u64le.decode(node, value + 8));
  }
  return places;
}

/** Fletcher's checksum, in the form of the reference: 64 bits over 32-bit words. */
function isSound(bytes: Buffer): boolean {
  let [low, high] = [0, 0];
  for (let at = 8; at + 4 <= bytes.length; at += 4) {
    low = (low + bytes.readUInt32LE(at)) % 0xffff_ffff;
    high = (high + low) % 0xffff_ffff;
  }
  const first = 0xffff_ffff - ((low + high) % 0xffff_ffff);
  const second = 0xffff_ffff - ((low + first) % 0xffff_ffff);
  return bytes.readUInt32LE(0) === first && bytes.readUInt32LE(4) === second;
}
