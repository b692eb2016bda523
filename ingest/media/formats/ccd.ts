/**
 * CloneCD image: a control file (.ccd) with the disc's table of contents, its sectors (.img) and their subchannels (.sub).
 *
 * The control file names no files: they are called like itself. The .img has 2352 bytes per sector, all tracks one behind the
 * other; what lies between sessions is not in it. The .sub (96 bytes per sector) is kept and not looked into.
 * Not read: discs whose data tracks are scrambled.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';
import { type CcdEntry, type CcdSheet, parseCcd } from '../optical/ccd-sheet.ts';
import { discMedia } from '../optical/disc.ts';
import { FIRST_ADDRESS, SectorKind, headerAt } from '../optical/sectors.ts';
import { besideName, partNamed, partsNamed, sheetLines, textOf } from '../optical/sheet.ts';
import type { Track } from '../optical/track.ts';

const STRIDE = 2352;
const LEAD_OUT = 0xa2;

export const format: MediaFormat = {
  id: 'ccd',
  title: 'CloneCD image',
  sources: ['libMirage image-ccd parser', 'ECMA-394 (table of contents)', 'PRONOM fmt/1760'],
  puid: 'fmt/1760',

  async probe(container) {
    const head = textOf(await container.read(0, Math.min(64, container.size)));
    return /^\s*\[CloneCD\]/i.test(head) ? Confidence.Certain : Confidence.No;
  },

  files(_container, own) {
    return Promise.resolve([{ name: besideName(own, 'img') }, { name: besideName(own, 'sub'), isOptional: true }]);
  },

  async open(container, companions) {
    const sheet = parseCcd(await sheetLines(container, 'ccd'));
    if (sheet.isScrambled) {
      const message =
        'the data tracks are stored scrambled, as they lie on the disc; that is not read: image the disc again without it';
      throw new Fault(FaultKind.Unsupported, 'ccd/scrambled', message);
    }
    const [image] = await partsNamed(companions, [besideName(companions.own, 'img')], 'ccd');
    if (image === undefined) throw new RangeError('no part');
    const sub = await partNamed(companions, besideName(companions.own, 'sub'));
    const tracks = await tracksOf(sheet, image.source);
    const parts = sub === undefined ? [image.name] : [image.name, sub.name];
    const warnings = [...(sub === undefined ? [] : subWarnings(sub.source, image.source)), ...leftOver(tracks, image.source)];
    return discMedia({ format: 'ccd', tracks, facts: factsOf(sheet), parts, warnings, isAddedUp: false });
  },
};

function factsOf({ version, catalog }: CcdSheet): Record<string, string> {
  return {
    ...(version === undefined ? {} : { formatVersion: escaped(version) }),
    ...(catalog === undefined ? {} : { catalog: escaped(catalog) }),
  };
}

async function tracksOf({ entries, modes }: CcdSheet, source: ByteSource): Promise<Track[]> {
  const tracks: Track[] = [];
  let at = 0;
  for (const session of [...new Set(entries.map((entry) => entry.session))].sort((a, b) => a - b)) {
    const ours = entries.filter((entry) => entry.session === session);
    const points = ours.filter(({ point }) => point <= 99).sort((a, b) => a.point - b.point);
    const end = ours.find(({ point }) => point === LEAD_OUT)?.plba;
    const [first] = points;
    if (first === undefined) continue;
    if (end === undefined) {
      const message = `session ${session} of the control file has no lead-out (point A2), so that its end is not known; the file is cut`;
      throw new Fault(FaultKind.Truncated, 'ccd/no-lead-out', message, { session });
    }
    at += await skipped(first, source, at);
    const start = first.plba;
    for (const [i, entry] of points.entries()) {
      const sectorCount = (points[i + 1]?.plba ?? end) - entry.plba;
      if (sectorCount < 0) {
        const message = `track ${entry.point} begins at LBA ${entry.plba}, behind the next one; the control file is damaged`;
        throw new Fault(FaultKind.Corrupt, 'ccd/order', message, { track: entry.point, lba: entry.plba });
      }
      const isData = (entry.control & 4) !== 0;
      const mode = modes.get(entry.point) === 2 ? 2 : 1;
      tracks.push({
        number: entry.point,
        session,
        kind: isData ? SectorKind.Raw : SectorKind.Audio,
        label: isData ? `MODE${mode}/${STRIDE}` : 'AUDIO',
        lba: entry.plba,
        sectorCount,
        source,
        at: at + (entry.plba - start) * STRIDE,
        stride: STRIDE,
      });
    }
    at += (end - start) * STRIDE;
  }
  return tracks;
}

/** Some images have the two seconds before a session: the first data sector itself says which it is. */
async function skipped(first: CcdEntry, source: ByteSource, at: number): Promise<number> {
  if ((first.control & 4) === 0 || at + 16 > source.size) return 0;
  const header = headerAt(await source.read(at, 16), 0);
  return header?.lba === first.plba - FIRST_ADDRESS ? FIRST_ADDRESS * STRIDE : 0;
}

/** What no track takes would be missing from the medium, unseen. */
function leftOver(tracks: readonly Track[], image: ByteSource): Fault[] {
  const end = Math.max(...tracks.map(({ at, sectorCount }) => at + sectorCount * STRIDE));
  const sectorCount = Math.floor((image.size - end) / STRIDE);
  if (sectorCount <= 0) return [];
  const message = `the last ${sectorCount} sectors of the .img lie behind the last track of the control file and are left out; the control file is damaged or cut, or belongs to another image`;
  return [new Fault(FaultKind.Corrupt, 'ccd/left-over', message, { sectorCount })];
}

function subWarnings(sub: ByteSource, image: ByteSource): Fault[] {
  const sectorCount = Math.ceil(image.size / STRIDE);
  if (sub.size === sectorCount * 96) return [];
  const message = `the .sub has ${sub.size} bytes where ${sectorCount} sectors have ${sectorCount * 96}; one of the files is cut, or they belong to different images`;
  return [new Fault(FaultKind.Truncated, 'ccd/sub-size', message, { size: sub.size, expected: sectorCount * 96 })];
}
