/** Reparse points: links, special files, and files whose content is kept by another part of the system. [MS-FSCC] 2.1.2. */
import { Fault, FaultKind, layout, u16le, u32le } from '../../kernel/index.ts';
import { EntryKind } from '../filesystems.ts';
import { decodedText } from '../names.ts';

const header = layout('reparse point', 8, { tag: [0, u32le], length: [4, u16le] });
const names = layout('reparse point of a link', 8, {
  substituteOffset: [0, u16le],
  substituteLength: [2, u16le],
  printOffset: [4, u16le],
  printLength: [6, u16le],
});

/** Reparse points have at most 16 KiB. */
export const MOST_REPARSE = 16 * 1024;

/** A path of 4096 characters after eight bytes of mark. */
export const MOST_INTERIX = 8 + 2 * 4096;

const Tag = {
  MountPoint: 0xa000_0003,
  SymbolicLink: 0xa000_000c,
  LinuxLink: 0xa000_001d,
  Socket: 0x8000_0023,
  Pipe: 0x8000_0024,
  Character: 0x8000_0025,
  Block: 0x8000_0026,
  Wof: 0x8000_0017,
  Deduplicated: 0x8000_0013,
  SingleInstance: 0x8000_0007,
  /** Moved to slower storage. */
  Hsm: 0xc000_0004,
  Hsm2: 0x8000_0006,
} as const;

export interface Reparse {
  readonly tag: number;
  /** When it makes the file something else than a file or folder. */
  readonly kind?: EntryKind;
  readonly target?: string;
  /** Its content is kept by this: `wof`, `dedup` … */
  readonly keeper?: string;
  /** After the header. */
  readonly data: Buffer;
}

const KINDS: ReadonlyMap<number, EntryKind> = new Map([
  [Tag.Socket, EntryKind.Socket],
  [Tag.Pipe, EntryKind.Pipe],
  [Tag.Character, EntryKind.Character],
  [Tag.Block, EntryKind.Block],
]);
const KEEPERS: ReadonlyMap<number, string> = new Map([
  [Tag.Wof, 'wof'],
  [Tag.Deduplicated, 'dedup'],
  [Tag.SingleInstance, 'sis'],
  [Tag.Hsm, 'hsm'],
  [Tag.Hsm2, 'hsm'],
]);

/** @returns undefined where it is damaged. */
export function reparseOf(value: Buffer): Reparse | undefined {
  if (value.length < header.size) return undefined;
  const { tag, length } = header.decode(value);
  const data = value.subarray(header.size, header.size + length);
  if (data.length < length) return undefined;
  if (tag === Tag.SymbolicLink || tag === Tag.MountPoint) {
    const target = targetOf(data, tag === Tag.SymbolicLink ? 12 : 8);
    return target === undefined ? undefined : { tag, data, kind: EntryKind.Link, target };
  }
  // Four bytes of version, then the text.
  if (tag === Tag.LinuxLink) return { tag, data, kind: EntryKind.Link, target: decodedText(data.subarray(4), 'utf-8') };
  const kind = KINDS.get(tag);
  const keeper = isCloud(tag) ? 'cloud' : KEEPERS.get(tag);
  return { tag, data, ...(kind === undefined ? {} : { kind }), ...(keeper === undefined ? {} : { keeper }) };
}

/** 16 tags of the Cloud Files API, which OneDrive uses. */
function isCloud(tag: number): boolean {
  return (tag & 0xffff_0fff) >>> 0 === 0x9000_001a;
}

/** The name that people see; that which the system follows where there is none. */
function targetOf(data: Buffer, textAt: number): string | undefined {
  if (data.length < textAt) return undefined;
  const { substituteOffset, substituteLength, printOffset, printLength } = names.decode(data);
  const text = data.subarray(textAt);
  if (substituteOffset + substituteLength > text.length || printOffset + printLength > text.length) return undefined;
  const print = decodedText(text.subarray(printOffset, printOffset + printLength), 'utf-16le');
  if (print !== '') return print;
  const substitute = decodedText(text.subarray(substituteOffset, substituteOffset + substituteLength), 'utf-16le');
  return substitute.replace(/^\\\?\?\\/, '');
}

const MAGIC: ReadonlyMap<string, EntryKind> = new Map([
  ['IntxLNK\x01', EntryKind.Link],
  ['IntxCHR\0', EntryKind.Character],
  ['IntxBLK\0', EntryKind.Block],
]);

/** What Services for Unix and NTFS-3G keep in a system file: links and devices. Undefined for all other files. */
export function interixOf(value: Buffer): { readonly kind: EntryKind; readonly target?: string } | undefined {
  const kind = MAGIC.get(value.toString('latin1', 0, 8));
  if (kind === undefined) return undefined;
  return kind === EntryKind.Link ? { kind, target: decodedText(value.subarray(8), 'utf-16le') } : { kind };
}

/** A file whose content is not on this volume as such. */
export function keptElsewhere(keeper: string): Fault {
  const words: Readonly<Record<string, string>> = {
    wof: 'it is stored by WOF (Compact OS, or a WIM file), in a way that is not decoded',
    dedup: 'its content is in the chunk store of Windows data deduplication, which is not decoded',
    sis: 'its content is in the single instance store (SIS Common Store) of the volume',
    hsm: 'its content was moved to slower storage; only a stub is here',
    cloud: 'its content is in the cloud and was not on this disk',
  };
  const kind = keeper === 'cloud' || keeper === 'hsm' ? FaultKind.Missing : FaultKind.Unsupported;
  const code = keeper === 'wof' ? 'ntfs/wof' : 'ntfs/elsewhere';
  return new Fault(kind, code, `the data of this file can't be read: ${words[keeper] ?? 'another program keeps it'}`, { keeper });
}
