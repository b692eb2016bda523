/**
 * The cases of the file-systems suite: what lies in test/fixtures/filesystems/<format>/, made by the recipes there.
 *
 * `<case>.img.gz` is a volume, `<case>.truth.json` (or `.truth.json.gz`) what another program says of it: see `Truth`.
 * Only what the truth states is compared; but every allocated entry must be in it, and nothing else.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const fixtures = new URL('../fixtures/filesystems/', import.meta.url);

export interface TruthEntry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'character' | 'block' | 'pipe' | 'socket' | 'whiteout';
  /** Of the data, in bytes. */
  readonly size?: number;
  readonly sha256?: string;
  readonly md5?: string;
  readonly target?: string;
  readonly mode?: number;
  readonly ownerId?: number;
  readonly groupId?: number;
  readonly linkCount?: number;
  readonly attributes?: readonly string[];
  readonly facts?: Readonly<Record<string, string | number>>;
  /** RFC 3339 as in `Stamp.text`, by name as in `Stamps`. */
  readonly times?: Readonly<Record<string, string>>;
  /** By `<kind>` for the resource fork, `<kind>:<name>` for others. */
  readonly streams?: Readonly<Record<string, { readonly size: number; readonly sha256?: string; readonly md5?: string }>>;
}

export interface Truth {
  /** Which programs said so. */
  readonly by: string;
  /** Of what is recognised only: `FileSystem.format`, which elsewhere is the id. */
  readonly format?: string;
  readonly type?: string;
  readonly label?: string;
  readonly serial?: string;
  /** False for file systems that are recognised only. */
  readonly isListed?: boolean;
  readonly isEncrypted?: boolean;
  /** In bytes, by its own count. */
  readonly size?: number;
  readonly blockSize?: number;
  /** Some of `FileSystem.facts`. */
  readonly facts?: Readonly<Record<string, string | number>>;
  /** Allocated entries, in any order. */
  readonly entries: readonly TruthEntry[];
  /** Deleted entries that must be among those found; others may be. */
  readonly deleted?: readonly TruthEntry[];
  /** Codes of Faults that the listing must tell. */
  readonly faults?: readonly string[];
}

export interface FileSystemCase {
  readonly name: string;
  readonly volume: Buffer;
  readonly truth: Truth;
}

export function casesOf(id: string): FileSystemCase[] {
  const folder = new URL(`${id}/`, fixtures);
  if (!existsSync(folder)) return [];
  const images = readdirSync(folder).filter((file) => file.endsWith('.img.gz'));
  return images.toSorted().map((file) => {
    const name = file.slice(0, -'.img.gz'.length);
    return { name, volume: gunzipSync(readFileSync(new URL(file, folder))), truth: truthOf(folder, name) };
  });
}

function truthOf(folder: URL, name: string): Truth {
  const plain = new URL(`${name}.truth.json`, folder);
  const packed = new URL(`${name}.truth.json.gz`, folder);
  const text = existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(packed));
  return JSON.parse(text.toString('utf8')) as Truth;
}
