/** What the catalogue keeps of a package, read from the package alone: so a rebuilt catalogue is the one that was lost. */
import { Fault, FaultKind } from '../kernel/index.ts';
import { type PremisAgent, type PremisEntity, type PremisEvent, type PremisFile, readPremis } from '../premis/index.ts';
import type { Storage } from '../storage/index.ts';
import type { AcquisitionDocument } from './acquisition-document.ts';
import type { ArchiveEvent, EventAgent } from './archive-event.ts';
import { digestOf, labelOf, missingFile, openPackage, readSmall, sealedFiles } from './open-package.ts';
import {
  ACQUISITION_PATH,
  BLOCK_SIZE,
  blocksPath,
  FileRole,
  MANIFEST_PATH,
  type OpenedPackage,
  type PackageFile,
  PREMIS_PATH,
} from './package.ts';
import { paperText } from './paper-text.ts';

export interface RecordedFile extends PackageFile {
  /** Place in the package; for segments of an image, their order. */
  readonly sequence: number;
  /** Further digests, by BagIt's spelling. */
  readonly digests: Record<string, string>;
  readonly blocksPath: string | undefined;
  readonly format: { readonly name: string; readonly puid?: string } | undefined;
}

export interface PackageRecord {
  readonly title: string;
  readonly accession: string | undefined;
  readonly sealedAt: Date;
  readonly image: {
    readonly name: string;
    readonly format: { readonly id: string; readonly title: string; readonly puid?: string };
  };
  readonly medium: { readonly size: number; readonly sha256: string } | undefined;
  readonly payloadBytes: number;
  readonly payloadFiles: number;
  readonly acquisition: AcquisitionDocument | Record<string, never>;
  /** Every file of the bag, in byte order of the paths. */
  files(): AsyncIterable<RecordedFile>;
  /** As sealed, in the package's order. */
  events(): Iterable<ArchiveEvent>;
  /** What a search finds it by: names of files, words of facts, digests of the image. */
  readonly names: readonly string[];
  readonly text: string;
  readonly digests: readonly string[];
  /** Parts that could not be read: the package is in the catalogue all the same, for the audit to name the damage. */
  readonly problems: readonly Fault[];
}

const LARGEST_ACQUISITION = 64 << 20;
const UNKNOWN_IMAGE = { name: 'unknown', format: { id: 'unknown', title: 'Unknown' } };
/** Names of papers that a search knows; the others are in the list of files. */
const MOST_NAMES = 1000;

/**
 * @param anchor SHA-256 of the tag manifest as the journal keeps it; a difference is among the problems.
 * @param storedAt stands for the date of sealing when the package can't tell it any more.
 * @throws Fault of kind 'unreadable' when the location fails; damage is among `problems` instead.
 */
export async function readRecord(storage: Storage, id: string, anchor: string, storedAt: Date): Promise<PackageRecord> {
  const problems: Fault[] = [];
  const tolerate = (error: unknown): undefined => {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    problems.push(error);
  };
  const opened = (await openPackage(storage, id, anchor).catch(tolerate)) ?? (await openPackage(storage, id).catch(tolerate));
  if (opened === undefined) return lost(id, storedAt, problems);
  const acquisition = await readAcquisition(storage, id).catch(tolerate);
  const described = new Map<string, Described>();
  const events: PremisEvent[] = [];
  const agents = new Map<string, PremisAgent>();
  try {
    for await (const entity of readPremis(await opened.stream(PREMIS_PATH))) collect(entity, described, events, agents);
  } catch (error) {
    tolerate(error);
  }
  const [payloadBytes = 0, payloadFiles = 0] = (labelOf(opened.bagInfo, 'Payload-Oxum') ?? '').split('.').map(Number);
  const order = new Map(acquisition?.image.files.map((file, index) => [file.path, index]));
  return {
    title: lineOf(opened.bagInfo, 'External-Description') ?? opened.id,
    accession: lineOf(opened.bagInfo, 'Bag-Group-Identifier'),
    sealedAt: opened.sealedAt,
    image: acquisition?.image ?? UNKNOWN_IMAGE,
    medium: acquisition?.medium,
    payloadBytes,
    payloadFiles,
    acquisition: acquisition ?? {},
    async *files() {
      let next = 0;
      for await (const file of listed(storage, opened, tolerate)) {
        const known = described.get(file.path);
        if (file.size === undefined) tolerate(missingFile(id, file.path));
        else if (file.path === MANIFEST_PATH) await checkManifest(storage, id, file.sha256).catch(tolerate);
        const size = known?.size ?? file.size ?? 0;
        const isPayload = file.role === FileRole.Image || file.role === FileRole.Submission;
        yield {
          ...file,
          size,
          sequence: order.get(file.path) ?? next,
          digests: known?.digests ?? {},
          blocksPath: isPayload && size > BLOCK_SIZE ? blocksPath(file.path) : undefined,
          format: known?.format,
        };
        next += 1;
      }
    },
    *events() {
      for (const event of events) yield archiveEvent(event, agents);
    },
    names: [...described.keys()].slice(0, MOST_NAMES).map((path) => path.slice(path.lastIndexOf('/') + 1)),
    text: `${textOf(acquisition)}\n${(await paperText(storage, id, described).catch(tolerate)) ?? ''}`,
    digests: digestsOf(acquisition, described),
    problems,
  };
}

/** bag-info.txt breaks long values at single spaces; titles and accession numbers have no line breaks of their own. */
function lineOf(bagInfo: Parameters<typeof labelOf>[0], label: string): string | undefined {
  return labelOf(bagInfo, label)?.replaceAll('\n', ' ');
}

/** A package of which not even the labels can be read: all that is left is that it was stored. */
function lost(id: string, sealedAt: Date, problems: readonly Fault[]): PackageRecord {
  return {
    title: id,
    accession: undefined,
    sealedAt,
    image: UNKNOWN_IMAGE,
    medium: undefined,
    payloadBytes: 0,
    payloadFiles: 0,
    acquisition: {},
    async *files() {},
    *events() {},
    names: [],
    text: '',
    digests: [],
    problems,
  };
}

/** @throws Fault 'package/manifest-altered': then the digests of the payload may be wrong. */
async function checkManifest(storage: Storage, id: string, sealed: string): Promise<void> {
  const found = await digestOf(storage, id, MANIFEST_PATH);
  if (found === sealed) return;
  const message = `${MANIFEST_PATH} of package ${id} has SHA-256 ${found}; it was sealed with ${sealed}. Audit the package: strongroom audit ${id}`;
  throw new Fault(FaultKind.Corrupt, 'package/manifest-altered', message, { id, expected: sealed, found });
}

/** The inventory as far as its manifests can be read. */
async function* listed(
  storage: Storage,
  opened: OpenedPackage,
  tolerate: (error: unknown) => undefined,
): ReturnType<typeof sealedFiles> {
  try {
    yield* sealedFiles(storage, opened.id, opened.tagManifestSha256);
  } catch (error) {
    tolerate(error);
  }
}

interface Described {
  readonly size: number | undefined;
  readonly digests: Record<string, string>;
  readonly format: { readonly name: string; readonly puid?: string } | undefined;
}

function collect(
  entity: PremisEntity,
  files: Map<string, Described>,
  events: PremisEvent[],
  agents: Map<string, PremisAgent>,
): void {
  if (entity.kind === 'event') events.push(entity);
  if (entity.kind === 'agent') for (const { value } of entity.identifiers) agents.set(value, entity);
  if (entity.kind !== 'file') return;
  const [path, [facts]] = [pathOf(entity), entity.characteristics];
  if (path === undefined) return;
  const [format] = facts.formats;
  const digests = (facts.fixity ?? []).filter(({ algorithm }) => algorithm !== 'sha256');
  files.set(path, {
    size: facts.size,
    digests: Object.fromEntries(digests.map(({ algorithm, digest }) => [algorithm, digest])),
    format: format.puid === undefined ? { name: format.name } : { name: format.name, puid: format.puid },
  });
}

/** Our file objects say where they lie in the package. */
export const BAG_PATH = 'path in the package';

function pathOf(file: PremisFile): string | undefined {
  return file.storage?.find(({ type }) => type === BAG_PATH)?.value;
}

function archiveEvent(event: PremisEvent, agents: ReadonlyMap<string, PremisAgent>): ArchiveEvent {
  return {
    id: event.identifier.value,
    type: event.type,
    at: event.at,
    outcome: event.outcome,
    detail: event.detail ?? '',
    notes: event.notes ?? [],
    agents: event.agents.map(({ value, role }): EventAgent => {
      const agent = agents.get(value);
      const version = agent?.version === undefined ? {} : { version: agent.version };
      return { name: agent?.name ?? value, type: agent?.type ?? 'software', ...version, role };
    }),
  };
}

function textOf(acquisition: AcquisitionDocument | undefined): string {
  if (acquisition === undefined) return '';
  const { image, facts, notes } = acquisition;
  const words = facts.map(({ name, value }) => `${name}: ${value}`);
  return [image.format.title, ...words, ...notes].join('\n');
}

function digestsOf(acquisition: AcquisitionDocument | undefined, files: ReadonlyMap<string, Described>): string[] {
  const digests = new Set<string>();
  for (const { path, sha256 } of acquisition?.image.files ?? []) {
    for (const digest of [sha256, ...Object.values(files.get(path)?.digests ?? {})]) digests.add(digest);
  }
  if (acquisition?.medium !== undefined) digests.add(acquisition.medium.sha256);
  for (const { digest } of acquisition?.checksums ?? []) digests.add(digest);
  return [...digests];
}

/** @throws Fault 'package/acquisition-unreadable' when it is not the JSON that was written. */
async function readAcquisition(storage: Storage, id: string): Promise<AcquisitionDocument> {
  const text = (await readSmall(storage, id, ACQUISITION_PATH, LARGEST_ACQUISITION)).toString('utf8');
  try {
    const document = JSON.parse(text) as AcquisitionDocument;
    if (Array.isArray(document.facts) && Array.isArray(document.checksums) && Array.isArray(document.image.files))
      return document;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
  }
  const message = `${ACQUISITION_PATH} of package ${id} is damaged; audit the package: strongroom audit ${id}`;
  throw new Fault(FaultKind.Corrupt, 'package/acquisition-unreadable', message, { id });
}
