/** Recipes of images as large as a disk of 100 GB and more, that take seconds to make: sparse, or one chunk told over and over. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { adler32 } from '#built/ingest/media/codecs/adler32';
import { shell } from './case.ts';

export const WORDS = 'Strongroom keeps what it was given.';
const ENTRIES_PER_TABLE = 16_375;

/** An E01 of chunks, all zeros, but for the one in the middle, which is text; tables of libewf's length, each twice. */
export function makeE01(path: string, size: number, chunkSize = 32_768): void {
  const chunkCount = size / chunkSize;
  const sectorsPerChunk = chunkSize / 512;
  const zeros = deflateSync(Buffer.alloc(chunkSize));
  const text = deflateSync(Buffer.alloc(chunkSize, WORDS));
  const fd = openSync(path, 'wx');
  let at = 0;
  const put = (...pieces: readonly Buffer[]): void => {
    for (const piece of pieces) at += writeSync(fd, piece);
  };
  const section = (type: string, size: number, isLast = false): void => {
    const head = Buffer.alloc(72);
    head.write(type, 'latin1');
    head.writeBigUInt64LE(BigInt(isLast ? at : at + 76 + size), 16);
    head.writeBigUInt64LE(BigInt(isLast ? 0 : 76 + size), 24);
    put(summed(head));
  };
  put(Buffer.from('EVF\t\r\n\xff\0\x01\x01\0\0\0', 'latin1'));
  const volume = Buffer.alloc(1048);
  volume.writeUInt8(1, 0);
  volume.writeUInt32LE(chunkCount, 4);
  volume.writeUInt32LE(sectorsPerChunk, 8);
  volume.writeUInt32LE(512, 12);
  volume.writeBigUInt64LE(BigInt(chunkCount * sectorsPerChunk), 16);
  volume.writeUInt8(3, 36);
  section('volume', 1052);
  put(summed(volume));
  for (let first = 0; first < chunkCount; first += ENTRIES_PER_TABLE) {
    const count = Math.min(ENTRIES_PER_TABLE, chunkCount - first);
    const chunks = Array.from({ length: count }, (_, i) => (first + i === chunkCount / 2 ? text : zeros));
    section(
      'sectors',
      chunks.reduce((sum, { length }) => sum + length, 0),
    );
    const header = Buffer.alloc(20);
    header.writeUInt32LE(count, 0);
    header.writeBigUInt64LE(BigInt(at), 8);
    const entries = Buffer.alloc(count * 4);
    let offset = 0;
    for (const [index, chunk] of chunks.entries()) {
      entries.writeUInt32LE(offset + 0x8000_0000, index * 4);
      offset += chunk.length;
    }
    put(Buffer.concat(chunks));
    for (const type of ['table', 'table2']) {
      section(type, 24 + entries.length + 4);
      put(summed(header), summed(entries));
    }
  }
  section('done', 0, true);
  closeSync(fd);
}

/** A QCOW2 with every cluster of 64 KiB that the file system of a used disk touches: one in each 64 MiB, and text in the middle. */
export function makeQcow2(path: string, size: number): void {
  const writes = [];
  for (let at = 0; at < size; at += 64 << 20) writes.push(`write -q -P 0x5a ${at} 64k`);
  writes.push(`write -q -P 0x53 ${size / 2} 64k`);
  shell(
    `qemu-img create -q -f qcow2 ${path} ${size} && printf '%s\\n' '${writes.join("' '")}' | qemu-io -f qcow2 ${path} > /dev/null`,
  );
}

/** An ext4 or NTFS volume in a sparse file, with one file in it. */
export function makeVolume(path: string, kind: 'ext4' | 'ntfs', size: number): void {
  const make =
    kind === 'ext4'
      ? `mke2fs -q -t ext4 -E lazy_itable_init=1 ${path} && debugfs -w -R 'write ${path}.txt hello.txt' ${path}`
      : `mkntfs -q -F -Q -s 512 ${path} && ntfscp -f -q ${path} ${path}.txt hello.txt`;
  shell(
    `printf '%s' '${WORDS}' > ${path}.txt && truncate -s ${size} ${path} && (${make}) > /dev/null 2>&1 && rm ${path}.txt && sync ${path}`,
  );
}

function summed(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(adler32(bytes));
  return Buffer.concat([bytes, sum]);
}
