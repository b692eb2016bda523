/** The image that was copied into the staged package, opened from there. */
import { basename, join } from 'node:path';
import { fileSource, type OpenedImage, openImage, wrappedContent } from '../media/index.ts';
import { FileRole } from '../package/index.ts';
import type { Copied } from './steps/copy.ts';
import type { Received } from './steps/receive.ts';

/** @param bag folder of the staged package. The caller closes the image. @throws Fault as openImage. */
export function openStaged({ deposit, medium }: Received, { files }: Copied, bag: string): Promise<OpenedImage> {
  const members = files
    .filter(({ role }) => role === FileRole.Image)
    .map(({ path }) => ({ name: basename(path), open: () => fileSource(join(bag, path), basename(path)) }));
  return openImage(members, deposit.image.scheme === 'pieces', medium && wrappedContent(medium.facts));
}
