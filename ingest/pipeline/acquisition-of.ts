/** metadata/acquisition.json of an ingest: image, medium, mapfile, checksums and facts, each with its source. */
import { BlockStatus, type Mapfile } from '../acquisition/index.ts';
import { type AcquisitionDocument, type AcquisitionFact, FileRole, type MapfileRecord, SUBMISSION_FOLDER } from '../package/index.ts';
import type { Ingested } from './steps/describe.ts';

/** Blocks of a mapfile that are listed; the mapfile itself is in the package. */
const MOST_BLOCKS = 10_000;

export async function acquisitionOf({ request, received, copied, checksums }: Ingested): Promise<AcquisitionDocument> {
  const { deposit, format, medium, mapfile, notes } = received;
  const files = copied.files
    .filter(({ role }) => role === FileRole.Image)
    .map(({ path, size, sha256 }) => ({ path, size, sha256 }));
  const { sha256 } = copied.image.digests;
  const facts: AcquisitionFact[] = Object.entries(medium?.facts ?? {}).map(([name, value]) => ({ name, value, source: { basis: 'container' } }));
  return {
    title: request.title ?? deposit.image.name,
    image: {
      name: deposit.image.name,
      format: {
        id: format.id,
        title: format.title,
        ...(format.puid === undefined ? {} : { puid: format.puid }),
        basis: format.basis,
      },
      files,
    },
    ...(medium === undefined || sha256 === undefined
      ? {}
      : { medium: { size: copied.image.size, sha256, sectorSize: medium.sectorSize } }),
    facts: [...facts, ...mapfileFacts(mapfile)],
    ...(mapfile === undefined ? {} : { mapfile: await mapfileRecord(mapfile) }),
    checksums: [...checksums],
    warnings: [...notes, ...mapfileWarnings(mapfile, copied.image.size)],
  };
}

function mapfileFacts(mapfile: Mapfile | undefined): AcquisitionFact[] {
  if (mapfile === undefined) return [];
  const source = { file: `${SUBMISSION_FOLDER}${mapfile.file}` };
  const { toolVersion, commandLine, startedAt, endedAt } = mapfile;
  const given = { 'imaging tool': toolVersion === undefined ? undefined : `GNU ddrescue ${toolVersion}`, 'command line': commandLine, 'imaging started': startedAt, 'imaging ended': endedAt };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value, source }]));
}

async function mapfileRecord(mapfile: Mapfile): Promise<MapfileRecord> {
  const blocks: MapfileRecord['blocks'][number][] = [];
  let truncated = false;
  for await (const block of mapfile.blocks()) {
    if (block.status === BlockStatus.Rescued) continue;
    truncated = blocks.length === MOST_BLOCKS;
    if (truncated) break;
    blocks.push(block);
  }
  const { rescued, nonTried, nonTrimmed, nonScraped, bad } = mapfile.ranges;
  return {
    file: `${SUBMISSION_FOLDER}${mapfile.file}`,
    size: mapfile.end,
    status: mapfile.status,
    ...(mapfile.commandLine === undefined ? {} : { commandLine: mapfile.commandLine }),
    ...(mapfile.startedAt === undefined ? {} : { startedAt: mapfile.startedAt }),
    totals: {
      rescued: rescued.bytes,
      nonTried: nonTried.bytes,
      nonTrimmed: nonTrimmed.bytes,
      nonScraped: nonScraped.bytes,
      bad: bad.bytes,
    },
    blocks,
    truncated,
  };
}

/** The map speaks of a disk; the image may be shorter or longer than it. */
function mapfileWarnings(mapfile: Mapfile | undefined, imageSize: number): string[] {
  if (mapfile === undefined || mapfile.end === imageSize) return [];
  return [`${mapfile.file} maps ${mapfile.end} bytes; the image has ${imageSize}: they may not belong together, or the reading was broken off`];
}
