/** The inodes of ext, read by the page and in batches: those of a folder lie beside each other. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { crc32cOnward } from '../../media/index.ts';
import { PAGE_SIZE, type Pages } from '../pages.ts';
import { Incompatible } from './features.ts';
import type { Groups } from './groups.ts';
import { BASE_SIZE, extraLayout, FileType, type Inode, inodeLayout, inodeSeed, typeOfInode } from './inode.ts';
import type { ExtShape } from './superblock.ts';

export class Inodes {
  constructor(
    private readonly pages: Pages,
    private readonly shape: ExtShape,
    private readonly groups: Groups,
  ) {}

  /** Each as it stands, or why it can't be read. @throws Fault of kind 'unreadable'. */
  async read(numbers: readonly number[]): Promise<(Inode | Fault)[]> {
    const found: (Inode | Fault)[] = [];
    let index = -1;
    let page: Buffer = Buffer.alloc(0);
    for (const number of numbers) {
      const offset = this.#placeOf(number);
      if (offset instanceof Fault) {
        found.push(offset);
        continue;
      }
      const wanted = Math.floor(offset / PAGE_SIZE);
      if (wanted !== index) {
        page = await this.pages.page(wanted);
        index = wanted;
      }
      found.push(this.#decoded(number, offset, page, offset - index * PAGE_SIZE));
    }
    return found;
  }

  async one(number: number): Promise<Inode | Fault> {
    const [found] = await this.read([number]);
    if (found === undefined) throw new RangeError(`inode ${number}`);
    return found;
  }

  #placeOf(number: number): number | Fault {
    const { inodeCount, inodesPerGroup, inodeSize, blockSize } = this.shape;
    if (number < 1 || number > inodeCount) {
      const message = `the name points to inode ${number}; there are inodes 1 to ${inodeCount}`;
      return new Fault(FaultKind.Corrupt, 'ext/inode-number', message, { inode: number, inodeCount });
    }
    const group = Math.floor((number - 1) / inodesPerGroup);
    const table = this.groups.inodeTables[group] ?? 0;
    const offset = table * blockSize + ((number - 1) % inodesPerGroup) * inodeSize;
    if (table !== 0 && offset + inodeSize <= this.pages.volume.size) return offset;
    const message =
      table === 0
        ? `inode ${number} can't be found: the descriptor of its group is damaged`
        : `inode ${number} lies at byte ${offset}, past the end of the volume: the image is cut`;
    return new Fault(table === 0 ? FaultKind.Corrupt : FaultKind.Truncated, 'ext/inode-lost', message, { inode: number });
  }

  #decoded(number: number, offset: number, page: Buffer, at: number): Inode {
    const { inodeSize, features } = this.shape;
    const i = inodeLayout.field;
    const e = extraLayout.field;
    const extraAt = at + BASE_SIZE;
    const saidSize = inodeSize > BASE_SIZE ? e.extraSize(page, extraAt) : 0;
    const isExtraGood = saidSize % 4 === 0 && saidSize <= inodeSize - BASE_SIZE;
    // How much of the second part this inode has: an older driver knew less of it.
    const extraSize = isExtraGood ? saidSize : 0;
    const mode = i.mode(page, at);
    const isLarge = hasLargeSize(mode, (features.incompatible & Incompatible.LargeDirectory) !== 0);
    const isChecked = this.#isChecked(number, page, at, extraSize);
    return {
      number,
      offset,
      page,
      at,
      mode,
      ownerId: i.ownerLow(page, at) + i.ownerHigh(page, at) * 0x1_0000,
      groupId: i.groupLow(page, at) + i.groupHigh(page, at) * 0x1_0000,
      linkCount: i.linkCount(page, at),
      size: i.sizeLow(page, at) + (isLarge ? i.sizeHigh(page, at) * 0x1_0000_0000 : 0),
      unitCount: i.sectorCountLow(page, at),
      flags: i.flags(page, at),
      attributeBlock: i.attributeBlockLow(page, at) + i.attributeBlockHigh(page, at) * 0x1_0000_0000,
      extraSize,
      attributesAt: isExtraGood ? BASE_SIZE + extraSize : inodeSize,
      faults:
        isChecked && isExtraGood
          ? NO_FAULTS
          : [...(isExtraGood ? [] : [badExtra(number, saidSize, inodeSize)]), ...(isChecked ? [] : [badChecksum(number)])],
    };
  }

  #isChecked(number: number, page: Buffer, at: number, extraSize: number): boolean {
    const seed = inodeSeed(this.shape, number, page, at);
    if (seed === undefined) return true;
    const { inodeSize } = this.shape;
    const low = inodeLayout.field.checksumLow(page, at);
    let crc = crc32cOnward(seed, page, at, at + 124);
    crc = crc32cOnward(crc, TWO_ZEROS, 0, 2);
    crc = crc32cOnward(crc, page, at + 126, at + 128);
    if (inodeSize === BASE_SIZE) return (crc & 0xffff) === low;
    crc = crc32cOnward(crc, page, at + 128, at + 130);
    if (extraSize < 4) return (crc32cOnward(crc, page, at + 130, at + inodeSize) & 0xffff) === low;
    crc = crc32cOnward(crc32cOnward(crc, TWO_ZEROS, 0, 2), page, at + 132, at + inodeSize);
    return crc >>> 0 === low + extraLayout.field.checksumHigh(page, at + BASE_SIZE) * 0x1_0000;
  }
}

const NO_FAULTS: readonly Fault[] = [];
const TWO_ZEROS = Buffer.alloc(2);
/** Folders had an access control list in those four bytes, until they could be larger than 4 GiB. */
function hasLargeSize(mode: number, isLargeDirectory: boolean): boolean {
  const type = typeOfInode({ mode });
  return type === FileType.File || (type === FileType.Directory && isLargeDirectory);
}

function badExtra(inode: number, extraSize: number, inodeSize: number): Fault {
  const message = `inode ${inode} says that ${extraSize} bytes follow its first 128, and has ${inodeSize} in all: fractions of seconds, the date it was made and attributes inside it are not read`;
  return new Fault(FaultKind.Corrupt, 'ext/inode-extra', message, { inode, extraSize, inodeSize });
}

function badChecksum(inode: number): Fault {
  const message = `the checksum of inode ${inode} does not hold: what is told of this file may be wrong`;
  return new Fault(FaultKind.Corrupt, 'ext/inode-checksum', message, { inode });
}
