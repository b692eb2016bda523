/** Words of the papers that came with a disk, for search: what a log or a note says is what people remember a disk by. */
import { isUtf8 } from 'node:buffer';
import type { Storage } from '../storage/index.ts';
import { packageKey, SUBMISSION_FOLDER } from './package.ts';

/** Longer texts are no notes. */
const LARGEST_PAPER = 64 << 10;
/** Of all papers together. */
const LARGEST_TEXT = 256 << 10;

/** @param papers payload paths with their formats and sizes, as PREMIS tells. @throws what the storage throws. */
export async function paperText(
  storage: Storage,
  id: string,
  papers: Iterable<
    readonly [path: string, facts: { readonly size: number | undefined; readonly format: { readonly name: string } | undefined }]
  >,
): Promise<string> {
  const texts: string[] = [];
  let length = 0;
  for (const [path, { size = 0, format }] of papers) {
    if (!path.startsWith(SUBMISSION_FOLDER) || format?.name !== 'Plain text' || size > LARGEST_PAPER) continue;
    if (length + size > LARGEST_TEXT) break;
    await using object = await storage.open(`${packageKey(id)}/${path}`);
    const bytes = await object.read(0, Math.min(object.size, LARGEST_PAPER));
    texts.push(bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1'));
    length += size;
  }
  return texts.join('\n');
}
