/**
 * QEMU copy-on-write image, version 1 (QCOW).
 *
 * On disk: a header of 48 bytes, the backing file's name, then two levels of tables and clusters, in the order of writing.
 * Not read: encrypted images (AES).
 */
import { Fault, FaultKind, escaped, layout, u32be, u64be, u8 } from '../../kernel/index.ts';
import { deflate } from '../codecs/deflate.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';
import { openBacking } from '../qcow/backing.ts';
import { type ClusterMapSettings, clusterMap } from '../qcow/cluster-map.ts';
import { isQcow } from '../qcow/header.ts';
import { packedCluster } from '../qcow/packed-cluster.ts';
import { brokenSource } from '../qcow/run-list.ts';

const COMPRESSED = 0x80000000; // bit 63, in the upper half

/** QCowHeader, from QEMU block/qcow.c. */
const header = layout('QCOW header', 48, {
  magic: [0, u32be],
  version: [4, u32be],
  backingOffset: [8, u64be],
  backingLength: [16, u32be],
  backingModified: [20, u32be], // mtime
  diskSize: [24, u64be],
  clusterBits: [32, u8],
  tableBits: [33, u8], // l2_bits
  encryption: [36, u32be], // crypt_method
  l1Offset: [40, u64be],
});

type Header = ReturnType<typeof header.decode>;

export const format: MediaFormat = {
  id: 'qcow',
  title: 'QEMU copy-on-write image, version 1',
  sources: ['QEMU block/qcow.c', 'libqcow documentation/QEMU Copy-On-Write file format'],

  async probe(container) {
    return (await isQcow(container, [1])) ? Confidence.Certain : Confidence.No;
  },

  async open(container, companions) {
    if (container.size >= 8 && !(await isQcow(container, [1])))
      throw new Fault(FaultKind.Corrupt, 'qcow/signature', 'the signature of a QCOW image of version 1 is not there');
    const h = header.decode(await container.read(0, Math.min(header.size, container.size)));
    check(h, container.size);
    const backingFile = h.backingOffset === 0 ? '' : (await container.read(h.backingOffset, h.backingLength)).toString('utf8');
    const clusterSize = 2 ** h.clusterBits;
    const map = await clusterMap({
      format: 'qcow',
      container,
      size: h.diskSize,
      clusterSize,
      entrySize: 8,
      entriesPerTable: 2 ** h.tableBits,
      l1Offset: h.l1Offset,
      tableAlignment: 512,
      tableOffset: (high, low) => high * 0x1_0000_0000 + low,
      ...entriesOf(h, container),
    });
    const backing = backingFile === '' ? undefined : await openBacking('qcow', backingFile, '', companions);
    return mappedMedia({
      format: 'qcow',
      size: h.diskSize,
      sectorSize: 512,
      facts: { subformat: 'version 1', clusterSize, ...(backingFile === '' ? {} : { backingFile: escaped(backingFile) }) },
      parts: backing === undefined ? [] : [backing.name, ...backing.media.parts],
      warnings: [...map.warnings, ...(backing?.warnings ?? [])],
      map: (offset, length) => map.runs(offset, length, backing?.media),
      owned: backing === undefined ? [] : [backing.media],
    });
  },
};

function check(h: Header, size: number): void {
  const { clusterBits, tableBits, backingOffset, backingLength, l1Offset } = h;
  const facts = { clusterBits, tableBits, backingOffset, backingLength, l1Offset, size };
  const refuse = (kind: FaultKind, what: string, message: string): Fault => new Fault(kind, `qcow/${what}`, message, facts);
  if (h.encryption !== 0) {
    const what = h.encryption === 1 ? 'with AES' : `by an unknown method (${h.encryption})`;
    const message = `the image is encrypted ${what}; it is kept as received; deposit a copy decrypted with qemu-img convert to have it read`;
    throw refuse(FaultKind.Unsupported, 'encrypted', message);
  }
  if (clusterBits < 9 || clusterBits > 16)
    throw refuse(
      FaultKind.Corrupt,
      'cluster-bits',
      `the header says clusters of 2^${clusterBits} bytes; 2^9 to 2^16 are possible`,
    );
  if (tableBits < 6 || tableBits > 13)
    throw refuse(FaultKind.Corrupt, 'table-bits', `the header says tables of 2^${tableBits} entries; 2^6 to 2^13 are possible`);
  if (l1Offset < header.size || l1Offset % 8 !== 0)
    throw refuse(FaultKind.Corrupt, 'l1-place', `the first table can't lie at byte ${l1Offset}: over the header, or uneven`);
  if (backingOffset === 0) return;
  if (backingOffset < header.size || backingLength < 1 || backingLength > 1023 || backingOffset + backingLength > size) {
    const message = `the header says a backing file's name of ${backingLength} bytes at byte ${backingOffset}; the image is damaged or forged`;
    throw refuse(FaultKind.Corrupt, 'backing-place', message);
  }
}

function entriesOf(h: Header, container: ByteSource): Pick<ClusterMapSettings, 'addCluster' | 'broken'> {
  const clusterSize = 2 ** h.clusterBits;
  const placeHigh = 2 ** (31 - h.clusterBits) - 1;
  const packed = { format: 'qcow', container, clusterSize, codec: deflate };
  const message = `a cluster lies past the end of the file (${container.size} bytes); the image is cut`;
  const outside = brokenSource(new Fault(FaultKind.Truncated, 'qcow/cluster-outside', message));
  const uneven = brokenSource(
    new Fault(FaultKind.Corrupt, 'qcow/cluster-invalid', 'a cluster lies at an uneven place; the image is damaged'),
  );
  return {
    broken: [outside, uneven],
    addCluster(runs, page, position, _clusterOffset, skip, length) {
      const high = page.readUInt32BE(position);
      const low = page.readUInt32BE(position + 4);
      if ((high & COMPRESSED) !== 0) {
        const at = (high & placeHigh) * 0x1_0000_0000 + low;
        const packedLength = (high >>> (31 - h.clusterBits)) & (clusterSize - 1);
        if (packedLength === 0) runs.broken(uneven, length);
        else if (at >= container.size) runs.broken(outside, length);
        else runs.packed(packedCluster(packed, at, packedLength), skip, length);
        return;
      }
      const at = high * 0x1_0000_0000 + low;
      if (at === 0) return runs.unwritten(length);
      if (at % 512 !== 0) return runs.broken(uneven, length);
      const inside = Math.min(length, Math.max(0, container.size - at - skip));
      if (inside > 0) runs.stored(container, at + skip, inside);
      if (length > inside) runs.broken(outside, length - inside);
    },
  };
}
