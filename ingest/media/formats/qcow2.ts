/**
 * QEMU copy-on-write image, versions 2 and 3 (QCOW2).
 *
 * On disk: a header with extensions, then clusters; two levels of tables say where each cluster of the medium lies.
 * Not read: encrypted images (AES, LUKS); internal snapshots are listed, the medium is the active state.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';
import { openBacking } from '../qcow/backing.ts';
import { clusterMap } from '../qcow/cluster-map.ts';
import { dataFileOf } from '../qcow/data-file.ts';
import { entriesOf, placeOf } from '../qcow/entries.ts';
import { Feature, type Header, checkL1Count, headerOf, isQcow } from '../qcow/header.ts';
import { snapshotsOf } from '../qcow/snapshots.ts';

export const format: MediaFormat = {
  id: 'qcow2',
  title: 'QEMU copy-on-write image, version 2',
  sources: ['QEMU docs/interop/qcow2.txt', 'QEMU block/qcow2.c, block/qcow2-cluster.c'],

  async probe(container) {
    return (await isQcow(container, [2, 3])) ? Confidence.Certain : Confidence.No;
  },

  async open(container, companions) {
    const h = await headerOf(container);
    const isExtended = (h.incompatible & Feature.ExtendedL2) !== 0;
    const entrySize = isExtended ? 16 : 8;
    const entriesPerTable = h.clusterSize / entrySize;
    if (isExtended && h.clusterBits < 14) {
      const message = `clusters of 2^${h.clusterBits} bytes can't be divided into 32 parts; the image is damaged or forged`;
      throw new Fault(FaultKind.Corrupt, 'qcow2/subcluster-size', message, { clusterBits: h.clusterBits });
    }
    checkL1Count(h, entriesPerTable);
    const hasDataFile = (h.incompatible & Feature.DataFile) !== 0;
    const data = hasDataFile ? await dataFileOf(h.extensions.dataFile, companions) : undefined;
    const snapshots = await snapshotsOf(container, h.snapshotCount, h.snapshotsOffset);
    const map = await clusterMap({
      format: 'qcow2',
      container,
      size: h.diskSize,
      clusterSize: h.clusterSize,
      entrySize,
      entriesPerTable,
      l1Offset: h.l1Offset,
      tableAlignment: h.clusterSize,
      tableOffset: placeOf,
      ...entriesOf(h, container, data?.source ?? container),
    });
    // Last, since it is ours to close.
    const backing =
      h.backingFile === '' ? undefined : await openBacking('qcow2', h.backingFile, h.extensions.backingFormat, companions);
    return mappedMedia({
      format: 'qcow2',
      size: h.diskSize,
      sectorSize: 512,
      facts: factsOf(h, snapshots.lines),
      parts: [
        ...(data === undefined ? [] : [data.name]),
        ...(backing === undefined ? [] : [backing.name, ...backing.media.parts]),
      ],
      warnings: [...warningsOf(h, container), ...snapshots.warnings, ...map.warnings, ...(backing?.warnings ?? [])],
      map: (offset, length) => map.runs(offset, length, backing?.media),
      owned: backing === undefined ? [] : [backing.media],
    });
  },
};

/** The image's own words on its state; none of it hinders the reading. */
function warningsOf(h: Header, container: ByteSource): Fault[] {
  const faults: Fault[] = [];
  if ((h.incompatible & Feature.Dirty) !== 0) {
    const message = 'the image was not closed properly: its reference counts may be wrong, which reading does not need';
    faults.push(new Fault(FaultKind.Corrupt, 'qcow2/dirty', message));
  }
  if ((h.incompatible & Feature.Corrupt) !== 0) {
    const message = 'the image is marked as corrupt by the program that wrote it; what is read may be wrong';
    faults.push(new Fault(FaultKind.Corrupt, 'qcow2/marked-corrupt', message));
  }
  const end = h.refcountOffset + h.refcountClusterCount * h.clusterSize;
  if (h.refcountOffset % h.clusterSize !== 0 || end > container.size) {
    const message = `the table of reference counts (byte ${h.refcountOffset}, ${h.refcountClusterCount} clusters) is not in the file of ${container.size} bytes; reading does not need it`;
    faults.push(new Fault(FaultKind.Corrupt, 'qcow2/refcounts-outside', message, { offset: h.refcountOffset, end }));
  }
  return faults;
}

function factsOf(h: Header, snapshots: readonly string[]): MediaFacts {
  const { backingFormat, dataFile, bitmapCount } = h.extensions;
  const hasDataFile = (h.incompatible & Feature.DataFile) !== 0;
  return {
    subformat: `version ${h.version}`,
    clusterSize: h.clusterSize,
    compression: h.compression,
    ...((h.incompatible & Feature.ExtendedL2) === 0 ? {} : { subclusterSize: h.clusterSize / 32 }),
    ...(h.backingFile === '' ? {} : { backingFile: escaped(h.backingFile) }),
    ...(h.backingFile === '' || backingFormat === '' ? {} : { backingFormat: escaped(backingFormat) }),
    ...(hasDataFile ? { dataFile: escaped(dataFile), dataFileFormat: h.isDataFileRaw ? 'raw' : 'clusters' } : {}),
    ...(bitmapCount === 0 ? {} : { bitmapCount }),
    ...(h.snapshotCount === 0 ? {} : { snapshotCount: h.snapshotCount, snapshots }),
  };
}
