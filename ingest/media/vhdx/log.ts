/**
 * The VHDX log: changes that were written down, but not yet made, when the image was last closed. Found, checked, and made in
 * memory; the image is never written to.
 */
import { Fault, FaultKind, ascii, guid, layout, raw, u32le, u64le } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { crc32c } from './crc32c.ts';
import { type Header, MIB } from './header.ts';

export const PAGE = 4096;
const LARGEST_LOG = 64 * MIB;
/** Entries may be left over from before on each other, but not much: what is more was made to keep us busy. */
const CHECKED_AT_MOST = 4;
const ZEROED_AT_MOST = 1024 * MIB;
const CHECKSUM_AT = 4;
const DESCRIPTOR_SIZE = 32;

/** "Entry header" of [MS-VHDX] 2.3.1.1. */
const layoutOfEntry = layout('VHDX log entry', 64, {
  mark: [0, ascii(4)],
  checksum: [4, u32le],
  length: [8, u32le],
  tail: [12, u32le],
  sequence: [16, raw(8)],
  descriptorCount: [24, u32le],
  logGuid: [32, guid],
  flushedSize: [48, raw(8)],
  lastSize: [56, raw(8)],
});

interface Entry {
  /** Where it begins in the ring. */
  readonly at: number;
  readonly length: number;
  readonly tail: number;
  readonly sequence: bigint;
  readonly bytes: Buffer;
  readonly descriptorCount: number;
}

export interface Replay {
  /** By number of the page: 4096 bytes that count instead of those in the file. */
  readonly pages: ReadonlyMap<number, Buffer>;
  /** The file counts as this long at least. */
  readonly size: number;
  readonly entryCount: number;
}

/** @throws Fault when the header says that there is a log and there is no usable one; when the file was cut after it was written. */
export async function replayed(container: ByteSource, header: Header): Promise<Replay> {
  const { logOffset, logLength, logVersion, logGuid } = header;
  const facts = { logOffset, logLength, logGuid, size: container.size };
  if (logVersion !== 0)
    throw new Fault(FaultKind.Unsupported, 'vhdx/log-version', `a VHDX log of version ${logVersion} is not read, only 0`, facts);
  if (logLength === 0 || logLength % MIB !== 0 || logOffset < MIB || logOffset % MIB !== 0) {
    const message = `the VHDX header says a log of ${logLength} bytes at byte ${logOffset}; whole MiB are right`;
    throw new Fault(FaultKind.Corrupt, 'vhdx/log-place', message, facts);
  }
  if (logOffset + logLength > container.size) {
    const message = `the VHDX log (byte ${logOffset}, ${logLength} bytes) is not in the file of ${container.size} bytes; ask for a whole copy`;
    throw new Fault(FaultKind.Truncated, 'vhdx/log-outside', message, facts);
  }
  if (logLength > LARGEST_LOG) {
    const message = `the VHDX log has ${logLength} bytes; up to ${LARGEST_LOG} are replayed; open and close a copy with Hyper-V`;
    throw new Fault(FaultKind.Unsupported, 'vhdx/log-large', message, facts);
  }
  const entries = entriesOf(await container.read(logOffset, logLength), header);
  const active = activeSequence(entries, logLength);
  const last = active.at(-1);
  if (last === undefined) {
    const message = 'the VHDX image was not closed properly, and the log that would mend it is damaged; ask for another copy';
    throw new Fault(FaultKind.Corrupt, 'vhdx/log-lost', message, facts);
  }
  const { flushedSize, lastSize } = sizesOf(last);
  if (flushedSize > container.size) {
    const message = `the VHDX image had at least ${flushedSize} bytes when its log was written, and has ${container.size} now; it is cut, ask for a whole copy`;
    throw new Fault(FaultKind.Truncated, 'vhdx/cut', message, { flushedSize, size: container.size });
  }
  return { pages: pagesOf(active), size: Math.max(container.size, lastSize), entryCount: active.length };
}

/** Every whole entry of this log, by the place where it begins. */
function entriesOf(log: Buffer, { logGuid }: Header): ReadonlyMap<number, Entry> {
  const found = new Map<number, Entry>();
  let budget = log.length * CHECKED_AT_MOST;
  for (let at = 0; at < log.length; at += PAGE) {
    const {
      mark,
      length,
      tail,
      sequence,
      descriptorCount,
      logGuid: id,
      checksum,
    } = layoutOfEntry.decode(log.subarray(at, at + PAGE));
    const room = Math.floor((length - layoutOfEntry.size) / DESCRIPTOR_SIZE);
    if (mark !== 'loge' || id !== logGuid || length < PAGE || length % PAGE !== 0 || length > log.length) continue;
    if (sequence.readBigUInt64LE() === 0n || tail % PAGE !== 0 || descriptorCount > room) continue;
    budget -= length;
    if (budget < 0) {
      const message = 'the VHDX log is full of entries that lie on each other; the image is damaged or forged';
      throw new Fault(FaultKind.Corrupt, 'vhdx/log-overlapping', message, { logLength: log.length });
    }
    const bytes =
      at + length <= log.length
        ? log.subarray(at, at + length)
        : Buffer.concat([log.subarray(at), log.subarray(0, at + length - log.length)]);
    const entry = { at, length, tail, sequence: sequence.readBigUInt64LE(), bytes, descriptorCount };
    if (crc32c(bytes, CHECKSUM_AT) === checksum && isWhole(entry)) found.set(at, entry);
  }
  return found;
}

/** Every descriptor and every data sector says the entry's sequence number: none is left over from before. */
function isWhole({ bytes, sequence, descriptorCount }: Entry): boolean {
  let data = dataOf(descriptorCount);
  for (let i = 0; i < descriptorCount; i++) {
    const at = layoutOfEntry.size + i * DESCRIPTOR_SIZE;
    const mark = bytes.toString('latin1', at, at + 4);
    if (bytes.readBigUInt64LE(at + 24) !== sequence || bytes.readBigUInt64LE(at + 16) % BigInt(PAGE) !== 0n) return false;
    if (mark === 'zero') {
      if (bytes.readBigUInt64LE(at + 8) % BigInt(PAGE) !== 0n) return false;
    } else if (mark === 'desc') {
      if (!isDataSector(bytes.subarray(data, data + PAGE), sequence)) return false;
      data += PAGE;
    } else return false;
  }
  return true;
}

function isDataSector(sector: Buffer, sequence: bigint): boolean {
  if (sector.length < PAGE || sector.toString('latin1', 0, 4) !== 'data') return false;
  return sector.readUInt32LE(4) === Number(sequence >> 32n) && sector.readUInt32LE(PAGE - 4) === Number(sequence & 0xffffffffn);
}

/** Where the data sectors of an entry begin. */
function dataOf(descriptorCount: number): number {
  return Math.ceil((layoutOfEntry.size + descriptorCount * DESCRIPTOR_SIZE) / PAGE) * PAGE;
}

/** The entries to replay: of the sequences that are there from their tail on, the one with the highest number. Empty when none is. */
function activeSequence(entries: ReadonlyMap<number, Entry>, logLength: number): Entry[] {
  const next = ({ at, length, sequence }: Entry): Entry | undefined => {
    const after = entries.get((at + length) % logLength);
    return after?.sequence === sequence + 1n ? after : undefined;
  };
  const followers = new Set([...entries.values()].map(next));
  let best: Entry[] = [];
  for (const first of entries.values()) {
    // What follows another is part of the other's sequence.
    if (followers.has(first)) continue;
    const sequence: Entry[] = [];
    for (let entry: Entry | undefined = first; entry !== undefined; entry = next(entry)) sequence.push(entry);
    const last = sequence.at(-1);
    const from = sequence.findIndex(({ at }) => at === last?.tail);
    if (last === undefined || from < 0) continue;
    if (last.sequence > (best.at(-1)?.sequence ?? 0n)) best = sequence.slice(from);
  }
  return best;
}

function sizesOf(last: Entry): { flushedSize: number; lastSize: number } {
  const [flushedSize, lastSize] = [48, 56].map((at) => sizeField.decode(last.bytes.subarray(at, at + 8)).size) as [
    number,
    number,
  ];
  return { flushedSize, lastSize };
}

const sizeField = layout('VHDX log size', 8, { size: [0, u64le] });

/** Later entries win. @throws Fault 'vhdx/log-zeros' for more zeros than a log has reason to write. */
function pagesOf(active: readonly Entry[]): Map<number, Buffer> {
  const pages = new Map<number, Buffer>();
  const zeros = Buffer.alloc(PAGE);
  let zeroed = 0n;
  for (const { bytes, descriptorCount } of active) {
    let data = dataOf(descriptorCount);
    for (let i = 0; i < descriptorCount; i++) {
      const at = layoutOfEntry.size + i * DESCRIPTOR_SIZE;
      const page = Number(bytes.readBigUInt64LE(at + 16) / BigInt(PAGE));
      if (bytes.toString('latin1', at, at + 4) === 'desc') {
        const [head, tail] = [bytes.subarray(at + 8, at + 16), bytes.subarray(at + 4, at + 8)];
        pages.set(page, Buffer.concat([head, bytes.subarray(data + 8, data + PAGE - 4), tail]));
        data += PAGE;
        continue;
      }
      const length = bytes.readBigUInt64LE(at + 8);
      zeroed += length;
      if (zeroed > BigInt(ZEROED_AT_MOST)) {
        const message = `the VHDX log writes more than ${ZEROED_AT_MOST} bytes of zeros; the image is damaged, or open and close a copy with Hyper-V`;
        throw new Fault(FaultKind.Unsupported, 'vhdx/log-zeros', message, { limit: ZEROED_AT_MOST });
      }
      for (let each = 0; each < Number(length) / PAGE; each++) pages.set(page + each, zeros);
    }
  }
  return pages;
}
