/** A disk of a Linux volume group (LVM2). Logical volumes that are one piece of it are listed; what must be put together is named. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import { type Group, groupOf, type LogicalVolume } from '../lvm2/group.ts';
import { metadataText, type PhysicalVolume, physicalVolumeOf } from '../lvm2/label.ts';
import { parsed } from '../lvm2/text.ts';
import { labelOf, overlapsOf, shownName } from '../rows.ts';
import { Confidence, type Volume, type VolumeScheme } from '../volumes.ts';

export const format: VolumeScheme = {
  id: 'lvm2',
  title: 'Linux volume group (LVM2)',
  sources: ['LVM2 lib/label/label.h and lib/format_text/layout.h', 'lvm.conf(5)'],
  rank: 80,

  async probe(source) {
    const disk = await physicalVolumeOf(source);
    if (disk === undefined) return Confidence.No;
    return disk.isSound ? Confidence.Certain : Confidence.Shadow;
  },

  async read(source) {
    const disk = await physicalVolumeOf(source);
    if (disk === undefined) throw new Fault(FaultKind.Corrupt, 'lvm2/label', 'no label of LVM2 was found');
    const { group, fault } = await groupOrFault(source, disk);
    const volumes = (group?.volumes ?? []).flatMap((each, index) => volumeOf(each, index + 1));
    const scattered = (group?.volumes ?? []).filter(({ range }) => range === undefined);
    const start = Math.min(...disk.data.map(({ offset }) => offset), source.size);
    const head: Range = { offset: 0, length: start };
    return {
      scheme: 'lvm2',
      sectorSize: 512,
      volumes,
      areas: [head, ...disk.metadata.filter(({ offset, length }) => offset >= start && offset + length <= source.size)],
      diskId: withHyphens(disk.id),
      ...(group === undefined ? {} : { facts: factsOf(group) }),
      warnings: [
        ...(fault === undefined ? [] : [fault]),
        ...(scattered.length === 0 ? [] : [notAssembled(scattered, group?.diskCount ?? 0)]),
        ...overlapsOf(volumes, 'lvm2/overlap'),
      ],
    };
  },
};

/** The metadata areas of a disk hold the same; the first that is whole tells. */
async function groupOrFault(source: ByteSource, disk: PhysicalVolume): Promise<{ group?: Group; fault?: Fault }> {
  let fault: Fault | undefined;
  for (const area of disk.metadata)
    try {
      const group = groupOf(parsed(await metadataText(source, area)), disk.id);
      if (group !== undefined) return { group };
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      fault ??= error;
    }
  const message =
    'the disk belongs to no volume group, or its metadata are kept on another disk of it; its logical volumes are not known';
  return { fault: fault ?? new Fault(FaultKind.Missing, 'lvm2/no-group', message) };
}

function volumeOf({ name, id, range, kinds }: LogicalVolume, number: number): Volume[] {
  if (range === undefined || range.length === 0) return [];
  return [{ number, ...range, type: kinds.join(' and '), title: 'logical volume', ...labelOf(name), id }];
}

function factsOf({ name, id, extentSize, diskCount, volumes }: Group): Readonly<Record<string, string | number>> {
  return { volumeGroup: shownName(name), volumeGroupId: id, extentSize, diskCount, logicalVolumeCount: volumes.length };
}

/** As LVM2 prints it: 6-4-4-4-4-4-6. */
function withHyphens(id: string): string {
  return shownName(id).replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7');
}

function notAssembled(volumes: readonly LogicalVolume[], diskCount: number): Fault {
  const words = volumes.map(({ name, size, kinds }) => `${shownName(name)} (${kinds.join(' and ') || 'empty'}, ${size} bytes)`);
  const message = `logical volumes of the group that are not one piece of this disk are not put together by this version: ${words.slice(0, 20).join('; ')}${words.length > 20 ? ' …' : ''}`;
  return new Fault(FaultKind.Unsupported, 'lvm2/not-assembled', message, { volumes: words.slice(0, 100), diskCount });
}
