/** Audits: every byte of a copy against its block digests; resumes where a kill stopped it; each result is an event. */
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, type EntityManager, In } from 'typeorm';
import { z } from 'zod';
import type { Clock } from '#ingest/kernel';
import { type ArchiveEvent, verifyPackage, type VerifyPosition, type VerifyResult } from '#ingest/package';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { insertAll } from '../database/in-batches.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { EventsService } from '../events/events.service.ts';
import { CopyLedger, type CopyToAudit } from '../packages/copy-ledger.service.ts';
import { PackageLocks } from '../packages/package-locks.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { AuditState } from './audit-state.entity.ts';
import { FindingView } from './fixity.dto.ts';
import { PositionKeeper } from './position-keeper.ts';
import { FixityCheck } from './fixity-check.entity.ts';

const AuditFacts = z.object({
  runId: z.string(),
  location: z.string(),
  outcome: z.enum(['ok', 'altered', 'missing', 'extra', 'unreadable']),
  bytes: z.int(),
  findings: z.array(FindingView),
});

/** Findings written into one event; the rest are counted. A copy with more is beyond listing: restore it whole. */
const MOST_FINDINGS = 10_000;

/** An audit that was interrupted goes on within so many days of its start. The slowest takes a day for some TiB. */
const RESUME_DAYS = 7;
const DAY_MS = 86_400_000;

/** Ranges written into one event; the rest are counted. A line of the journal has its limit. */
const MOST_RANGES = 100_000;

export interface AuditOptions {
  readonly runId: string;
  readonly bytesPerSecond?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

export interface AuditReport extends VerifyResult {
  readonly copy: CopyToAudit;
}

@Injectable()
export class FixityService {
  /** One audit of a copy at a time: who asks for a second one gets the first one's answer. */
  private readonly running = new Map<string, Promise<AuditReport>>();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly packages: PackagesService,
    private readonly locks: PackageLocks,
    private readonly ledger: CopyLedger,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
  ) {}

  /** The copies of the named packages, or all; oldest check first. @throws Fault 'package/unknown'. */
  async select(asked: { packages?: readonly string[] | undefined }): Promise<CopyToAudit[]> {
    for (const id of asked.packages ?? []) await this.packages.expect(id);
    return this.ledger.find(asked.packages === undefined ? {} : { packageId: In([...asked.packages]) });
  }

  /**
   * Audits one copy to its end, from where an interrupted audit stopped, and records what it says.
   * @throws Fault when the location does not answer: nothing is recorded then, least of all damage.
   */
  async audit(copy: CopyToAudit, options: AuditOptions): Promise<AuditReport> {
    const other = this.running.get(copy.id);
    if (other !== undefined) return other;
    const mine = this.auditNow(copy, options).finally(() => this.running.delete(copy.id));
    this.running.set(copy.id, mine);
    return mine;
  }

  private async auditNow(copy: CopyToAudit, options: AuditOptions): Promise<AuditReport> {
    using _ = await this.locks.reading(copy.packageId);
    // Not as the copy was listed: the metadata may have been updated while it waited for its turn.
    const { tagManifestSha256 } = await this.packages.expect(copy.packageId);
    const state = await this.positionOf(copy);
    const startedAt = state?.startedAt ?? this.clock.now();
    const keeper = new PositionKeeper(async (position) => {
      await this.database.manager.upsert(AuditState, { copyId: copy.id, startedAt, position: position as never }, ['copyId']);
    });
    const result = await verifyPackage(this.engine.storage, copy.packageId, {
      tagManifestSha256,
      catalogue: () => this.packages.inventory(copy.packageId),
      from: state === null ? undefined : (state.position as VerifyPosition),
      bytesPerSecond: options.bytesPerSecond,
      signal: options.signal,
      onBytes: options.onBytes,
      onPosition: (position) => keeper.keep(position),
    });
    await keeper.settled();
    await this.record(copy, result, options.runId);
    return { ...result, copy };
  }

  /** The metadata of a package was updated: what an interrupted audit found in it may not be so any more. */
  async beginAnew(packageId: string, manager: EntityManager): Promise<void> {
    for (const { id } of await this.ledger.find({ packageId })) await manager.delete(AuditState, { copyId: id });
  }

  /** Where an interrupted audit stopped; one that began long ago is begun anew: what it read may have changed since. */
  private async positionOf(copy: CopyToAudit): Promise<AuditState | null> {
    const state = await this.database.manager.findOneBy(AuditState, { copyId: copy.id });
    const oldest = this.clock.now().getTime() - RESUME_DAYS * DAY_MS;
    return state !== null && state.startedAt.getTime() < oldest ? null : state;
  }

  /** Rows of an audit's event; also when the journal is replayed. */
  async apply(event: ArchiveEvent, manager: EntityManager): Promise<void> {
    const { runId, location, outcome, bytes, findings } = AuditFacts.parse(event.facts);
    const copy = await this.ledger.expect(event.packageId ?? '', location, manager);
    const base = { copyId: copy.id, runId, checkedAt: event.at, bytes };
    const rows = findings.map((finding) => ({ ...base, id: newId(), ...finding }));
    if (rows.length === 0)
      rows.push({ ...base, id: newId(), path: '', outcome: outcome as never, ranges: [], detail: event.detail });
    await insertAll(manager, FixityCheck, rows, (row) => ({ ...row, path: row.path === '' ? null : row.path }));
    await this.packages.markCopy(copy.id, outcome, event.at, manager);
    await manager.delete(AuditState, { copyId: copy.id });
  }

  private async record(copy: CopyToAudit, result: VerifyResult, runId: string): Promise<void> {
    const { outcome, findings, checkedBytes, checkedFiles } = result;
    const shown = shownOf(findings);
    const ok = outcome === 'ok';
    const event: ArchiveEvent = {
      id: newId(),
      type: 'fixity check',
      at: this.clock.now(),
      outcome: ok ? 'success' : 'fail',
      detail: ok
        ? `${checkedFiles} files, ${checkedBytes} bytes of the copy at ${copy.location} are as sealed`
        : `${outcome}: ${findings.length} of ${checkedFiles} files of the copy at ${copy.location} are not as sealed`,
      notes: shown.slice(0, 100).map((finding) => noteOf(finding)),
      agents: this.agents,
      packageId: copy.packageId,
      facts: { kind: 'audit', runId, location: copy.location, outcome, bytes: checkedBytes, findings: shown },
    };
    await this.events.record(event, (each, manager) => this.apply(each, manager));
  }
}

function shownOf(findings: VerifyResult['findings']): VerifyResult['findings'] {
  let room = MOST_RANGES;
  return findings.slice(0, MOST_FINDINGS).map((finding) => {
    const ranges = finding.ranges.slice(0, room);
    room -= ranges.length;
    const left = finding.ranges.length - ranges.length;
    return left === 0 ? finding : { ...finding, ranges, detail: `${finding.detail}; and ${left} more ranges` };
  });
}

function noteOf({ path, outcome, ranges, detail }: FindingView | VerifyResult['findings'][number]): string {
  const where = ranges.slice(0, 20).map(({ offset, length }) => `bytes ${offset} to ${offset + length - 1}`);
  return `${path}: ${outcome}${where.length > 0 ? ` (${where.join(', ')}${ranges.length > 20 ? ' …' : ''})` : ''}; ${detail}`;
}
