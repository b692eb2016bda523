/**
 * Every container format against hostile bytes: whatever comes, the answer is a medium or a Fault, soon; extents cover the medium once,
 * a format that wraps nothing gives the file's own bytes, and one with checksums gives the right bytes or tells that they are not.
 */
import { createHash } from 'node:crypto';
import { Fault } from '#ingest/kernel';
import { type Media, formats, identify, openMedia } from '#ingest/media';
import { type MediaCase, casesOf, depositOf } from '../conformance/media-cases.ts';
import { hunts, Wrong } from './hunt.ts';

/** Read of a medium at most; a forged size says nothing of how much is there. */
const MOST = 16 << 20;
const PIECE = 1 << 20;
const MOST_EXTENTS = 20_000;
/** Formats whose own checksums cover every byte of the medium (a frame of Zstandard need not have one): a wrong byte must never come out, unless it is told to be wrong. */
const CHECKED = new Set(['aff', 'aff4', 'bzip2', 'cd-raw', 'dc42', 'dmg', 'ewf', 'ewf2', 'gzip', 'td0', 'xz', 'zip']); // prettier-ignore

interface Prey extends MediaCase {
  readonly bytes: Buffer;
}

hunts<Prey>(
  'media',
  [...formats.keys()],
  (id) => casesOf(id).map((of) => ({ ...of, bytes: of.files.get(of.open) ?? Buffer.alloc(0) })),
  async (id, of, bytes, codes) => {
    const { container, companions } = depositOf(of, bytes);
    const { id: told, isWhole, basis } = await identify(container);
    await using media = await openMedia(container, companions);
    for (const { code } of media.warnings) codes.add(code);
    if (media.isWhole !== isWhole && told === media.format) throw new Wrong('told to wrap nothing, and read as a wrapper');
    if ((isWhole || basis !== 'signature') && media.size !== bytes.length)
      throw new Wrong(`${media.format}, told by its ${basis}: a medium of ${media.size} bytes of ${bytes.length}`);
    for (const value of Object.values(media.facts).flat())
      if (!/^[^\p{Cc}]+$/u.test(String(value))) throw new Wrong(`unsafe to show: ${JSON.stringify(value)}`);
    const read = await wholeOf(media, codes);
    await checkExtents(media, read);
    if (media.isWhole && !read.every((piece, index) => piece?.equals(bytes.subarray(index * PIECE, (index + 1) * PIECE))))
      throw new Wrong(`${media.format} wraps nothing, but other bytes came out`);
    if (CHECKED.has(id) && media.format === id && !(await isTold(media, read)) && !isTruth(read, media.size, of.truth))
      throw new Wrong(`${id}: wrong bytes as right ones`);
  },
);

/** What was refused, what was warned of, what is absent, and what the container's checksums say of the rest. */
async function isTold(media: Media, read: readonly (Buffer | undefined)[]): Promise<boolean> {
  if (media.warnings.length > 0 || media.size > MOST || read.includes(undefined)) return true;
  for await (const { kind } of media.extents()) if (kind === 'absent') return true;
  const verifier = media.verifier?.();
  for (const piece of read) if (piece !== undefined) verifier?.update(piece);
  if ((verifier?.finish() ?? []).length > 0) return true;
  return Object.entries(media.storedDigests).some(([algorithm, digest]) => {
    const hash = createHash(algorithm);
    for (const piece of read) if (piece !== undefined) hash.update(piece);
    return hash.digest('hex') !== digest;
  });
}

function isTruth(read: readonly (Buffer | undefined)[], size: number, truth: Buffer): boolean {
  const isSame = read.every((piece, index) => piece?.equals(truth.subarray(index * PIECE, (index + 1) * PIECE)));
  return size === truth.length && isSame;
}

/** @returns MiB by MiB, undefined for what was refused. */
async function wholeOf(media: Media, codes: Set<string>): Promise<(Buffer | undefined)[]> {
  const pieces: (Buffer | undefined)[] = [];
  for (let at = 0; at < Math.min(media.size, MOST); at += PIECE)
    try {
      pieces.push(await media.read(at, Math.min(PIECE, media.size - at)));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      codes.add(error.code);
      pieces.push(undefined);
    }
  return pieces;
}

async function checkExtents(media: Media, read: readonly (Buffer | undefined)[]): Promise<void> {
  let end = 0;
  let count = 0;
  for await (const { offset, length, kind } of media.extents()) {
    if (++count > MOST_EXTENTS) return;
    if (offset !== end || !(length > 0)) throw new Wrong(`an extent from ${offset}, of ${length} bytes, after ${end}`);
    end += length;
    if (kind !== 'zero') continue;
    for (let at = offset; at < Math.min(end, MOST); at = (Math.floor(at / PIECE) + 1) * PIECE) {
      const piece = read[Math.floor(at / PIECE)];
      const part = piece?.subarray(at % PIECE, (at % PIECE) + end - at);
      if (part?.some((byte) => byte !== 0) === true) throw new Wrong(`an extent of zeros, from ${offset}, that is none`);
    }
  }
  if (end !== media.size) throw new Wrong(`extents to ${end} of a medium of ${media.size}`);
}
