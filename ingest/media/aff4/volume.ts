/** The zip volumes of an AFF4 image: members by URN, and what the descriptions say, in one graph. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { deflate } from '../codecs/deflate.ts';
import type { ByteSource } from '../media.ts';
import { type ZipEntry, dataOffset, readDirectory } from '../zip/directory.ts';
import { type Graph, type Term, readTurtle } from './turtle.ts';

export const SCHEMA = 'http://aff4.org/Schema#';
const EARLY_SCHEMA = 'http://afflib.org/2009/aff4#';
const LARGEST_TURTLE = 16 * 1024 * 1024;

/** Bytes that lie as they are in a volume. */
export interface Stored {
  readonly source: ByteSource;
  readonly at: number;
  readonly size: number;
}

interface Member {
  readonly zip: ByteSource;
  readonly entry: ZipEntry;
}

export class Volumes {
  readonly graph: Graph = new Map();
  readonly names: string[] = [];
  private readonly members = new Map<string, Member>();

  /** @param name bare name of the file, for `parts`; '' for the image itself. */
  async add(zip: ByteSource, name: string): Promise<void> {
    const { entries, comment } = await readDirectory(zip);
    const volume = (/^aff4:\/\/[\w-]+/.exec(comment) ?? [await this.volumeUrn(zip, entries)])[0];
    for (const entry of entries) {
      const urn = urnOf(entry.name, volume);
      if (!this.members.has(urn)) this.members.set(urn, { zip, entry });
    }
    const turtle = entries.find((entry) => entry.name === 'information.turtle');
    if (turtle === undefined)
      throw new Fault(
        FaultKind.Corrupt,
        'aff4/no-turtle',
        'the AFF4 image has no description (information.turtle); it was not closed properly',
      );
    readTurtle((await unpacked(zip, turtle, LARGEST_TURTLE)).toString('utf8').replace(/^\ufeff/, ''), this.graph);
    if (name !== '') this.names.push(name);
  }

  has(urn: string): boolean {
    return this.members.has(urn);
  }

  /** How many members lie below `urn` with a name of eight digits. */
  countBevies(urn: string): number {
    let count = 0;
    for (const name of this.members.keys()) if (name.startsWith(`${urn}/`) && /^\d{8}$/.test(name.slice(urn.length + 1))) count++;
    return count;
  }

  /** @throws Fault 'aff4/member-missing', 'aff4/member-packed'. */
  async stored(urn: string): Promise<Stored> {
    const { zip, entry } = this.member(urn);
    if (entry.method !== 0 || entry.packedSize !== entry.size) {
      const message = `"${escaped(entry.name)}" in the AFF4 image is packed by the zip file, where it must lie as it is`;
      throw new Fault(FaultKind.Unsupported, 'aff4/member-packed', message, { member: escaped(entry.name) });
    }
    return { source: zip, at: await dataOffset(zip, entry), size: entry.size };
  }

  /** The whole of a small member. @throws Fault 'aff4/member-size' above `most` bytes. */
  bytes(urn: string, most: number): Promise<Buffer> {
    const { zip, entry } = this.member(urn);
    return unpacked(zip, entry, most);
  }

  /** What is said of `urn` under a name of the AFF4 schema, of today or the early one. */
  said(urn: string, name: string): readonly Term[] {
    const predicates = this.graph.get(urn);
    return predicates?.get(SCHEMA + name) ?? predicates?.get(EARLY_SCHEMA + name) ?? [];
  }

  private member(urn: string): Member {
    const found = this.members.get(urn);
    if (found !== undefined) return found;
    const message = `"${escaped(urn)}" is missing in the AFF4 image; it is cut, or a volume of a striped image lacks`;
    throw new Fault(FaultKind.Missing, 'aff4/member-missing', message, { member: escaped(urn) });
  }

  private async volumeUrn(zip: ByteSource, entries: readonly ZipEntry[]): Promise<string> {
    const description = entries.find(({ name }) => name === 'container.description');
    return description === undefined
      ? ''
      : (await unpacked(zip, description, 1024)).toString('latin1').replace(/\0.*$/s, '').trim();
  }
}

/** Members are named by their URN, with `:` and `/` of its beginning escaped, or relative to the volume. */
function urnOf(name: string, volume: string): string {
  const plain = name.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return plain.startsWith('aff4://') ? plain : `${volume}/${plain}`;
}

async function unpacked(zip: ByteSource, entry: ZipEntry, most: number): Promise<Buffer> {
  const { name, method, size, packedSize } = entry;
  if (size > most || packedSize > most + 1024) {
    const message = `"${escaped(name)}" in the AFF4 image has ${size} bytes; up to ${most} are read`;
    throw new Fault(FaultKind.Unsupported, 'aff4/member-size', message, { member: escaped(name), size });
  }
  const bytes = await zip.read(await dataOffset(zip, entry), packedSize);
  const found = method === 0 ? bytes : method === 8 ? await deflate(bytes, size) : undefined;
  if (found?.length === size) return found;
  const message = `"${escaped(name)}" in the AFF4 image is damaged, or packed by a method that is not read (${method})`;
  throw new Fault(FaultKind.Corrupt, 'aff4/member-damaged', message, { member: escaped(name), method });
}
