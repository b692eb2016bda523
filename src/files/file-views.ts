/** Rows of files and volumes as the API gives them. */
import type { DiskVolume } from './disk-volume.entity.ts';
import { type FoundFile, pathOf } from './file-index.port.ts';
import type { DiskFileView, DiskVolumeView } from './files.dto.ts';

/** @param known the set that it is in, if any. */
export function fileView(file: FoundFile, known: DiskFileView['known']): DiskFileView {
  const { packageId, packageTitle, accession, volume, volumeLabel, name, kind, stream, size, modified } = file;
  const { isDeleted, hasUnread, sha256, md5, sha1, puid, format, mime, scan, details } = file;
  return {
    package: packageId,
    packageTitle,
    accession,
    volume,
    volumeLabel,
    path: pathOf(file),
    name,
    kind,
    stream,
    size,
    modified,
    deleted: isDeleted,
    unread: hasUnread,
    known,
    sha256,
    md5,
    sha1,
    puid,
    format,
    mime,
    scan,
    details,
  };
}

export function volumeView(volume: DiskVolume): DiskVolumeView {
  const { number, scheme, slot, offset, length, type, title, label, serial, fileSystem, fileSystemTitle, remarks, facts } =
    volume;
  return {
    number,
    scheme,
    slot,
    offset,
    length,
    type,
    title,
    label,
    serial,
    fileSystem,
    fileSystemTitle,
    listed: volume.isListed,
    encrypted: volume.isEncrypted,
    remarks,
    facts,
  };
}
