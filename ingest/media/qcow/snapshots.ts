/** Internal snapshots of QCOW2: earlier states of the disk in the same file. They are listed; the medium is the active state. */
import { Fault, FaultKind, escaped, layout, u16be, u32be, u64be } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';

/** QEMU's own limits: snapshots of an image, bytes of extra data of one. */
const MOST_SNAPSHOTS = 65_536;
const LARGEST_EXTRA = 1024;
/** Bytes of the table that are looked at: thousands of snapshots. */
const TABLE_READ = 1024 * 1024;
const LISTED = 1000;

/** From docs/interop/qcow2.txt, "Snapshots"; extra data, id and name follow. */
const entry = layout('QCOW2 snapshot', 40, {
  l1Offset: [0, u64be],
  l1Count: [8, u32be],
  idLength: [12, u16be],
  nameLength: [14, u16be],
  seconds: [16, u32be],
  nanoseconds: [20, u32be],
  vmClock: [24, u64be],
  vmStateSize: [32, u32be],
  extraLength: [36, u32be],
});

export interface Snapshots {
  /** One line each: id, name, date. */
  readonly lines: readonly string[];
  /** The table is damaged; the active state does not need it. */
  readonly warnings: readonly Fault[];
}

/** @throws Fault 'qcow2/snapshot-count' for more than an image can have. */
export async function snapshotsOf(container: ByteSource, count: number, offset: number): Promise<Snapshots> {
  if (count === 0) return { lines: [], warnings: [] };
  if (count > MOST_SNAPSHOTS) {
    const message = `the header says ${count} snapshots; an image has ${MOST_SNAPSHOTS} at most`;
    throw new Fault(FaultKind.Corrupt, 'qcow2/snapshot-count', message, { count });
  }
  const size = Math.max(0, Math.min(TABLE_READ, container.size - offset));
  const table = size === 0 ? Buffer.alloc(0) : await container.read(offset, size);
  const lines: string[] = [];
  for (let at = 0; lines.length < Math.min(count, LISTED); ) {
    const found = snapshotAt(table, at);
    if (found === undefined && size === TABLE_READ) break;
    if (found === undefined) {
      const message = `the table of ${count} snapshots is damaged or cut after ${lines.length}; the disk as it was last is not concerned`;
      return { lines, warnings: [new Fault(FaultKind.Corrupt, 'qcow2/snapshot-table', message, { count, offset })] };
    }
    lines.push(found.line);
    at += found.length;
  }
  if (lines.length < count) lines.push(`and ${count - lines.length} more`);
  return { lines, warnings: [] };
}

function snapshotAt(table: Buffer, at: number): { line: string; length: number } | undefined {
  if (at + entry.size > table.length || table.readUInt32BE(at) >= 1 << 21 || table.readUInt32BE(at + 24) >= 1 << 21)
    return undefined;
  const { idLength, nameLength, seconds, vmStateSize, extraLength } = entry.decode(table.subarray(at, at + entry.size));
  const idAt = at + entry.size + extraLength;
  const end = idAt + idLength + nameLength;
  if (extraLength > LARGEST_EXTRA || end > table.length) return undefined;
  const id = escaped(table.subarray(idAt, idAt + idLength));
  const name = escaped(table.subarray(idAt + idLength, end));
  const date = new Date(seconds * 1000).toISOString().replace('.000', '');
  const state = vmStateSize === 0 ? '' : ', with the state of the running machine';
  return { line: `${id}: ${name}, ${date}${state}`, length: Math.ceil((end - at) / 8) * 8 };
}
