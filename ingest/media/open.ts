/** The entry of media: probe all, open the surest, refuse a tie and what is only recognised. */
import { Fault, FaultKind } from '../kernel/index.ts';
import { identify } from './identify.ts';
import { DepositCompanions } from './companions.ts';
import type { ByteSource, Companions, Content, Media } from './media.ts';
import { formats } from './registry.ts';

/** A container that came alone. */
export const alone: Companions = new DepositCompanions('', [], () => Promise.resolve(undefined), openMedia);

/**
 * The medium inside `container`, which stays open and belongs to the caller, as do the companions.
 * @param as id of the only format it may be read as; without it, its content tells.
 * @throws Fault 'media/not-read' for a format this version keeps but can't read; 'media/no-image' for a document;
 * 'media/empty' for no bytes; 'media/ambiguous' for a tie.
 */
export async function openMedia(container: ByteSource, companions: Companions = alone, as?: string): Promise<Media> {
  if (container.size === 0) throw new Fault(FaultKind.Truncated, 'media/empty', 'the image has 0 bytes; image the carrier again');
  const forced = as === undefined ? undefined : formats.get(as);
  if (forced !== undefined) return forced.open(container, companions);
  const { id, title, kind, readable } = await identify(container);
  const format = readable ? formats.get(id) : undefined;
  if (format !== undefined) return format.open(container, companions);
  if (kind === 'paper') {
    throw new Fault(FaultKind.Unsupported, 'media/no-image', `the content is no disk image but: ${title}`, { format: id });
  }
  const message = `${title} is recognised, but not read by this version; it is kept as received`;
  throw new Fault(FaultKind.Unsupported, 'media/not-read', message, { format: id });
}

/**
 * The files that lie with the container `own`, by bare name. The caller closes them, after the media that use them.
 * @param open opens one of `names`, or `own` again; each is opened once at most.
 * @param content as `Companions` has it.
 */
export function companionsOf(
  own: string,
  names: readonly string[],
  open: (name: string) => Promise<ByteSource>,
  content?: Content,
): Companions & AsyncDisposable {
  return new DepositCompanions(own, names, open, openMedia, [], 0, content);
}
