/** The file system of Windows NT (NTFS): by its master file table, with hard links, named streams, compression and deleted files. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { Confidence, type FileSystem, type FileSystemFormat } from '../filesystems.ts';
import { findShape, type FoundShape, notNtfs } from '../ntfs/boot.ts';
import { Describer } from '../ntfs/describe.ts';
import { Listing } from '../ntfs/listing.ts';
import { MasterTable } from '../ntfs/table.ts';
import { allocationOf, recordsInUse, volumeNotes } from '../ntfs/volume.ts';

export const format: FileSystemFormat = {
  id: 'ntfs',
  title: 'NTFS',
  sources: ['Linux-NTFS Project, NTFS Documentation', 'Microsoft [MS-FSCC], [MS-XCA]', 'libfsntfs, New Technologies File System'],

  async probe(volume) {
    const found = await findShape(volume);
    if (found === undefined) return Confidence.No;
    return found.isWhole ? Confidence.Certain : Confidence.Likely;
  },

  async open(volume) {
    const found = await findShape(volume);
    if (found === undefined) throw notNtfs();
    return opened(volume, found);
  },
};

async function opened(volume: ByteSource, { shape, isBackup }: FoundShape): Promise<FileSystem> {
  const table = await MasterTable.open(volume, shape);
  const notes = await volumeNotes(table);
  const allocation = await allocationOf(table);
  const inUse = await recordsInUse(table);
  return {
    format: 'ntfs',
    type: notes.version === undefined ? 'NTFS' : `NTFS ${notes.version}`,
    label: notes.label,
    serial: shape.serial,
    size: shape.size,
    blockSize: shape.clusterSize,
    isListed: true,
    facts: {
      clusterCount: shape.clusterCount,
      sectorSize: shape.sectorSize,
      recordSize: shape.recordSize,
      recordCount: table.recordCount,
      ...(notes.created === undefined ? {} : { created: notes.created }),
    },
    warnings: [
      ...(isBackup ? [fromBackup()] : []),
      ...(table.isMirrored ? [fromMirror()] : []),
      ...notes.warnings,
      ...(shape.size > volume.size ? [tooLarge(shape.size, volume.size)] : []),
    ],
    entries: (limits, signal) => new Listing(table, new Describer(table, allocation), inUse, limits).found(signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function fromBackup(): Fault {
  const message = 'the boot sector is damaged; its copy at the end of the volume was used';
  return new Fault(FaultKind.Corrupt, 'ntfs/boot-damaged', message);
}

function fromMirror(): Fault {
  const message = 'the first records of the master file table ($MFT) are damaged; their copies in $MFTMirr were used';
  return new Fault(FaultKind.Corrupt, 'ntfs/mft-damaged', message);
}

function tooLarge(size: number, volumeSize: number): Fault {
  const message = `the file system has ${size} bytes and the volume ${volumeSize}: the image is cut, or was made of a part of the disk`;
  return new Fault(FaultKind.Truncated, 'ntfs/size', message, { size, volumeSize });
}
