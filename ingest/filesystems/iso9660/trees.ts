/** The trees of a session, the one that tells most first. */
import type { ByteSource } from '../../media/index.ts';
import { Blocks } from './blocks.ts';
import type { DescriptorSet, TreeKind, VolumeDescriptor } from './descriptors.ts';
import type { Reading } from './entries.ts';
import type { Directory } from './files.ts';
import { recordOf } from './record.ts';
import { extensionOf, usesRockRidge } from './rock-ridge.ts';
import { sharedFrom, suspFields, xaOf } from './susp.ts';

export interface RidgeMark {
  /** Bytes to skip in each system use area. */
  readonly skip: number;
  /** What the disc calls its extension. */
  readonly extension: string | undefined;
}

/** A tree to be listed. */
export interface Plan {
  readonly reading: Reading;
  readonly root: Directory;
  /** Of its descriptor, in bytes of the volume. */
  readonly at: number;
  /** Name of the folder for what the trees before it lack. */
  readonly folder: string;
  readonly ridge: RidgeMark | undefined;
}

const RANK: Readonly<Record<TreeKind, number>> = { joliet: 1, enhanced: 2, primary: 3, supplementary: 4 };
/** As in `Entry.tree`, and as people call it. */
const WORDS: Readonly<Record<TreeKind, readonly [word: string, title: string]>> = {
  joliet: ['joliet', 'Joliet'],
  enhanced: ['iso9660-1999', 'ISO 9660:1999'],
  primary: ['iso9660', 'ISO 9660'],
  supplementary: ['supplementary', 'supplementary'],
};

/** @param session number of an earlier one, from 1; undefined for the last. */
export async function plansOf(
  volume: ByteSource,
  { volumes }: DescriptorSet,
  baseBlock: number,
  codePage: string,
  session: number | undefined,
): Promise<Plan[]> {
  const ranked: { rank: number; descriptor: VolumeDescriptor; blocks: Blocks; ridge: RidgeMark | undefined }[] = [];
  for (const descriptor of volumes) {
    const blocks = new Blocks(volume, descriptor.blockSize, baseBlock);
    const ridge = descriptor.kind === 'joliet' ? undefined : await ridgeOf(blocks, descriptor);
    ranked.push({ rank: ridge === undefined ? RANK[descriptor.kind] : 0, descriptor, blocks, ridge });
  }
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.map(({ descriptor, blocks, ridge }, index): Plan => {
    const { kind, root, at, isHighSierra } = descriptor;
    const [word, title] = WORDS[kind];
    const isBest = index === 0;
    const tree = session === undefined ? (isBest ? undefined : word) : `session ${session}${isBest ? '' : ` ${word}`}`;
    return {
      reading: { blocks, isHighSierra, isJoliet: kind === 'joliet', suspSkip: ridge?.skip, codePage, tree },
      root: { id: root.at, block: root.section.block, size: root.section.size },
      at,
      folder: session === undefined ? `[${title}]` : `[session ${session}${isBest ? '' : `, ${title}`}]`,
      ridge,
    };
  });
}

/** Undefined where the root's own record does not show Rock Ridge. */
async function ridgeOf(blocks: Blocks, { root, isHighSierra }: VolumeDescriptor): Promise<RidgeMark | undefined> {
  const at = blocks.placeOf(root.section.block);
  const bytes = await blocks.read(at, 256);
  const own = recordOf(bytes.subarray(0, bytes[0] ?? 0), at, isHighSierra);
  const skip = own === undefined ? undefined : sharedFrom(own.systemUse);
  if (own === undefined || skip === undefined) return undefined;
  const { fields } = await suspFields(own.systemUse, xaOf(own.systemUse)?.length ?? 0, blocks);
  return usesRockRidge(fields) ? { skip, extension: extensionOf(fields) } : undefined;
}
