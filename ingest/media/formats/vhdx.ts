/**
 * Hyper-V virtual disk (VHDX): fixed, dynamic and differencing, with 512- and 4096-byte sectors.
 *
 * On disk: identifier, two headers, two region tables, and at whole MiB the log, the table of u64le (one per block), the
 * metadata and the blocks. A log that was left behind is replayed in memory.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import { Confidence, type MediaFacts, type MediaFormat } from '../media.ts';
import { Blocks } from '../vhdx/blocks.ts';
import { type Header, NIL, creatorOf, currentHeader, isVhdx, regionsOf } from '../vhdx/header.ts';
import { replayed } from '../vhdx/log.ts';
import { type Disk, metadataOf } from '../vhdx/metadata.ts';
import { overlaid } from '../vhdx/overlay.ts';
import { linkagesOf, parentNames, parentOf } from '../vhdx/parent-of.ts';

export const format: MediaFormat = {
  id: 'vhdx',
  title: 'Hyper-V virtual disk (VHDX)',
  sources: ['Microsoft [MS-VHDX] Virtual Hard Disk v2 File Format', 'QEMU block/vhdx.c, block/vhdx-log.c'],

  async probe(container) {
    return (await isVhdx(container)) ? Confidence.Certain : Confidence.No;
  },

  async open(container, companions) {
    if (!(await isVhdx(container)))
      throw new Fault(FaultKind.Corrupt, 'vhdx/signature', 'a VHDX image begins with "vhdxfile", and this does not');
    const { header, warnings } = await currentHeader(container);
    const log = header.logGuid === NIL ? undefined : await replayed(container, header);
    const image = log === undefined ? container : overlaid(container, log);
    const regions = await regionsOf(image, header);
    const disk = await metadataOf(image, regions.metadata);
    const blocks = new Blocks(image, regions, disk, header);
    const { stored, warnings: damage } = await blocks.check();
    const facts = factsOf(header, disk, await creatorOf(container));
    const parent = disk.parent === undefined ? undefined : await parentOf(header, disk.parent, companions);
    return mappedMedia({
      format: 'vhdx',
      size: disk.size,
      sectorSize: disk.logicalSectorSize,
      facts: { ...facts, allocatedBlocks: stored, ...(log === undefined ? {} : { logReplayed: log.entryCount }) },
      parts: parent === undefined ? [] : [parent.name, ...parent.media.parts],
      warnings: [
        ...warnings,
        ...regions.warnings,
        ...(log === undefined ? [] : [notClosed(log.entryCount)]),
        ...damage,
        ...(parent?.warnings ?? []),
      ],
      map: (offset, length) => blocks.map(offset, length, parent?.media),
      owned: parent === undefined ? [] : [parent.media],
    });
  },
};

function notClosed(entryCount: number): Fault {
  const message = `the VHDX image was not closed properly; the ${entryCount} entries of its log are applied in memory, the file stays as it is`;
  return new Fault(FaultKind.Corrupt, 'vhdx/log-replayed', message, { entryCount });
}

function factsOf(header: Header, disk: Disk, creator: string): MediaFacts {
  const { parent, isFixed, diskId, physicalSectorSize } = disk;
  const names = parent === undefined ? [] : parentNames(parent);
  return {
    subformat: parent !== undefined ? 'differencing' : isFixed ? 'fixed' : 'dynamic',
    ...(creator === '' ? {} : { creator }),
    version: header.version,
    sequence: String(header.sequence),
    ...(diskId === undefined ? {} : { diskId }),
    dataWriteGuid: header.dataGuid,
    fileWriteGuid: header.fileGuid,
    blockSize: disk.blockSize,
    logicalSectorSize: disk.logicalSectorSize,
    ...(physicalSectorSize === undefined ? {} : { physicalSectorSize }),
    ...(parent === undefined ? {} : { parentGuids: linkagesOf(parent) }),
    ...(names.length === 0 ? {} : { parentNames: names }),
  };
}
