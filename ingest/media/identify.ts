/** Names what a file is, by content. Knows many formats that this version keeps but does not read. */
import { Fault, FaultKind } from '../kernel/index.ts';
import { endsInMemory } from './ends-in-memory.ts';
import { type ByteSource, Confidence, type MediaFormat, checkWindow } from './media.ts';
import { surest } from './registry.ts';
import { CONTAINERS, ContentKind, MEDIA, OTHERS, type Signature } from './signatures.ts';
import type { Sample } from './signature-checks.ts';
import { textFormat } from './text.ts';

export interface Identification {
  readonly id: string;
  readonly title: string;
  readonly kind: ContentKind;
  /** PRONOM identifier, where there is one. */
  readonly puid?: string;
  readonly mime?: string;
  /** What tells: bytes of the content, only its size, or nothing. */
  readonly basis: 'signature' | 'size' | 'none';
  /** Whether openMedia reads it; what it does not read is kept all the same. */
  readonly readable: boolean;
  /** It wraps nothing: the medium is the file's own bytes. */
  readonly isWhole: boolean;
  /** Of a wrapper: what its content begins like. Undefined when it holds no one file, or can't be unpacked. */
  readonly inside?: Identification;
  /** Of a wrapper: the name it has for its content. */
  readonly insideName?: string;
  /** The name's ending promises another format: a fact to record, no error. */
  readonly nameMismatch?: NameMismatch;
}

export interface NameMismatch {
  readonly extension: string;
  /** Ids of the formats that the ending promises. */
  readonly suggests: readonly string[];
}

/** Wrappers looked through. */
const DEEPEST = 2;
const HEAD_SIZE = 4096;
const MEDIA_HEAD_SIZE = 65_536; // reaches the volume descriptors of a disc
const TAIL_SIZE = 1536;

/** PDF versions PRONOM tells apart by the header alone. */
const PDF_PUIDS: Readonly<Record<string, string>> = {
  '1.0': 'fmt/14',
  '1.1': 'fmt/15',
  '1.2': 'fmt/16',
  '1.3': 'fmt/17',
  '1.4': 'fmt/18',
  '1.5': 'fmt/19',
  '1.6': 'fmt/20',
  '1.7': 'fmt/276',
  '2.0': 'fmt/1129',
};

/** @param name last part of the file's name; only ever compared with what the content says. */
export function identify(container: ByteSource, name = ''): Promise<Identification> {
  return identified(container, name, 0);
}

async function identified(container: ByteSource, name: string, depth: number): Promise<Identification> {
  const found = await byContent(container, depth);
  const nameMismatch = mismatch(name, found.id);
  return nameMismatch === undefined ? found : { ...found, nameMismatch };
}

async function byContent(source: ByteSource, depth: number): Promise<Identification> {
  const container = await endsInMemory(source);
  const sample = await sampleOf(container, HEAD_SIZE);
  const opaque = CONTAINERS.find((row) => matches(row, sample));
  const text = textFormat(sample);
  const best = await surest(container);
  const { id, title, puid } = best.format;
  if (best.confidence === Confidence.Certain) {
    const row = CONTAINERS.find((each) => each.id === id && matches(each, sample));
    const named = puid === undefined ? {} : { puid };
    return row === undefined
      ? { id, title, kind: ContentKind.Image, basis: 'signature', readable: true, isWhole: false, ...named }
      : { ...recognised(row), ...(row.puid === undefined ? named : {}), readable: true };
  }
  // Some marks are plain words that a log can begin with; of the containers only a VMDK descriptor is text.
  if (opaque !== undefined && (text === undefined || opaque.id === 'vmdk')) return recognised(opaque);

  const wrapper = OTHERS.find((row) => row.id === id && row.kind === ContentKind.Wrapper && matches(row, sample));
  if (wrapper !== undefined)
    return { ...recognised(wrapper), readable: true, ...(await contentOf(container, best.format, depth)) };

  if (best.confidence <= Confidence.Size) {
    const other = OTHERS.find((row) => matches(row, sample));
    if (other !== undefined) return withPdfVersion(recognised(other), sample);
    if (text !== undefined) return { ...text, kind: ContentKind.Paper, basis: 'signature', readable: false, isWhole: false };
  }

  const wide = await sampleOf(container, MEDIA_HEAD_SIZE);
  const medium = MEDIA.find((row) => matches(row, wide));
  const sized = best.confidence === Confidence.Size ? 'size' : 'none';
  const basis = medium !== undefined || best.confidence > Confidence.Size ? 'signature' : sized;
  const known =
    medium?.puid === undefined ? { title, ...(puid === undefined ? {} : { puid }) } : { title: medium.title, puid: medium.puid };
  return { id, kind: ContentKind.Image, basis, readable: true, isWhole: best.format.isWhole === true, ...known };
}

/** What a wrapper's content begins like: its size is not known, so only marks count. */
async function contentOf(
  container: ByteSource,
  format: MediaFormat,
  depth: number,
): Promise<Pick<Identification, 'inside' | 'insideName'>> {
  if (depth >= DEEPEST || format.inside === undefined) return {};
  try {
    const { head, name } = await format.inside(container, MEDIA_HEAD_SIZE);
    const inside = await identified(headSource(head), name ?? '', depth + 1);
    return { inside, ...(name === undefined ? {} : { insideName: name }) };
  } catch (error) {
    if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return {};
    throw error;
  }
}

function headSource(head: Buffer): ByteSource {
  return {
    size: head.length,
    async read(offset, length) {
      checkWindow(head.length, offset, length, 'the beginning of the content');
      return head.subarray(offset, offset + length);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function sampleOf(container: ByteSource, headSize: number): Promise<Sample> {
  const { size } = container;
  const head = await container.read(0, Math.min(headSize, size));
  const tail = await container.read(Math.max(0, size - TAIL_SIZE), Math.min(TAIL_SIZE, size));
  return { head, tail, size };
}

function matches(row: Signature, sample: Sample): boolean {
  const { head, tail } = sample;
  const all = row.at.every(([offset, bytes]) => {
    if (offset >= 0) return head.toString('latin1', offset, offset + bytes.length) === bytes;
    const start = tail.length + offset;
    return start >= 0 && tail.toString('latin1', start, start + bytes.length) === bytes;
  });
  return all && (row.where?.(sample) ?? true);
}

function recognised({ id, title, kind, puid, mime }: Signature): Identification {
  const named = { ...(puid === undefined ? {} : { puid }), ...(mime === undefined ? {} : { mime }) };
  return { id, title, kind, basis: 'signature', readable: false, isWhole: false, ...named };
}

function withPdfVersion(found: Identification, sample: Sample): Identification {
  const puid = found.id === 'pdf' ? PDF_PUIDS[sample.head.toString('latin1', 5, 8)] : undefined;
  return puid === undefined ? found : { ...found, puid };
}

/** Endings that promise one format. */
const PROMISES = promises();

function promises(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>([
    ['iso', new Set(['iso'])],
    ['xml', new Set(['xml'])],
    ['json', new Set(['json'])],
  ]);
  for (const { id, extensions = '' } of [...CONTAINERS, ...OTHERS]) {
    for (const extension of extensions.split(' ').filter((word) => word !== '')) {
      found.set(extension, (found.get(extension) ?? new Set()).add(id));
    }
  }
  return found;
}

function mismatch(name: string, id: string): NameMismatch | undefined {
  const dot = name.lastIndexOf('.');
  if (dot <= 0) return undefined;
  const extension = name.slice(dot + 1).toLowerCase();
  const suggests = PROMISES.get(extension);
  return suggests === undefined || suggests.has(id) ? undefined : { extension, suggests: [...suggests] };
}
