/** What the entries of the second tables of QCOW2 mean: standard, zero, compressed, and divided into 32 subclusters. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { deflate } from '../codecs/deflate.ts';
import { zstd } from '../codecs/zstd.ts';
import type { ByteSource } from '../media.ts';
import type { ClusterMapSettings } from './cluster-map.ts';
import { Feature, type Header } from './header.ts';
import { packedCluster } from './packed-cluster.ts';
import { type RunList, brokenSource } from './run-list.ts';

const COMPRESSED = 0x40000000; // bit 62, in the upper half
const COPIED = 0x80000000; // bit 63: used once; with a data file, that offset 0 is a place
const ZERO = 1;
const SUBCLUSTERS = 32;

/** Where bits 9 to 55 of an entry point. Above 2^53 it is no longer exact, and past the end of any file. */
export function placeOf(high: number, low: number): number {
  return (high & 0x00ffffff) * 0x1_0000_0000 + ((low & 0xfffffe00) >>> 0);
}

/** @param data where the clusters lie: the container itself, or its data file. */
export function entriesOf(h: Header, container: ByteSource, data: ByteSource): Pick<ClusterMapSettings, 'addCluster' | 'broken'> {
  const { clusterSize, clusterBits } = h;
  const hasDataFile = data !== container;
  const isExtended = (h.incompatible & Feature.ExtendedL2) !== 0;
  const subclusterSize = clusterSize / SUBCLUSTERS;
  const codec = h.compression === 'zstd' ? zstd : deflate;
  const packed = { format: 'qcow2', container, clusterSize, codec };
  const placeHigh = 2 ** (62 - (clusterBits - 8) - 32) - 1;
  const countShift = 62 - (clusterBits - 8) - 32;
  const countMask = 2 ** (clusterBits - 8) - 1;

  const outside = brokenSource(
    new Fault(
      FaultKind.Truncated,
      'qcow2/cluster-outside',
      `a cluster lies past the end of the file (${data.size} bytes); the image is cut`,
    ),
  );
  const invalid = brokenSource(
    new Fault(FaultKind.Corrupt, 'qcow2/cluster-invalid', 'what a table says of a cluster can not be; the image is damaged'),
  );

  const stored = (runs: RunList, at: number, length: number): void => {
    const inside = Math.min(length, Math.max(0, data.size - at));
    if (inside > 0) runs.stored(data, at, inside);
    if (length > inside) runs.broken(outside, length - inside);
  };

  const compressed = (runs: RunList, high: number, low: number, skip: number, length: number): void => {
    const at = (high & placeHigh) * 0x1_0000_0000 + low;
    const sectorCount = ((high >>> countShift) & countMask) + 1;
    if (hasDataFile) runs.broken(invalid, length);
    else if (at >= container.size) runs.broken(outside, length);
    else runs.packed(packedCluster(packed, at, sectorCount * 512 - (at % 512)), skip, length);
  };

  /** The lower half of `bitmap` says which subclusters are stored, the upper half which are zeros. */
  const divided = (runs: RunList, at: number, isPlace: boolean, zeros: number, places: number, skip: number, length: number) => {
    const end = skip + length;
    for (let from = skip; from < end; ) {
      const index = Math.floor(from / subclusterSize);
      const stop = Math.min(end, (index + 1) * subclusterSize);
      const isZero = ((zeros >>> index) & 1) !== 0;
      const isStored = ((places >>> index) & 1) !== 0;
      if (isZero && isStored) runs.broken(invalid, stop - from);
      else if (isZero) runs.zero(stop - from);
      else if (!isStored) runs.unwritten(stop - from);
      else if (isPlace) stored(runs, at + from, stop - from);
      else runs.broken(invalid, stop - from);
      from = stop;
    }
  };

  return {
    broken: [outside, invalid],
    addCluster(runs, page, position, clusterOffset, skip, length) {
      const high = page.readUInt32BE(position);
      const low = page.readUInt32BE(position + 4);
      if ((high & COMPRESSED) !== 0) return compressed(runs, high, low, skip, length);
      const at = placeOf(high, low);
      const isPlace = at !== 0 || (hasDataFile && (high & COPIED) !== 0);
      // QEMU, too, takes a cluster for damaged that lies elsewhere in the data file than in the medium.
      if (isPlace && (at % clusterSize !== 0 || (hasDataFile && at !== clusterOffset))) return runs.broken(invalid, length);
      if (isExtended)
        return divided(runs, at, isPlace, page.readUInt32BE(position + 8), page.readUInt32BE(position + 12), skip, length);
      if ((low & ZERO) !== 0) return h.version === 2 ? runs.broken(invalid, length) : runs.zero(length);
      if (isPlace) return stored(runs, at + skip, length);
      return runs.unwritten(length);
    },
  };
}
