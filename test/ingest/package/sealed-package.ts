/** A package made as any other: by an ingest, into a location of its own. And ways to damage it. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { v7 as uuidv7 } from 'uuid';
import { VerifyPool } from '#ingest/digest';
import { systemClock } from '#ingest/kernel';
import { openPackage, verifyPackage, type VerifyPosition, type VerifyResult } from '#ingest/package';
import { ingest, type IngestContext, type IngestRequest } from '#ingest/pipeline';
import { openPremisGuard } from '#ingest/premis';
import { openStorage, type Storage } from '#ingest/storage';

export const MIB = 1 << 20;

/** A carrier with a split image and papers, one of them large. */
export function writeCarrier(folder: string): void {
  const image = randomBytes(8 * MIB + 512);
  image.fill(0, 2 * MIB, 3 * MIB + 4096);
  const piece = 3 * MIB + 512;
  for (let number = 1, at = 0; at < image.length; number += 1, at += piece) {
    writeFileSync(join(folder, `disk.00${number}`), image.subarray(at, at + piece));
  }
  writeFileSync(join(folder, 'photograph.jpg'), randomBytes(MIB + 12_345));
  writeFileSync(join(folder, 'letter.txt'), 'Dear Ada,\n');
  writeFileSync(join(folder, 'empty.txt'), '');
  mkdirSync(join(folder, 'papers'));
  for (let paper = 0; paper < 12; paper += 1) writeFileSync(join(folder, 'papers', `${paper} à la mode.txt`), randomBytes(900));
}

export async function withContext<T>(
  storage: Storage,
  use: (context: IngestContext) => Promise<T>,
  more: Partial<IngestContext> = {},
): Promise<T> {
  using guard = await openPremisGuard();
  return await use({
    storage,
    guard,
    clock: systemClock,
    newId: () => uuidv7(),
    agents: [{ name: 'Strongroom', type: 'software', version: '0.1.0', role: 'executing program' }],
    holds: async () => undefined,
    stored: async () => undefined,
    surveyBudgetMs: 60_000,
    signal: undefined,
    onProgress: undefined,
    ...more,
  });
}

export function requestFor(path: string): IngestRequest {
  return { path, title: undefined, accession: undefined, again: false };
}

interface Inventoried {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

export class SealedPackage implements AsyncDisposable {
  readonly id: string;
  readonly storage: Storage;
  readonly anchor: string;
  /** As the catalogue keeps it. */
  readonly inventory: readonly Inventoried[];
  private readonly root: string;
  private readonly pool = new VerifyPool(2);

  private constructor(root: string, storage: Storage, id: string, anchor: string, inventory: readonly Inventoried[]) {
    this.root = root;
    this.storage = storage;
    this.id = id;
    this.anchor = anchor;
    this.inventory = inventory;
  }

  static async make(): Promise<SealedPackage> {
    const root = mkdtempSync(join(tmpdir(), 'sealed-package-'));
    const carrier = join(root, 'carrier');
    mkdirSync(carrier);
    writeCarrier(carrier);
    const storage = await openStorage(pathToFileURL(join(root, 'location')));
    const { id, tagManifestSha256 } = await withContext(storage, (context) => ingest(requestFor(carrier), context));
    const inventory: Inventoried[] = [];
    const opened = await openPackage(storage, id, tagManifestSha256);
    for await (const { path, size, sha256 } of opened.files()) inventory.push({ path, size, sha256 });
    return new SealedPackage(root, storage, id, tagManifestSha256, inventory);
  }

  get folder(): string {
    return join(this.root, 'location/packages', this.id);
  }

  at(path: string): string {
    return join(this.folder, path);
  }

  /** What lies there now. */
  paths(): string[] {
    return readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(this.folder, join(entry.parentPath, entry.name)))
      .toSorted();
  }

  size(path: string): number {
    return statSync(this.at(path)).size;
  }

  hasBlocks(path: string): boolean {
    return this.inventory.some((file) => file.path === `metadata/fixity/${path}.blocks`);
  }

  /** Flips one bit; doing it twice undoes it. */
  flip(path: string, offset: number, bit: number): void {
    const file = openSync(this.at(path), 'r+');
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, offset);
    byte[0]! ^= 1 << bit;
    writeSync(file, byte, 0, 1, offset);
    closeSync(file);
  }

  verify(from?: VerifyPosition, onPosition?: (position: VerifyPosition) => void): Promise<VerifyResult> {
    const { inventory } = this;
    return verifyPackage(this.storage, this.id, {
      tagManifestSha256: this.anchor,
      async *catalogue() {
        yield* inventory;
      },
      from,
      onPosition,
      pool: this.pool,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
