/** Records of the HFS catalog. Source: Inside Macintosh: Files, 2-70 ff (CatDataRec). */
import { layout, raw, u16be, u32be, u8 } from '../../kernel/index.ts';
import type { CatalogShape } from './catalog.ts';

export const fileRecord = layout('HFS file record', 102, {
  flags: [2, u8],
  finderInfo: [4, raw(16)],
  id: [20, u32be],
  dataSize: [26, u32be],
  resourceSize: [36, u32be],
  created: [44, u32be],
  modified: [48, u32be],
  backedUp: [52, u32be],
  extendedInfo: [56, raw(16)],
  dataExtents: [74, raw(12)],
  resourceExtents: [86, raw(12)],
});

export const folderRecord = layout('HFS folder record', 70, {
  flags: [2, u16be],
  id: [6, u32be],
  created: [10, u32be],
  modified: [14, u32be],
  backedUp: [18, u32be],
  finderInfo: [22, raw(16)],
  extendedInfo: [38, raw(16)],
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
  return Buffer.from(bytes.subarray(start, Math.min(dataAt, start + bytes.readUInt8(at + NAME_AT))));
}
