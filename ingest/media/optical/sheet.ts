/** What the sheets of discs share: text of unknown encoding, names of files, and the files themselves. */
import { isUtf8 } from 'node:buffer';
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource, Companions } from '../media.ts';

/** A disc has 99 tracks at most; with every text field of CD-Text a sheet stays far below. */
export const SHEET_LIMIT = 1024 * 1024;

/** @throws Fault '<format>/too-long' above 1 MiB. */
export async function sheetLines(container: ByteSource, format: string): Promise<string[]> {
  if (container.size > SHEET_LIMIT) {
    const message = `the sheet has ${container.size} bytes; the sheet of a disc has a few thousand, and ${SHEET_LIMIT} are the limit`;
    throw new Fault(FaultKind.Corrupt, `${format}/too-long`, message, { size: container.size, limit: SHEET_LIMIT });
  }
  return textOf(await container.read(0, container.size)).split(/\r\n|\r|\n/);
}

/** UTF-16 and UTF-8 as they are; any other bytes one character each. */
export function textOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1').replace(/^\ufeff/, '');
}

/**
 * The last part of a name that may be a path, of Windows too: `C:\rips\x.bin` is `x.bin`.
 * @throws Fault '<format>/name' where nothing is left that names a file.
 */
export function bareName(name: string, format: string): string {
  const bare = name
    .replace(/^.*[\\/]/s, '')
    .replace(/^[a-z]:/i, '')
    .trim();
  if (bare !== '' && bare !== '.' && bare !== '..' && !bare.includes('\0')) return bare;
  const message = `the sheet names "${escaped(name)}", which is no name of a file`;
  throw new Fault(FaultKind.Corrupt, `${format}/name`, message, { name: escaped(name) });
}

/** `x.ccd` and `img` give `x.img`. */
export function besideName(own: string, ending: string): string {
  const dot = own.lastIndexOf('.');
  return `${dot > 0 ? own.slice(0, dot) : own}.${ending}`;
}

export interface Part {
  /** As it is spelled in the deposit. */
  readonly name: string;
  readonly source: ByteSource;
}

export async function partNamed(companions: Companions, name: string): Promise<Part | undefined> {
  const source = await companions.find(name);
  if (source === undefined) return undefined;
  const lower = name.toLowerCase();
  const spelled = companions.names.includes(name) ? name : companions.names.find((other) => other.toLowerCase() === lower);
  return { name: spelled ?? name, source };
}

/** @throws Fault '<format>/file-missing' naming every file that is not there. */
export async function partsNamed(companions: Companions, names: readonly string[], format: string): Promise<Part[]> {
  const parts: Part[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const part = await partNamed(companions, name);
    if (part === undefined) missing.push(escaped(name));
    else parts.push(part);
  }
  if (missing.length === 0) return parts;
  const shown = missing.slice(0, 20).map((name) => `"${name}"`);
  const message = `the sheet names ${shown.join(', ')}${missing.length > 20 ? ' and more' : ''}, not deposited with it; put ${missing.length === 1 ? 'it' : 'them'} beside the sheet, under that name`;
  throw new Fault(FaultKind.Missing, `${format}/file-missing`, message, { missing: missing.slice(0, 20) });
}
