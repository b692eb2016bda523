/**
 * Commodore DOS: disks of the 1541, 1571, 1581, 8050, 8250 and 2040, with GEOS files.
 *
 * On disk: blocks of 256 bytes in chains; the directory is one of them. A file's size is known when its chain was walked. Its path is its
 * name as it stands; the type (`PRG`, `SEQ` …) is a fact, as it is no part of the name. The records of a relative file are its chain; those
 * of a GEOS VLIR file come one after the other, with their sizes told.
 */
import { Fault, FaultKind, layout, raw, u16le, u8 } from '../../kernel/index.ts';
import { BLOCK, type CbmDisk, findDrive, type Place, readDisk } from '../cbm/disk.ts';
import { geosOf, type GeosFile, recordsOf } from '../cbm/geos.ts';
import { petsciiName, petsciiText } from '../cbm/petscii.ts';
import { RunList } from '../content.ts';
import {
  Confidence,
  type DataStream,
  type Entry,
  EntryKind,
  type FileSystem,
  type FileSystemFormat,
  StreamKind,
} from '../filesystems.ts';
import { decodedName } from '../names.ts';
import type { ByteSource, Range } from '../../media/index.ts';
import { type Branch, type Listed, pathIn, walkTree } from '../walk.ts';

const SLOT = 32;
const TYPES = ['DEL', 'SEQ', 'PRG', 'USR', 'REL', 'CBM', 'DIR'];
const RELATIVE = 4;
const PARTITION = 5;

/** Directory entry; the place of the next directory block takes the first two bytes of the first. */
const slot = layout('Commodore directory entry', SLOT, {
  type: [2, u8],
  track: [3, u8],
  sector: [4, u8],
  name: [5, raw(16)],
  sideTrack: [21, u8],
  sideSector: [22, u8],
  recordLength: [23, u8],
  blockCount: [30, u16le],
});

/** A directory: where it begins. */
interface Directory {
  readonly id: number;
  readonly first: Place;
}

export const format: FileSystemFormat = {
  id: 'cbm',
  title: 'Commodore DOS',
  sources: [
    'Peter Schepers, D64/D71/D81/D80 documents (1996–2008)',
    'Immers and Neufeld, Inside Commodore DOS',
    'Commodore 1581 User’s Guide',
    'The Official GEOS Programmer’s Reference Guide',
  ],

  async probe(volume) {
    const found = await findDrive(volume);
    if (found === undefined) return Confidence.No;
    return found.isSure ? Confidence.Certain : Confidence.Likely;
  },

  async open(volume) {
    const found = await findDrive(volume);
    if (found === undefined) {
      const message = 'no block names the volume as a Commodore disk, or its directory is not where it belongs';
      throw new Fault(FaultKind.Corrupt, 'cbm/header', message);
    }
    return new Cbm(volume, await readDisk(volume, found.drive)).opened();
  },
};

class Cbm {
  constructor(
    private readonly volume: ByteSource,
    private readonly disk: CbmDisk,
  ) {}

  opened(): FileSystem {
    const { disk, volume } = this;
    const { drive, blockCount } = disk;
    const header = disk.block(drive.header);
    const text = (at: number, length: number): string => petsciiText(header.subarray(at, at + length)).toUpperCase();
    const [id, dos] = [text(drive.idAt, 2), text(drive.dosAt, 2)];
    const isGeos = header.toString('latin1', 0xad, 0xad + 11) === 'GEOS format';
    return {
      format: 'cbm',
      type: `CBM DOS ${drive.dos}`,
      label: petsciiText(header.subarray(drive.nameAt, drive.nameAt + 16)),
      size: blockCount * BLOCK,
      blockSize: BLOCK,
      isListed: true,
      facts: {
        drive: drive.name,
        ...(id === '' ? {} : { diskId: id }),
        ...(dos === '' ? {} : { dosVersion: dos }),
        ...(isGeos ? { geos: header.toString('latin1', 0xad, 0xad + 16).trim() } : {}),
      },
      warnings: volume.size < blockCount * BLOCK ? [cut(blockCount * BLOCK, volume.size)] : [],
      entries: (limits, signal) =>
        walkTree<Directory>(
          { node: { id: 0, first: drive.directory }, path: '', identity: 0 },
          (branch) => Promise.resolve(this.#list(branch)),
          limits,
          signal,
        ),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #list({ node, path }: Branch<Directory>): Listed<Directory> {
    const { pieces, fault } = this.disk.chain(node.first);
    const found: Listed<Directory>['found'][number][] = [];
    const below: Listed<Directory>['below'][number][] = [];
    for (const { offset } of pieces) {
      const start = offset - 2;
      for (let at = start; at < start + BLOCK; at += SLOT) {
        const bytes = this.disk.bytes.subarray(at, at + SLOT);
        const s = slot.decode(bytes);
        // Deleting clears the type and nothing else.
        const isDeleted = s.type === 0;
        if (isDeleted && (s.track === 0 || s.name.every((byte) => byte === 0))) continue;
        const inside = (s.type & 0x0f) === PARTITION ? this.#partition(s) : undefined;
        const entry = this.#entryOf(bytes, at / SLOT, { directory: node, path, isDeleted, isDirectory: inside !== undefined });
        found.push(entry);
        if (inside !== undefined)
          below.push({ node: { id: entry.id, first: inside }, path: entry.path, identity: s.track * BLOCK + s.sector });
      }
    }
    if (fault !== undefined) found.push({ kind: 'damage', path, fault });
    return { found, below };
  }

  /** A stretch of tracks of a 1581 with a directory of its own: where that begins. Undefined when it holds none. */
  #partition({ track, sector }: Place): Place | undefined {
    const at = this.disk.placeOf({ track, sector });
    if (at === undefined || sector !== 0 || at + BLOCK > this.disk.bytes.length) return undefined;
    const [nextTrack, nextSector, mark] = this.disk.bytes.subarray(at, at + 3);
    return mark === this.disk.drive.mark && nextTrack === track && nextSector === 3 ? { track, sector: 3 } : undefined;
  }

  #entryOf(
    bytes: Buffer,
    id: number,
    where: { directory: Directory; path: string; isDeleted: boolean; isDirectory: boolean },
  ): Entry {
    const s = slot.decode(bytes);
    const { directory, path, isDeleted, isDirectory } = where;
    const geos = geosOf(this.disk, bytes);
    const name = geos === undefined ? petsciiName(s.name) : geosName(s.name);
    const kind = s.type & 0x0f;
    const content = isDirectory ? undefined : this.#contentOf(s, kind, geos);
    const faults = [content?.fault, geos?.fault].filter((fault) => fault !== undefined);
    const isUnclosed = !isDeleted && (s.type & 0x80) === 0;
    return {
      kind: isDirectory ? EntryKind.Directory : EntryKind.File,
      path: pathIn(path, { name }),
      name,
      id,
      parentId: directory.id,
      isDeleted,
      streams: content === undefined ? [] : this.#streamsOf(content, geos, isDeleted),
      times: geos?.modified === undefined ? {} : { modified: geos.modified },
      attributes: [...(isUnclosed ? ['unclosed'] : []), ...((s.type & 0x40) === 0 ? [] : ['locked'])],
      facts: {
        type: isDeleted ? 'scratched' : (TYPES[kind] ?? `type ${kind}`),
        blockCount: s.blockCount,
        ...(kind === RELATIVE ? { recordLength: s.recordLength } : {}),
        ...geos?.facts,
        ...(content?.recordSizes === undefined ? {} : { recordSizes: content.recordSizes.join(' ') }),
      },
      ...(faults.length === 0 ? {} : { faults }),
    };
  }

  /** A name without a block behind it (decoration, mostly) is an empty file. */
  #contentOf(place: Place & { blockCount: number }, kind: number, geos: GeosFile | undefined): Content {
    const { disk } = this;
    if (place.track === 0) return { size: 0, fault: undefined, pieces: () => [] };
    const at = disk.placeOf(place);
    if (kind === PARTITION && at !== undefined) {
      const size = Math.min(place.blockCount, disk.blockCount - at / BLOCK) * BLOCK;
      return { size, fault: undefined, pieces: () => [{ offset: at, length: size }] };
    }
    if (geos?.isVlir !== true) return { ...disk.measure(place), pieces: () => disk.chain(place).pieces };
    try {
      const records = recordsOf(disk, place);
      const measured = records.map((record) => (record === undefined ? undefined : disk.measure(record)));
      const recordSizes = measured.map((record) => record?.size ?? 0);
      return {
        size: recordSizes.reduce((sum, size) => sum + size, 0),
        fault: measured.find((record) => record?.fault !== undefined)?.fault,
        pieces: () => records.flatMap((record) => (record === undefined ? [] : disk.chain(record).pieces)),
        recordSizes,
      };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { size: 0, fault: error, pieces: () => [] };
    }
  }

  #streamsOf({ pieces, size, recordSizes }: Content, geos: GeosFile | undefined, isDeleted: boolean): DataStream[] {
    const doubt = isDeleted && size > 0 ? { doubt: 'a scratched file: its blocks may have been used again' } : {};
    const packing = recordSizes === undefined ? {} : { packing: 'vlir' };
    const data = { kind: StreamKind.Data, name: '', size, runs: () => this.#runs(pieces(), size), ...packing, ...doubt };
    const info = geos?.info;
    if (info === undefined) return [data];
    const runs = (): ReturnType<DataStream['runs']> => this.#runs([info], info.length);
    return [data, { kind: StreamKind.Attribute, name: 'geos-info', size: info.length, runs, ...doubt }];
  }

  #runs(pieces: readonly Range[], size: number): ReturnType<DataStream['runs']> {
    const list = new RunList(this.volume, size);
    for (const { offset, length } of pieces) list.stored(offset, length);
    return Promise.resolve(list.done());
  }
}

/** Measured when listed; walked again for its pieces, so that a large directory keeps none. */
interface Content {
  readonly size: number;
  readonly fault: Fault | undefined;
  readonly pieces: () => readonly Range[];
  /** Of a VLIR file. */
  readonly recordSizes?: readonly number[];
}

/** GEOS writes its names in ASCII. */
function geosName(bytes: Buffer): ReturnType<typeof decodedName> {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0xa0 || bytes[end - 1] === 0)) end--;
  return decodedName(bytes.subarray(0, end), 'ascii');
}

function cut(size: number, volumeSize: number): Fault {
  const message = `a disk of this drive has ${size} bytes and the image ${volumeSize}: the image is cut`;
  return new Fault(FaultKind.Truncated, 'cbm/size', message, { size, volumeSize });
}
