/**
 * Optical disc image of 2048-byte sectors: ISO 9660 and what lies beside it (Joliet, El Torito, UDF).
 *
 * On disc: 16 free sectors, then volume descriptors, one per sector, `CD001` at byte 1 of each, ended by type 255; UDF's
 * recognition sequence (`BEA01` … `TEA01`) follows. The medium is the container's bytes.
 * Not read: sectors of 2352 bytes, which identify names, and High Sierra, which raw reads.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';
import { wholeMedia } from '../whole-media.ts';

const SECTOR_SIZE = 2048;
const FIRST_DESCRIPTOR = 16;
const LAST_DESCRIPTOR = 256; // ours: real discs end their descriptors within a few sectors

/** Type byte of an ISO 9660 volume descriptor (ECMA-119 §8.1.1). */
const Descriptor = { Boot: 0, Primary: 1, Supplementary: 2, End: 255 } as const;

/** Text fields of the primary volume descriptor: offset and length in bytes (ECMA-119 §8.4). */
const TEXTS = {
  systemId: [8, 32],
  volumeId: [40, 32],
  volumeSetId: [190, 128],
  publisher: [318, 128],
  preparer: [446, 128],
  application: [574, 128],
  created: [813, 16], // YYYYMMDDHHMMSScc, local time of byte 829's zone
} as const;
const SPACE_SIZE_AT = 80; // u32 LE, then u32 BE: count of logical blocks
const BLOCK_SIZE_AT = 128; // u16 LE, then u16 BE
const ESCAPES_AT = 88; // of a supplementary descriptor: `%/@`, `%/C`, `%/E` mean Joliet

interface Structures {
  readonly names: ReadonlySet<string>;
  readonly primary: Buffer | undefined;
}

export const format: MediaFormat = {
  id: 'iso',
  title: 'Optical disc image (ISO 9660, UDF)',
  isWhole: true,
  sources: ['ECMA-119 §8', 'ECMA-167 part 2', 'PRONOM fmt/468, fmt/1738, fmt/1739'],

  async probe(container) {
    const { names, primary } = await structures(container);
    if (primary !== undefined) return Confidence.Fits;
    return names.size > 0 ? Confidence.Likely : Confidence.No;
  },

  async open(container) {
    const { names, primary } = await structures(container);
    const facts: Record<string, string | number> = { structures: [...names].join(', ') };
    const warnings: Fault[] = [];
    if (primary !== undefined) Object.assign(facts, describe(primary, container.size, warnings));
    const rest = container.size % SECTOR_SIZE;
    if (rest !== 0) {
      const message = `${container.size} bytes are no whole number of ${SECTOR_SIZE}-byte sectors (${rest} bytes remain); the image may be cut`;
      warnings.push(new Fault(FaultKind.Truncated, 'iso/odd-size', message, { size: container.size, rest }));
    }
    return wholeMedia(container, { format: 'iso', sectorSize: SECTOR_SIZE, facts, warnings });
  },
};

/** Walks the descriptors once; what does not begin like one ends the walk. */
async function structures(container: ByteSource): Promise<Structures> {
  const names = new Set<string>();
  let primary: Buffer | undefined;
  for (let sector = FIRST_DESCRIPTOR; sector <= LAST_DESCRIPTOR; sector++) {
    if ((sector + 1) * SECTOR_SIZE > container.size) break;
    const bytes = await container.read(sector * SECTOR_SIZE, SECTOR_SIZE);
    const mark = bytes.toString('latin1', 1, 6);
    if (mark === 'CD001') {
      names.add('ISO 9660');
      const type = bytes[0];
      if (type === Descriptor.Primary && bytes[6] === 1) primary ??= bytes;
      if (type === Descriptor.Boot && bytes.toString('latin1', 7, 30) === 'EL TORITO SPECIFICATION') names.add('El Torito');
      if (type === Descriptor.Supplementary && /^%\/[@CE]/.test(bytes.toString('latin1', ESCAPES_AT, ESCAPES_AT + 3)))
        names.add('Joliet');
    } else if (mark === 'NSR02' || mark === 'NSR03') {
      names.add('UDF');
    } else if (mark === 'TEA01' || !/^(BEA01|BOOT2|CDW02)$/.test(mark)) {
      break;
    }
  }
  return { names, primary };
}

function describe(primary: Buffer, size: number, warnings: Fault[]): MediaFacts {
  const facts: Record<string, string | number> = {};
  for (const [name, [at, length]] of Object.entries(TEXTS)) {
    const text = trimmed(primary.subarray(at, at + length));
    if (text !== '' && !/^0*$/.test(text)) facts[name] = escaped(Buffer.from(text, 'latin1'));
  }
  const blocks = bothEnded(primary, SPACE_SIZE_AT, 4, warnings);
  const blockSize = bothEnded(primary, BLOCK_SIZE_AT, 2, warnings);
  const declaredSize = blocks * blockSize;
  Object.assign(facts, { blocks, blockSize, declaredSize });
  if (declaredSize > size) {
    const message = `the volume says ${blocks} blocks of ${blockSize} bytes, ${declaredSize} bytes; the image has ${size}: it is cut, or a later session taken by itself`;
    warnings.push(new Fault(FaultKind.Truncated, 'iso/cut', message, { declaredSize, size }));
  }
  if (declaredSize < size) facts['bytesAfterVolume'] = size - declaredSize;
  return facts;
}

function trimmed(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end).trimEnd();
}

/** A number stored little-endian, then big-endian; a difference is a warning and the first one counts. */
function bothEnded(bytes: Buffer, at: number, width: 2 | 4, warnings: Fault[]): number {
  const little = bytes.readUIntLE(at, width);
  const big = bytes.readUIntBE(at + width, width);
  if (little !== big) {
    const message = `the primary volume descriptor stores ${little} and ${big} at byte ${at} where both must be the same`;
    warnings.push(new Fault(FaultKind.Corrupt, 'iso/byte-orders-differ', message, { at, little, big }));
  }
  return little;
}
