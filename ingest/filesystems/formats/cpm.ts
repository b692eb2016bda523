/**
 * CP/M 2.2 and 3, CP/M-86, MP/M.
 *
 * On disk: a directory of extents, each naming blocks; nothing says how large those are, nor where they begin, so that the disk is taken
 * for the known one that its directory fits best. Files of user 0 are shown at the root, those of user n in a folder `n`. Sizes are
 * whole records of 128 bytes, unless the entry counts the bytes of the last.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { RunList } from '../content.ts';
import { type CpmDirectory, type CpmDisk, EXTENT, type Extent, findDisk, RECORD } from '../cpm/disk.ts';
import { type Label, labelOf, stampsOf } from '../cpm/stamps.ts';
import {
  Confidence,
  type Entry,
  EntryKind,
  type FileSystem,
  type FileSystemFormat,
  type Found,
  type Name,
  StreamKind,
} from '../filesystems.ts';
import { decodedName, decodedText, namedAs } from '../names.ts';
import { pathIn, walkTree } from '../walk.ts';

/** Users above are those of passwords, where CP/M 3 labelled the disk. */
const PASSWORDS = 16;
/** Ids of the folders that stand for users lie beyond those of the entries. */
const USER_ID = 1_000_000;

export const format: FileSystemFormat = {
  id: 'cpm',
  title: 'CP/M',
  sources: [
    'Digital Research, CP/M 2.2 Interface Guide',
    'Digital Research, CP/M Plus Programmer’s Guide',
    'Michael Haardt, cpmtools: cpm(5), diskdefs(5)',
    'John Elliott, CP/M file systems',
  ],

  async probe(volume) {
    const disk = await findDisk(volume);
    if (disk === undefined) return Confidence.No;
    return disk.geometry.isTold ? Confidence.Likely : Confidence.Guess;
  },

  async open(volume) {
    const disk = await findDisk(volume);
    if (disk === undefined) {
      const message = 'no known layout of CP/M disks gives a directory that makes sense here';
      throw new Fault(FaultKind.Corrupt, 'cpm/geometry', message);
    }
    const directory = await disk.directory();
    return new Cpm(volume, disk, directory, labelOf(directory.bytes)).opened();
  },
};

class Cpm {
  constructor(
    private readonly volume: ByteSource,
    private readonly disk: CpmDisk,
    private readonly directory: CpmDirectory,
    private readonly label: Label | undefined,
  ) {}

  opened(): FileSystem {
    const { geometry } = this.disk;
    return {
      format: 'cpm',
      type: this.label === undefined ? 'CP/M' : 'CP/M 3',
      label: this.label === undefined ? '' : decodedText(plain(this.label.name), 'ascii').replace(/ +/, ' '),
      size: geometry.trackCount * geometry.sectorsPerTrack * geometry.sectorSize,
      blockSize: geometry.blockSize,
      isListed: true,
      facts: {
        geometry: geometry.title,
        geometryBy: geometry.isTold ? 'the disk itself' : 'guessed by size and directory',
        bootTracks: geometry.bootTrackCount,
        directoryEntries: geometry.directoryEntryCount,
      },
      warnings: [],
      entries: (limits, signal) =>
        walkTree({ node: 0, path: '', identity: 0 }, () => Promise.resolve({ found: this.#list(), below: [] }), limits, signal),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #list(): Found[] {
    const { extents, deleted } = this.directory;
    const found: Found[] = [];
    const users = new Set<number>();
    const used = new Set(extents.flatMap(({ blocks }) => blocks));
    for (const file of this.#filesOf(extents.filter(({ user }) => this.label === undefined || user < PASSWORDS))) {
      const user = file[0]?.user ?? 0;
      if (user !== 0 && !users.has(user)) found.push(userFolder(user));
      users.add(user);
      found.push(this.#entryOf(file, user, false));
    }
    // Whose they were is gone; blocks that another file has now are not theirs.
    for (const file of this.#filesOf(deleted)) {
      const isUsed = file.some(({ blocks }) => blocks.some((block) => block !== 0 && used.has(block)));
      found.push(this.#entryOf(file, 0, true, isUsed));
    }
    return found;
  }

  /** Extents by file, each in order. */
  #filesOf(extents: readonly Extent[]): Extent[][] {
    const files = new Map<string, Extent[]>();
    for (const each of extents) {
      const key = `${each.user} ${plain(each.name).toString('latin1')}`;
      const known = files.get(key);
      if (known === undefined) files.set(key, [each]);
      else known.push(each);
    }
    return [...files.values()].map((file) => file.toSorted((a, b) => a.firstExtent - b.firstExtent));
  }

  #entryOf(file: readonly Extent[], user: number, isDeleted: boolean, isUsed = false): Entry {
    const [first] = file;
    const name = nameOf(first?.name ?? Buffer.alloc(11));
    const size = sizeOf(file.at(-1));
    const index = first?.index ?? 0;
    const isTwice = file.some(({ firstExtent }, at) => at > 0 && firstExtent === file[at - 1]?.firstExtent);
    const doubt = isUsed ? 'a deleted file: some of its blocks are used by others' : 'a deleted file: its blocks are free';
    return {
      kind: EntryKind.File,
      path: pathIn(user === 0 ? '' : String(user), { name }),
      name,
      id: index + 1,
      parentId: user === 0 ? 0 : USER_ID + user,
      isDeleted,
      streams: [
        {
          kind: StreamKind.Data,
          name: '',
          size,
          runs: () => Promise.resolve(this.#runs(file, size)),
          ...(isDeleted && size > 0 ? { doubt } : {}),
        },
      ],
      times: stampsOf(this.directory.bytes, index, this.label),
      attributes: attributesOf(first?.name ?? Buffer.alloc(11)),
      facts: { user },
      ...(isTwice && !isDeleted ? { faults: [twice()] } : {}),
    };
  }

  /** Parts that no extent describes were never written. */
  #runs(file: readonly Extent[], size: number): readonly Run[] {
    const list = new RunList(this.volume, size);
    const { blockSize } = this.disk.geometry;
    for (const { firstExtent, blocks } of file) {
      const start = firstExtent * EXTENT * RECORD;
      if (start < list.end) continue;
      list.zero(start - list.end);
      for (const block of blocks) {
        if (list.isFull) break;
        if (block === 0) list.zero(blockSize);
        else if (block < this.disk.blockCount) this.disk.addTo(list, block, Math.min(blockSize, size - list.end));
        else list.absent(blockSize);
      }
    }
    return list.done();
  }
}

/** The last extent tells; CP/M 3 may count the bytes of the last record. */
function sizeOf(last: Extent | undefined): number {
  if (last === undefined) return 0;
  const records = last.firstExtent * EXTENT + last.recordCount;
  const unused = last.lastByteCount > 0 && last.lastByteCount < RECORD && last.recordCount > 0 ? RECORD - last.lastByteCount : 0;
  return records * RECORD - unused;
}

/** Without the attributes. */
function plain(name: Buffer): Buffer {
  return Buffer.from(name.map((byte) => byte & 0x7f));
}

function nameOf(stored: Buffer): Name {
  const bytes = plain(stored);
  const part = (from: number, to: number): string => decodedName(bytes.subarray(from, to), 'ascii').text.trimEnd();
  const [base, extension] = [part(0, 8), part(8, 11)];
  const text = extension === '' ? base : `${base}.${extension}`;
  return namedAs(text, Buffer.from(text, 'latin1'), 'ascii');
}

function attributesOf(name: Buffer): string[] {
  const words = ['f1', 'f2', 'f3', 'f4', '', '', '', '', 'read-only', 'system', 'archive'];
  return words.filter((word, at) => word !== '' && ((name[at] ?? 0) & 0x80) !== 0);
}

function userFolder(user: number): Entry {
  const text = String(user);
  return {
    kind: EntryKind.Directory,
    path: text,
    name: namedAs(text, Buffer.from(text), 'ascii'),
    id: USER_ID + user,
    parentId: 0,
    isDeleted: false,
    streams: [],
    times: {},
    attributes: [],
    facts: { user },
  };
}

function twice(): Fault {
  const message = 'two entries of the directory describe the same part of this file; the first is used';
  return new Fault(FaultKind.Corrupt, 'cpm/extent', message);
}
