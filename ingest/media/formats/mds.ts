/**
 * Alcohol 120% image: a description (.mds) of sessions and tracks, and the sectors in an .mdf, or in several.
 *
 * On disk, little-endian: header of 88 bytes, sessions of 24, per session track blocks of 80 (and others for the lead-in); each
 * points to its pregap and length (CD; a DVD has the length in that place) and to footers with the names of its files.
 * Not read: version 2, which is encrypted.
 */
import { Fault, FaultKind, ascii, escaped, layout, u16le, u32le, u64le, u8 } from '../../kernel/index.ts';
import { chainSource } from '../chain.ts';
import { type ByteSource, type Companions, Confidence, type MediaFormat } from '../media.ts';
import { discMedia } from '../optical/disc.ts';
import { bareName, besideName, partsNamed } from '../optical/sheet.ts';
import { type Track, sectorKind } from '../optical/track.ts';

const SIGNATURE = 'MEDIA DESCRIPTOR';
const MOST_SESSIONS = 99;
const MOST_FILES = 200;
const LONGEST_NAME = 1024;
const MEDIA_TYPES: Readonly<Record<number, string>> = { 0: 'CD-ROM', 1: 'CD-R', 2: 'CD-RW', 0x10: 'DVD-ROM', 0x12: 'DVD-R' };
const FIRST_DVD = 0x10;
/** Low three bits of a track's mode; 4 and 5 are mode 2 with one form. */
const MODES: readonly (string | undefined)[] = ['MODE2', 'AUDIO', 'MODE1', 'MODE2', 'MODE2', 'MODE2', undefined, 'MODE2'];

/** Structures of libMirage's image-mds parser. */
const header = layout('MDS header', 0x58, {
  signature: [0x00, ascii(16)],
  major: [0x10, u8],
  minor: [0x11, u8],
  medium: [0x12, u16le],
  sessionCount: [0x14, u16le],
  sessionsOffset: [0x50, u32le],
});
const sessionBlock = layout('MDS session', 24, {
  number: [0x08, u16le],
  blockCount: [0x0a, u8],
  leadInBlockCount: [0x0b, u8],
  blocksOffset: [0x14, u32le],
});
const trackBlock = layout('MDS track', 80, {
  mode: [0x00, u8],
  point: [0x04, u8],
  extraOffset: [0x0c, u32le], // of the pregap and length; of a DVD the length itself, in sectors
  stride: [0x10, u16le],
  lba: [0x24, u32le],
  dataOffset: [0x28, u64le],
  fileCount: [0x30, u32le],
  footerOffset: [0x34, u32le],
});
const extra = layout('MDS track extra', 8, { pregap: [0, u32le], length: [4, u32le] });
const footer = layout('MDS footer', 16, { nameOffset: [0, u32le], isWide: [4, u32le] });

type Header = ReturnType<typeof header.decode>;
type TrackBlock = ReturnType<typeof trackBlock.decode>;

interface Described {
  readonly block: TrackBlock;
  readonly session: number;
  readonly sectorCount: number;
  /** Bare names, in order; `*.mdf` stands for the description's own name with that ending. */
  readonly names: readonly string[];
}

export const format: MediaFormat = {
  id: 'mds',
  title: 'Alcohol 120% image',
  sources: ['libMirage image-mds parser', 'PRONOM fmt/1759'],
  puid: 'fmt/1759',

  async probe(container) {
    if (container.size < header.size) return Confidence.No;
    return (await container.read(0, 16)).toString('latin1') === SIGNATURE ? Confidence.Certain : Confidence.No;
  },

  async files(container, own) {
    const tracks = await described(container, await headerOf(container), own);
    return [...new Set(tracks.flatMap(({ names }) => names))].map((name) => ({ name }));
  },

  async open(container, companions) {
    const h = await headerOf(container);
    const warnings: Fault[] = [];
    const all = await described(container, h, companions.own, warnings);
    const { tracks, parts } = await tracksOf(all, companions);
    const facts = {
      discType: MEDIA_TYPES[h.medium] ?? `type ${h.medium}`,
      formatVersion: `${h.major}.${h.minor}`,
    };
    return discMedia({ format: 'mds', tracks, facts, parts, warnings, isAddedUp: false });
  },
};

async function headerOf(container: ByteSource): Promise<Header> {
  const h = header.decode(await container.read(0, Math.min(header.size, container.size)));
  if (h.signature !== SIGNATURE)
    throw new Fault(FaultKind.Corrupt, 'mds/signature', 'the signature of an MDS description is not there');
  if (h.major !== 1) {
    const message = `version ${h.major}.${h.minor} of the description is not read, only 1; later ones are encrypted: convert a copy with the program that made it`;
    throw new Fault(FaultKind.Unsupported, 'mds/version', message, { version: `${h.major}.${h.minor}` });
  }
  if (h.sessionCount === 0 || h.sessionCount > MOST_SESSIONS) {
    const message = `the description says ${h.sessionCount} sessions; a disc has 1 to ${MOST_SESSIONS}`;
    throw new Fault(FaultKind.Corrupt, 'mds/sessions', message, { sessionCount: h.sessionCount });
  }
  return h;
}

/** @throws Fault 'mds/outside' for what lies past the end, 'mds/track' for a number that was there before. */
async function described(container: ByteSource, h: Header, own: string, warnings: Fault[] = []): Promise<Described[]> {
  const tracks: Described[] = [];
  const sessions = await part(container, h.sessionsOffset, h.sessionCount * sessionBlock.size);
  for (let i = 0; i < h.sessionCount; i++) {
    const { number, blockCount, leadInBlockCount, blocksOffset } = sessionBlock.decode(sessions.subarray(i * sessionBlock.size));
    const blocks = await part(container, blocksOffset, blockCount * trackBlock.size);
    const before = tracks.length;
    for (let j = 0; j < blockCount; j++) {
      const block = trackBlock.decode(blocks.subarray(j * trackBlock.size));
      if (block.point < 1 || block.point > 99) continue;
      if (tracks.some((other) => other.block.point === block.point)) {
        const message = `the description has track ${block.point} twice; it is damaged or forged`;
        throw new Fault(FaultKind.Corrupt, 'mds/track', message, { track: block.point });
      }
      const isDvd = h.medium >= FIRST_DVD;
      const sectorCount = isDvd ? block.extraOffset : extra.decode(await part(container, block.extraOffset, extra.size)).length;
      tracks.push({ block, session: number, sectorCount, names: await namesOf(container, block, own) });
    }
    const trackCount = tracks.length - before;
    const toldCount = blockCount - leadInBlockCount;
    if (trackCount !== toldCount) {
      const message = `session ${number} has ${toldCount} tracks by the description, and ${trackCount} of them are described; the others are left out: it is damaged`;
      warnings.push(new Fault(FaultKind.Corrupt, 'mds/track-count', message, { session: number, trackCount, toldCount }));
    }
  }
  if (tracks.length === 0)
    throw new Fault(FaultKind.Corrupt, 'mds/no-track', 'the description has no track; it is damaged or cut');
  return tracks.sort((a, b) => a.block.point - b.block.point);
}

async function namesOf(container: ByteSource, { footerOffset, fileCount, point }: TrackBlock, own: string): Promise<string[]> {
  if (footerOffset === 0) return [besideName(own, 'mdf')];
  if (fileCount > MOST_FILES) {
    const message = `the description says that track ${point} lies in ${fileCount} files; ${MOST_FILES} are the limit`;
    throw new Fault(FaultKind.Corrupt, 'mds/files', message, { track: point, fileCount });
  }
  const names: string[] = [];
  const count = Math.max(1, fileCount);
  const footers = await part(container, footerOffset, count * footer.size);
  for (let i = 0; i < count; i++) {
    const { nameOffset, isWide } = footer.decode(footers.subarray(i * footer.size));
    const bytes = await part(container, nameOffset, Math.min(LONGEST_NAME, Math.max(0, container.size - nameOffset)));
    const text = bytes.toString(isWide === 0 ? 'latin1' : 'utf16le').replace(/\0[^]*$/, '');
    const ending = /^\*\.([A-Za-z0-9]{1,8})$/.exec(text)?.[1];
    names.push(ending === undefined ? bareName(text, 'mds') : besideName(own, ending));
  }
  return names;
}

async function tracksOf(all: readonly Described[], companions: Companions): Promise<{ tracks: Track[]; parts: string[] }> {
  const names = [...new Set(all.flatMap((each) => each.names))];
  const parts = await partsNamed(companions, names, 'mds');
  const tracks = all.map(({ block, session, sectorCount, names: ours }): Track => {
    const { mode, point, stride, lba, dataOffset } = block;
    const word = MODES[mode & 7] ?? '';
    const kind = sectorKind(word, stride);
    if (kind === undefined) {
      const message = `track ${point} is said to be of mode ${mode} with sectors of ${stride} bytes, which are not known`;
      throw new Fault(FaultKind.Unsupported, 'mds/sector-size', message, { track: point, mode, stride });
    }
    const sources = ours.flatMap((name) => parts[names.indexOf(name)]?.source ?? []);
    const [only] = sources;
    const source = sources.length === 1 && only !== undefined ? only : chainSource(sources);
    const label = word === 'AUDIO' ? word : `${word}/${stride}`;
    return { number: point, session, kind, label: escaped(label), lba, sectorCount, source, at: dataOffset, stride };
  });
  return { tracks, parts: parts.map(({ name }) => name) };
}

async function part(container: ByteSource, offset: number, length: number): Promise<Buffer> {
  if (offset + length <= container.size && length > 0) return container.read(offset, length);
  const message = `the description points to bytes ${offset} to ${offset + length} and has ${container.size}; it is cut or damaged`;
  throw new Fault(FaultKind.Truncated, 'mds/outside', message, { offset, length, size: container.size });
}
