/** The formats this version reads, and which of them is surest of a container. */
import { Fault, FaultKind, loadFolder } from '../kernel/index.ts';
import { type ByteSource, Confidence, type MediaFormat } from './media.ts';

/** By id; the folder is the list. */
export const formats: ReadonlyMap<string, MediaFormat> = await loadFolder<MediaFormat>(
  new URL('./formats/', import.meta.url),
  'format',
);

export interface Surest {
  readonly format: MediaFormat;
  readonly confidence: number;
}

/** @throws Fault 'media/ambiguous' when two are equally sure; 'media/unknown' when none answers. */
export async function surest(container: ByteSource, among: Iterable<MediaFormat> = formats.values()): Promise<Surest> {
  let best: Surest[] = [];
  for (const format of among) {
    const confidence = await format.probe(container);
    if (confidence === Confidence.No) continue;
    const top = best[0]?.confidence ?? 0;
    if (confidence > top) best = [{ format, confidence }];
    else if (confidence === top) best.push({ format, confidence });
  }
  const [first, ...rest] = best;
  if (first === undefined) throw new Fault(FaultKind.Unsupported, 'media/unknown', 'no format of this version knows the image');
  if (rest.length === 0) return first;
  const candidates = best.map(({ format }) => format.id);
  const message = `the image can be ${candidates.join(' or ')} with equal right; it is kept, but not read`;
  throw new Fault(FaultKind.Unsupported, 'media/ambiguous', message, { candidates });
}
