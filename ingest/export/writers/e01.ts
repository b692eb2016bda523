/**
 * The disk as an evidence file (E01) as EnCase 6 writes it, in one segment: chunks of 32 KiB, packed on all cores.
 *
 * In this order: header2 twice, header, volume; for each 32 MiB sectors, table, table2; data, error2 where something was never
 * read, digest, hash, done. Each table counts from a base of its own, so that one segment can be of any size (libewf,
 * "Expert Witness Compression Format" 2.x). MD5 and SHA-1 are of the disk with the zeros that fill up its last sector.
 */
import { createHash } from 'node:crypto';
import { isZero } from '../../digest/index.ts';
import { inParallel } from '../../kernel/index.ts';
import { adler32 } from '../../media/index.ts';
import { ascii, guid, structure, u16le, u32le, u64le, u8, utf16 } from '../bytes.ts';
import type { Disk, MediaWriter } from '../media-writer.ts';
import { packed } from '../packed.ts';

const SECTOR = 512;
const CHUNK = 32 << 10;
/** Chunks that share a table: their packed bytes wait in memory, since their length stands before them. */
const PER_TABLE = 1024;
const DESCRIPTOR = 76;
/** In a table's entry. */
const PACKED = 0x8000_0000;

export const writer: MediaWriter = {
  id: 'e01',
  title: 'evidence file as EnCase 6 writes it',
  extension: '.E01',
  format: 'ewf',
  sectorSize: SECTOR,
  largest: 2 ** 46,
  isCompressed: true,
  async *write(disk) {
    const file = new Sections();
    yield file.start();
    const header2 = await packed(utf16(`\ufeff${header2Of(disk)}`));
    yield* file.section('header2', header2);
    yield* file.section('header2', header2);
    yield* file.section('header', await packed(ascii(headerOf(disk))));
    const volume = volumeOf(disk);
    yield* file.section('volume', volume);

    const md5 = createHash('md5');
    const sha1 = createHash('sha1');
    let group: Chunk[] = [];
    const chunks = inParallel(disk.chunks(CHUNK), (bytes) => {
      md5.update(bytes);
      sha1.update(bytes);
      return packedChunk(bytes);
    });
    for await (const chunk of chunks) {
      group.push(chunk);
      if (group.length < PER_TABLE) continue;
      yield* file.group(group);
      group = [];
    }
    if (group.length > 0) yield* file.group(group);

    yield* file.section('data', volume);
    const errors = await errorsOf(disk);
    if (errors !== undefined) yield* file.section('error2', errors);
    const digests = { md5: md5.digest(), sha1: sha1.digest() };
    yield* file.section(
      'digest',
      summed(
        structure(76, [
          [0, digests.md5],
          [16, digests.sha1],
        ]),
      ),
    ); // prettier-ignore
    yield* file.section('hash', summed(structure(32, [[0, digests.md5]])));
    yield* file.section('done', Buffer.alloc(0));
  },
};

interface Chunk {
  readonly bytes: readonly Buffer[];
  readonly length: number;
  readonly isPacked: boolean;
}

/** Disks are mostly empty: packed once. */
const EMPTY = packed(Buffer.alloc(CHUNK));

async function packedChunk(bytes: Buffer): Promise<Chunk> {
  const stream = await (bytes.length === CHUNK && isZero(bytes) ? EMPTY : packed(bytes));
  if (stream.length < bytes.length) return { bytes: [stream], length: stream.length, isPacked: true };
  // A zlib stream ends with the Adler-32 of its content, the most significant byte first; here it stands the other way round.
  const checksum = u32le(stream.readUInt32BE(stream.length - 4));
  return { bytes: [bytes, checksum], length: bytes.length + 4, isPacked: false };
}

/** Sections one after the other, each with where the next begins. */
class Sections {
  #at = 0;

  start(): Buffer {
    const start = structure(13, [
      [0, Buffer.concat([ascii('EVF\t\r\n'), Buffer.of(0xff, 0)])],
      [8, u8(1)],
      [9, u16le(1)], // number of the segment
    ]);
    this.#at = start.length;
    return start;
  }

  *section(type: string, ...body: readonly Buffer[]): Generator<Buffer> {
    const size = DESCRIPTOR + body.reduce((sum, { length }) => sum + length, 0);
    const isLast = type === 'done';
    yield summed(
      structure(DESCRIPTOR - 4, [
        [0, ascii(type)],
        [16, u64le(this.#at + (isLast ? 0 : size))],
        [24, u64le(size)],
      ]),
    );
    yield* body;
    this.#at += size;
  }

  /** sectors, and the table of its chunks twice. */
  *group(chunks: readonly Chunk[]): Generator<Buffer> {
    const base = this.#at;
    let at = DESCRIPTOR;
    const entries = Buffer.alloc(chunks.length * 4);
    for (const [index, { length, isPacked }] of chunks.entries()) {
      entries.writeUInt32LE(at + (isPacked ? PACKED : 0), index * 4);
      at += length;
    }
    const table = Buffer.concat([
      summed(
        structure(20, [
          [0, u32le(chunks.length)],
          [8, u64le(base)],
        ]),
      ),
      summed(entries),
    ]); // prettier-ignore
    yield* this.section('sectors', ...chunks.flatMap(({ bytes }) => bytes));
    yield* this.section('table', table);
    yield* this.section('table2', table);
  }
}

/** ewf_volume of EnCase: 1052 bytes. */
function volumeOf(disk: Disk): Buffer {
  return summed(
    structure(1048, [
      [0, u8(1)], // a fixed disk
      [4, u32le(Math.ceil(disk.size / CHUNK))],
      [8, u32le(CHUNK / SECTOR)],
      [12, u32le(SECTOR)],
      [16, u64le(disk.size / SECTOR)],
      [36, u8(3)], // an image, of a physical disk
      [52, u8(1)], // packed
      [56, u32le(1)], // sectors that are given up together
      [64, guid(disk.uuid('set').toString('hex'))],
    ]),
  );
}

/** The sectors that were never read, as pairs of first and number; undefined when there are none. */
async function errorsOf(disk: Disk): Promise<Buffer | undefined> {
  const pairs: Buffer[] = [];
  for await (const { offset, length } of disk.absent()) {
    const first = Math.floor(offset / SECTOR);
    const end = Math.ceil((offset + length) / SECTOR);
    // The section counts sectors in 32 bits: what lies beyond 2 TiB can't be told.
    if (end <= 0xffff_ffff) pairs.push(u32le(first), u32le(end - first));
  }
  if (pairs.length === 0) return undefined;
  return Buffer.concat([summed(structure(516, [[0, u32le(pairs.length / 2)]])), summed(Buffer.concat(pairs))]);
}

/** What EnCase 6 puts into header2: UTF-16, dates in seconds. */
function header2Of(disk: Disk): string {
  const facts = printable(disk);
  const acquired = dateOf(facts.acquiredAt);
  const main = {
    a: facts.description,
    c: facts.caseNumber,
    n: facts.evidenceNumber,
    e: facts.examiner,
    t: facts.notes,
    md: facts.model,
    sn: facts.serialNumber,
    l: '',
    av: TOOL,
    ov: '',
    m: acquired === undefined ? '' : String(Math.floor(acquired.getTime() / 1000)),
    u: String(Math.floor(disk.sealedAt.getTime() / 1000)),
    p: '',
    pid: '',
    dc: '',
    ext: '',
  };
  const blocks = [
    ['3', 'main', Object.keys(main).join('\t'), Object.values(main).join('\t')],
    ['srce', '0\t1', 'p\tn\tid\tev\ttb\tlo\tpo\tah\tgu\taq', '0\t0', '\t\t\t\t\t-1\t-1\t\t\t'],
    ['sub', '0\t1', 'p\tn\tid\tnu\tco\tgu', '0\t0', '\t\t\t\t1\t'],
  ];
  return blocks.map((lines) => `${lines.join('\n')}\n\n`).join('');
}

/** What older programs look for: 8 bits a character, dates in parts. */
function headerOf(disk: Disk): string {
  const facts = printable(disk);
  const acquired = dateOf(facts.acquiredAt);
  const main = {
    c: facts.caseNumber,
    n: facts.evidenceNumber,
    a: facts.description,
    e: facts.examiner,
    t: facts.notes,
    av: TOOL,
    ov: '',
    m: acquired === undefined ? '' : inParts(acquired),
    u: inParts(disk.sealedAt),
    p: '0',
  };
  const lines = ['1', 'main', Object.keys(main).join('\t'), Object.values(main).join('\t'), '', ''];
  return lines.join('\r\n').replaceAll(/[^\r\n\t\x20-\x7e]/g, '?');
}

const TOOL = 'Strongroom';

/** No tab and no line end: they part the values. */
function printable({ facts, id }: Disk) {
  const of = (value = ''): string => value.replaceAll(/\s+/g, ' ').trim();
  return {
    description: of(facts.description),
    caseNumber: of(facts.caseNumber),
    evidenceNumber: of(facts.evidenceNumber),
    examiner: of(facts.examiner),
    notes: of(facts.notes ?? `exported from package ${id}`),
    model: of(facts.model),
    serialNumber: of(facts.serialNumber),
    acquiredAt: facts.acquiredAt,
  };
}

function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  // Without a zone it is the imaging station's own time, which nobody knows here: the same everywhere, at least.
  const date = new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function inParts(date: Date): string {
  const parts = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()];
  return [...parts, date.getUTCSeconds()].join(' ');
}

function summed(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, u32le(adler32(bytes))]);
}
