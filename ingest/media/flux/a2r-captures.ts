/** Where the captures of an A2R image lie: entries of its STRM (version 2) and RWCP (version 3) chunks. */
import { Fault, FaultKind, layout, u16le, u32le, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import type { AppleChunk } from './chunks.ts';

export interface Capture {
  /** Quarter track, or track and side, as the kind of drive has it. */
  readonly location: number;
  readonly offset: number;
  readonly size: number;
  readonly tickNs: number;
}

const Kind = { Timing: 1, Bits: 2, Long: 3 } as const;
const MOST_CAPTURES = 10_000;
const V2_TICK_NS = 125;

const stream = layout('A2R STRM entry', 10, {
  location: [0, u8],
  kind: [1, u8],
  size: [2, u32le],
  loopPoint: [6, u32le],
});

export async function capturesOfStrm(container: ByteSource, chunk: AppleChunk, warnings: Fault[]): Promise<Capture[]> {
  const captures: Capture[] = [];
  const end = chunk.offset + chunk.size;
  for (let at = chunk.offset; at < end && captures.length < MOST_CAPTURES; ) {
    if ((await container.read(at, 1))[0] === 0xff) return captures;
    if (at + stream.size > end) break;
    const { location, kind, size } = stream.decode(await container.read(at, stream.size));
    at += stream.size;
    if (at + size > end) break;
    if (kind !== Kind.Bits) captures.push({ location, offset: at, size, tickNs: V2_TICK_NS });
    at += size;
  }
  warnings.push(cut('STRM', captures.length));
  return captures;
}

const rwcp = layout('A2R RWCP chunk', 16, { version: [0, u8], resolution: [1, u32le] }); // picoseconds
const capture = layout('A2R capture entry', 5, { mark: [0, u8], kind: [1, u8], location: [2, u16le], indexCount: [4, u8] });
const [CAPTURE, END] = [0x43, 0x58];

export async function capturesOfRwcp(container: ByteSource, chunk: AppleChunk, warnings: Fault[]): Promise<Capture[]> {
  if (chunk.size < rwcp.size) return [];
  const { resolution } = rwcp.decode(await container.read(chunk.offset, rwcp.size));
  if (resolution < 1000 || resolution > 1_000_000) {
    const message = `the A2R image says ticks of ${resolution} picoseconds; 62,500 and 125,000 are usual`;
    throw new Fault(FaultKind.Corrupt, 'a2r/resolution', message, { resolution });
  }
  const captures: Capture[] = [];
  const end = chunk.offset + chunk.size;
  for (let at = chunk.offset + rwcp.size; at < end && captures.length < MOST_CAPTURES; ) {
    const head = await container.read(at, Math.min(capture.size, end - at));
    if (head[0] === END) return captures;
    if (head[0] !== CAPTURE || head.length < capture.size) break;
    const { kind, location, indexCount } = capture.decode(head);
    at += capture.size + indexCount * 4;
    if (at + 4 > end) break;
    const size = (await container.read(at, 4)).readUInt32LE();
    at += 4;
    if (at + size > end) break;
    if (kind !== Kind.Bits) captures.push({ location, offset: at, size, tickNs: resolution / 1000 });
    at += size;
  }
  warnings.push(cut('RWCP', captures.length));
  return captures;
}

function cut(id: string, count: number): Fault {
  const message = `chunk ${id} ends within its captures, after ${count} whole ones; the file is cut or damaged`;
  return new Fault(FaultKind.Truncated, 'a2r/captures-cut', message, { chunk: id, captures: count });
}
