/** Marks of volumes whose content is enciphered. VeraCrypt and its like have none: nothing is claimed of them. */
import { ascii, guid, layout, raw, u16be, u16le, u32be, u32le, u64be, u64le } from '../../kernel/index.ts';
import { decodedText } from '../names.ts';
import { type Kind, type Peek, serialOf, Strength } from './recognised.ts';

/** LUKS1 On-Disk Format 1.2.3, figure 1. */
const luks1 = layout('LUKS header', 592, {
  version: [6, u16be],
  cipher: [8, ascii(32)],
  cipherMode: [40, ascii(32)],
  hash: [72, ascii(32)],
  payloadSector: [104, u32be],
  uuid: [168, ascii(40)],
});

/** LUKS2 On-Disk Format 1.1, figure 2. */
const luks2 = layout('LUKS2 header', 512, {
  headerSize: [8, u64be],
  label: [24, raw(48)],
  uuid: [168, ascii(40)],
});

const luks: Kind = {
  id: 'luks',
  source: 'LUKS1 On-Disk Format Specification 1.2.3; LUKS2 On-Disk Format Specification 1.1',
  strength: Strength.First,
  async recognise(volume) {
    const bytes = await volume.at(0, 592);
    if (bytes?.toString('latin1', 0, 6) !== 'LUKS\xba\xbe') return undefined;
    const { version, cipher, cipherMode, hash, uuid } = luks1.decode(bytes);
    if (version === 1)
      return {
        type: 'LUKS1',
        ...serialOf(decodedText(Buffer.from(uuid), 'utf-8')),
        isEncrypted: true,
        facts: printable({ cipher, cipherMode, hash }),
      };
    if (version !== 2) return undefined;
    const { label } = luks2.decode(bytes);
    return {
      type: 'LUKS2',
      label: decodedText(label, 'utf-8'),
      ...serialOf(decodedText(Buffer.from(uuid), 'utf-8')),
      isEncrypted: true,
    };
  },
};

function printable(facts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, decodedText(Buffer.from(value, 'latin1'), 'latin1')]),
  );
}

/** The header of a metadata block of BitLocker: libbde documentation, "FVE metadata". */
const fveBlock = layout('BitLocker metadata block', 112, {
  magic: [0, ascii(8)],
  volumeSize: [16, u64le],
  metadataSize: [64, u32le],
  volumeId: [80, guid],
});

const FVE_ID = '4967d63b-2e29-4ad8-8399-f6a339e3d001';
const DESCRIPTION = 7;
const TEXT = 2;
const MOST_METADATA = 65_536;

const bitlocker: Kind = {
  id: 'bitlocker',
  source: 'libbde, BitLocker Drive Encryption (BDE) format',
  // BitLocker To Go shows a small FAT volume to systems that can't read it.
  strength: Strength.Disguised,
  async recognise(volume) {
    const boot = await volume.at(0, 512);
    if (boot === undefined) return undefined;
    const isNamed = boot.toString('latin1', 3, 11) === '-FVE-FS-';
    const places = [160, 424].filter((at) => guid.decode(boot, at) === FVE_ID);
    for (const place of places) {
      const found = await fveOf(volume, u64le.decode(boot, place + 16));
      if (found !== undefined)
        return { type: 'BitLocker', ...found, isEncrypted: true, facts: { kind: place === 424 ? 'To Go' : 'drive' } };
    }
    return isNamed ? { type: 'BitLocker', isEncrypted: true } : undefined;
  },
};

/** Identity, size and description, where the metadata are there. */
async function fveOf(volume: Peek, at: number): Promise<{ label: string; serial?: string; size?: number } | undefined> {
  const bytes = await volume.at(at, fveBlock.size);
  if (bytes?.toString('latin1', 0, 8) !== '-FVE-FS-') return undefined;
  const { volumeSize, metadataSize, volumeId } = fveBlock.decode(bytes);
  const length = Math.min(metadataSize + 64, MOST_METADATA, volume.size - at);
  const metadata = (await volume.at(at, length)) ?? Buffer.alloc(0);
  let label = '';
  for (let entry = fveBlock.size; entry + 8 <= metadata.length; ) {
    const size = metadata.readUInt16LE(entry);
    if (size < 8 || entry + size > metadata.length) break;
    if (metadata.readUInt16LE(entry + 2) === DESCRIPTION && metadata.readUInt16LE(entry + 4) === TEXT)
      label = decodedText(metadata.subarray(entry + 8, entry + size), 'utf-16le');
    entry += size;
  }
  return { label, ...serialOf(volumeId), ...(volumeSize === 0 ? {} : { size: volumeSize }) };
}

/** libfvde, Core Storage format: volume header. The same marks bear disks of a Fusion Drive, which need not be enciphered. */
const coreStorageHeader = layout('Core Storage volume header', 512, {
  version: [8, u16le],
  sectorSize: [48, u32le],
  size: [64, u64le],
  mark: [88, ascii(2)],
  blockSize: [96, u32le],
  volumeId: [304, raw(16)],
});

const coreStorage: Kind = {
  id: 'core-storage',
  source: 'libfvde, Core Storage (FileVault 2) format',
  strength: Strength.Weak,
  async recognise(volume) {
    const bytes = await volume.at(0, 512);
    if (bytes?.toString('latin1', 88, 90) !== 'CS') return undefined;
    const { version, sectorSize, size, blockSize, volumeId } = coreStorageHeader.decode(bytes);
    if (version !== 1 || sectorSize !== 512 || blockSize < 512 || size === 0) return undefined;
    const id = volumeId.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    return { type: 'Core Storage (FileVault or Fusion Drive)', ...serialOf(id), size, blockSize };
  },
};

export const encryptedKinds: readonly Kind[] = [luks, bitlocker, coreStorage];
