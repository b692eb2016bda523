/** A compressed grain: a zlib stream, behind a marker that says where on the disk it belongs. */
import { Fault, FaultKind, layout, u32le, u64le } from '../../kernel/index.ts';
import { zlib } from '../codecs/deflate.ts';
import type { ByteSource } from '../media.ts';
import type { Chunk } from '../runs.ts';

/** SparseGrainLBAHeader of the Virtual Disk Format specification; the stream follows at once. */
export const grainMarker = layout('grain marker', 12, {
  sector: [0, u64le],
  packedSize: [8, u32le],
});

/** Most bytes of a packed grain with its marker, in whole sectors: what doubles the data is no compression. */
export function packedLimit(grainSize: number): number {
  return grainSize * 2 + 512;
}

export interface PackedGrain {
  readonly key: number;
  readonly source: ByteSource;
  readonly at: number;
  /** Where it ends at the latest. */
  readonly end: number;
  /** Bytes of the medium that it holds: the last grain may be cut. */
  readonly size: number;
  readonly grainSize: number;
  /** Of the extent, which the marker must name; undefined where there are no markers. */
  readonly sector: number | undefined;
}

export function packedGrain({ key, source, at, end, size, grainSize, sector }: PackedGrain): Chunk {
  return {
    key,
    source,
    at,
    packedLength: end - at,
    size,
    recipe: { kind: 'zlib', ...(sector === undefined ? {} : { mark: sector }) },
    async unpack(packed) {
      const stream = sector === undefined ? packed : behindMarker(packed, sector, at, source.size);
      const grain = await zlib(stream, grainSize);
      if (grain.length < size) {
        const message = `a grain of the VMDK unpacks to ${grain.length} bytes instead of ${size}; it is damaged`;
        throw new Fault(FaultKind.Corrupt, 'vmdk/grain-short', message, { at, got: grain.length, expected: size });
      }
      return grain.length === size ? grain : grain.subarray(0, size);
    },
  };
}

function behindMarker(packed: Buffer, sector: number, at: number, fileSize: number): Buffer {
  const marker = grainMarker.decode(packed);
  if (marker.sector !== sector) {
    const message = `the grain at byte ${at} of the VMDK says it belongs to sector ${marker.sector}, the grain table says ${sector}; one of them is damaged`;
    throw new Fault(FaultKind.Corrupt, 'vmdk/grain-sector', message, { at, marked: marker.sector, expected: sector });
  }
  const end = grainMarker.size + marker.packedSize;
  if (marker.packedSize === 0 || end > packed.length) {
    const isCut = at + end > fileSize && packed.length === fileSize - at;
    const why = isCut ? 'the image is cut' : 'the next one begins before; the marker is damaged';
    const message = `the grain at byte ${at} of the VMDK says it has ${marker.packedSize} packed bytes; ${why}`;
    const kind = isCut ? FaultKind.Truncated : FaultKind.Corrupt;
    throw new Fault(kind, 'vmdk/grain-length', message, { at, length: marker.packedSize });
  }
  return packed.subarray(grainMarker.size, end);
}
