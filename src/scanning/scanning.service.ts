/** Virus scans of packages: every file inside the disk and beside it goes to a scanner; nothing is changed, what it says is an event. */
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { type Clock, Fault, FaultKind, type Progress } from '#ingest/kernel';
import type { Media } from '#ingest/media';
import { type ArchiveEvent, packageKey } from '#ingest/package';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { SCANNER, type ScannerSource } from '../engine/scanner.ts';
import { EventsService } from '../events/events.service.ts';
import { FilePlaces } from '../files/file-places.service.ts';
import { MediumService } from '../packages/medium.service.ts';
import { PackageLocks } from '../packages/package-locks.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { byFileSystem, byRuns, mustBeAsked, type OnDisk } from './files-to-scan.ts';
import { type FileToScan, ScanRun } from './scan-run.ts';
import { ScanRows } from './scan-rows.ts';
import { inWords, scannerInWords, ScanSummary } from './scan-summary.ts';
import type { ScanView } from './scanning.dto.ts';

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

const ScanFacts = z.object({ runId: z.string(), startedAt: z.iso.datetime(), summary: ScanSummary });

/** A scan that was stopped goes on within so many days of its start: then other signatures are there. */
const RESUME_DAYS = 7;
const DAY_MS = 86_400_000;
/** Files that wait to be found by their file system in one go. */
const MOST_WAITING = 50_000;
const FILES_AT_ONCE = 500;
/** Infected files that the event names to people. */
const MOST_TOLD = 100;

@Injectable()
export class ScanningService {
  /** One scan of a package at a time: who asks for a second one gets the first one's answer. */
  private readonly running = new Map<string, Promise<ScanView>>();

  constructor(
    @Inject(SCANNER) private readonly scanner: ScannerSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly rows: ScanRows,
    private readonly packages: PackagesService,
    private readonly locks: PackageLocks,
    private readonly places: FilePlaces,
    private readonly medium: MediumService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
  ) {}

  get isConfigured(): boolean {
    return this.scanner() !== undefined;
  }

  /** @throws Fault 'package/unknown'. */
  async view(packageId: string): Promise<ScanView> {
    await this.packages.expect(packageId);
    const latest = await this.rows.latest(packageId);
    const done = latest === null || latest.endedAt !== null ? latest : await this.rows.latestDone(packageId);
    return {
      package: packageId,
      state: latest === null ? 'never' : latest.endedAt === null ? 'unfinished' : 'done',
      startedAt: latest?.startedAt.toISOString() ?? null,
      endedAt: latest?.endedAt?.toISOString() ?? null,
      summary: done?.summary ?? null,
    };
  }

  /** @throws Fault 'scanning/off' when no scanner is configured. */
  mustBeConfigured(): void {
    if (this.isConfigured) return;
    const message =
      'no virus scanner is configured; set STRONGROOM_CLAMD to where a clamd listens, such as unix:/run/clamav/clamd.ctl';
    throw new Fault(FaultKind.Refused, 'scanning/off', message);
  }

  /**
   * Scans a package to its end, from where a stopped scan was, and records what was found.
   * @throws Fault 'scanning/off', 'package/unknown'; 'scanning/unreachable'; 'scanning/went-away' in the middle: what was judged by then is kept.
   */
  async scan(packageId: string, options: ScanOptions = {}): Promise<ScanView> {
    const other = this.running.get(packageId);
    if (other !== undefined) return other;
    const mine = this.scanNow(packageId, options).finally(() => this.running.delete(packageId));
    this.running.set(packageId, mine);
    return mine;
  }

  private async scanNow(packageId: string, { signal, onProgress }: ScanOptions): Promise<ScanView> {
    this.mustBeConfigured();
    const scanner = this.scanner();
    if (scanner === undefined) throw new RangeError('the scanner went away');
    await this.packages.expect(packageId);
    using _ = await this.locks.reading(packageId);
    const version = await scanner.version();
    const { id: scanId, runId, startedAt } = await this.begun(packageId);
    const beside = await this.beside(packageId);
    const totalBytes = beside.reduce((sum, { size }) => sum + size, await this.places.bytes(packageId));
    const run = new ScanRun(scanner, version, this.rows, this.clock, { scanId, totalBytes, signal, onProgress });
    for (let at = 0; at < beside.length; at += FILES_AT_ONCE)
      await run.judge(await run.left(beside.slice(at, at + FILES_AT_ONCE)));
    await this.inside(packageId, run);
    const summary = await this.rows.summary(scanId, await this.places.gaps(packageId), run.version);
    await this.record(packageId, runId, startedAt, summary);
    return await this.view(packageId);
  }

  private async inside(packageId: string, run: ScanRun): Promise<void> {
    let borrowed: ({ readonly media: Media } & AsyncDisposable) | undefined;
    let waiting: OnDisk[] = [];
    try {
      for await (const page of this.places.of(packageId)) {
        const files = await run.left(page.map(({ id, place }) => ({ id, place, size: place.size })));
        if (files.length === 0) continue;
        borrowed ??= await this.medium.borrow(packageId);
        const { media } = borrowed;
        const isOther = waiting[0] !== undefined && waiting[0].place.number !== files[0]?.place.number;
        if (isOther || waiting.length > MOST_WAITING) {
          await run.judge(byFileSystem(waiting, media), 1);
          waiting = [];
        }
        waiting.push(...files.filter((file) => mustBeAsked(file, media)));
        const others = files.filter((file) => !mustBeAsked(file, media));
        await run.judge(byRuns(others, media));
      }
      if (borrowed !== undefined) await run.judge(byFileSystem(waiting, borrowed.media), 1);
    } finally {
      await borrowed?.[Symbol.asyncDispose]();
    }
  }

  /** What came with the disk, or is the package's content itself. */
  private async beside(packageId: string): Promise<FileToScan[]> {
    const files: FileToScan[] = [];
    const { storage } = this.engine;
    for await (const { id, path, size, role } of this.packages.inventory(packageId)) {
      if (role !== 'submission') continue;
      files.push({
        id,
        size,
        async *bytes() {
          await using object = await storage.open(`${packageKey(packageId)}/${path}`);
          for await (const piece of object.stream()) yield piece as Buffer;
        },
      });
    }
    return files;
  }

  /** The scan that was stopped, if it is not too old, or a new one. */
  private async begun(packageId: string): Promise<{ id: number; runId: string; startedAt: Date }> {
    const latest = await this.rows.latest(packageId);
    const now = this.clock.now();
    if (latest !== null && latest.endedAt === null && latest.startedAt.getTime() > now.getTime() - RESUME_DAYS * DAY_MS)
      return latest;
    const runId = newId();
    return { id: await this.rows.begin(runId, packageId, now), runId, startedAt: now };
  }

  private async record(packageId: string, runId: string, startedAt: Date, summary: ScanSummary): Promise<void> {
    const { infected, infectedFiles, reasons, gaps, scanners, clean, files } = summary;
    const event: ArchiveEvent = {
      id: newId(),
      type: 'virus check',
      at: this.clock.now(),
      outcome: infected > 0 ? 'fail' : clean === files && gaps.length === 0 ? 'success' : 'warning',
      detail: `${inWords(summary)}, by ${scanners.map(scannerInWords).join(' and ')}`,
      notes: [
        ...infectedFiles
          .slice(0, MOST_TOLD)
          .map(({ volume, path, found }) => `"${path}"${volume === null ? '' : ` in volume ${volume} of the disk`}: ${found}`),
        ...(infected > MOST_TOLD ? [`and ${infected - MOST_TOLD} more infected files`] : []),
        ...reasons.map((each) => `${each.files} not scanned, because ${each.because}`),
        ...gaps,
      ],
      agents: [
        ...this.agents,
        ...scanners.map(
          ({ name, version, signatures }) =>
            ({
              name,
              type: 'software',
              version: signatures === null ? version : `${version}/${signatures}`,
              role: 'executing program',
            }) as const,
        ),
      ],
      packageId,
      facts: { kind: 'scan', runId, startedAt: startedAt.toISOString(), summary },
    };
    await this.events.record(event, (each, manager) => this.apply(each, manager));
  }

  /** Rows of a scan's event; also when the journal is replayed. */
  async apply(event: ArchiveEvent, manager: EntityManager): Promise<void> {
    const { runId, startedAt, summary } = ScanFacts.parse(event.facts);
    const packageId = event.packageId ?? '';
    await this.rows.end({ runId, packageId, startedAt: new Date(startedAt), endedAt: event.at, summary }, manager);
  }

  /**
   * Marks the infected files that the journal names, after the catalogue was made anew, or the list of one package's files: of the others nothing
   * is said until the next scan.
   */
  async restore(ofPackage?: string): Promise<void> {
    for (const { id: scanId, packageId, endedAt, summary } of await this.rows.unmarked(ofPackage)) {
      const scanner = summary?.scanners.at(-1);
      if (summary === null || scanner === undefined || endedAt === null || summary.infectedFiles.length === 0) continue;
      const { signatures, signaturesFrom, ...named } = scanner;
      const version = { ...named, signatures: signatures ?? undefined, signaturesFrom: signaturesFrom ?? undefined };
      const scannerId = await this.rows.scanner(version);
      const files = [];
      for (const { volume, path, stream, found } of summary.infectedFiles) {
        const id =
          volume === null ? await this.packages.fileId(packageId, path) : await this.places.idOf(packageId, volume, path, stream);
        if (id !== undefined) files.push({ id, verdict: { outcome: 'infected', found } as const, at: endedAt });
      }
      if (files.length > 0) await this.rows.add(scanId, scannerId, files);
    }
  }
}
