/**
 * Parallels virtual disk: an expanding image by itself, or a bundle of images and snapshots with its DiskDescriptor.xml.
 *
 * Not read: encrypted disks, disks with padding, paths in the descriptor.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, type Companions, Confidence, type Media, type MediaFormat } from '../media.ts';
import { type Bundle, type BundleImage, isBundle, readBundle } from '../parallels/bundle.ts';
import { isExpanding, openExpanding } from '../parallels/expanding.ts';
import type { Run } from '../runs.ts';
import { type DiskExtent, type ExtentRun, flatExtent } from '../vmdk/disk-extent.ts';

const IN_BUNDLE = /\.\{[0-9a-f-]{36}\}\.hds$/i;

export const format: MediaFormat = {
  id: 'parallels',
  title: 'Parallels virtual disk',
  sources: ['QEMU docs/interop/parallels', 'QEMU docs/interop/prl-xml', 'QEMU block/parallels.c'],

  async probe(container) {
    const head = await headOf(container);
    return isExpanding(head) || isBundle(head) ? Confidence.Certain : Confidence.No;
  },

  async open(container, companions) {
    if (isBundle(await headOf(container))) return openBundle(await readBundle(container), companions);
    const lone = await loneLayer(companions);
    const image = await openExpanding(container, companions.own);
    const { clusterSize, cylinders, heads, subformat } = image;
    return mediaOf([[image]], image.size, {
      facts: { subformat, clusterSize, ...(cylinders === 0 ? {} : { cylinders, heads }) },
      parts: [],
      warnings: lone,
    });
  },
};

async function headOf(source: ByteSource): Promise<Buffer> {
  return source.read(0, Math.min(1024, source.size));
}

async function openBundle({ sectorCount, facts, storages }: Bundle, companions: Companions): Promise<Media> {
  const images = storages.flatMap(({ layers }) => layers);
  for (const image of images) refusePath(image.file);
  const sources = await sourcesOf(images, companions);
  const opened: DiskExtent[][] = [];
  for (const { startSector, endSector, layers } of storages) {
    const start = startSector * 512;
    const size = (endSector - startSector) * 512;
    const stack: DiskExtent[] = [];
    for (const [i, image] of layers.entries()) {
      const source = sources.get(image);
      if (source === undefined) throw new RangeError('an image that was not asked for');
      stack.push(await openLayer(image, source, { start, size }, i === layers.length - 1));
    }
    opened.push(stack);
  }
  const depth = Math.max(...storages.map(({ layers }) => layers.length));
  return mediaOf(opened, sectorCount * 512, {
    facts: { subformat: 'bundle', ...facts, ...(depth > 1 ? { snapshotCount: depth - 1 } : {}) },
    parts: images.map(({ file }) => file),
    warnings: [],
  });
}

async function openLayer(
  { type, file }: BundleImage,
  source: ByteSource,
  place: { readonly start: number; readonly size: number },
  isRoot: boolean,
): Promise<DiskExtent> {
  const { start, size } = place;
  if (type === 'Compressed') {
    const image = await openExpanding(source, file, { ...place, isRoot });
    if (image.sectorCount * 512 === size) return image;
    const message = `"${escaped(file)}" holds ${image.sectorCount} sectors, the descriptor says ${size / 512}`;
    const fault = new Fault(FaultKind.Corrupt, 'parallels/size-differs', message, {
      got: image.sectorCount,
      expected: size / 512,
    });
    return { ...image, warnings: [fault, ...image.warnings] };
  }
  if (type !== 'Plain' || !isRoot) {
    const message = `the Parallels descriptor has an image of type "${escaped(type.slice(0, 40))}" where it can't be read`;
    throw new Fault(FaultKind.Unsupported, 'parallels/image-type', message);
  }
  const message = `"${escaped(file)}" has ${source.size} bytes and the descriptor says ${size}; it is cut, and what is missing can't be read`;
  const short = new Fault(FaultKind.Truncated, 'parallels/plain-short', message, { size: source.size, expected: size });
  return flatExtent(start, size, source, 0, source.size < size ? [short] : []);
}

/** @throws Fault 'parallels/image-path' for any name that could lead out of the deposit. */
function refusePath(file: string): void {
  if (file !== '' && file !== '.' && file !== '..' && !/[/\\:\0]/.test(file)) return;
  const shown = escaped(file.slice(0, 200));
  const message = `the Parallels descriptor names the image "${shown}", which is no bare file name; paths and devices are never followed; deposit the images beside the descriptor and let it name them by bare name`;
  throw new Fault(FaultKind.Refused, 'parallels/image-path', message, { name: shown });
}

async function sourcesOf(images: readonly BundleImage[], companions: Companions): Promise<Map<BundleImage, ByteSource>> {
  const found = new Map<BundleImage, ByteSource>();
  const missing: string[] = [];
  for (const image of images) {
    const source = await companions.find(image.file);
    if (source === undefined) missing.push(escaped(image.file.slice(0, 200)));
    else found.set(image, source);
  }
  if (missing.length === 0) return found;
  const message = `the Parallels disk consists of ${images.length} images, and these are not there: ${missing.slice(0, 20).join(', ')}; deposit them too`;
  throw new Fault(FaultKind.Missing, 'parallels/image-missing', message, { missing: missing.slice(0, 20) });
}

/** Warns of an image that came from a bundle without its descriptor. @throws Fault when the descriptor says that it is a part. */
async function loneLayer(companions: Companions): Promise<Fault[]> {
  const name = companions.names.find((each) => each.toLowerCase() === 'diskdescriptor.xml');
  const source = name === undefined ? undefined : await companions.find(name);
  if (source !== undefined && isBundle(await headOf(source))) {
    const { storages } = await readBundle(source);
    const parts = storages.flatMap(({ layers }) => layers.map(({ file }) => file.toLowerCase()));
    if (parts.length < 2 || !parts.includes(companions.own.toLowerCase())) return [];
    const message = `the file is one of ${parts.length} images of the Parallels disk that "${name}" describes; open that file`;
    throw new Fault(FaultKind.Refused, 'parallels/image-alone', message, { descriptor: name ?? '' });
  }
  if (!IN_BUNDLE.test(companions.own)) return [];
  const message = `"${escaped(companions.own)}" comes from a Parallels bundle, and its DiskDescriptor.xml is not there: if the disk had snapshots, what was never written here is not zeros but an older image's; deposit the whole bundle`;
  return [new Fault(FaultKind.Missing, 'parallels/descriptor-missing', message, { name: companions.own })];
}

/** @param stacks one for each part of the disk, in order; the newest layer first. */
function mediaOf(
  stacks: readonly (readonly DiskExtent[])[],
  size: number,
  { facts, parts, warnings }: Pick<Media, 'facts' | 'parts' | 'warnings'>,
): Media {
  return mappedMedia({
    format: 'parallels',
    size,
    sectorSize: 512,
    facts,
    parts,
    warnings: [...warnings, ...stacks.flat().flatMap((layer) => layer.warnings)],
    async map(offset, length) {
      const stack = stacks.find(([top]) => top !== undefined && offset < top.start + top.size) ?? [];
      const top = stack[0];
      if (top === undefined) throw new RangeError('a disk without images');
      return through(stack, offset, Math.min(length, top.start + top.size - offset));
    },
  });
}

/** A hole in one layer is the next one's, below the last it is zeros. */
async function through(stack: readonly DiskExtent[], offset: number, length: number): Promise<Run[]> {
  let runs: ExtentRun[] = [{ kind: 'hole', offset, length }];
  for (const layer of stack) {
    const deeper: ExtentRun[] = [];
    for (const run of runs) {
      if (run.kind !== 'hole') {
        deeper.push(run);
        continue;
      }
      const end = run.offset + run.length;
      for (let at = run.offset; at < end; ) {
        const found = await layer.map(at, end - at);
        for (const each of found) {
          deeper.push(each);
          at += each.length;
        }
      }
    }
    runs = deeper;
  }
  return runs.map((run) => (run.kind === 'hole' ? { kind: 'zero', offset: run.offset, length: run.length } : run));
}
