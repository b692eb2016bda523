/**
 * VMware virtual disk (VMDK): in one file, in pieces, flat, sparse, as a stream, and snapshots with their parents.
 *
 * A text, the descriptor, names the extents; it is a file of its own, or lies within the only extent. Sparse extents have two
 * levels of tables (ingest/media/vmdk/). Not read: devices (fullDevice, RDM), encrypted disks, SESparse with a pending journal.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, type Companions, Confidence, type Media, type MediaFormat } from '../media.ts';
import type { Run } from '../runs.ts';
import { type Descriptor, factsOf, readDescriptor } from '../vmdk/descriptor.ts';
import type { DiskExtent, ExtentRun } from '../vmdk/disk-extent.ts';
import { openExtents } from '../vmdk/extents.ts';
import { type Parent, embeddedDescriptor, headOf, kindOf, loneExtent, openParent } from '../vmdk/set.ts';
import { type SparseExtent, openSparse, sparseFacts } from '../vmdk/sparse.ts';

export const format: MediaFormat = {
  id: 'vmdk',
  title: 'VMware virtual disk',
  sources: ['VMware Virtual Disk Format 5.0 technical note', 'QEMU block/vmdk.c', 'libvmdk VMDK file format document'],

  async probe(container) {
    return kindOf(await headOf(container)) === undefined ? Confidence.No : Confidence.Certain;
  },

  async open(container, companions) {
    const kind = kindOf(await headOf(container));
    if (kind === 'descriptor') return described(await readDescriptor(container), companions);
    if (kind === 'sparse') {
      const descriptor = await embeddedDescriptor(container);
      if (descriptor === 'damaged') return undescribed(container, companions);
      if (descriptor !== 'empty') return described(descriptor, companions, container);
    }
    if (kind !== undefined) throw await loneExtent(companions);
    throw new Fault(FaultKind.Corrupt, 'vmdk/mark', 'the file is no VMDK: neither a descriptor nor a sparse extent');
  },
};

async function described(descriptor: Descriptor, companions: Companions, own?: ByteSource): Promise<Media> {
  const { extents, sparse, parts } = await openExtents(descriptor, companions, own);
  const parent = await openParent(descriptor, companions);
  return mediaOf({
    extents,
    parts,
    facts: { ...factsOf(descriptor), ...(sparse === undefined ? {} : sparseFacts(sparse)) },
    ...(parent === undefined ? {} : { parent }),
  });
}

/** The header alone tells enough to read the grains, but not what is behind the holes. */
async function undescribed(container: ByteSource, companions: Companions): Promise<Media> {
  const extent: SparseExtent = await openSparse(container, { start: 0, name: companions.own, orphan: true });
  const message = `the descriptor inside "${escaped(companions.own)}" is damaged; the grains are read by the header, and what was never written is absent: a parent may have it`;
  const fault = new Fault(FaultKind.Corrupt, 'vmdk/descriptor-damaged', message);
  return mediaOf({ extents: [{ ...extent, warnings: [fault, ...extent.warnings] }], parts: [], facts: sparseFacts(extent) });
}

interface Found {
  readonly extents: readonly DiskExtent[];
  readonly parts: readonly string[];
  readonly facts: Media['facts'];
  readonly parent?: Parent;
}

function mediaOf({ extents, parts, facts, parent }: Found): Media {
  const size = extents.reduce((sum, extent) => sum + extent.size, 0);
  const used = extents.filter((extent) => extent.size > 0);
  return mappedMedia({
    format: 'vmdk',
    size,
    sectorSize: 512,
    facts,
    parts: parent === undefined ? parts : [...parts, parent.name, ...parent.media.parts],
    warnings: [
      ...extents.flatMap((extent) => extent.warnings),
      ...(parent === undefined ? [] : [...parent.warnings, ...parent.media.warnings]),
    ],
    async map(offset, length) {
      const extent = extentAt(used, offset);
      const runs = await extent.map(offset, Math.min(length, extent.start + extent.size - offset));
      return runs.flatMap((run) => filled(run, parent?.media));
    },
    owned: parent === undefined ? [] : [parent.media],
  });
}

/** A hole is the parent's as far as that reaches, then zeros. */
function filled(run: ExtentRun, parent: Media | undefined): Run[] {
  if (run.kind !== 'hole') return [run];
  const { offset, length } = run;
  const fromParent = parent === undefined ? 0 : Math.max(0, Math.min(length, parent.size - offset));
  const runs: Run[] = [];
  if (parent !== undefined && fromParent > 0)
    runs.push({ kind: 'stored', offset, length: fromParent, source: parent, at: offset });
  if (fromParent < length) runs.push({ kind: 'zero', offset: offset + fromParent, length: length - fromParent });
  return runs;
}

/** The last extent that starts at or before `offset`. */
function extentAt(extents: readonly DiskExtent[], offset: number): DiskExtent {
  let low = 0;
  let high = extents.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((extents[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const extent = extents[low];
  if (extent === undefined) throw new RangeError('a disk without extents');
  return extent;
}
