/** The medium of an image that was compressed from outside: what is inside is opened by its own format, and read through it. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource, Companions, Content, Media, MediaFacts, Verifier } from '../media.ts';

/** More is no disk image that anyone compressed. */
export const LARGEST_CONTENT = 16 * 2 ** 40;

export interface Wrapped {
  /** Id of the wrapper. */
  readonly format: string;
  readonly container: ByteSource;
  readonly companions: Companions;
  /** What is inside; closed with the medium. */
  readonly source: ByteSource;
  /** The name the wrapper has for it. */
  readonly name?: string;
  readonly warnings?: readonly Fault[];
  /** Compares the checksum of the content, where reading does not: used when the content is the medium itself. */
  readonly verifier?: (size: number) => Verifier;
}

/** @throws what opening the image inside throws; `source` is closed then. */
export async function wrappedMedia({
  format,
  container,
  companions,
  source,
  name,
  warnings = [],
  verifier,
}: Wrapped): Promise<Media> {
  const innerName = name ?? withoutEnding(companions.own);
  let inner: Media;
  try {
    inner = await companions.inner(source, innerName, companions.content?.format);
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
  const ratio = Math.round((container.size / source.size) * 1000) / 1000;
  const named = innerName === '' ? {} : { innerName: escaped(innerName) };
  return {
    ...inner,
    isWhole: false,
    format,
    facts: { ...inner.facts, wrapper: format, ...named, innerFormat: inner.format, innerSize: source.size, ratio },
    warnings: [...warnings, ...inner.warnings],
    ...(inner.isWhole && verifier !== undefined ? { verifier: () => verifier(inner.size) } : {}),
    read: (offset, length) => inner.read(offset, length),
    extents: (window) => inner.extents(window),
    async [Symbol.asyncDispose]() {
      await inner[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
}

/** Of a medium that a wrapper holds: what the wrapper unpacks to, to open it again by. */
export function wrappedContent({ wrapper, innerSize, innerFormat }: MediaFacts): Content | undefined {
  if (wrapper === undefined || typeof innerSize !== 'number' || typeof innerFormat !== 'string') return undefined;
  return { size: innerSize, format: innerFormat };
}

function withoutEnding(name: string): string {
  return name
    .replace(/\.(?:gz|bz2|xz|zst|zip)$/i, '')
    .replace(/\.(?:adz|ipz)$/i, (ending) => (ending.toLowerCase() === '.adz' ? '.adf' : '.ipf'));
}

/** Last part of a name, whatever separates it; '' for what is no name. */
export function baseName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  return last === '.' || last === '..' ? '' : last;
}

export function checkContentSize(format: string, size: number): void {
  if (size <= LARGEST_CONTENT && size > 0) return;
  if (size === 0) throw new Fault(FaultKind.Truncated, 'media/wrapped-empty', `the ${format} file holds 0 bytes`);
  const message = `the ${format} file holds ${size} bytes and more; up to ${LARGEST_CONTENT} are unpacked`;
  throw new Fault(FaultKind.Unsupported, 'media/wrapped-size', message, { size });
}
