/**
 * The checksums of a disk image: a CRC-32 of what each table describes, unpacked, and one of those CRCs, big-endian, in the order of
 * the tables (libdmg-hfsplus: dmg/io.c, dmg/checksum.c).
 */
import { crc32 } from 'node:zlib';
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { Verifier } from '../media.ts';
import { type Blocks, BlockType, type TableChecksum, blockAt } from './blocks.ts';

/** The trailer's checksum against those of the tables. */
export function checkMaster(checksums: readonly TableChecksum[], expected: number): Fault[] {
  const all = Buffer.alloc(checksums.length * 4);
  for (const [i, { crc }] of checksums.entries()) all.writeUInt32BE(crc, i * 4);
  const found = crc32(all);
  if (found === expected) return [];
  const message = `the checksums of the image's tables have the CRC-32 ${hex(found)}, its trailer says ${hex(expected)}; its tables or its trailer are damaged`;
  return [new Fault(FaultKind.Corrupt, 'dmg/master-checksum', message, { found: hex(found), expected: hex(expected) })];
}

/** A table, while its bytes come. */
interface Sum extends TableChecksum {
  all: number;
  /** Without the sectors that were left out: programs differ in whether these count as zeros. */
  stored: number;
  seen: number;
}

/** Undefined where no table carries a checksum. */
export function verifierOf(checksums: readonly TableChecksum[], blocks: Blocks): (() => Verifier) | undefined {
  return checksums.length === 0 ? undefined : () => new TableVerifier(checksums, blocks);
}

class TableVerifier implements Verifier {
  readonly #blocks: Blocks;
  readonly #sums: Sum[];
  #at = 0;
  /** The tables before it have ended. */
  #first = 0;

  constructor(checksums: readonly TableChecksum[], blocks: Blocks) {
    this.#blocks = blocks;
    this.#sums = checksums.map((sum) => ({ ...sum, all: 0, stored: 0, seen: 0 }));
    this.#sums.sort((a, b) => a.offset - b.offset);
  }

  update(bytes: Buffer): void {
    const start = this.#at;
    const end = start + bytes.length;
    for (let i = this.#first; i < this.#sums.length; i++) {
      const sum = this.#sums[i];
      if (sum === undefined || sum.offset >= end) break;
      const from = Math.max(start, sum.offset);
      const to = Math.min(end, sum.offset + sum.length);
      if (from < to) this.#add(sum, bytes.subarray(from - start, to - start), from);
      else if (i === this.#first) this.#first++;
    }
    this.#at = end;
  }

  #add(sum: Sum, bytes: Buffer, offset: number): void {
    sum.all = crc32(bytes, sum.all);
    sum.seen += bytes.length;
    const { count, types, offsets, sizes } = this.#blocks;
    const end = offset + bytes.length;
    for (let i = blockAt(this.#blocks, offset); i < count && (offsets[i] ?? end) < end; i++) {
      if (types[i] === BlockType.Ignore) continue;
      const start = offsets[i] ?? end;
      const from = Math.max(offset, start) - offset;
      const to = Math.min(end, start + (sizes[i] ?? 0)) - offset;
      sum.stored = crc32(bytes.subarray(from, to), sum.stored);
    }
  }

  finish(): Fault[] {
    const wrong = this.#sums.filter(({ seen, length, all, stored, crc }) => seen === length && all !== crc && stored !== crc);
    return wrong.map(({ name, offset, length, all, crc }) => {
      const facts = { table: escaped(name), found: hex(all), expected: hex(crc), mediumOffset: offset, mediumLength: length };
      const message = `bytes ${offset} to ${offset + length} of the medium ("${escaped(name)}") have the CRC-32 ${hex(all)}, the image says ${hex(crc)}; something in them is not what was imaged: ask for a whole copy`;
      return new Fault(FaultKind.Corrupt, 'dmg/checksum', message, facts);
    });
  }
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
