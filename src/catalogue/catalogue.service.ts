/** Finds packages and accessions by words, and files by digest. */
import { Injectable } from '@nestjs/common';
import { cursorOf, readCursor } from '../common/paging.ts';
import { FilesService } from '../files/files.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import type { Hit, Hits, SearchQuery } from './catalogue.dto.ts';
import { SearchPort } from './search.port.ts';

type DiskFileView = Awaited<ReturnType<FilesService['find']>>['items'][number];

/** Hex of MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512. */
const DIGEST = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i;

@Injectable()
export class CatalogueService {
  constructor(
    private readonly search: SearchPort,
    private readonly packages: PackagesService,
    private readonly files: FilesService,
  ) {}

  /** Best first: packages and accessions, then files inside disks. @throws Fault 'paging/wrong-cursor'. */
  async find({ q, limit, after, known }: SearchQuery): Promise<Hits> {
    const cursor = after === undefined ? [0] : readCursor(after, 1, 2);
    const digest = q.trim().toLowerCase();
    if (DIGEST.test(digest) && after === undefined) {
      const files = await this.packages.filesWith(digest, limit);
      const media = await this.packages.withMedium(digest, limit);
      const inside = digest.length <= 64 ? await this.files.withDigest(digest, limit) : [];
      const hits = [
        ...media.map((each, _, all) => mediumHit(each, digest, all)),
        ...files.map((file) => fileHit(file, digest)),
        ...inside.filter(wanted(known)).map((file) => insideHit(file, `«${digest}»`)),
      ];
      if (hits.length > 0) return { hits: hits.slice(0, limit) };
    }
    if (cursor.length === 2) return this.filesNamed({ q, known }, limit, String(cursor[1]), []);
    const offset = Number(cursor[0]);
    const found = await this.search.find(q, limit + 1, offset);
    const hits = found.slice(0, limit).map(
      (each): Hit => ({
        kind: each.kind,
        package: each.packageId ?? null,
        accession: each.accession ?? null,
        title: each.title,
        path: null,
        volume: null,
        deleted: false,
        known: false,
        snippet: each.snippet,
      }),
    );
    if (found.length > limit) return { hits, next: cursorOf([offset + limit]) };
    return this.filesNamed({ q, known }, limit, undefined, hits);
  }

  /** Fills a page up with files inside disks. */
  private async filesNamed(
    query: Pick<SearchQuery, 'q' | 'known'>,
    limit: number,
    after: string | undefined,
    before: readonly Hit[],
  ): Promise<Hits> {
    const left = Math.max(1, limit - before.length);
    const { items, next } = await this.files.find({ ...query, limit: left, ...(after === undefined ? {} : { after }) });
    const hits = [...before, ...items.map((file) => insideHit(file, file.path))];
    return next === undefined ? { hits } : { hits, next: cursorOf(['files', next]) };
  }
}

/** Who names a digest means that very file, known or not, unless told otherwise. */
function wanted(known: SearchQuery['known']): (file: DiskFileView) => boolean {
  return (file) => known === undefined || known === 'include' || (file.known !== null) === (known === 'only');
}

/** The disk inside a package; where others hold the same, each is told of them. */
function mediumHit(
  { id, title, accession }: { id: string; title: string; accession: string | null },
  digest: string,
  all: readonly { readonly id: string }[],
): Hit {
  const others = all.filter((other) => other.id !== id).map((other) => other.id);
  const same = others.length === 0 ? '' : `; same medium as ${others.slice(0, 5).join(', ')}${others.length > 5 ? ' …' : ''}`;
  return {
    kind: 'package',
    package: id,
    accession,
    title,
    path: null,
    volume: null,
    deleted: false,
    known: false,
    snippet: `«${digest}» of the disk inside${same}`,
  };
}

function fileHit(file: { packageId: string; title: string; accession: string | null; path: string }, digest: string): Hit {
  const { packageId, title, accession, path } = file;
  return {
    kind: 'file',
    package: packageId,
    accession,
    title,
    path,
    volume: null,
    deleted: false,
    known: false,
    snippet: `«${digest}»`,
  };
}

function insideHit({ package: id, accession, packageTitle, path, volume, deleted, known }: DiskFileView, snippet: string): Hit {
  return { kind: 'file', package: id, accession, title: packageTitle, path, volume, deleted, known: known !== null, snippet };
}
