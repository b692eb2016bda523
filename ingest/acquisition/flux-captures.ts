/** Flux among what came: told by content. It stands behind a sector image of the same carrier, or is the image where there is none. */
import { ContentKind, fileSource, type Identification, identify } from '../media/index.ts';
import type { ImageFiles } from './deposited-image.ts';
import type { DepositFile } from './folder.ts';

/** What is flux in a file: the file itself, or what a wrapper such as gzip holds; undefined for anything else. */
export function fluxIn(what: Identification): Identification | undefined {
  if (what.kind === ContentKind.Flux) return what;
  return what.kind === ContentKind.Wrapper && what.inside !== undefined ? fluxIn(what.inside) : undefined;
}

/** Those of `papers` that hold flux, each by itself. */
export async function fluxAmong(papers: readonly DepositFile[]): Promise<ImageFiles[]> {
  const found: ImageFiles[] = [];
  for (const file of papers) {
    if (file.size === 0) continue;
    await using source = await fileSource(file.path);
    if (fluxIn(await identify(source, file.name)) === undefined) continue;
    found.push({ name: file.name, files: [file], totalSize: file.size, scheme: 'single' });
  }
  return found;
}
