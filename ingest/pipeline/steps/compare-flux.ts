/** compare flux: what each capture that came with a sector image decodes to, against that image. Differences are told, not resolved. */
import { basename, join } from 'node:path';
import { fluxIn, type ImageFiles } from '../../acquisition/index.ts';
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { fileSource, identify, type Media, openImage, type Range } from '../../media/index.ts';
import { type FluxRecord, SUBMISSION_FOLDER } from '../../package/index.ts';
import { compareSectors } from '../flux-comparison.ts';
import type { IngestContext } from '../request.ts';
import { openStaged } from '../staged-image.ts';
import { unreadRanges } from '../unread-ranges.ts';
import type { Copied } from './copy.ts';
import type { Measured } from './measure.ts';
import type { Received } from './receive.ts';

/** Decoding one takes seconds; more than so many readings of one carrier are kept without it. */
const MOST_DECODED = 16;

/** One for each capture, decoded from its copy. @throws Fault of kind 'unreadable' when the storage fails; `signal.reason`. */
export async function compareFlux(
  received: Received,
  copied: Copied,
  measured: Measured | undefined,
  bag: string,
  context: IngestContext,
): Promise<FluxRecord[]> {
  const { flux } = received.deposit;
  if (flux.length === 0) return [];
  await using image = measured?.digests === undefined ? undefined : await openStaged(received, copied, bag);
  const unread = measured === undefined ? [] : await unreadRanges(received, measured);
  const records: FluxRecord[] = [];
  for (const capture of flux) {
    context.signal?.throwIfAborted();
    const isTooMany = records.length >= MOST_DECODED;
    records.push(await recordOf(capture, isTooMany, image?.media, unread, bag, context.signal));
  }
  return records;
}

async function recordOf(
  capture: ImageFiles,
  isTooMany: boolean,
  image: Media | undefined,
  unread: readonly Range[],
  bag: string,
  signal: AbortSignal | undefined,
): Promise<FluxRecord> {
  const files = capture.files.map(({ name }) => `${SUBMISSION_FOLDER}${name}`);
  const members = files.map((path) => ({ name: basename(path), open: () => fileSource(join(bag, path), basename(path)) }));
  const what = await identifiedFlux(capture, bag);
  const { id, title, puid } = what;
  const record = { name: capture.name, format: { id, title, ...(puid === undefined ? {} : { puid }) }, files };
  try {
    const kept = `the flux "${escaped(capture.name)}" is kept, but was not compared with the image:`;
    if (!what.readable)
      throw new Fault(FaultKind.Unsupported, 'ingest/flux-format', `${kept} this version does not decode "${title}"`);
    if (image === undefined)
      throw new Fault(
        FaultKind.Unsupported,
        'ingest/flux-without-disk',
        `${kept} the disk inside the image could not be read whole`,
      );
    if (isTooMany)
      throw new Fault(
        FaultKind.Unsupported,
        'ingest/flux-many',
        `${kept} ${MOST_DECODED} of this carrier were decoded before it`,
      );
    await using opened = await openImage(members, false);
    return { ...record, comparison: await compareSectors(opened.media, image, unread, signal) };
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    return { ...record, notCompared: { code: error.code, message: error.message } };
  }
}

async function identifiedFlux({ files: [head] }: ImageFiles, bag: string): Promise<NonNullable<ReturnType<typeof fluxIn>>> {
  if (head === undefined) throw new TypeError('a capture without files');
  await using source = await fileSource(join(bag, SUBMISSION_FOLDER, head.name));
  const whole = await identify(source, head.name);
  return fluxIn(whole) ?? whole;
}
