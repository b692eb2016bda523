/**
 * Raw image of a disc without a sheet: whole sectors of 2352 bytes (2368 and 2448 with subchannel), one behind the other.
 *
 * Each says its own address and mode. What lies behind the last data sector (audio tracks, or sectors never read) can't be told
 * apart without a sheet: it is absent.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';
import { discMedia } from '../optical/disc.ts';
import { type Header, SectorKind, headerAt } from '../optical/sectors.ts';
import type { Track } from '../optical/track.ts';

const STRIDES = [2352, 2448, 2368];
const HEADER_SIZE = 16;

export const format: MediaFormat = {
  id: 'cd-raw',
  title: 'Raw CD image, 2352-byte sectors',
  sources: ['ECMA-130 §14', 'CD-ROM XA specification, sector formats'],

  async probe(container) {
    // Other containers begin with raw sectors too (NRG, CDI): theirs are surer.
    return (await sectorsOf(container)) === undefined ? Confidence.No : Confidence.Fits;
  },

  async open(container) {
    const sectors = await sectorsOf(container);
    if (sectors === undefined)
      throw new Fault(FaultKind.Corrupt, 'cd-raw/no-sector', 'the image does not begin with a data sector');
    const { stride, mode } = sectors;
    // The sector that a cut file ends in counts, so that its loss shows.
    const sectorCount = Math.ceil(container.size / stride);
    const wholeCount = Math.floor(container.size / stride);
    const storedCount = await dataEnd(container, stride, wholeCount);
    const warnings: Fault[] = [];
    if (storedCount < wholeCount) {
      const rest = wholeCount - storedCount;
      const message = `the last ${rest} of ${sectorCount} sectors are no data sectors: audio tracks, or sectors never read; they are absent: deposit the sheet of the disc too (CUE, CCD), if there is one`;
      warnings.push(new Fault(FaultKind.Unsupported, 'cd-raw/no-data-behind', message, { sectorCount, storedCount }));
    }
    const label = `MODE${mode}/${stride}`;
    const place = { number: 1, session: 1, lba: 0, at: 0, source: container };
    const stored = storedCount < wholeCount ? { storedCount } : {};
    const track: Track = { ...place, ...stored, kind: SectorKind.Raw, label, stride, sectorCount };
    return discMedia({ format: 'cd-raw', tracks: [track], facts: { subformat: label }, parts: [], warnings, isAddedUp: true });
  },
};

/** How far sectors lie apart: the second one tells; the first may never have been read, then later ones do. */
async function sectorsOf(container: ByteSource): Promise<{ stride: number; mode: number } | undefined> {
  const first = await headerOf(container, 0);
  if (container.size < 2 * 2352) return first === undefined ? undefined : { stride: 2352, mode: first.mode };
  for (const stride of STRIDES) {
    const second = await headerOf(container, stride);
    const later = await headerOf(container, 16 * stride);
    const [low, high, distance] =
      first === undefined ? [second, later, 15] : [first, second ?? later, second === undefined ? 16 : 1];
    if (low !== undefined && high !== undefined && high.lba - low.lba === distance) return { stride, mode: low.mode };
  }
  return first === undefined ? undefined : { stride: 2352, mode: first.mode };
}

/** How many sectors there are up to the last data sector: data comes first on a disc that has both. */
async function dataEnd(container: ByteSource, stride: number, count: number): Promise<number> {
  if (count === 0 || (await headerOf(container, (count - 1) * stride)) !== undefined) return count;
  let low = 1;
  for (let high = count - 1; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((await headerOf(container, middle * stride)) !== undefined) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function headerOf(container: ByteSource, at: number): Promise<Header | undefined> {
  if (at + HEADER_SIZE > container.size) return undefined;
  const header = headerAt(await container.read(at, HEADER_SIZE), 0);
  return header?.mode === 1 || header?.mode === 2 ? header : undefined;
}
