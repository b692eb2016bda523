/**
 * EnCase 7 evidence files, version 2 of the format (Ex01).
 *
 * On disk: segment files of sections that are found from the end; chunks that are zlib or bzip2 streams, bytes with an Adler-32,
 * or a pattern of 8 bytes. Not read: logical evidence (Lx01) and encryption.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { facts2, geometryOf, notes2Of, tagsOf } from '../ewf/about2.ts';
import { ChunkMap, type ChunkTable } from '../ewf/chunk-map.ts';
import { unreadRanges } from '../ewf/notes.ts';
import { type Section2, SectionType, fileHeader, sections2Of, segmentNumber2 } from '../ewf/sections2.ts';
import { type Segment, SegmentSet } from '../ewf/segments.ts';
import { chunkTable2 } from '../ewf/table2.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, type Companions, Confidence, type MediaFormat } from '../media.ts';

interface SetOfSegments2 {
  readonly segments: readonly { readonly segment: Segment; readonly sections: readonly Section2[] }[];
  readonly first: Segment;
  readonly compression: number;
  readonly setGuid: string;
  readonly warnings: readonly Fault[];
}

export const format: MediaFormat = {
  id: 'ewf2',
  title: 'EnCase 7 evidence file (Ex01)',
  sources: ['J. Metz, Expert Witness Compression Format version 2 specification (libewf)'],

  async probe(container) {
    if (container.size < fileHeader.size) return Confidence.No;
    return segmentNumber2(await container.read(0, fileHeader.size)) === undefined ? Confidence.No : Confidence.Certain;
  },

  async open(container, companions) {
    const set = await readSet(container, companions);
    const { segments, first, compression, setGuid } = set;
    const tags = await tagsOf(segments[0]?.sections ?? [], first);
    const { sectorSize, sectorCount, sectorsPerChunk } = geometryOf(tags);
    const chunkSize = sectorSize * sectorsPerChunk;
    const tables = await tablesOf(set, chunkSize);
    const chunks = new ChunkMap({ tables, chunkSize, declaredSize: sectorCount * sectorSize, sectorSize });
    const warnings = [...set.warnings, ...checkCount(chunks.count, sectorCount, sectorsPerChunk), ...(await chunks.prepare())];
    const notes = await Promise.all(segments.map(({ segment, sections }) => notes2Of(sections, segment)));
    warnings.push(...notes.flatMap((each) => each.warnings));
    const pairs = notes.flatMap((each) => each.unread);
    const { ranges: unread, outside } = unreadRanges(pairs, sectorSize, chunks.size);
    if (outside > 0) {
      const message = `${outside} of ${pairs.length} ranges of unread sectors lie past the end of the medium; the list is damaged`;
      warnings.push(new Fault(FaultKind.Corrupt, 'ewf2/unread-outside', message, { outside, size: chunks.size }));
    }
    const tracks = notes.flatMap((each) => each.tracks);
    return mappedMedia({
      format: 'ewf2',
      size: chunks.size,
      sectorSize,
      facts: {
        ...facts2(tags, compression),
        setIdentifier: setGuid,
        sectorsPerChunk,
        segments: segments.length,
        ...(tracks.length === 0 ? {} : { tracks }),
      },
      storedDigests: Object.assign({}, ...notes.map((each) => each.storedDigests)),
      parts: segments.slice(1).map(({ segment }) => segment.name),
      warnings,
      unread,
      map: (offset, length) => chunks.map(offset, length),
    });
  },
};

async function readSet(container: ByteSource, companions: Companions): Promise<SetOfSegments2> {
  const kind = { headerSize: fileHeader.size, numberOf: segmentNumber2, ending: /^e[x-z](\d\d|[a-z][a-z])$/i };
  const set = await SegmentSet.of(container, companions, kind);
  const { first } = set;
  const { compression, setGuid } = fileHeader.decode(await container.read(0, fileHeader.size));
  if (compression > 2) {
    const message = `the segment file names compression method ${compression}; none, zlib and bzip2 (0 to 2) are read`;
    throw new Fault(FaultKind.Unsupported, 'ewf2/compression', message, { compression });
  }
  const segments: { segment: Segment; sections: readonly Section2[] }[] = [];
  for (let number = 1; ; number++) {
    const segment = set.get(number);
    const its = fileHeader.decode(await segment.source.read(0, fileHeader.size)).setGuid;
    if (its !== setGuid) {
      const message = `segment ${number} ("${escaped(segment.name)}") belongs to another set (${its}; this one is ${setGuid}); deposit the files of one set only`;
      throw new Fault(FaultKind.Corrupt, 'ewf2/segment-foreign', message, { number, expected: setGuid, found: its });
    }
    const sections = await sections2Of(segment);
    segments.push({ segment, sections });
    if (sections.at(-1)?.type !== SectionType.Next) break;
  }
  const beyond = set.after(segments.length).map(({ name }) => escaped(name));
  const message = `the set ends with segment ${segments.length}; not read: ${beyond.join(', ')}`;
  const warnings = beyond.length === 0 ? [] : [new Fault(FaultKind.Refused, 'ewf2/segments-beyond', message, { names: beyond })];
  return { segments, first, compression, setGuid, warnings };
}

async function tablesOf({ segments, compression }: SetOfSegments2, chunkSize: number): Promise<ChunkTable[]> {
  const tables: ChunkTable[] = [];
  let firstChunk = 0;
  for (const { segment, sections } of segments) {
    for (const section of sections) {
      if (section.type !== SectionType.SectorTable) continue;
      const table = await chunkTable2(section, { segment, firstChunk, compression, chunkSize });
      tables.push(table);
      firstChunk += table.count;
    }
  }
  return tables;
}

/** As many chunks as the size needs, one more where the source's last bytes fill no sector. */
function checkCount(found: number, sectorCount: number, sectorsPerChunk: number): Fault[] {
  const needed = Math.ceil(sectorCount / sectorsPerChunk);
  if (found > 0 && (found === needed || (sectorCount % sectorsPerChunk === 0 && found === needed + 1))) return [];
  const facts = { needed, found };
  if (found > needed) {
    const message = `the tables list ${found} chunks and the medium has ${needed}; the rest is not read`;
    return [new Fault(FaultKind.Corrupt, 'ewf2/chunks-extra', message, facts)];
  }
  const message = `the tables list ${found} chunks and the medium has ${needed}; the imaging was stopped or a table is missing; ask for another copy`;
  throw new Fault(FaultKind.Truncated, 'ewf2/chunks-missing', message, facts);
}
