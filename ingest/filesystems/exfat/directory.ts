/** Folders of exFAT: sets of entries, one for the file, one for where it lies, and as many as its name takes; deleted ones too. */
import { layout, u16le, u32le, u8 } from '../../kernel/index.ts';

export const ENTRY_SIZE = 32;
const IN_USE = 0x80;
const SECONDARY = 0x40;

/** Types without the bit that says whether they are in use. */
export const EntryType = { Bitmap: 0x01, UpCase: 0x02, Label: 0x03, File: 0x05, Stream: 0x40, Name: 0x41 } as const;

/** Specification, section 7.4. */
export const fileEntry = layout('exFAT file entry', ENTRY_SIZE, {
  secondaryCount: [1, u8],
  checksum: [2, u16le],
  attributes: [4, u16le],
  createdTime: [8, u16le],
  createdDate: [10, u16le],
  modifiedTime: [12, u16le],
  modifiedDate: [14, u16le],
  accessedTime: [16, u16le],
  accessedDate: [18, u16le],
  createdHundredths: [20, u8],
  modifiedHundredths: [21, u8],
  createdZone: [22, u8],
  modifiedZone: [23, u8],
  accessedZone: [24, u8],
});

/** Specification, section 7.6. */
export const streamEntry = layout('exFAT stream extension', ENTRY_SIZE, {
  flags: [1, u8],
  nameLength: [3, u8],
  nameHash: [4, u16le],
  validSizeLow: [8, u32le],
  validSizeHigh: [12, u32le],
  firstCluster: [20, u32le],
  sizeLow: [24, u32le],
  sizeHigh: [28, u32le],
});
export const CONTIGUOUS = 2;

/** An entry of the root folder that leads to clusters: the bitmap, the table of capitals. Sections 7.1 and 7.2. */
export const tableEntry = layout('exFAT table entry', ENTRY_SIZE, {
  flags: [1, u8],
  checksum: [4, u32le],
  firstCluster: [20, u32le],
  sizeLow: [24, u32le],
  sizeHigh: [28, u32le],
});

/** A file's entries, one after the other. */
export interface EntrySet {
  readonly bytes: Buffer;
  /** Of its first entry, from the first byte of the folder. */
  readonly position: number;
  readonly isDeleted: boolean;
  /** Fewer than the first says. */
  readonly isCut: boolean;
}

/** Another entry in use, of the volume rather than a file. */
export interface LoneEntry {
  readonly type: number;
  readonly bytes: Buffer;
}

/** Takes a folder's bytes in pieces, and gives the sets as they are whole: they lie across clusters. */
export class SetReader {
  readonly lone: LoneEntry[] = [];
  /** Parts of sets without a first entry. */
  strayCount = 0;
  isEnded = false;
  #parts: Buffer[] = [];
  #wanted = 0;
  #start = 0;
  #isDeleted = false;
  #position = 0;

  /** The sets that are whole by now. @param bytes whole entries; may be kept. */
  take(bytes: Buffer): readonly EntrySet[] {
    const sets: EntrySet[] = [];
    for (let at = 0; at + ENTRY_SIZE <= bytes.length && !this.isEnded; at += ENTRY_SIZE) {
      const entry = bytes.subarray(at, at + ENTRY_SIZE);
      const type = entry[0] ?? 0;
      this.isEnded = type === 0;
      const isPart = this.#wanted > 0 && (type & SECONDARY) !== 0 && ((type & IN_USE) === 0) === this.#isDeleted;
      if (isPart) {
        this.#parts.push(entry);
        this.#wanted--;
      }
      if (!isPart || this.#wanted === 0) sets.push(...this.rest());
      if (!isPart && !this.isEnded) this.#begin(entry, type);
      this.#position += ENTRY_SIZE;
    }
    return sets;
  }

  /** The set that was not ended, if there is one. */
  rest(): readonly EntrySet[] {
    const [parts, isCut] = [this.#parts, this.#wanted > 0];
    this.#parts = [];
    this.#wanted = 0;
    if (parts.length === 0) return [];
    return [{ bytes: Buffer.concat(parts), position: this.#start, isDeleted: this.#isDeleted, isCut }];
  }

  #begin(entry: Buffer, type: number): void {
    if ((type & ~IN_USE) === EntryType.File) {
      this.#parts = [entry];
      this.#start = this.#position;
      this.#isDeleted = (type & IN_USE) === 0;
      this.#wanted = entry[1] ?? 0;
    } else if ((type & IN_USE) !== 0) {
      if ((type & SECONDARY) !== 0) this.strayCount++;
      else if (this.lone.length < MOST_LONE) this.lone.push({ type: type & ~IN_USE, bytes: Buffer.from(entry) });
    }
  }
}

/** A root folder has four or five. */
const MOST_LONE = 64;

/** The entries of a set by their type. */
export function* partsOf({ bytes }: EntrySet): Generator<{ type: number; bytes: Buffer }> {
  for (let at = ENTRY_SIZE; at < bytes.length; at += ENTRY_SIZE)
    yield { type: (bytes[at] ?? 0) & ~IN_USE, bytes: bytes.subarray(at, at + ENTRY_SIZE) };
}

/** Of a set as it was before it was deleted. Specification, section 6.3.3. */
export function setChecksum({ bytes, isDeleted }: EntrySet): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (at === 2 || at === 3) continue;
    const byte = (bytes[at] ?? 0) | (isDeleted && at % ENTRY_SIZE === 0 ? IN_USE : 0);
    sum = (((sum & 1) << 15) + (sum >> 1) + byte) & 0xffff;
  }
  return sum;
}

/** The size at `low` and `high`. */
export function sizeOf({ sizeLow, sizeHigh }: { readonly sizeLow: number; readonly sizeHigh: number }): number {
  return sizeLow + sizeHigh * 0x1_0000_0000;
}
