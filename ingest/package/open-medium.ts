/** The disk inside a stored package: its image opened where it lies, read at random, never unpacked. */
import { Fault, FaultKind } from '../kernel/index.ts';
import { formats, openImage, type OpenedImage } from '../media/index.ts';
import type { Storage } from '../storage/index.ts';
import type { AcquisitionDocument } from './acquisition-document.ts';
import { packageKey } from './package.ts';

/**
 * Reads the bytes as they lie there: what is damaged in the container shows as a Fault, what was altered in storage is for the
 * audit to find. The caller closes it.
 * @throws Fault 'package/medium-not-read' for a container that was not opened at its ingest; as openImage and the storage.
 */
export async function openMedium(storage: Storage, id: string, { image, medium }: AcquisitionDocument): Promise<OpenedImage> {
  if (medium === undefined) throw mediumNotRead(id, image.format.title);
  const members = image.files.map(({ path }) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    open: () => storage.open(`${packageKey(id)}/${path}`),
  }));
  return openImage(members, formats.get(image.format.id)?.isWhole === true);
}

export function mediumNotRead(id: string, formatTitle: string): Fault {
  const message = `the disk inside package ${id} (${formatTitle}) was not read at its ingest; ask for the image's own files`;
  return new Fault(FaultKind.Unsupported, 'package/medium-not-read', message, { id });
}
