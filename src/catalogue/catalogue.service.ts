/** Finds packages and accessions by words, and files by digest. */
import { Injectable } from '@nestjs/common';
import { cursorOf, readCursor } from '../common/paging.ts';
import { PackagesService } from '../packages/packages.service.ts';
import type { Hit, Hits, SearchQuery } from './catalogue.dto.ts';
import { SearchPort } from './search.port.ts';

/** Hex of MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512. */
const DIGEST = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i;

@Injectable()
export class CatalogueService {
  constructor(
    private readonly search: SearchPort,
    private readonly packages: PackagesService,
  ) {}

  /** Best first. @throws Fault 'paging/wrong-cursor'. */
  async find({ q, limit, after }: SearchQuery): Promise<Hits> {
    const offset = after === undefined ? 0 : Number(readCursor(after, 1)[0]);
    const digest = q.trim().toLowerCase();
    if (DIGEST.test(digest) && offset === 0) {
      const files = await this.packages.filesWith(digest, limit);
      const media = await this.packages.withMedium(digest, limit);
      const hits = [...media.map((each, _, all) => mediumHit(each, digest, all)), ...files.map((file) => fileHit(file, digest))];
      if (hits.length > 0) return { hits: hits.slice(0, limit) };
    }
    const found = await this.search.find(q, limit + 1, offset);
    const hits = found.slice(0, limit).map(
      (each): Hit => ({
        kind: each.kind,
        package: each.packageId ?? null,
        accession: each.accession ?? null,
        title: each.title,
        path: null,
        snippet: each.snippet,
      }),
    );
    return found.length > limit ? { hits, next: cursorOf([offset + limit]) } : { hits };
  }
}

/** The disk inside a package; where others hold the same, each is told of them. */
function mediumHit(
  { id, title, accession }: { id: string; title: string; accession: string | null },
  digest: string,
  all: readonly { readonly id: string }[],
): Hit {
  const others = all.filter((other) => other.id !== id).map((other) => other.id);
  const same = others.length === 0 ? '' : `; same medium as ${others.slice(0, 5).join(', ')}${others.length > 5 ? ' …' : ''}`;
  return { kind: 'package', package: id, accession, title, path: null, snippet: `«${digest}» of the disk inside${same}` };
}

function fileHit(file: { packageId: string; title: string; accession: string | null; path: string }, digest: string): Hit {
  const { packageId, title, accession, path } = file;
  return { kind: 'file', package: packageId, accession, title, path, snippet: `«${digest}»` };
}
