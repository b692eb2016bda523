/**
 * Lists of digests that came with an image. Reads what md5sum and its kin write (GNU and BSD style, with their escapes), openssl
 * dgst, hashdeep, and a bare digest in a file named after what it is of. Which file an entry means is checksum-match.ts's part.
 */
import { isUtf8 } from 'node:buffer';
import { Fault, FaultKind, escaped } from '../kernel/index.ts';
import type { ByteSource } from '../media/index.ts';
import type { DepositFile } from './folder.ts';
import { type Line, chunksOf, linesOf, utf8 } from './lines.ts';

/** Spelled as in BagIt. */
export type ListAlgorithm = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

export interface ChecksumEntry {
  readonly algorithm: ListAlgorithm;
  /** Lower-case hex. */
  readonly digest: string;
  /** As the list spells it, unescaped; undefined for a bare digest, which the list's own name explains. */
  readonly name: string | undefined;
  readonly line: number;
  /** In bytes, where the list says it. */
  readonly size?: number;
}

export interface ChecksumList {
  /** Name in the deposit. */
  readonly file: string;
  readonly entries: readonly ChecksumEntry[];
}

const LIMITS = { lines: 1_000_000, length: 64 * 1024 };
const SIZE_LIMIT = 64 * 1024 * 1024;
const HEAD_SIZE = 16 * 1024;

const LENGTHS: Readonly<Record<number, ListAlgorithm>> = {
  32: 'md5',
  40: 'sha1',
  56: 'sha224',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};
const LIST_ENDING = /\.(md5|sha1|sha224|sha256|sha384|sha512)(?:sums?)?$/i;
const LIST_NAME = /(?:^|\/)(?:manifest-)?(md5|sha1|sha224|sha256|sha384|sha512)(?:sums?)?(?:\.txt)?$/i;
const HASHDEEP = '%%%% HASHDEEP-1.';

/** A list says so by its name, or by its content: every line in its first 16 KiB is an entry that names a file. */
export async function isChecksumList({ name }: DepositFile, source: ByteSource): Promise<boolean> {
  if (LIST_ENDING.test(name) || LIST_NAME.test(name)) return true;
  const head = await source.read(0, Math.min(HEAD_SIZE, source.size));
  if (head.toString('latin1', 0, HASHDEEP.length) === HASHDEEP) return true;
  if (!/\.(?:txt|hash|hashes|checksums?|sums?)$/i.test(name)) return false;
  const whole = head.length === source.size ? head : head.subarray(0, head.lastIndexOf(0x0a) + 1);
  try {
    const { entries } = await parseChecksumList([whole], name);
    return entries.length > 0 && entries.every(({ name }) => name !== undefined);
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

/** @throws Fault 'acquisition/checksum-malformed' or 'acquisition/checksum-algorithm' with the number of the line. */
export async function readChecksumList(file: DepositFile): Promise<ChecksumList> {
  return parseChecksumList(chunksOf(file), file.name);
}

export async function parseChecksumList(chunks: AsyncIterable<Buffer> | Iterable<Buffer>, name: string): Promise<ChecksumList> {
  const parser = new ListParser(name);
  const entries: ChecksumEntry[] = [];
  const lines: Line[] = [];
  let size = 0;
  for await (const line of linesOf(utf8(chunks), name, LIMITS)) {
    lines.push(line);
    size += line.bytes.length;
    if (size > SIZE_LIMIT) {
      const message = `"${escaped(name)}" is longer than ${SIZE_LIMIT} bytes; a list of digests of one carrier is not`;
      throw new Fault(FaultKind.Unsupported, 'acquisition/checksum-too-large', message, {
        file: escaped(name),
        limit: SIZE_LIMIT,
      });
    }
  }
  // A carriage return can end a name; it is the list's own only where every line has one.
  const isCrlf = lines.every(({ bytes, isEnded }) => !isEnded || bytes.at(-1) === 0x0d);
  for (const line of lines) entries.push(...parser.take(line, isCrlf));
  if (entries.length === 0) {
    const message = `"${escaped(name)}" is named like a list of digests and holds none`;
    throw new Fault(FaultKind.Corrupt, 'acquisition/checksum-malformed', message, { file: escaped(name), line: 1 });
  }
  return { file: name, entries };
}

const HEX = '([0-9a-fA-F]{32,128})';
/** `hex  name`, `hex *name`; BSD's md5 -r and others put one space only. */
const GNU = new RegExp(`^[ \\t]*${HEX}[ \\t][ *]?(.+)$`, 's');
/** `SHA256 (name) = hex`; openssl: `SHA256(name)= hex`, `SHA2-256(name)= hex`. */
const TAGGED = new RegExp(`^([A-Za-z0-9][A-Za-z0-9/-]*) ?\\((.*)\\) ?= ?([0-9a-fA-F]+)$`, 's');
/** Two blanks may follow; a third would be a name. */
const BARE = new RegExp(`^[ \\t]*${HEX}[ \\t]{0,2}$`);
const TAGS: Readonly<Record<string, ListAlgorithm>> = {
  MD5: 'md5',
  SHA1: 'sha1',
  SHA224: 'sha224',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
  'SHA-1': 'sha1',
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
  'SHA2-224': 'sha224',
  'SHA2-256': 'sha256',
  'SHA2-384': 'sha384',
  'SHA2-512': 'sha512',
}; // prettier-ignore

class ListParser {
  private readonly file: string;
  private readonly promised: string | undefined;
  /** Columns of a hashdeep list, once its header was read. */
  private columns: readonly string[] | undefined;
  private isHashdeep = false;

  constructor(file: string) {
    this.file = file;
    this.promised = (LIST_ENDING.exec(file) ?? LIST_NAME.exec(file))?.[1]?.toLowerCase();
  }

  take({ number, bytes }: Line, isCrlf: boolean): ChecksumEntry[] {
    if (!isUtf8(bytes)) throw this.malformed(number, escaped(bytes.subarray(0, 80)), 'text in UTF-8');
    let text = bytes.toString('utf8');
    if (number === 1) text = text.replace(/^\ufeff/, '');
    if (isCrlf) text = text.replace(/\r$/, '');
    if (this.isHashdeep || text.startsWith(HASHDEEP)) return this.hashdeep(text, number);
    if (!/\S/.test(text) || /^[#;]/.test(text)) return [];
    return [this.entry(text, number)];
  }

  private entry(text: string, line: number): ChecksumEntry {
    const isEscaped = text.startsWith('\\');
    const plain = isEscaped ? text.slice(1) : text;
    const name = (spelled: string): string | undefined => this.nameOf(isEscaped ? this.unescaped(spelled, line) : spelled);
    const bare = BARE.exec(plain);
    if (bare !== null) return this.made(bare[1] ?? '', undefined, line, text);
    const gnu = GNU.exec(plain);
    if (gnu !== null) return this.made(gnu[1] ?? '', name(gnu[2] ?? ''), line, text);
    const tagged = TAGGED.exec(plain);
    if (tagged === null) throw this.malformed(line, text, 'a digest and a file name');
    const [, tag = '', spelled = '', digest = ''] = tagged;
    const algorithm = TAGS[tag.toUpperCase()];
    if (algorithm === undefined) {
      const message = `line ${line} of "${escaped(this.file)}" has a digest of the kind "${escaped(tag)}"; read are ${Object.values(LENGTHS).join(', ')}`;
      throw new Fault(FaultKind.Unsupported, 'acquisition/checksum-algorithm', message, {
        file: escaped(this.file),
        line,
        algorithm: escaped(tag),
      });
    }
    if (LENGTHS[digest.length] !== algorithm) throw this.malformed(line, text, `the ${algorithm} that it calls itself`);
    return { algorithm, digest: digest.toLowerCase(), name: name(spelled), line };
  }

  /** A digest without a label: its length tells, and the list's name must agree. */
  private made(digest: string, name: string | undefined, line: number, text: string): ChecksumEntry {
    const algorithm = LENGTHS[digest.length];
    if (algorithm === undefined) throw this.malformed(line, text, 'a digest of a known length');
    if (this.promised !== undefined && this.promised !== algorithm) {
      throw this.malformed(line, text, `the ${this.promised} that the list's name promises: it has the length of ${algorithm}`);
    }
    return { algorithm, digest: digest.toLowerCase(), name, line };
  }

  /** Digests of what came through a pipe name no file. */
  private nameOf(name: string): string | undefined {
    return name === '-' || name === 'stdin' ? undefined : name;
  }

  /** The escapes of md5sum: `\\\\`, `\\n`, `\\r`. */
  private unescaped(name: string, line: number): string {
    return name.replace(/\\(.?)/gs, (_all, sign: string) => {
      if (sign === 'n') return '\n';
      if (sign === 'r') return '\r';
      if (sign === '\\') return '\\';
      throw this.malformed(line, name, 'a name escaped as md5sum does');
    });
  }

  private hashdeep(text: string, line: number): ChecksumEntry[] {
    this.isHashdeep = true;
    if (text.startsWith(HASHDEEP) || text === '' || text.startsWith('#')) return [];
    if (text.startsWith('%%%% ')) {
      this.columns = text.slice(5).split(',');
      return [];
    }
    const { columns } = this;
    if (columns === undefined || columns.at(-1) !== 'filename')
      throw this.malformed(line, text, 'hashdeep\'s header "%%%% size,…,filename"');
    const parts = text.split(',');
    const name = parts.slice(columns.length - 1).join(',');
    const size = Number(parts[columns.indexOf('size')]);
    if (parts.length < columns.length || name === '' || !Number.isSafeInteger(size))
      throw this.malformed(line, text, columns.join(','));
    return columns.flatMap((column, i) => {
      const algorithm = TAGS[column.toUpperCase()];
      if (algorithm === undefined) return [];
      const digest = parts[i] ?? '';
      if (!/^[0-9a-f]+$/i.test(digest) || LENGTHS[digest.length] !== algorithm)
        throw this.malformed(line, text, `a digest of ${algorithm}`);
      return [{ algorithm, digest: digest.toLowerCase(), name, line, size }];
    });
  }

  private malformed(line: number, got: string, expected: string): Fault {
    const message = `line ${line} of "${escaped(this.file)}" is "${escaped(got.slice(0, 80))}", not ${expected}; mend the list or leave it out`;
    return new Fault(FaultKind.Corrupt, 'acquisition/checksum-malformed', message, { file: escaped(this.file), line });
  }
}
