/** A volume group as its text tells it: its logical volumes, and where they lie on one disk of it. */
import type { Range } from '../../media/index.ts';
import { shownName } from '../rows.ts';
import type { Section, Value } from './text.ts';

const SECTOR = 512;
const MOST_VOLUMES = 4096;

export interface LogicalVolume {
  readonly name: string;
  readonly id: string;
  readonly size: number;
  /** Where it lies; undefined when it is not one piece of this disk. */
  readonly range: Range | undefined;
  /** Of its segments: `linear`, `striped`, `thin`, `raid1` … */
  readonly kinds: readonly string[];
}

export interface Group {
  readonly name: string;
  readonly id: string;
  readonly extentSize: number;
  readonly diskCount: number;
  /** Those that people see; parts of others (pools, legs of a mirror) are not among them. */
  readonly volumes: readonly LogicalVolume[];
}

/** @param diskId of the physical volume that the ranges are of, without hyphens. Undefined where the text tells no group. */
export function groupOf(text: Section, diskId: string): Group | undefined {
  const found = Object.entries(text).find(([, value]) => isSection(value) && 'extent_size' in value);
  if (found === undefined || !isSection(found[1])) return undefined;
  const [name, group] = found;
  const extentSize = numberOf(group['extent_size']) * SECTOR;
  const disks = Object.entries(sectionOf(group['physical_volumes']));
  const disk = disks.find(([, each]) => isSection(each) && bare(each['id']) === diskId);
  const start = disk === undefined || !isSection(disk[1]) ? undefined : numberOf(disk[1]['pe_start']) * SECTOR;
  const volumes = Object.entries(sectionOf(group['logical_volumes']))
    .slice(0, MOST_VOLUMES)
    .flatMap(([each, volume]) => {
      if (!isSection(volume) || !listOf(volume['status']).includes('VISIBLE')) return [];
      return [volumeOf(each, volume, extentSize, disk?.[0], start)];
    });
  return { name, id: textOf(group['id']), extentSize, diskCount: disks.length, volumes };
}

function volumeOf(
  name: string,
  volume: Section,
  extentSize: number,
  disk: string | undefined,
  start: number | undefined,
): LogicalVolume {
  const segments = Object.entries(volume)
    .flatMap(([key, value]) => (/^segment\d+$/.test(key) && isSection(value) ? [value] : []))
    .toSorted((a, b) => numberOf(a['start_extent']) - numberOf(b['start_extent']));
  let extentCount = 0;
  let first: number | undefined;
  let isOnePiece = segments.length > 0 && start !== undefined && extentSize > 0;
  const kinds = new Set<string>();
  for (const segment of segments) {
    const isLinear = segment['type'] === 'striped' && segment['stripe_count'] === 1;
    kinds.add(isLinear ? 'linear' : textOf(segment['type']));
    const [on, at] = listOf(segment['stripes']);
    const place = typeof at === 'number' ? at : 0;
    first ??= place;
    isOnePiece &&= isLinear && on === disk && typeof at === 'number' && place === first + extentCount;
    isOnePiece &&= numberOf(segment['start_extent']) === extentCount;
    extentCount += numberOf(segment['extent_count']);
  }
  const size = extentCount * extentSize;
  const range =
    isOnePiece && start !== undefined && first !== undefined ? { offset: start + first * extentSize, length: size } : undefined;
  return { name, id: textOf(volume['id']), size, range, kinds: [...kinds] };
}

function isSection(value: Value | undefined): value is Section {
  return typeof value === 'object' && !Array.isArray(value);
}

function sectionOf(value: Value | undefined): Section {
  return isSection(value) ? value : {};
}

/** Whole and exact, or 0. */
function numberOf(value: Value | undefined): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 43 ? value : 0;
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? shownName(value) : '';
}

function listOf(value: Value | undefined): readonly (string | number)[] {
  return Array.isArray(value) ? (value as readonly (string | number)[]) : [];
}

function bare(value: Value | undefined): string {
  return textOf(value).replaceAll('-', '');
}
