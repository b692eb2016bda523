/** Version 2 (Ex01): who imaged what and when, the size of the medium, digests, unread sectors, tracks. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { adler32 } from '../codecs/adler32.ts';
import { bzip2 } from '../codecs/bzip2.ts';
import type { MediaFacts, StoredDigests } from '../media.ts';
import { named, trackText } from './notes.ts';
import { type Section2, SectionType, damaged, dataOf, listOf } from './sections2.ts';
import type { Segment } from './segments.ts';
import { LONGEST_TEXT, type Tags, caseFacts, decodedText, inflatedText, parsedText } from './texts.ts';

const LARGEST_LIST = 16 * 1024 * 1024;
const DRIVE_TYPES: Readonly<Record<string, string>> = {
  a: 'RAM disk',
  c: 'optical',
  f: 'fixed',
  l: 'logical',
  m: 'memory',
  p: 'PALM',
  r: 'removable',
};
const WRITE_BLOCKERS: Readonly<Record<string, string>> = { 1: 'FastBloc', 2: 'Tableau' };
const COMPRESSION = ['none', 'zlib', 'bzip2'];

export interface Geometry2 {
  readonly sectorSize: number;
  readonly sectorCount: number;
  readonly sectorsPerChunk: number;
}

/** Device information and case data: needed, since the size of the medium stands there. @throws Fault. */
export async function tagsOf(sections: readonly Section2[], { source, number }: Segment): Promise<Tags> {
  const tags = new Map<string, string>();
  for (const [type, what] of [
    [SectionType.Device, 'device information'],
    [SectionType.Case, 'case data'],
  ] as const) {
    const section = sections.find((each) => each.type === type);
    if (section === undefined) {
      const message = `segment ${number} has no ${what}; it is cut or damaged; ask for another copy`;
      throw new Fault(FaultKind.Corrupt, 'ewf2/no-text', message, { segment: number, section: type });
    }
    const text = await textOf(await dataOf(section, source, LONGEST_TEXT));
    for (const [tag, value] of parsedText(text).main)
      tags.set(type === SectionType.Device && tag === 'dc' ? 'overlay' : tag, value);
  }
  return tags;
}

async function textOf(bytes: Buffer): Promise<string> {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodedText(bytes);
  if (bytes.toString('latin1', 0, 3) === 'BZh') return decodedText(await bzip2(bytes, LONGEST_TEXT));
  return decodedText(inflatedText(bytes));
}

/** @throws Fault 'ewf2/geometry' for what no medium has. */
export function geometryOf(tags: Tags): Geometry2 {
  const number = (tag: string): number => (/^\d{1,16}$/.test(tags.get(tag) ?? '') ? Number(tags.get(tag)) : Number.NaN);
  const [sectorSize, sectorCount, sectorsPerChunk] = [number('bp'), number('ts'), number('sb')] as const;
  const fits =
    sectorSize >= 128 &&
    sectorSize <= 65_536 &&
    sectorsPerChunk >= 1 &&
    sectorsPerChunk <= 32_768 &&
    sectorSize * sectorsPerChunk <= 64 * 1024 * 1024 &&
    sectorCount <= Number.MAX_SAFE_INTEGER / sectorSize;
  if (fits) return { sectorSize, sectorCount, sectorsPerChunk };
  const message = `the device information says ${tags.get('ts')} sectors of ${tags.get('bp')} bytes, ${tags.get('sb')} a chunk; it is damaged`;
  throw new Fault(FaultKind.Corrupt, 'ewf2/geometry', message.replaceAll(/[^\x20-\x7e]/g, '?'));
}

export interface Notes2 {
  readonly storedDigests: StoredDigests;
  readonly tracks: readonly string[];
  readonly unread: readonly (readonly [sector: number, sectorCount: number])[];
  readonly warnings: readonly Fault[];
}

/** The small sections at the end; their damage does not hinder the reading. */
export async function notes2Of(sections: readonly Section2[], { source }: Segment): Promise<Notes2> {
  const digests: Record<string, string> = {};
  const tracks: string[] = [];
  const unread: (readonly [number, number])[] = [];
  const warnings: Fault[] = [];
  for (const section of sections) {
    try {
      if (section.type === SectionType.Md5)
        Object.assign(digests, named('md5', digestOf(section, await dataOf(section, source, 4096), 16)));
      else if (section.type === SectionType.Sha1)
        Object.assign(digests, named('sha1', digestOf(section, await dataOf(section, source, 4096), 20)));
      else if (section.type === SectionType.Errors) {
        const list = listOf(section, await dataOf(section, source, LARGEST_LIST), { countAt: 0, entrySize: 16 });
        for (let at = 0; at < list.length; at += 16) unread.push([u64(list, at), list.readUInt32LE(at + 8)]);
      } else if (section.type === SectionType.Sessions) {
        const list = listOf(section, await dataOf(section, source, LARGEST_LIST), { countAt: 0, entrySize: 32 });
        for (let at = 0; at < list.length && tracks.length < 1000; at += 32)
          tracks.push(trackText(list.readUInt32LE(at + 8), u64(list, at)));
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      warnings.push(error);
    }
  }
  return { storedDigests: digests, tracks, unread, warnings };
}

function digestOf(section: Section2, bytes: Buffer, length: number): string {
  if (bytes.length < length + 4 || bytes.readUInt32LE(length) !== adler32(bytes, 0, length))
    throw damaged(section, 'does not match its checksum');
  return bytes.toString('hex', 0, length);
}

/** Not exact above 2^53, where it is past the end of any medium. */
function u64(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

export function facts2(tags: Tags, compression: number): MediaFacts {
  const driveType = tags.get('dt') ?? '';
  const writeBlocker = WRITE_BLOCKERS[tags.get('wb') ?? ''];
  const granularity = Number(tags.get('gr'));
  return {
    subformat: 'Ex01',
    compression: COMPRESSION[compression] ?? `method ${compression}`,
    ...(DRIVE_TYPES[driveType] === undefined ? {} : { mediaType: DRIVE_TYPES[driveType] }),
    ...(tags.has('ph') ? { isPhysical: /^(1|true)$/i.test(tags.get('ph') ?? '') ? 'yes' : 'no' } : {}),
    ...(writeBlocker === undefined ? {} : { writeBlocker }),
    ...(granularity > 0 ? { errorGranularitySectors: granularity } : {}),
    ...caseFacts(tags),
  };
}
