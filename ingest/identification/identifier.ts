/** Tells the format of a file by a set of signatures: by its bytes, by what lies in it, at last by its name. */
import { textFormat } from '../media/index.ts';
import type { Inside } from './container.ts';
import { encodingOf } from './encoding.ts';
import type { FileFormat, FormatBasis } from './format.ts';
import type { Budget } from './matching.ts';
import { ole2Inside } from './ole2-inside.ts';
import type { Sample } from './sample.ts';
import { SignatureIndex, stands, Windows } from './signature-index.ts';
import type { ContainerSignature, Format, SignatureSet } from './signature-set.ts';
import { zipInside } from './zip-inside.ts';

/** What tells text needs no more of it. */
const TEXT_HEAD = 4096;
const TEXT_TAIL = 1536;
const CONTAINER_BUDGET = 10_000_000;

export class Identifier {
  readonly #set: SignatureSet;
  readonly #index: SignatureIndex;
  /** Formats by extension. */
  readonly #named = new Map<string, Format[]>();
  /** PUIDs that have a signature: the name alone never tells them. */
  readonly #signed: ReadonlySet<string>;

  constructor(set: SignatureSet) {
    this.#set = set;
    this.#index = new SignatureIndex(set.signatures);
    for (const format of set.formats.values())
      for (const extension of format.extensions) {
        const list = this.#named.get(extension) ?? [];
        this.#named.set(extension, [...list, format]);
      }
    this.#signed = new Set([...set.signatures.flatMap(({ puids }) => puids), ...set.containers.map(({ puid }) => puid)]);
  }

  /** @param name of the file; its ending is compared with the format, and tells one where the bytes don't. Undefined: unknown. */
  identify(sample: Sample, name = ''): FileFormat | undefined {
    if (sample.size === 0) return undefined;
    const extension = extensionOf(name);
    const { puids, basis } = this.#byContent(sample);
    const found = this.#chosen(puids, extension);
    if (found !== undefined) return this.#told(found, basis, extension);
    return this.#text(sample, extension) ?? this.#byName(extension);
  }

  #byContent(sample: Sample): { puids: Set<string>; basis: FormatBasis } {
    const puids = new Set<string>();
    for (const signature of this.#index.found(sample)) for (const puid of signature.puids) puids.add(puid);
    for (const puid of puids) {
      const kind = this.#set.triggers.get(puid);
      const inside = kind === undefined ? new Set<string>() : this.#byContainer(sample, kind);
      if (inside.size > 0) return { puids: inside, basis: 'container' };
    }
    return { puids, basis: 'signature' };
  }

  #byContainer(sample: Sample, kind: ContainerSignature['kind']): Set<string> {
    const inside = kind === 'zip' ? zipInside(sample) : ole2Inside(sample);
    const found = new Set<string>();
    if (inside === undefined) return found;
    const files = new Map<string, Windows | undefined>();
    const budget: Budget = { left: CONTAINER_BUDGET };
    for (const signature of this.#set.containers)
      if (signature.kind === kind && isInside(signature, inside, files, budget)) found.add(signature.puid);
    return found;
  }

  /** The most exact: one that no other outranks, and of several the one that the name speaks for. */
  #chosen(puids: ReadonlySet<string>, extension: string): Format | undefined {
    const formats = [...puids].flatMap((puid) => this.#set.formats.get(puid) ?? []);
    const outranked = new Set(formats.flatMap(({ above }) => above));
    const left = formats.filter(({ puid }) => !outranked.has(puid));
    return left.find(({ extensions }) => extensions.includes(extension)) ?? left[0];
  }

  #text(sample: Sample, extension: string): FileFormat | undefined {
    const { size, head, tail } = sample;
    const text = textFormat({ size, head: head.subarray(0, TEXT_HEAD), tail: tail.subarray(-TEXT_TAIL) });
    if (text === undefined) return undefined;
    const encoding = encodingOf(head);
    const named = this.#unsigned(extension);
    const [only] = named;
    const { id, puid, title, mime } = text;
    if (id === 'text' && named.length === 1 && only !== undefined)
      return { ...this.#told(only, only.puid === puid ? 'text' : 'extension', extension), encoding };
    const format = this.#set.formats.get(puid) ?? { puid, title, mime, extensions: [], above: [] };
    // Many endings stand for some text or other that PRONOM can't tell by its bytes.
    return { ...this.#told({ ...format, mime: format.mime ?? mime }, 'text', named.length > 0 ? '' : extension), encoding };
  }

  #byName(extension: string): FileFormat | undefined {
    const [only, ...others] = this.#unsigned(extension);
    return only === undefined || others.length > 0 ? undefined : this.#told(only, 'extension', extension);
  }

  #unsigned(extension: string): Format[] {
    return (this.#named.get(extension) ?? []).filter(({ puid }) => !this.#signed.has(puid));
  }

  #told({ puid, title, version, mime, extensions }: Format, basis: FormatBasis, extension: string): FileFormat {
    const isOther = this.#named.has(extension) && !extensions.includes(extension);
    return {
      puid,
      title,
      ...(version === undefined ? {} : { version }),
      ...(mime === undefined ? {} : { mime }),
      basis,
      ...(isOther ? { mismatch: true as const } : {}),
    };
  }
}

function isInside(
  { files: wanted }: ContainerSignature,
  inside: Inside,
  opened: Map<string, Windows | undefined>,
  budget: Budget,
): boolean {
  if (!wanted.every(({ path }) => inside.names.has(path))) return false;
  return wanted.every(({ path, signatures }) => {
    if (signatures.length === 0) return true;
    if (!opened.has(path)) {
      const bytes = inside.read(path);
      opened.set(path, bytes && new Windows({ head: bytes, tail: bytes }));
    }
    const file = opened.get(path);
    return file !== undefined && signatures.some((sequences) => stands(sequences, file, budget));
  });
}

/** Lower case, without the dot; '' for none. A version number of ISO 9660 is not part of it. */
function extensionOf(name: string): string {
  const match = /[^.]\.([^.;/]{1,16})(?:;\d+)?$/.exec(name);
  return match?.[1]?.toLowerCase() ?? '';
}
