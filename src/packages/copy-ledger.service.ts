/** Copies as audits see them: with the size of their package and the anchor of its manifests. */
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, type EntityManager, type FindOptionsWhere, In } from 'typeorm';
import { Fault, FaultKind } from '#ingest/kernel';
import { Copy } from './copy.entity.ts';
import { Package } from './package.entity.ts';

export interface CopyToAudit {
  readonly id: string;
  readonly packageId: string;
  readonly title: string;
  readonly location: string;
  readonly status: string;
  readonly tagManifestSha256: string;
  /** Payload of the package. */
  readonly bytes: number;
  readonly lastCheckedAt: Date | null;
}

@Injectable()
export class CopyLedger {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Never checked first, then oldest check first; spread by id, which says nothing of the place. */
  async find(where: FindOptionsWhere<Copy> | FindOptionsWhere<Copy>[]): Promise<CopyToAudit[]> {
    const copies = await this.database.manager.find(Copy, {
      where,
      order: { lastCheckedAt: { direction: 'ASC', nulls: 'FIRST' }, id: 'ASC' },
    });
    const packages = new Map<string, Package>();
    for (let at = 0; at < copies.length; at += 500) {
      const ids = copies.slice(at, at + 500).map((copy) => copy.packageId);
      for (const row of await this.database.manager.findBy(Package, { id: In(ids) })) packages.set(row.id, row);
    }
    return copies.flatMap((copy) => {
      const row = packages.get(copy.packageId);
      return row === undefined
        ? []
        : [
            {
              id: copy.id,
              packageId: copy.packageId,
              title: row.title,
              location: copy.location,
              status: copy.status,
              tagManifestSha256: row.tagManifestSha256,
              bytes: row.bytes,
              lastCheckedAt: copy.lastCheckedAt,
            },
          ];
    });
  }

  /** @throws Fault 'package/unknown-copy'. */
  async expect(packageId: string, location: string, manager: EntityManager): Promise<Copy> {
    const copy = await manager.findOneBy(Copy, { packageId, location });
    if (copy !== null) return copy;
    throw new Fault(FaultKind.Missing, 'package/unknown-copy', `there is no copy of ${packageId} at ${location}`, {
      packageId,
      location,
    });
  }
}
