/** A compressed cluster as a chunk: it unpacks to exactly one cluster, or the image is damaged. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Codec } from '../codecs/codec.ts';
import { recipeOf } from '../codecs/deflate.ts';
import type { ByteSource } from '../media.ts';
import type { Chunk } from '../runs.ts';

export interface PackedClusterSettings {
  readonly format: string;
  readonly container: ByteSource;
  readonly clusterSize: number;
  readonly codec: Codec;
}

/**
 * @param at inside of the container.
 * @param wish bytes it may take, rounded up by the writer: where the file ends before, so does it.
 */
export function packedCluster({ format, container, clusterSize, codec }: PackedClusterSettings, at: number, wish: number): Chunk {
  const packedLength = Math.min(wish, container.size - at);
  return {
    key: `${at}+${packedLength}`,
    source: container,
    at,
    packedLength,
    size: clusterSize,
    recipe: recipeOf(codec),
    async unpack(packed) {
      const bytes = await codec(packed, clusterSize);
      if (bytes.length === clusterSize) return bytes;
      const isCut = packedLength < wish;
      const message = `the compressed cluster at byte ${at} holds ${bytes.length} bytes instead of ${clusterSize}; the image is ${isCut ? 'cut' : 'damaged'}`;
      const kind = isCut ? FaultKind.Truncated : FaultKind.Corrupt;
      throw new Fault(kind, `${format}/cluster-short`, message, { at, got: bytes.length, clusterSize });
    },
  };
}
