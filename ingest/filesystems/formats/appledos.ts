/**
 * Apple DOS 3.3, and 3.1 and 3.2 with their 13 sectors a track; images in DOS or in ProDOS order.
 *
 * On disk: a catalogue, and for each file lists of its sectors. DOS knows no length in bytes: a file is all its sectors as they are on
 * the disk, the header of a binary or BASIC file with them; what that says is told as facts.
 */
import { Fault, FaultKind, layout, raw, u16le, u8 } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { type Contents, DosDisk, readContents } from '../apple2/dos.ts';
import { SECTOR } from '../apple2/order.ts';
import { RunList } from '../content.ts';
import {
  Confidence,
  type Entry,
  EntryKind,
  type FileSystem,
  type FileSystemFormat,
  type Name,
  StreamKind,
} from '../filesystems.ts';
import { namedAs } from '../names.ts';
import { type Listed, pathIn, walkTree } from '../walk.ts';

const ENTRIES_AT = 11;
const ENTRY = 35;
const DELETED = 0xff;
const LOCKED = 0x80;
const TYPES: Readonly<Record<number, string>> = { 0: 'T', 1: 'I', 2: 'A', 4: 'B', 8: 'S', 16: 'R', 32: 'a', 64: 'b' };
const RELEASES: Readonly<Record<number, string>> = { 1: '3.1', 2: '3.2', 3: '3.3', 4: '3.3' };

/** File descriptive entry (Beneath Apple DOS, chapter 4). */
const descriptive = layout('catalogue entry of Apple DOS', ENTRY, {
  track: [0, u8],
  sector: [1, u8],
  type: [2, u8],
  name: [3, raw(30)],
  sectorCount: [33, u16le],
});

export const format: FileSystemFormat = {
  id: 'appledos',
  title: 'Apple DOS',
  sources: ['Don Worth and Pieter Lechner, Beneath Apple DOS', 'Apple Computer, The DOS Manual'],

  async probe(volume) {
    const found = await readContents(volume);
    if (found === undefined) return Confidence.No;
    return found.release >= 1 && found.catalogueTrack === 17 ? Confidence.Certain : Confidence.Likely;
  },

  async open(volume) {
    const found = await readContents(volume);
    if (found === undefined) {
      const message = 'track 17, sector 0 is no table of contents of Apple DOS';
      throw new Fault(FaultKind.Corrupt, 'appledos/contents', message);
    }
    return new AppleDos(volume, await inItsOrder(volume, found)).opened();
  },
};

/** The order in which more of the disk makes sense; DOS's own, where nothing tells. */
async function inItsOrder(volume: ByteSource, contents: Contents): Promise<DosDisk> {
  const size = contents.trackCount * contents.sectorsPerTrack * SECTOR;
  const bytes = await volume.read(0, Math.min(size, volume.size));
  const dos = new DosDisk(contents, bytes, 'dos');
  const prodos = new DosDisk(contents, bytes, 'prodos');
  return prodos.score() > dos.score() ? prodos : dos;
}

class AppleDos {
  constructor(
    private readonly volume: ByteSource,
    private readonly disk: DosDisk,
  ) {}

  opened(): FileSystem {
    const { contents } = this.disk;
    const size = contents.trackCount * contents.sectorsPerTrack * SECTOR;
    const release = contents.sectorsPerTrack === 13 && contents.release === 3 ? 2 : contents.release;
    return {
      format: 'appledos',
      type: `Apple DOS ${RELEASES[release] ?? '3.3'}`,
      label: '',
      size,
      blockSize: SECTOR,
      isListed: true,
      facts: { volumeNumber: contents.volumeNumber, tracks: contents.trackCount, sectorsPerTrack: contents.sectorsPerTrack },
      warnings: this.volume.size < size ? [cut(size, this.volume.size)] : [],
      entries: (limits, signal) =>
        walkTree({ node: 0, path: '', identity: 0 }, () => Promise.resolve(this.#list()), limits, signal),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #list(): Listed<number> {
    const { sectors, fault } = this.disk.catalogue();
    const found: Listed<number>['found'][number][] = [];
    reading: for (const { at, bytes } of sectors)
      for (let index = 0; index < 7; index++) {
        const start = ENTRIES_AT + index * ENTRY;
        const entry = bytes.subarray(start, start + ENTRY);
        // The catalogue ends where no entry was ever written.
        if (entry[0] === 0) break reading;
        found.push(this.#entryOf(entry, (at / SECTOR) * 8 + index));
      }
    if (fault !== undefined) found.push({ kind: 'damage', path: '', fault });
    return { found, below: [] };
  }

  #entryOf(bytes: Buffer, id: number): Entry {
    const e = descriptive.decode(bytes);
    const isDeleted = e.track === DELETED;
    // Deleting moves the track to where the last character of the name was.
    const track = isDeleted ? (e.name[29] ?? 0) : e.track;
    const name = nameOf(isDeleted ? e.name.subarray(0, 29) : e.name);
    const { sectorCount, first, fault } = this.disk.measure(track, e.sector);
    const size = sectorCount * SECTOR;
    const type = TYPES[e.type & ~LOCKED] ?? `type ${e.type & ~LOCKED}`;
    const doubt = isDeleted && size > 0 ? { doubt: 'a deleted file: its sectors may have been used again' } : {};
    return {
      kind: EntryKind.File,
      path: pathIn('', { name }),
      name,
      id,
      parentId: 0,
      isDeleted,
      streams: [{ kind: StreamKind.Data, name: '', size, runs: () => this.#runs(track, e.sector, size), ...doubt }],
      times: {},
      attributes: (e.type & LOCKED) === 0 ? [] : ['locked'],
      facts: { type, sectorCount: e.sectorCount, ...this.#headerOf(type, first) },
      ...(fault === undefined ? {} : { faults: [fault] }),
    };
  }

  /** Binary files begin with an address and a length, BASIC programs with a length. */
  #headerOf(type: string, first: number | undefined): Record<string, string | number> {
    if (first === undefined || first + SECTOR > this.disk.bytes.length) return {};
    const word = (at: number): number => this.disk.bytes.readUInt16LE(first + at);
    if (type === 'B') return { loadAddress: `$${word(0).toString(16).toUpperCase().padStart(4, '0')}`, contentLength: word(2) };
    return type === 'A' || type === 'I' ? { contentLength: word(0) } : {};
  }

  #runs(track: number, sector: number, size: number): Promise<readonly Run[]> {
    const list = new RunList(this.volume, size);
    for (const at of this.disk.listAt(track, sector).sectors)
      if (at === undefined) list.zero(SECTOR);
      else if (at === Number.MAX_SAFE_INTEGER) list.absent(SECTOR);
      else list.stored(at, SECTOR);
    return Promise.resolve(list.done());
  }
}

/** Characters of the Apple II's screen: inverse, flashing and normal ones are read alike; spaces fill the name up. */
function nameOf(bytes: Buffer): Name {
  const text = Array.from(bytes, (byte) => {
    const code = byte >= 0x80 ? byte - 0x80 : byte < 0x20 ? byte + 0x40 : byte < 0x60 ? byte : byte - 0x40;
    return String.fromCharCode(code);
  }).join('');
  let end = bytes.length;
  while (end > 0 && text[end - 1] === ' ') end--;
  return namedAs(text.slice(0, end), bytes.subarray(0, end), 'apple2');
}

function cut(size: number, volumeSize: number): Fault {
  const message = `the disk has ${size} bytes by its table of contents and the image ${volumeSize}: the image is cut`;
  return new Fault(FaultKind.Truncated, 'appledos/size', message, { size, volumeSize });
}
