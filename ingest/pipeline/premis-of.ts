/** The PREMIS record of an ingest: the image, its files and the medium; what was done to them, when and by whom. */
import { basename } from 'node:path';
import { inParallel } from '../kernel/index.ts';
import { fileSource, formats, identify } from '../media/index.ts';

import { type AcquisitionDocument, BAG_PATH, FileRole, type MediumFormat, type Relation, relationsOf } from '../package/index.ts';
import {
  type Characteristics,
  type DigestAlgorithm,
  local,
  type PremisAgent,
  type PremisBitstream,
  type PremisContent,
  type PremisFile,
  type PremisIdentifier,
  type PremisRepresentation,
  type PremisRights,
  type RelatedObject,
  type Relationship,
  uuid,
} from '../premis/index.ts';
import { agentIdentifier, eventsOf } from './events-of.ts';
import { imagingAgents } from './imaging-events.ts';
import type { IngestContext } from './request.ts';
import type { CopiedFile } from './steps/copy.ts';
import type { Ingested } from './ingested.ts';

/** Enough to wait for no file alone; what is under way outlives the collector's first look, and of many files that adds up (measured). */
const FILES_AT_ONCE = 8;
/** Of more papers than these, the image itself names only logs, maps and lists of digests; each paper names the image in any case. */
const MOST_PAPERS = 1000;

export function premisOf(
  ingested: Ingested,
  acquisition: AcquisitionDocument,
  sealedAt: Date,
  context: IngestContext,
): PremisContent {
  const rights = rightsOf(ingested);
  return {
    objects: objectsOf(ingested, acquisition, rights),
    events: eventsOf(ingested, acquisition, sealedAt, context),
    agents: agentsOf(acquisition, context),
    ...(rights === undefined ? {} : { rights: [rights] }),
  };
}

function fileIdentifier(id: string, path: string): PremisIdentifier {
  return local(`${id}/${path}`);
}

async function* objectsOf(
  ingested: Ingested,
  acquisition: AcquisitionDocument,
  rights: PremisRights | undefined,
): AsyncIterable<PremisRepresentation | PremisFile | PremisBitstream> {
  const { id, received, copied } = ingested;
  const relationOf = relationsOf(acquisition);
  const [first, ...others] = relationshipsOf(ingested, relationOf);
  if (first === undefined) throw new TypeError('an image without files');
  yield {
    kind: 'representation',
    identifiers: [uuid(id)],
    originalName: received.deposit.image.name,
    relationships: [first, ...others],
    ...(rights === undefined ? {} : { linkedRights: [rights.identifier] }),
  };
  yield* inParallel(copied.files, (file) => fileObject(id, file, acquisition, relationOf(file.path)), FILES_AT_ONCE);
  if (acquisition.medium !== undefined) {
    yield {
      kind: 'bitstream',
      identifiers: [local(`${id}#medium`)],
      significantProperties: [{ type: 'sector size in bytes', value: String(acquisition.medium.sectorSize) }],
      characteristics: [
        {
          compositionLevel: 0,
          fixity: fixityOf(acquisition.medium.sha256, acquisition.medium.digests),
          size: acquisition.medium.size,
          formats: [mediumFormat(acquisition, acquisition.medium.format)],
        },
      ],
      relationships: [{ type: 'structural', subType: 'is Included In', objects: [uuid(id)] }],
    };
  }
}

/** The image to its files: those that it consists of, the flux that it was decoded from, the papers that tell of it. */
function relationshipsOf(
  { id, copied, received: { deposit } }: Ingested,
  relationOf: ReturnType<typeof relationsOf>,
): Relationship[] {
  const papers = copied.files.length - deposit.image.files.length;
  const telling = new Set([...deposit.logs.map(({ file }) => file), ...deposit.mapfiles, ...deposit.checksumLists]);
  const related = new Map<Relation, RelatedObject[]>();
  for (const { path, source } of copied.files) {
    const relation = relationOf(path);
    if (relation === undefined) continue;
    if (relation.type === 'reference' && papers > MOST_PAPERS && !telling.has(source)) continue;
    const objects = related.get(relation) ?? [];
    const sequence = relation.type === 'structural' ? { sequence: objects.length + 1 } : {};
    objects.push({ ...fileIdentifier(id, path), ...sequence });
    related.set(relation, objects);
  }
  return [...related].flatMap(([{ type, inverse }, [first, ...others]]) =>
    first === undefined ? [] : [{ type, subType: inverse, objects: [first, ...others] as const }],
  );
}

async function fileObject(
  id: string,
  file: CopiedFile,
  acquisition: AcquisitionDocument,
  relation: Relation | undefined,
): Promise<PremisFile> {
  const { sha256, ...others } = file.digests;
  const isImage = file.role === FileRole.Image;
  const wrapped = isImage ? insideOf(acquisition) : [];
  return {
    kind: 'file',
    identifiers: [fileIdentifier(id, file.path)],
    significantProperties: [{ type: 'modified, as received', value: file.source.mtime.toISOString() }],
    characteristics: [
      {
        compositionLevel: wrapped.length,
        fixity: fixityOf(sha256 ?? file.sha256, others),
        size: file.size,
        formats: [isImage ? formatOf(acquisition) : await paperFormat(file)],
      },
      ...wrapped,
    ],
    originalName: file.source.name,
    storage: [{ type: BAG_PATH, value: file.path }],
    ...(relation === undefined
      ? {}
      : { relationships: [{ type: relation.type, subType: relation.subType, objects: [uuid(id)] }] as const }),
  };
}

function formatOf({ image: { format } }: AcquisitionDocument): { name: string; puid?: string; notes: [string] } {
  const note: [string] = [`identified by ${format.basis}`];
  return format.puid === undefined ? { name: format.title, notes: note } : { name: format.title, puid: format.puid, notes: note };
}

/** The image inside a file that was compressed from outside: the level below the file itself (PREMIS 3, compositionLevel). */
function insideOf({ facts }: AcquisitionDocument): Characteristics[] {
  const said = (name: string): string | undefined =>
    facts.find((fact) => fact.name === name && fact.source === 'container')?.value.toString();
  const [id, size] = [said('innerFormat'), Number(said('innerSize'))];
  if (id === undefined || !Number.isSafeInteger(size)) return [];
  return [{ compositionLevel: 0, size, formats: [{ name: formats.get(id)?.title ?? id }] }];
}

/** What lies in the container; of an image that nothing wraps, what the image is. */
function mediumFormat(acquisition: AcquisitionDocument, format: MediumFormat | undefined): ReturnType<typeof formatOf> {
  if (format === undefined) return formatOf(acquisition);
  const notes: [string] = [`what lies in the ${acquisition.image.format.title}`];
  return format.puid === undefined ? { name: format.title, notes } : { name: format.title, puid: format.puid, notes };
}

function fixityOf(sha256: string, others: Readonly<Record<string, string>> = {}): NonNullable<Characteristics['fixity']> {
  const more = Object.entries(others) as [DigestAlgorithm, string][];
  return [{ algorithm: 'sha256', digest: sha256 }, ...more.map(([algorithm, digest]) => ({ algorithm, digest }))];
}

/** Looked at where it was received: its bytes were compared with the copy's already. */
async function paperFormat({ source }: CopiedFile): Promise<{ name: string; puid?: string }> {
  await using bytes = await fileSource(source.path);
  const { title, puid, basis } = await identify(bytes, basename(source.name));
  if (basis === 'none') return { name: 'Unknown' };
  return puid === undefined ? { name: title } : { name: title, puid };
}

function agentsOf(acquisition: AcquisitionDocument, context: IngestContext): PremisAgent[] {
  const ours = context.agents.map((agent): PremisAgent => {
    const version = agent.version === undefined ? {} : { version: agent.version };
    return { kind: 'agent', identifiers: [agentIdentifier(agent)], name: agent.name, type: agent.type, ...version };
  });
  // Who imaged the disk may be who ingests it.
  const names = new Set(ours.map(({ identifiers: [{ value }] }) => value));
  return [...ours, ...imagingAgents(acquisition).filter(({ identifiers: [{ value }] }) => !names.has(value))];
}

/** What the deed of gift says, as far as the accession tells it. */
function rightsOf({ id, request }: Ingested): PremisRights | undefined {
  const restrictions = request.accession?.restrictions;
  if (restrictions === undefined) return undefined;
  return {
    kind: 'rights',
    identifier: local(`${id}#rights`),
    basis: 'other',
    other: { basis: 'donor agreement', notes: [`accession ${request.accession?.number ?? ''}`] },
    granted: [{ act: 'disseminate', restrictions: [restrictions] }],
    objects: [uuid(id)],
  };
}
