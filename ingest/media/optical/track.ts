/** A track of a disc as its sheet has it, and what its own sectors say besides. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { type Header, SectorKind, type SectorRules, edcHolds, headerAt, isForm2 } from './sectors.ts';

export interface Track {
  readonly number: number;
  readonly session: number;
  readonly kind: SectorKind;
  /** As CUE sheets call it: `MODE1/2352`, `AUDIO`. */
  readonly label: string;
  /** Where it begins on the disc (its index 1), in sectors from LBA 0. */
  readonly lba: number;
  /** What the sheet says, or what is left of the file. */
  readonly sectorCount: number;
  /** Where fewer of them can be in the file than fit. */
  readonly storedCount?: number;
  /** Where its first sector lies. */
  readonly source: ByteSource;
  readonly at: number;
  /** From one sector to the next, in bytes. */
  readonly stride: number;
}

/** What the stored bytes of a data track say. */
export interface Look {
  /** Whole sectors that the file has of it. */
  readonly presentCount: number;
  /** Undefined for tracks that are no sectors to unpack. */
  readonly rules: SectorRules | undefined;
  /** Sectors of form 2, and all that were looked at; of mode 2 only. */
  readonly form2: { readonly found: number; readonly seen: number };
}

const SPOTS = 64;
const SECTORS_AT_SPOT = 16;
const HEADER_SPOTS = 5;

/** Sector sizes of each mode. */
const SIZES: Readonly<Record<string, Readonly<Record<number, SectorKind>>>> = {
  AUDIO: { 2352: SectorKind.Audio },
  CDG: { 2448: SectorKind.Audio },
  MODE1: { 2048: SectorKind.Plain, 2352: SectorKind.Raw },
  MODE2: { 2048: SectorKind.Plain, 2324: SectorKind.Form2, 2336: SectorKind.Headless, 2352: SectorKind.Raw },
  CDI: { 2336: SectorKind.Headless, 2352: SectorKind.Raw },
};

/** What a sector of `mode` (`MODE1`, `AUDIO` …) with `stride` bytes holds; undefined for what no program writes. */
export function sectorKind(mode: string, stride: number): SectorKind | undefined {
  const sizes = SIZES[mode] ?? {};
  if (sizes[stride] !== undefined) return sizes[stride];
  // 16 or 96 bytes of subchannel may follow each sector that is whole.
  return stride - 2352 === 96 || stride - 2352 === 16 ? sizes[2352] : undefined;
}

/** @throws Fault 'optical/no-sync' when none of the sectors looked at is one. */
export async function look(track: Track): Promise<Look> {
  const { kind, source, at, stride, sectorCount, storedCount = sectorCount } = track;
  const presentCount = Math.max(0, Math.min(sectorCount, storedCount, Math.floor((source.size - at) / stride)));
  const none = { presentCount, rules: undefined, form2: { found: 0, seen: 0 } };
  if (presentCount === 0 || (kind !== SectorKind.Raw && kind !== SectorKind.Headless)) return none;
  const spots = await read(track, presentCount, HEADER_SPOTS, 1);
  const header = kind === SectorKind.Raw ? agreed(track, spots) : { lba: track.lba, mode: 2 };
  const subheaderAt = kind === SectorKind.Raw ? 16 : 0;
  const hasEdc = spots.some(
    ({ bytes }) => !(header.mode === 2 && isForm2(bytes, subheaderAt)) && edcOf(bytes, header.mode, kind) !== undefined,
  );
  const rules: SectorRules = { kind, stride, mode: header.mode, headerLba: header.lba, hasEdc };
  if (header.mode !== 2) return { ...none, rules };
  let found = 0;
  let seen = 0;
  for (const { bytes } of await read(track, presentCount, SPOTS, SECTORS_AT_SPOT))
    for (let start = 0; start + stride <= bytes.length; start += stride, seen++) if (isForm2(bytes, start + subheaderAt)) found++;
  return { presentCount, rules, form2: { found, seen } };
}

/** An EDC that is wrong is one that is there. */
function edcOf(bytes: Buffer, mode: number, kind: SectorRules['kind']): boolean | undefined {
  return edcHolds(new Int32Array(Uint8Array.from(bytes).buffer), 0, mode, kind);
}

/** Up to `most` sectors at each of at most `spots` places, spread evenly; the last sector is among them. */
async function read(
  track: Track,
  presentCount: number,
  spots: number,
  most: number,
): Promise<{ sector: number; bytes: Buffer }[]> {
  const { source, at, stride } = track;
  const out: { sector: number; bytes: Buffer }[] = [];
  for (let i = 0, end = 0; i < spots; i++) {
    const sector = Math.max(end, Math.floor(((presentCount - 1) * i) / (spots - 1)));
    const count = Math.min(most, presentCount - sector);
    if (count <= 0) break;
    out.push({ sector, bytes: await source.read(at + sector * stride, count * stride) });
    end = sector + count;
  }
  return out;
}

/** The address of the track's first sector and the mode, as most of the sectors have it. */
function agreed(track: Track, spots: readonly { sector: number; bytes: Buffer }[]): Header {
  const votes = new Map<string, { header: Header; count: number }>();
  for (const { sector, bytes } of spots) {
    const header = headerAt(bytes, 0);
    if (header === undefined || (header.mode !== 1 && header.mode !== 2)) continue;
    const lba = header.lba - sector;
    const key = `${lba} ${header.mode}`;
    votes.set(key, { header: { lba, mode: header.mode }, count: (votes.get(key)?.count ?? 0) + 1 });
  }
  const [best] = [...votes.values()].sort((a, b) => b.count - a.count);
  if (best !== undefined) return best.header;
  const message = `none of ${spots.length} sectors of track ${track.number} begins with the sync pattern of a data sector; the sheet calls them ${escaped(track.label)}: it is wrong, or belongs to another image`;
  throw new Fault(FaultKind.Corrupt, 'optical/no-sync', message, { track: track.number, label: track.label });
}
