/** Volume descriptors: what a disc says of itself, from its sixteenth sector on; one set for each session. */
import { ascii, layout, raw, u32le, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { jolietLevelOf } from './joliet.ts';
import { pair16, pair32 } from './pairs.ts';
import { type DirectoryRecord, recordOf, SECTOR } from './record.ts';

/** ECMA-119 §8.4 and §8.5: primary, supplementary and enhanced differ in what their fields mean alone. */
const volumeDescriptor = layout('volume descriptor', SECTOR, {
  type: [0, u8],
  identifier: [1, ascii(5)],
  version: [6, u8],
  flags: [7, u8],
  system: [8, raw(32)],
  label: [40, raw(32)],
  blockCount: [80, pair32],
  escapes: [88, raw(32)],
  volumeSetSize: [120, pair16],
  volumeSequence: [124, pair16],
  blockSize: [128, pair16],
  pathTableSize: [132, pair32],
  pathTableBlock: [140, u32le],
  root: [156, raw(34)],
  volumeSet: [190, raw(128)],
  publisher: [318, raw(128)],
  preparer: [446, raw(128)],
  application: [574, raw(128)],
  copyrightFile: [702, raw(37)],
  abstractFile: [739, raw(37)],
  bibliographicFile: [776, raw(37)],
  created: [813, raw(17)],
  modified: [830, raw(17)],
  expires: [847, raw(17)],
  effective: [864, raw(17)],
  applicationUse: [883, raw(512)],
});

/** High Sierra (working paper of 28 May 1986), as Linux' hs_primary_descriptor and FreeBSD's iso.h have it: eight bytes later, other widths. */
const highSierraDescriptor = layout('High Sierra volume descriptor', SECTOR, {
  type: [8, u8],
  identifier: [9, ascii(5)],
  version: [14, u8],
  flags: [15, u8],
  system: [16, raw(32)],
  label: [48, raw(32)],
  blockCount: [88, pair32],
  escapes: [96, raw(32)],
  volumeSetSize: [128, pair16],
  volumeSequence: [132, pair16],
  blockSize: [136, pair16],
  pathTableSize: [140, pair32],
  pathTableBlock: [148, u32le],
  root: [180, raw(34)],
  volumeSet: [214, raw(128)],
  publisher: [342, raw(128)],
  preparer: [470, raw(128)],
  application: [598, raw(128)],
  copyrightFile: [726, raw(32)],
  abstractFile: [758, raw(32)],
  bibliographicFile: [790, raw(0)],
  created: [790, raw(16)],
  modified: [806, raw(16)],
  expires: [822, raw(16)],
  effective: [838, raw(16)],
  applicationUse: [856, raw(512)],
});

/** El Torito 1.0, figure 7 */
const bootRecord = layout('boot record', SECTOR, {
  type: [0, u8],
  identifier: [1, ascii(5)],
  bootSystem: [7, raw(32)],
  catalogBlock: [71, u32le],
});

const Type = { Boot: 0, Primary: 1, Supplementary: 2, End: 255 } as const;
/** Discs have three or four. */
const MOST_DESCRIPTORS = 32;

export type TreeKind = 'primary' | 'joliet' | 'enhanced' | 'supplementary';

export interface VolumeDescriptor {
  /** In bytes of the volume. */
  readonly at: number;
  readonly kind: TreeKind;
  readonly isHighSierra: boolean;
  /** 1 to 3 of Joliet. */
  readonly jolietLevel: number | undefined;
  /** 512, 1024 or 2048 bytes. */
  readonly blockSize: number;
  /** False when what stands there is none of these, and 2048 was taken. */
  readonly hasBlockSize: boolean;
  readonly root: DirectoryRecord;
  readonly fields: Fields;
}

type Fields = ReturnType<typeof volumeDescriptor.decode>;

export interface BootRecord {
  readonly at: number;
  readonly bootSystem: string;
  readonly catalogBlock: number;
}

/** What one session begins with. */
export interface DescriptorSet {
  /** Sector that the session begins at: 0, or where its descriptors stand less 16. */
  readonly startSector: number;
  readonly volumes: readonly VolumeDescriptor[];
  readonly boot: BootRecord | undefined;
}

/** Undefined when no primary or supplementary descriptor stands there. */
export async function readDescriptors(volume: ByteSource, startSector: number): Promise<DescriptorSet | undefined> {
  const volumes: VolumeDescriptor[] = [];
  let boot: BootRecord | undefined;
  for (let index = 0; index < MOST_DESCRIPTORS; index++) {
    const at = (startSector + 16 + index) * SECTOR;
    if (at + SECTOR > volume.size) break;
    const bytes = await volume.read(at, SECTOR);
    const isHighSierra = bytes.toString('latin1', 9, 14) === 'CDROM';
    if (!isHighSierra && bytes.toString('latin1', 1, 6) !== 'CD001') break;
    const type = bytes[isHighSierra ? 8 : 0];
    if (type === Type.End) break;
    if (type === Type.Boot && !isHighSierra) boot ??= bootOf(bytes, at);
    if (type !== Type.Primary && type !== Type.Supplementary) continue;
    const found = describe(bytes, at, isHighSierra);
    if (found !== undefined) volumes.push(found);
  }
  return volumes.length === 0 ? undefined : { startSector, volumes, boot };
}

function describe(bytes: Buffer, at: number, isHighSierra: boolean): VolumeDescriptor | undefined {
  const fields: Fields = (isHighSierra ? highSierraDescriptor : volumeDescriptor).decode(bytes);
  const root = recordOf(fields.root, at + (isHighSierra ? 180 : 156), isHighSierra);
  if (root === undefined) return undefined;
  const jolietLevel = fields.type === Type.Supplementary ? jolietLevelOf(fields.escapes) : undefined;
  const blockSize = fields.blockSize.value;
  const hasBlockSize = blockSize === 512 || blockSize === 1024 || blockSize === SECTOR;
  return {
    at,
    kind: kindOf(fields, jolietLevel),
    isHighSierra,
    jolietLevel,
    blockSize: hasBlockSize ? blockSize : SECTOR,
    hasBlockSize,
    root,
    fields,
  };
}

function kindOf({ type, version }: Fields, jolietLevel: number | undefined): TreeKind {
  if (type === Type.Primary) return 'primary';
  if (jolietLevel !== undefined) return 'joliet';
  return version === 2 ? 'enhanced' : 'supplementary';
}

function bootOf(bytes: Buffer, at: number): BootRecord | undefined {
  const { bootSystem, catalogBlock } = bootRecord.decode(bytes);
  const name = bootSystem.toString('latin1').replace(/[\0 ]+$/, '');
  return name === 'EL TORITO SPECIFICATION' ? { at, bootSystem: name, catalogBlock } : undefined;
}
