/** Records of the HFS catalog. Source: Inside Macintosh: Files, 2-70 ff (CatDataRec). */
import { layout, raw, u16be, u32be, u8 } from '../../kernel/index.ts';
import { type CatalogShape, copyOf } from './record.ts';

export const fileRecord = layout('HFS file record', 102, {
  flags: [2, u8],
  type: [4, u32be],
  creator: [8, u32be],
  finderFlags: [12, u16be],
  id: [20, u32be],
  dataSize: [26, u32be],
  resourceSize: [36, u32be],
  created: [44, u32be],
  modified: [48, u32be],
  backedUp: [52, u32be],
  script: [64, u8],
  dataExtents: [74, raw(12)],
  resourceExtents: [86, raw(12)],
});

export const folderRecord = layout('HFS folder record', 70, {
  flags: [2, u16be],
  id: [6, u32be],
  created: [10, u32be],
  modified: [14, u32be],
  backedUp: [18, u32be],
  finderFlags: [30, u16be],
  script: [46, u8],
});

/** Length (1 byte), 0, parent (4), Pascal name. */
export const catalogShape: CatalogShape = {
  format: 'hfs',
  keySize: (bytes, at) => (bytes.readUInt8(at) + 2) & ~1,
  kindAt: (bytes, dataAt) => bytes.readUInt8(dataAt),
  folderIdAt: 6,
};

const NAME_AT = 6;
/** A copy: the node it stands in need not be kept for it. */
export function nameIn(bytes: Buffer, at: number, dataAt: number): Buffer {
  const start = at + NAME_AT + 1;
  return copyOf(bytes, start, Math.min(dataAt, start + bytes.readUInt8(at + NAME_AT)));
}
