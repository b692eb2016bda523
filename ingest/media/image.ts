/** A disk image of one file or of several, opened as a medium: what an ingest, an inspection and a reader of the archive all do. */
import { chainSource } from './chain.ts';
import { companionsOf, openMedia } from './open.ts';
import type { ByteSource, Content, Media } from './media.ts';

/** One file of an image. */
export interface ImageMember {
  /** Bare name. */
  readonly name: string;
  /** Opens it; what it gives is closed with the image. */
  open(): Promise<ByteSource>;
}

export interface OpenedImage extends AsyncDisposable {
  /** What was opened: the one file, all pieces end to end, or the first segment. */
  readonly container: ByteSource;
  readonly media: Media;
}

/**
 * @param members in order: the first is opened; pieces are joined end to end, the others of a container stand by.
 * @param joined whether the members are pieces of one raw image. The caller closes the result.
 * @param content what the wrapper holds, where it was opened before.
 * @throws Fault as openMedia.
 */
export async function openImage(members: readonly ImageMember[], joined: boolean, content?: Content): Promise<OpenedImage> {
  const [head] = members;
  if (head === undefined) throw new TypeError('an image without files');
  const container = await openContainer(members, joined);
  const byName = new Map(members.map((member) => [member.name, member]));
  const others = joined ? [] : members.slice(1).map(({ name }) => name);
  const open = (name: string): Promise<ByteSource> =>
    byName.get(name)?.open() ?? Promise.reject(new RangeError(`no member ${name}`));
  const companions = companionsOf(head.name, others, open, content);
  const close = async (): Promise<void> => {
    await companions[Symbol.asyncDispose]();
    await container[Symbol.asyncDispose]();
  };
  try {
    const media = await openMedia(container, companions);
    return {
      container,
      media,
      async [Symbol.asyncDispose]() {
        await media[Symbol.asyncDispose]();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The first member, or all pieces end to end. The caller closes it. */
export async function openContainer(members: readonly ImageMember[], joined: boolean): Promise<ByteSource> {
  const sources: ByteSource[] = [];
  try {
    for (const member of joined ? members : members.slice(0, 1)) sources.push(await member.open());
  } catch (error) {
    await chainSource(sources)[Symbol.asyncDispose]();
    throw error;
  }
  const [only] = sources;
  return sources.length === 1 && only !== undefined ? only : chainSource(sources);
}
