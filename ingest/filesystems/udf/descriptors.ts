/** Descriptors of a UDF volume, as tables. */
import { layout, raw, u16le, u32le, u8 } from '../../kernel/index.ts';

/** ECMA-167 3/7.1: length in bytes, location in sectors. */
export const extentAd = layout('extent', 8, { length: [0, u32le], location: [4, u32le] });

/** ECMA-167 4/14.14.2: the upper two bits of the length tell whether it is recorded. */
export const longAd = layout('long allocation descriptor', 16, { length: [0, u32le], block: [4, u32le], partition: [8, u16le] });

/** ECMA-167 3/10.2 */
export const anchor = layout('anchor volume descriptor pointer', 32, { main: [16, raw(8)], reserve: [24, raw(8)] });

/** ECMA-167 3/10.3 */
export const pointer = layout('volume descriptor pointer', 28, { sequence: [16, u32le], next: [20, raw(8)] });

/** ECMA-167 3/10.1 */
export const primary = layout('primary volume descriptor', 490, {
  sequence: [16, u32le],
  number: [20, u32le],
  volumeId: [24, raw(32)],
  volumeSequence: [56, u16le],
  maximumVolumeSequence: [58, u16le],
  volumeSetId: [72, raw(128)],
  application: [344, raw(32)],
  recorded: [376, raw(12)],
  implementation: [388, raw(32)],
});

/** ECMA-167 3/10.5 */
export const partition = layout('partition descriptor', 356, {
  sequence: [16, u32le],
  number: [22, u16le],
  accessType: [184, u32le],
  start: [188, u32le],
  blockCount: [192, u32le],
});

/** ECMA-167 3/10.6 */
export const logicalVolume = layout('logical volume descriptor', 440, {
  sequence: [16, u32le],
  label: [84, raw(128)],
  blockSize: [212, u32le],
  domain: [216, raw(32)],
  fileSet: [248, raw(16)],
  mapLength: [264, u32le],
  mapCount: [268, u32le],
  implementation: [272, raw(32)],
  integrity: [432, raw(8)],
});

/** ECMA-167 3/10.7.2 and UDF 2.60 §2.2.8 to 2.2.10; both kinds begin with type and length. */
export const mapHead = layout('partition map', 2, { type: [0, u8], length: [1, u8] });
export const map1 = layout('partition map of type 1', 6, { number: [4, u16le] });
export const map2 = layout('partition map of type 2', 64, {
  kind: [4, raw(32)],
  number: [38, u16le],
  // Sparable partitions
  packetBlockCount: [40, u16le],
  tableCount: [42, u8],
  tableSize: [44, u32le],
  tableSectors: [48, raw(16)],
  // Metadata partitions
  metadataBlock: [40, u32le],
  mirrorBlock: [44, u32le],
});

/** UDF 2.60 §2.2.12 */
export const sparingTable = layout('sparing table', 56, { kind: [16, raw(32)], entryCount: [48, u16le] });

/** UDF 2.00 §2.2.10: the virtual allocation table's header. */
export const vatHeader = layout('virtual allocation table', 152, { headerSize: [0, u16le], label: [4, raw(128)] });

/** ECMA-167 3/10.10 and UDF 2.60 §2.2.6.4 */
export const integrity = layout('logical volume integrity descriptor', 80, {
  recorded: [16, raw(12)],
  type: [28, u32le],
  partitionCount: [72, u32le],
  useLength: [76, u32le],
});
export const integrityUse = layout('implementation use of the integrity descriptor', 46, {
  implementation: [0, raw(32)],
  fileCount: [32, u32le],
  directoryCount: [36, u32le],
});

/** ECMA-167 4/14.1 */
export const fileSet = layout('file set descriptor', 480, {
  recorded: [16, raw(12)],
  label: [304, raw(32)],
  root: [400, raw(16)],
  streams: [464, raw(16)],
});
