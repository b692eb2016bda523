/** Sun's disk label of SPARC systems: eight slices, counted by cylinders. */
import { ascii, Fault, FaultKind, layout, raw, u16be, u32be } from '../../kernel/index.ts';
import { overlapsOf, shownName } from '../rows.ts';
import { Confidence, type Volume, type VolumeScheme } from '../volumes.ts';

/** struct dk_label of sys/dklabel.h, with its struct dk_vtoc. */
const label = layout('Sun disk label', 512, {
  text: [0, ascii(128)],
  version: [128, u32be],
  volumeName: [132, ascii(8)],
  sliceCount: [140, u16be],
  /** Per slice: u16 tag, u16 flags. */
  tags: [142, raw(32)],
  sanity: [188, u32be],
  headCount: [436, u16be],
  sectorsPerTrack: [438, u16be],
  /** Per slice: u32 first cylinder, u32 number of blocks. */
  slices: [444, raw(64)],
  magic: [508, u16be],
});

const MAGIC = 0xdabe;
const SANITY = 0x600d_deee;
const BLOCK = 512;
const SLICES = 8;
/** The slice that is the whole disk, by tag, and by custom where there are no tags. */
const WHOLE_TAG = 5;
const WHOLE_SLICE = 2;

const TITLES: ReadonlyMap<number, string> = new Map([
  [1, 'boot'],
  [2, 'root'],
  [3, 'swap'],
  [4, 'usr'],
  [6, 'stand'],
  [7, 'var'],
  [8, 'home'],
  [9, 'alternate sectors'],
  [10, 'cache'],
  [11, 'reserved'],
  [0x82, 'Linux swap'],
  [0x83, 'Linux'],
  [0x8e, 'Linux LVM'],
  [0xfd, 'Linux RAID'],
]);

export const format: VolumeScheme = {
  id: 'sun',
  title: 'Sun disk label',
  sources: ['illumos sys/dklabel.h and sys/vtoc.h', 'util-linux libfdisk/src/sun.c'],
  rank: 40,

  async probe(source) {
    if (source.size < label.size) return Confidence.No;
    const bytes = await source.read(0, label.size);
    if (bytes.readUInt16BE(508) !== MAGIC) return Confidence.No;
    const { headCount, sectorsPerTrack } = label.decode(bytes);
    if (headCount === 0 || sectorsPerTrack === 0) return Confidence.No;
    return isXorZero(bytes) ? Confidence.Certain : Confidence.Shadow;
  },

  async read(source) {
    const bytes = await source.read(0, label.size);
    const l = label.decode(bytes);
    const hasTags = l.sanity === SANITY;
    const cylinder = l.headCount * l.sectorsPerTrack * BLOCK;
    const volumes: Volume[] = [];
    for (let slice = 0; slice < SLICES; slice++) {
      const length = l.slices.readUInt32BE(slice * 8 + 4) * BLOCK;
      const tag = hasTags ? l.tags.readUInt16BE(slice * 4) : 0;
      const isWhole = tag === WHOLE_TAG || (!hasTags && slice === WHOLE_SLICE);
      if (length === 0 || isWhole) continue;
      const offset = l.slices.readUInt32BE(slice * 8) * cylinder;
      volumes.push({
        number: slice,
        offset,
        length,
        type: `0x${tag.toString(16).padStart(2, '0')}`,
        title: TITLES.get(tag),
        label: `s${slice}`,
      });
    }
    const text = shownName(l.text);
    const name = hasTags ? shownName(l.volumeName) : '';
    return {
      scheme: 'sun',
      sectorSize: BLOCK,
      volumes,
      areas: [{ offset: 0, length: BLOCK }],
      facts: { ...(text === '' ? {} : { text }), ...(name === '' ? {} : { volumeName: name }) },
      warnings: [...(isXorZero(bytes) ? [] : [checksum()]), ...overlapsOf(volumes, 'sun/overlap')],
    };
  },
};

function isXorZero(bytes: Buffer): boolean {
  let xor = 0;
  for (let at = 0; at < 512; at += 2) xor ^= bytes.readUInt16BE(at);
  return xor === 0;
}

function checksum(): Fault {
  return new Fault(FaultKind.Corrupt, 'sun/checksum', 'the disk label has a wrong checksum; it is read as it stands');
}
