/**
 * Advanced Forensic Format, version 3 (AFF): one file, a folder of them (AFD), or metadata beside a raw image (AFM).
 *
 * On disk: a signature of 8 bytes, then named segments; `page0`, `page1` … are the medium, each packed by itself.
 * Not read: encrypted images, and pages packed by anything but zlib and LZMA.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { withBadSectors } from '../aff/bad-sectors.ts';
import { digestsOf, factsOf } from '../aff/facts.ts';
import { mapOfPages } from '../aff/pages.ts';
import { SIGNATURE, type Segments, type Value, readSegments } from '../aff/segments.ts';
import { chainSource } from '../chain.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, type Companions, Confidence, type Media, type MediaFormat } from '../media.ts';

/** AFFLIB's own default is 16 MiB. */
const LARGEST_PAGE = 256 * 1024 * 1024;
const AFD_PIECE = /^file_(\d{3,6})\.aff$/i;

interface Pieces {
  readonly names: readonly string[];
  readonly warnings: readonly Fault[];
}

export const format: MediaFormat = {
  id: 'aff',
  title: 'Advanced Forensic Format',
  sources: [
    'AFFLIB 3.7 lib/afflib.h, lib/afflib_i.h, lib/vnode_afm.cpp',
    'S. Garfinkel, AFF: A New Format for Storing Hard Drive Images',
  ],
  puid: 'fmt/844',

  async probe(container) {
    if (container.size < SIGNATURE.length) return Confidence.No;
    return (await container.read(0, SIGNATURE.length)).equals(SIGNATURE) ? Confidence.Certain : Confidence.No;
  },

  async open(container, companions) {
    const segments: Segments = { values: new Map(), pages: new Map(), hashes: new Map(), warnings: [] };
    const pieces = await readAll(container, companions, segments);
    const { values, pages } = segments;
    const sectorSize = values.get('sectorsize')?.argument ?? 512;
    if (![512, 1024, 2048, 2352, 4096].includes(sectorSize))
      throw refuse('aff/sector-size', `the AFF image says sectors of ${sectorSize} bytes`, { sectorSize });
    const size = sizeOf(segments);
    const base = {
      format: 'aff',
      size,
      sectorSize,
      facts: factsOf(values),
      storedDigests: digestsOf(values),
    };
    const raw = await rawPieces(values, companions, size);
    if (raw !== undefined && pages.size === 0) {
      const warnings = [...segments.warnings, ...pieces.warnings];
      const map = (offset: number, length: number) =>
        Promise.resolve([{ kind: 'stored', offset, length, source: raw.source, at: offset } as const]);
      return flagged(mappedMedia({ ...base, parts: raw.names, warnings, map }), values);
    }
    const pageSize = (values.get('pagesize') ?? values.get('segsize'))?.argument ?? 0;
    if (pageSize < 512 || pageSize > LARGEST_PAGE)
      throw refuse('aff/page-size', `the AFF image says pages of ${pageSize} bytes; 512 to ${LARGEST_PAGE} are read`, {
        pageSize,
      });
    const warnings = [...segments.warnings, ...pieces.warnings, ...checkPages(segments, Math.ceil(size / pageSize))];
    const map = mapOfPages({ pageSize, imageSize: size, segments });
    const media = mappedMedia({ ...base, facts: { ...base.facts, pageSize }, parts: pieces.names, warnings, map });
    return flagged(media, values);
  },
};

/** The segments of the container and, where it is a piece of an AFD, of its companions. */
async function readAll(container: ByteSource, companions: Companions, into: Segments): Promise<Pieces> {
  if (!AFD_PIECE.test(companions.own)) {
    await readSegments(container, into);
    return { names: [], warnings: [] };
  }
  const others = companions.names.filter((name) => AFD_PIECE.test(name));
  const numberOf = (name: string): number => Number(AFD_PIECE.exec(name)?.[1]);
  const all = [companions.own, ...others].toSorted((a, b) => numberOf(a) - numberOf(b));
  for (const name of all) {
    const source = name === companions.own ? container : await companions.find(name);
    if (source !== undefined) await readSegments(source, into);
  }
  const missing = all.flatMap((name, i) => (numberOf(name) > numberOf(all[i - 1] ?? 'file_-1.aff') + 1 && i > 0 ? [name] : []));
  const [first = ''] = all;
  const gaps = numberOf(first) > 0 ? [first, ...missing] : missing;
  if (gaps.length === 0) return { names: others, warnings: [] };
  const message = `pieces of the AFF folder are missing before ${gaps.slice(0, 5).join(', ')}; their pages can't be read: put all of the folder there`;
  return {
    names: others,
    warnings: [new Fault(FaultKind.Missing, 'aff/pieces-missing', message, { before: gaps.slice(0, 20) })],
  };
}

/** `imagesize`: low half first, though all else is big-endian. */
function sizeOf({ values, warnings }: Segments): number {
  const bytes = values.get('imagesize')?.bytes;
  const size = bytes?.length === 8 ? bytes.readUInt32BE(4) * 2 ** 32 + bytes.readUInt32BE(0) : undefined;
  if (size !== undefined && size > 0 && Number.isSafeInteger(size)) return size;
  const damage = warnings[0];
  if (size === undefined && damage !== undefined) throw damage;
  const message =
    size === undefined
      ? 'the AFF image does not say how large the medium is: the imaging was not finished; affrecover can repair a copy'
      : `the AFF image says that the medium has ${size} bytes`;
  throw new Fault(size === undefined ? FaultKind.Truncated : FaultKind.Corrupt, 'aff/no-size', message);
}

function checkPages({ pages }: Segments, pageCount: number): Fault[] {
  let outside = 0;
  for (const number of pages.keys()) if (number >= pageCount) outside++;
  const faults: Fault[] = [];
  if (outside > 0) {
    const message = `${outside} pages lie past the end of the medium (${pageCount} pages) and are left out; the image is damaged`;
    faults.push(new Fault(FaultKind.Corrupt, 'aff/pages-outside', message, { outside, pageCount }));
  }
  const missing = pageCount - (pages.size - outside);
  if (missing > 0) {
    const message = `${missing} of ${pageCount} pages are not in the image; they were never stored, or lost`;
    faults.push(new Fault(FaultKind.Missing, 'aff/pages-missing', message, { missing, pageCount }));
  }
  return faults;
}

/** An AFM's medium: raw pieces beside it, `x.000`, `x.001` … for `x.afm`. */
async function rawPieces(
  values: ReadonlyMap<string, Value>,
  companions: Companions,
  size: number,
): Promise<{ source: ByteSource; names: string[] } | undefined> {
  const extension = values.get('raw_image_file_extension')?.bytes.toString('latin1');
  if (extension === undefined) return undefined;
  if (!/^\d{3}$/.test(extension))
    throw new Fault(FaultKind.Unsupported, 'aff/raw-extension', 'the AFM names its raw pieces by no number of three digits');
  const stem = companions.own.replace(/\.afm$/i, '');
  const names: string[] = [];
  const sources: ByteSource[] = [];
  for (let number = Number(extension), found = 0; found < size; number++) {
    const name = `${stem}.${String(number).padStart(3, '0')}`;
    const source = await companions.find(name);
    if (source === undefined || source.size === 0) {
      const message = `"${name}" is missing: the AFM's medium has ${size} bytes, and the raw pieces that are there ${found}; deposit them together`;
      throw new Fault(FaultKind.Missing, 'aff/raw-missing', message, { name, size, found });
    }
    names.push(name);
    sources.push(source);
    found += source.size;
  }
  return { source: chainSource(sources), names };
}

/** Looks for bad sectors unless the image says that there are none. */
function flagged(media: Media, values: ReadonlyMap<string, Value>): Media {
  const flag = values.get('badflag')?.bytes;
  const count = values.get('badsectors')?.bytes;
  const isClean = count?.length === 8 && count.every((byte) => byte === 0);
  return flag?.length === media.sectorSize && !isClean ? withBadSectors(media, flag) : media;
}

function refuse(code: string, message: string, facts: Record<string, number>): Fault {
  return new Fault(FaultKind.Corrupt, code, `${message}; the image is damaged`, facts);
}
