/** Programs that list and read the files of file systems: which of them read which, and what they say. */
import { createHash } from 'node:crypto';
import { closeSync, copyFileSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import { has } from '../ingest/media/tools.ts';
import { EMPTY, type Listing, rawUnpackedListing, unpackedListing } from './listing.ts';

export interface Peer {
  readonly name: string;
  readonly tools: readonly string[];
  /** Ids of our formats that it reads. */
  readonly reads: readonly string[];
  /** It tells names as bytes, not as text: `OurListing.rawFiles` is compared. */
  readonly isRaw?: true;
  /** Formats of which it shows other names than we do: only contents are compared. */
  readonly otherNames?: readonly string[];
  /** @param offset of the volume in the image. @param scratch an empty folder. @throws when the program fails. */
  list(image: string, offset: number, format: string, scratch: string): Listing;
}

export const isThere = ({ tools }: Peer): boolean => tools.every((tool) => has(tool));

const environment = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC', MTOOLS_SKIP_CHECK: '1' };

function capture(tool: string, args: readonly string[], cwd?: string, more: Record<string, string> = {}): Buffer {
  return execFileSync(tool, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
    env: { ...environment, ...more },
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** What it lists besides: labels and structures. */
const MADE_UP =
  / \(Volume Label Entry\)$|^\$(?:ALLOC_BITMAP|UPCASE_TABLE|ExtentsFile|CatalogFile|BadBlockFile|AllocationFile|StartupFile|AttributesFile|MBR|FAT1|FAT2|OrphanFiles)$/;

/** Its own files of an NTFS volume and what it makes up (`$OrphanFiles`, `$FAT1`) are left out by `name_type` 'v'. */
const sleuthkit: Peer = {
  name: 'The Sleuth Kit',
  tools: ['fiwalk'],
  reads: ['fat', 'exfat', 'ntfs', 'ext', 'iso9660', 'hfsplus'],
  // Joliet, or the short names.
  otherNames: ['iso9660'],
  list(image, offset, format, scratch) {
    const own = format === 'iso9660' ? withoutPartitions(image, scratch) : image;
    const text = capture('fiwalk', ['-x', '-O', '-G0', own]).toString('utf8');
    const found = new Map<string, string>();
    for (const volume of text.split("<volume offset='").slice(1)) {
      if (Number.parseInt(volume, 10) !== offset) continue;
      for (const object of volume.split('<fileobject>').slice(1)) {
        const tag = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(object)?.[1];
        const path = unescaped(tag('filename') ?? '').normalize('NFC');
        if (/(?:^|\/)\.{1,2}$/.test(path) || tag('name_type') === 'v' || MADE_UP.test(path)) continue;
        // HFS+ has the type in the file's record alone.
        const isDirectory = tag('meta_type') === '2';
        const isFile = tag('meta_type') === '1';
        const size = Number(tag('filesize'));
        const md5 = /<hashdigest type='md5'>([0-9a-f]{32})/.exec(object)?.[1] ?? (size === 0 ? EMPTY : 'no digest');
        if (isDirectory || isFile) found.set(path, isDirectory ? 'directory' : `${size} ${md5}`);
      }
    }
    return found;
  },
};

/** A disc that boots from other carriers too has a partition table, and fiwalk would look into its partitions only. */
function withoutPartitions(image: string, scratch: string): string {
  const copy = join(scratch, 'disc');
  copyFileSync(image, copy);
  const fd = openSync(copy, 'r+');
  writeSync(fd, Buffer.alloc(2), 0, 2, 510);
  closeSync(fd);
  return copy;
}

function unescaped(text: string): string {
  const names: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return text.replaceAll(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => names[name] ?? '');
}

const mtools: Peer = {
  name: 'mtools',
  tools: ['mcopy'],
  reads: ['fat'],
  list(image, offset, _, scratch) {
    capture('mcopy', ['-s', '-n', '-i', `${image}@@${offset}`, '::/', scratch]);
    return unpackedListing(scratch);
  },
};

const sevenZip: Peer = {
  name: '7-Zip',
  tools: ['7zz'],
  reads: ['fat', 'ntfs', 'ext', 'iso9660', 'hfsplus', 'udf'],
  list(image, offset, format, scratch) {
    const types: Record<string, string> = { fat: 'FAT', ntfs: 'NTFS', ext: 'Ext', iso9660: 'Iso', hfsplus: 'HFS', udf: 'Udf' };
    spawnSync('7zz', ['x', '-y', `-t${types[format]}`, '-bb0', `-o${scratch}`, image], { env: environment });
    return new Map([...unpackedListing(scratch)].flatMap(([path, what]) => asWeSay(path, what, format)));
  },
};

/** Boot images and nameless files stand apart; structures of NTFS lie in a folder of their own, all of HFS+ in one called like the volume; streams are files. */
function asWeSay(path: string, what: string, format: string): [string, string][] {
  if (format === 'hfsplus') return path.includes('/') ? [[path.slice(path.indexOf('/') + 1), what]] : [];
  if (format === 'ntfs') return path.startsWith('[SYSTEM]') || path.includes(':') ? [] : [[path, what]];
  return path.startsWith('[BOOT]') || path.startsWith('[UNKNOWN]') ? [] : [[path, what]];
}

const xorriso: Peer = {
  name: 'xorriso',
  tools: ['xorriso'],
  reads: ['iso9660'],
  list(image, _, __, scratch) {
    capture('xorriso', [
      '-abort_on',
      'FATAL',
      '-return_with',
      'FATAL',
      '32',
      '-indev',
      `stdio:${image}`,
      '-osirrox',
      'on:auto_chmod_on',
      '-extract',
      '/',
      join(scratch, 'x'),
    ]);
    return unpackedListing(join(scratch, 'x'));
  },
};

const debugfs: Peer = {
  name: 'debugfs',
  tools: ['debugfs'],
  reads: ['ext'],
  isRaw: true,
  list(image, _, __, scratch) {
    capture('debugfs', ['-R', `rdump / ${scratch}`, image]);
    return rawUnpackedListing(scratch);
  },
};

/** hfsutils takes names as patterns. */
const escapedForHfs = (path: string): string => path.replaceAll(/[\\*?[\]{}]/g, '\\$&');

/** With arguments that are bytes, one character each, which a process does not take otherwise: as octal for printf. */
function inShell(tool: string, args: readonly string[], scratch: string): string {
  const octal = (text: string): string =>
    [...Buffer.from(text, 'latin1')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const words = args.map((text) => `"$(printf '${octal(text)}')"`).join(' ');
  return capture('sh', ['-c', `${tool} ${words}`], scratch, { HOME: scratch }).toString('latin1');
}

const hfsutils: Peer = {
  name: 'hfsutils',
  tools: ['hmount', 'hls', 'hcopy'],
  reads: ['hfs'],
  isRaw: true,
  list(image, _, __, scratch) {
    const home = { HOME: scratch };
    capture('hmount', [image], scratch, home);
    const found = new Map<string, string>();
    const bytes = (tool: string, ...args: string[]): string => inShell(tool, args, scratch);
    const walk = (folder: string, above: string): void => {
      const lines = bytes('hls', '-1aFNU', folder)
        .split('\n')
        .filter((line) => line !== '');
      for (const line of lines) {
        const name = line.replace(/[:*]$/, '');
        const key = above === '' ? name : `${above}\0${name}`;
        if (line.endsWith(':')) {
          found.set(key, 'directory');
          walk(`${folder}${name}:`, key);
        } else {
          bytes('hcopy', '-r', escapedForHfs(`${folder}${name}`), 'out');
          const data = readFileSync(join(scratch, 'out'));
          found.set(key, `${data.length} ${createHash('md5').update(data).digest('hex')}`);
          rmSync(join(scratch, 'out'));
        }
      }
    };
    walk(':', '');
    return found;
  },
};

export const PEERS: readonly Peer[] = [sleuthkit, mtools, sevenZip, xorriso, debugfs, hfsutils];
