/** Where structures are read from: a block of a partition, as the volume has it. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { PagedVolume } from '../paged-volume.ts';
import type { Partition } from './partitions.ts';

/** A block by partition reference and number. */
export interface Address {
  readonly partition: number;
  readonly block: number;
}

export class Space {
  /** By their reference: the place of their map in the logical volume descriptor. */
  readonly partitions = new Map<number, Partition>();
  readonly paged: PagedVolume;

  constructor(
    readonly volume: ByteSource,
    readonly blockSize: number,
  ) {
    this.paged = new PagedVolume(volume);
  }

  /** In bytes of the volume; undefined where no such block is. */
  placeOf({ partition, block }: Address): number | undefined {
    for (const { at } of this.partitions.get(partition)?.pieces(block, 1) ?? []) return at;
    return undefined;
  }

  /** One block, and where it lies. @throws Fault 'udf/block' when it is not in the image. */
  async read(address: Address): Promise<{ bytes: Buffer; at: number }> {
    const at = this.placeOf(address);
    const bytes = at === undefined ? undefined : await this.paged.read(at, this.blockSize);
    if (at === undefined || bytes === undefined || bytes.length < this.blockSize) throw noBlock(address);
    return { bytes, at };
  }
}

function noBlock({ partition, block }: Address): Fault {
  const message = `block ${block} of partition ${partition} is named and is not there: the image is cut, or the structure that names it is damaged`;
  return new Fault(FaultKind.Corrupt, 'udf/block', message, { partition, block });
}
