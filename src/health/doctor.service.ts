/** Checks the installation by using it: storage, clock, database, journal, free space; digests and virus scanner by known answers. */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { digestFile, selfTest } from '#ingest/digest';
import { verifyJournal } from '#ingest/journal';
import { type Clock, Fault, FaultKind, wordsOfSystemError } from '#ingest/kernel';
import { isSurveyStage } from '#ingest/pipeline';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { HOME_ACCESS, type HomeAccess } from '../config/home-access.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { SCANNER, type ScannerSource } from '../engine/scanner.ts';
import { EventsService } from '../events/events.service.ts';

export const Checkup = z
  .object({
    ok: z.boolean(),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  })
  .meta({ id: 'Checkup' });
export type Checkup = z.infer<typeof Checkup>;

/** Less room than this and the next ingest is likely to be refused. */
const LITTLE_BYTES = 1 << 30;
/** No clock of a working machine is before the day this was written. */
const EARLIEST = new Date('2026-11-22T00:00:00Z');
const PROBE_SIZE = 1 << 20;

@Injectable()
export class DoctorService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly events: EventsService,
    @Inject(SCANNER) private readonly scanner: ScannerSource,
    @Inject(HOME_ACCESS) private readonly access: HomeAccess,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Every check is made, whatever the others say. */
  async checkup(): Promise<Checkup> {
    const checks = [
      await this.check('digests', () => this.digests()),
      await this.check('clock', () => this.clockIsSane()),
      await this.check('storage', () => this.storageKeeps()),
      await this.check('free space', () => this.freeSpace()),
      await this.check('database', () => this.databaseIsWhole()),
      await this.check('journal', () => this.journalIsWhole()),
      await this.check('staging', () => this.nothingLeft()),
      await this.check('virus scan', () => this.scannerFinds()),
    ];
    return { ok: checks.every(({ ok }) => ok), checks };
  }

  private async check(name: string, look: () => Promise<string>): Promise<Checkup['checks'][number]> {
    try {
      return { name, ok: true, detail: await look() };
    } catch (error) {
      return { name, ok: false, detail: wordsOfSystemError(error) };
    }
  }

  private async digests(): Promise<string> {
    const results = await selfTest();
    const wrong = results.filter(({ ok }) => !ok);
    if (wrong.length > 0)
      throw ill(`wrong answers: ${wrong.map(({ algorithm, detail }) => `${algorithm} (${detail})`).join(', ')}`);
    return `known answers are right: ${results.map(({ algorithm }) => algorithm).join(', ')}`;
  }

  private async clockIsSane(): Promise<string> {
    const now = this.clock.now();
    if (now < EARLIEST) throw ill(`the machine's clock says ${now.toISOString()}; set it`);
    const last = await this.events.lastAt();
    if (last !== undefined && last > now) {
      throw ill(
        `the machine's clock says ${now.toISOString()}, but the last event happened at ${last.toISOString()}; set the clock`,
      );
    }
    return now.toISOString();
  }

  /** Writes, reads back and removes a file where packages are built. */
  private async storageKeeps(): Promise<string> {
    if (this.access === 'read') return 'not tried: another process has the home';
    const name = `doctor-${newId()}`;
    const folder = await this.engine.storage.stage(name);
    try {
      const path = join(folder, 'probe');
      const bytes = randomBytes(PROBE_SIZE);
      await using file = await open(path, 'wx');
      await file.writeFile(bytes);
      await file.sync();
      const { size, digests } = await digestFile(path, ['sha256']);
      if (size !== PROBE_SIZE || digests.sha256 === undefined)
        throw ill(`${PROBE_SIZE} bytes were written, ${size} were read back`);
      return `${PROBE_SIZE} bytes written, fsynced, read back and removed at ${this.engine.storage.place}`;
    } finally {
      await this.engine.storage.dropStage(name);
    }
  }

  private async freeSpace(): Promise<string> {
    const free = await this.engine.storage.freeBytes();
    if (free === undefined) return 'unknown';
    if (free < LITTLE_BYTES) throw ill(`only ${free} bytes are free at ${this.engine.storage.place}`);
    return `${free} bytes free at ${this.engine.storage.place}`;
  }

  private async databaseIsWhole(): Promise<string> {
    const [answer] = await this.database.query<{ quick_check: string }[]>('PRAGMA quick_check(1)');
    if (answer?.quick_check !== 'ok') throw ill(`SQLite says: ${answer?.quick_check ?? 'nothing'}; run "strongroom rebuild"`);
    return 'SQLite quick_check: ok';
  }

  private async journalIsWhole(): Promise<string> {
    const { entries, checkpoint } = await verifyJournal(this.engine.journalFolder, this.engine.journalKeys);
    const applied = await this.events.appliedEntries();
    if (applied !== entries)
      throw ill(`${entries} entries, ${applied} of them in the catalogue; start Strongroom again or run "strongroom rebuild"`);
    const signed =
      checkpoint === undefined ? 'none is signed yet' : `${checkpoint.size} signed as ${checkpoint.origin}, and unchanged`;
    return `${entries} entries, each with the right hash, all in the catalogue; ${signed}`;
  }

  private async nothingLeft(): Promise<string> {
    const staged = await this.engine.storage.staged();
    const left = staged.filter((name) => !isSurveyStage(name));
    if (this.access === 'write' && left.length > 0)
      throw ill(`${left.length} folders are left in staging: ${left.slice(0, 5).join(', ')}`);
    const surveys = staged.length - left.length;
    const goOn = surveys === 0 ? '' : `, ${surveys} surveys that go on`;
    return `${left.length === 0 ? 'empty' : `${left.length} ingests under way`}${goOn}`;
  }

  /** Off is well: nothing is claimed of any file then. */
  private async scannerFinds(): Promise<string> {
    const scanner = this.scanner();
    if (scanner === undefined) return 'off: STRONGROOM_CLAMD is not set';
    const { name, version, signatures, signaturesFrom } = await scanner.version();
    const doubt = await scanner.check();
    if (doubt !== undefined) throw ill(doubt);
    const own = signatures === undefined ? 'signatures of your own' : `signatures ${signatures} (${signaturesFrom ?? 'no date'})`;
    return `${name} ${version} with ${own} at ${scanner.address} finds the EICAR test file, in the largest file too`;
  }
}

function ill(message: string): Fault {
  return new Fault(FaultKind.Unreadable, 'doctor/ill', message);
}
