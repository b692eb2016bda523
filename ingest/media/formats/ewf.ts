/**
 * Expert Witness (EnCase) evidence files, version 1: E01 of EnCase 1 to 7, linen, FTK Imager, Guymager, libewf (EWF-X), and S01.
 *
 * On disk: segment files of sections; chunks of 32 KiB or more, each a zlib stream or bytes with an Adler-32, listed by tables.
 * Not read: logical evidence (L01) and AD encryption.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { aboutOf } from '../ewf/about.ts';
import { ChunkMap, type ChunkTable } from '../ewf/chunk-map.ts';
import { unreadRanges } from '../ewf/notes.ts';
import { FILE_HEADER_SIZE, segmentNumber } from '../ewf/sections.ts';
import { type SetOfSegments, readSet } from '../ewf/set.ts';
import { chunkTable, groupsOf } from '../ewf/table.ts';
import { mappedMedia } from '../mapped-media.ts';
import { Confidence, type MediaFormat } from '../media.ts';

export const format: MediaFormat = {
  id: 'ewf',
  title: 'EnCase / Expert Witness evidence file',
  sources: [
    'J. Metz, Expert Witness Compression Format specification (libewf)',
    'ASR Data, Expert Witness Compression Format specification (2002)',
    'PRONOM fmt/803',
  ],
  puid: 'fmt/803',

  async probe(container) {
    if (container.size < FILE_HEADER_SIZE) return Confidence.No;
    return segmentNumber(await container.read(0, FILE_HEADER_SIZE)) === undefined ? Confidence.No : Confidence.Certain;
  },

  async open(container, companions) {
    const set = await readSet(container, companions);
    const { volume, segments, cut } = set;
    const { sectorSize, sectorsPerChunk } = volume;
    const warnings: Fault[] = [...set.warnings];
    const tables = await tablesOf(set, (fault) => void warnings.push(fault));
    const chunks = new ChunkMap({
      tables,
      chunkSize: sectorsPerChunk * sectorSize,
      declaredSize: volume.sectorCount * sectorSize,
      sectorSize,
    });
    warnings.push(...checkCount(set, chunks), ...(cut === undefined ? [] : [cut]), ...(await chunks.prepare()));
    const about = await aboutOf(set);
    warnings.push(...about.warnings);
    const { ranges: unread, outside } = unreadRanges(about.unread, sectorSize, chunks.size);
    if (outside > 0) {
      const message = `${outside} of ${about.unread.length} ranges of unread sectors lie past the end of the medium; the list is damaged`;
      warnings.push(new Fault(FaultKind.Corrupt, 'ewf/unread-outside', message, { outside, size: chunks.size }));
    }
    return mappedMedia({
      format: 'ewf',
      size: chunks.size,
      sectorSize,
      facts: about.facts,
      storedDigests: about.storedDigests,
      parts: segments.slice(1).map(({ segment }) => segment.name),
      warnings,
      unread,
      map: (offset, length) => chunks.map(offset, length),
      kinds: (offset, length) => chunks.kinds(offset, length),
    });
  },
};

async function tablesOf({ segments, volume, cut }: SetOfSegments, warn: (fault: Fault) => void): Promise<ChunkTable[]> {
  const chunkSize = volume.sectorsPerChunk * volume.sectorSize;
  const tables: ChunkTable[] = [];
  for (const { segment, sections } of segments) {
    for (const group of groupsOf(sections)) {
      const table = await chunkTable(group, { segment, chunkSize, hasChecksum: !volume.isOld, warn });
      if (table !== undefined) tables.push(table);
    }
  }
  if (tables.length > 0) return tables;
  const message = 'the image has no table of chunks; it is cut before the first, or the imaging was stopped';
  throw cut ?? new Fault(FaultKind.Truncated, 'ewf/no-table', message);
}

/** As many chunks as the size needs, one more where the source's last bytes fill no sector; fewer only when the imaging was stopped. */
function checkCount({ segments, volume, cut }: SetOfSegments, { count }: ChunkMap): Fault[] {
  const needed = Math.ceil(volume.sectorCount / volume.sectorsPerChunk);
  const isWhole = volume.sectorCount % volume.sectorsPerChunk === 0;
  if (count === needed || (isWhole && count === needed + 1)) return [];
  const facts = { needed, found: count };
  if (count > needed) {
    const message = `the tables list ${count} chunks and the medium has ${needed}; the rest is not read`;
    return [new Fault(FaultKind.Corrupt, 'ewf/chunks-extra', message, facts)];
  }
  if (segments.some(({ sections }) => sections.some(({ type }) => type === 'incomplete'))) {
    const message = `the imaging was stopped: ${count} of ${needed} chunks are there; the rest was never read from the carrier`;
    return [new Fault(FaultKind.Truncated, 'ewf/incomplete', message, facts)];
  }
  const message = `the tables list ${count} chunks and the medium has ${needed}; a table is missing; ask for another copy`;
  throw cut ?? new Fault(FaultKind.Truncated, 'ewf/chunks-missing', message, facts);
}
