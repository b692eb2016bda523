/**
 * Advanced Forensic Format 4 (standard 1.0): a zip of streams in chunks, with a map and a description in Turtle.
 *
 * Striped images are joined from the volumes that lie with the one opened. Not read: encrypted streams, logical images, and images of
 * the time before the standard.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { imageStream } from '../aff4/image-stream.ts';
import { mapStream } from '../aff4/map-stream.ts';
import { SCHEMA, Volumes } from '../aff4/volume.ts';
import { type Companions, Confidence, type Media, type MediaFacts, type MediaFormat, type StoredDigests } from '../media.ts';
import { isAff4 } from '../signature-checks.ts';

const TYPE = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type';
const DEEPEST = 8;
const IMAGES = ['DiskImage', 'Image', 'ContiguousImage', 'DiscontiguousImage', 'MemoryImage', 'PhysicalMemoryImage'];

/** What the schema calls it, on the image or on what is said about the case. */
const TEXTS: Readonly<Record<string, string>> = {
  caseName: 'caseName',
  caseNumber: 'caseNumber',
  caseDescription: 'description',
  caseEvidenceNumber: 'evidenceNumber',
  examiner: 'examiner',
  caseExaminer: 'examiner',
  notes: 'notes',
  diskMake: 'manufacturer',
  diskModel: 'model',
  diskSerial: 'serialNumber',
  diskFirmware: 'firmware',
  diskInterfaceType: 'interface',
  acquisitionStartTime: 'acquiredAt',
  startTime: 'acquiredAt',
  creationTime: 'createdAt',
};

export const format: MediaFormat = {
  id: 'aff4',
  title: 'Advanced Forensic Format 4',
  sources: ['AFF4 Standard v1.0', 'pyaff4 lexicon.py, aff4_map.py, aff4_image.py'],

  async probe(container) {
    if (container.size < 64) return Confidence.No;
    const head = await container.read(0, 64);
    if (head.toString('latin1', 0, 4) !== 'PK\x03\x04') return Confidence.No;
    const tailSize = Math.min(container.size, 1536);
    const tail = await container.read(container.size - tailSize, tailSize);
    return isAff4({ head, tail, size: container.size }) ? Confidence.Certain : Confidence.No;
  },

  async open(container, companions) {
    const volumes = new Volumes();
    await volumes.add(container, '');
    const { image, stream } = imageIn(volumes);
    await addStripes(volumes, companions);
    const media = await openStream(volumes, stream, []);
    const sector = Number(volumes.said(image, 'blockSize')[0]?.value);
    return {
      ...media,
      format: 'aff4',
      sectorSize: [512, 1024, 2048, 4096].includes(sector) ? sector : 512,
      facts: factsOf(volumes, image),
      storedDigests: { ...digestsOf(volumes, stream), ...digestsOf(volumes, image) },
      parts: volumes.names,
      read: (offset, length) => media.read(offset, length),
      extents: (window) => media.extents(window),
      [Symbol.asyncDispose]: () => media[Symbol.asyncDispose](),
    };
  },
};

/** The image, and the stream that has its bytes. */
function imageIn(volumes: Volumes): { image: string; stream: string } {
  const found = new Map<string, string>();
  for (const urn of volumes.graph.keys()) {
    const stream = volumes.said(urn, 'dataStream')[0]?.value;
    if (stream !== undefined && IMAGES.some((type) => isA(volumes, urn, type))) found.set(urn, stream);
  }
  const [only, ...others] = found;
  if (only !== undefined && new Set(found.values()).size === 1) return { image: only[0], stream: only[1] };
  const names = [...found.keys()].slice(0, 5).map((name) => escaped(name));
  const what =
    others.length > 0 ? `${found.size} disk images (${names.join(', ')})` : 'no disk image (it may hold files, or memory)';
  const message = `the AFF4 container holds ${what}; a container of one disk image is read`;
  throw new Fault(FaultKind.Unsupported, 'aff4/not-one-image', message, { images: names });
}

const isA = (volumes: Volumes, urn: string, type: string): boolean =>
  volumes.graph
    .get(urn)
    ?.get(TYPE)
    ?.some(({ value }) => value === SCHEMA + type) ?? false;

async function openStream(volumes: Volumes, urn: string, trail: readonly string[]): Promise<Media> {
  if (trail.includes(urn) || trail.length >= DEEPEST) {
    const message = `a map of the AFF4 image leads back to itself: ${[...trail, urn].map((name) => escaped(name)).join(' → ')}`;
    throw new Fault(FaultKind.Corrupt, 'aff4/map-loop', message);
  }
  if (isA(volumes, urn, 'EncryptedStream')) {
    const message = 'the AFF4 image is encrypted; decrypt it and deposit the result';
    throw new Fault(FaultKind.Unsupported, 'aff4/encrypted', message);
  }
  if (isA(volumes, urn, 'Map')) return mapStream(volumes, urn, (target) => openStream(volumes, target, [...trail, urn]));
  if (isA(volumes, urn, 'ImageStream')) return imageStream(volumes, urn);
  const message = `the stream "${escaped(urn)}" of the AFF4 image is described nowhere; the image is striped: deposit all of its volumes together`;
  throw new Fault(FaultKind.Missing, 'aff4/stream-missing', message, { urn: escaped(urn) });
}

/** Other volumes of a striped image lie beside it; those of other images do no harm, since all is named by UUID. */
async function addStripes(volumes: Volumes, companions: Companions): Promise<void> {
  for (const name of companions.names) {
    if (!/\.a(?:ff|f)4$/i.test(name)) continue;
    const source = await companions.find(name);
    if (source !== undefined && (await format.probe(source)) === Confidence.Certain) await volumes.add(source, name);
  }
}

function digestsOf(volumes: Volumes, urn: string): StoredDigests {
  const found: Partial<Record<'md5' | 'sha1' | 'sha256', string>> = {};
  for (const { value, type = '' } of volumes.said(urn, 'hash')) {
    const algorithm = { MD5: 'md5', SHA1: 'sha1', SHA256: 'sha256' } as const;
    const name = algorithm[type.slice(SCHEMA.length) as keyof typeof algorithm];
    const length = { md5: 32, sha1: 40, sha256: 64 };
    if (name !== undefined && new RegExp(`^[0-9a-f]{${length[name]}}$`, 'i').test(value)) found[name] = value.toLowerCase();
  }
  return found;
}

function factsOf(volumes: Volumes, image: string): MediaFacts {
  const facts: Record<string, string> = { imageId: escaped(image) };
  for (const [urn, predicates] of volumes.graph) {
    const isAbout = urn === image || volumes.said(urn, 'target').some(({ value }) => value === image);
    if (!isAbout) continue;
    for (const [predicate, [first]] of predicates) {
      const name = TEXTS[predicate.slice(predicate.indexOf('#') + 1)];
      if (name === undefined || first?.kind !== 'literal' || first.value.trim() === '') continue;
      facts[name] ??= escaped(first.value.slice(0, 4096).trim());
    }
  }
  return facts;
}
