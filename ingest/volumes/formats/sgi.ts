/** SGI's volume header of IRIX: sixteen partitions, and a directory of the programs that start the machine. */
import { ascii, Fault, FaultKind, layout, raw, u32be } from '../../kernel/index.ts';
import { overlapsOf, shownName } from '../rows.ts';
import { Confidence, type Volume, type VolumeScheme } from '../volumes.ts';

/** struct volume_header of IRIX sys/dvh.h. */
const header = layout('SGI volume header', 512, {
  magic: [0, u32be],
  bootFile: [8, ascii(16)],
  /** Fifteen of: name 8, u32 first block, u32 bytes. */
  directory: [72, raw(240)],
  /** Sixteen of: u32 number of blocks, u32 first block, u32 type. */
  partitions: [312, raw(192)],
  checksum: [504, u32be],
});

const MAGIC = 0x0be5_a941;
const BLOCK = 512;
const PARTITIONS = 16;
const WHOLE = 6;

const TITLES: ReadonlyMap<number, string> = new Map([
  [0, 'volume header'],
  [1, 'replaced tracks'],
  [2, 'replaced sectors'],
  [3, 'swap or raw'],
  [4, 'BSD'],
  [5, 'System V'],
  [7, 'EFS'],
  [8, 'logical volume'],
  [9, 'raw logical volume'],
  [10, 'XFS'],
  [11, 'XFS log'],
  [12, 'XLV'],
  [13, 'XVM'],
  [0x82, 'Linux swap'],
  [0x83, 'Linux'],
  [0x8e, 'Linux LVM'],
  [0xfd, 'Linux RAID'],
]);

export const format: VolumeScheme = {
  id: 'sgi',
  title: 'SGI volume header',
  sources: ['IRIX sys/dvh.h', 'util-linux libfdisk/src/sgi.c'],
  rank: 50,

  async probe(source) {
    if (source.size < header.size) return Confidence.No;
    const bytes = await source.read(0, header.size);
    if (bytes.readUInt32BE(0) !== MAGIC) return Confidence.No;
    return isSumZero(bytes) ? Confidence.Certain : Confidence.Shadow;
  },

  async read(source) {
    const bytes = await source.read(0, header.size);
    const h = header.decode(bytes);
    const volumes: Volume[] = [];
    for (let number = 0; number < PARTITIONS; number++) {
      const at = number * 12;
      const length = h.partitions.readUInt32BE(at) * BLOCK;
      const type = h.partitions.readUInt32BE(at + 8);
      if (length === 0 || type === WHOLE) continue;
      const offset = h.partitions.readUInt32BE(at + 4) * BLOCK;
      volumes.push({ number, offset, length, type: String(type), title: TITLES.get(type) });
    }
    const files = directoryOf(h.directory);
    const bootFile = shownName(h.bootFile);
    return {
      scheme: 'sgi',
      sectorSize: BLOCK,
      volumes,
      areas: [{ offset: 0, length: BLOCK }],
      facts: { ...(bootFile === '' ? {} : { bootFile }), ...(files === '' ? {} : { headerFiles: files }) },
      warnings: [...(isSumZero(bytes) ? [] : [checksum()]), ...overlapsOf(volumes, 'sgi/overlap')],
    };
  },
};

/** Names of the programs in the volume header. */
function directoryOf(bytes: Buffer): string {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const name = shownName(bytes.toString('latin1', at, at + 8));
    if (name !== '') names.push(name);
  }
  return names.join(', ');
}

function isSumZero(bytes: Buffer): boolean {
  let sum = 0;
  for (let at = 0; at < header.size; at += 4) sum = (sum + bytes.readInt32BE(at)) | 0;
  return sum === 0;
}

function checksum(): Fault {
  return new Fault(FaultKind.Corrupt, 'sgi/checksum', 'the volume header has a wrong checksum; it is read as it stands');
}
