/** Sets of known files: added whole or not at all, listed, removed; the files inside disks follow. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { type Clock, Fault, FaultKind, type Progress } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { HOME_ACCESS, type HomeAccess } from '../config/home-access.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { DigestSorter } from './digest-sorter.ts';
import { KnownDigests } from './known-digests.port.ts';
import { type KnownFile, openKnownFile } from './known-file.ts';
import { KnownSet, KnownSetState } from './known-set.entity.ts';
import { KnownSetName, type KnownSetView } from './known-sets.dto.ts';

export interface AddKnown {
  readonly path: string;
  readonly name: string;
  /** A set that was read since then is what an earlier attempt of the same order has done. */
  readonly askedAt?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

/** Of a file without bytes: it is in every set, and says nothing. */
const EMPTY = new Set([
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'd41d8cd98f00b204e9800998ecf8427e',
]);
const COUNTED = { 32: 'sha256', 20: 'sha1', 16: 'md5' } as const;

@Injectable()
export class KnownSetsService implements OnApplicationBootstrap {
  private readonly logger = new Logger('known');
  /** Sets change one after the other. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(HOME_ACCESS) private readonly access: HomeAccess,
    private readonly digests: KnownDigests,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What a stop left: sets that were not read to their end go, and what was begun with the others is finished. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.access !== 'write') return;
    await this.alone(async () => {
      for (const set of await this.tidy())
        this.logger.warn(`the known files "${set}" were not read to their end; add them again`);
      for (const set of await this.inState(KnownSetState.Marking)) await this.mark(set);
    });
  }

  async list(): Promise<KnownSetView[]> {
    return (await this.database.manager.find(KnownSet, { order: { name: 'ASC' } })).map(viewOf);
  }

  /**
   * Reads a file to its end before the first of its digests is kept.
   * @throws Fault 'known/wrong-name', 'known/name-taken', 'known/empty', and those of the file's form.
   */
  async add({ path, name, askedAt, signal, onProgress }: AddKnown): Promise<KnownSetView> {
    const wrong = KnownSetName.safeParse(name).error?.issues[0]?.message;
    if (wrong !== undefined)
      throw new Fault(
        FaultKind.Refused,
        'known/wrong-name',
        `a set of known files can't be called so: ${wrong}; choose with --name`,
        { name },
      );
    return this.alone(async () => {
      await this.tidy();
      const begun = await this.begun(name, path, askedAt);
      const file = await openKnownFile(path);
      const report = (stage: string) => (done: number) =>
        onProgress?.({ stage, doneBytes: Math.floor(done * file.size), totalBytes: file.size });
      const set = begun ?? (await this.load(file, { path, name, signal }, report));
      await this.mark(set, signal, report('mark'));
      return viewOf(set);
    });
  }

  /** @throws Fault 'known/unknown'. */
  async expect(name: string): Promise<KnownSet> {
    const set = await this.database.manager.findOneBy(KnownSet, { name });
    if (set !== null && set.state !== KnownSetState.Loading) return set;
    const message = `there is no set of known files "${name}"; "strongroom known list" tells of them`;
    throw new Fault(FaultKind.Missing, 'known/unknown', message, { name });
  }

  /** @throws Fault 'known/unknown'. */
  async remove(name: string, signal?: AbortSignal): Promise<KnownSetView> {
    return this.alone(async () => {
      const set = await this.expect(name);
      await this.drop(set, signal);
      return viewOf(set);
    });
  }

  /** Takes over the sets in use of another catalogue, before any file is entered in this one. @returns how many. */
  async takeOver(other: { sets: readonly KnownSet[]; digests: KnownDigests }): Promise<number> {
    const ready = other.sets.filter(({ state }) => state === KnownSetState.Ready || state === KnownSetState.Marking);
    for (const each of ready) {
      const set = Object.assign(new KnownSet(), each, { state: KnownSetState.Ready });
      try {
        for await (const block of other.digests.blocks(each.id)) await this.digests.add(each.id, block);
        await this.database.manager.insert(KnownSet, set);
      } catch (error) {
        await this.digests.remove(each.id);
        throw error;
      }
    }
    return ready.length;
  }

  private async load(
    file: KnownFile,
    { path, name, signal }: AddKnown,
    report: (stage: string) => (done: number) => void,
  ): Promise<KnownSet> {
    await using sorter = new DigestSorter(await this.sorting());
    const reading = report('read');
    for await (const { digests, doneBytes } of file.read()) {
      signal?.throwIfAborted();
      for (const digest of digests) if (!EMPTY.has(digest.toLowerCase())) sorter.add(digest);
      await sorter.settle();
      reading(file.size === 0 ? 1 : doneBytes / file.size);
    }
    const nothing = { sha256: 0, sha1: 0, md5: 0 };
    const set = await this.enter({ ...nothing, name, state: KnownSetState.Loading, format: file.format, source: path });
    try {
      for await (const block of sorter.sorted(report('enter'))) {
        signal?.throwIfAborted();
        await this.digests.add(set.id, block);
        set[COUNTED[block.width as keyof typeof COUNTED]] += block.bytes.length / block.width;
      }
      if (set.sha256 + set.sha1 + set.md5 === 0)
        throw new Fault(FaultKind.Refused, 'known/empty', `${path} has no digest of a file that is not empty`, { path });
    } catch (error) {
      await this.drop(set);
      throw error;
    }
    set.state = KnownSetState.Marking;
    await this.database.manager.save(KnownSet, set);
    return set;
  }

  private async enter(facts: Omit<KnownSet, 'id' | 'addedAt'>): Promise<KnownSet> {
    return this.database.transaction(async (manager) => {
      const [row] = await manager.query<{ id: number | null }[]>('SELECT max(id) AS id FROM known_set');
      const set = Object.assign(new KnownSet(), { ...facts, id: (row?.id ?? 0) + 1, addedAt: this.clock.now() });
      await manager.insert(KnownSet, set);
      return set;
    });
  }

  /** Files that came in since the set is in use were marked then; this does the others. */
  private async mark(set: KnownSet, signal?: AbortSignal, onPart?: (done: number) => void): Promise<void> {
    await this.digests.markAll(signal, onPart);
    set.state = KnownSetState.Ready;
    await this.database.manager.save(KnownSet, set);
  }

  private async drop(set: KnownSet, signal?: AbortSignal): Promise<void> {
    const wasUsed = set.state !== KnownSetState.Loading;
    if (wasUsed) {
      await this.database.manager.update(KnownSet, { id: set.id }, { state: KnownSetState.Removing });
      await this.digests.markAll(signal);
    }
    await this.digests.remove(set.id);
    await this.database.manager.delete(KnownSet, { id: set.id });
  }

  /** @returns the names of sets that were not read to their end. */
  private async tidy(): Promise<string[]> {
    await rm(await this.sorting(), { recursive: true, force: true });
    const unread = await this.inState(KnownSetState.Loading);
    for (const set of [...unread, ...(await this.inState(KnownSetState.Removing))]) await this.drop(set);
    return unread.map(({ name }) => name);
  }

  private async sorting(): Promise<string> {
    return join(await this.engine.workFolder('known'), 'sorting');
  }

  private inState(state: KnownSetState): Promise<KnownSet[]> {
    return this.database.manager.find(KnownSet, { where: { state }, order: { id: 'ASC' } });
  }

  /** A set that an earlier attempt had read to its end, if any. @throws Fault 'known/name-taken'. */
  private async begun(name: string, path: string, askedAt: Date | undefined): Promise<KnownSet | undefined> {
    const same = await this.database.manager.findOneBy(KnownSet, { name });
    if (same === null) return undefined;
    if (same.source === path && (same.state === KnownSetState.Marking || (askedAt !== undefined && same.addedAt >= askedAt)))
      return same;
    const message = `there is a set of known files "${name}" already, from ${same.source}; choose another --name, or remove that one first`;
    throw new Fault(FaultKind.Refused, 'known/name-taken', message, { name });
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work, work);
    this.last = mine.catch(() => undefined);
    return mine;
  }
}

function viewOf({ name, state, format, source, sha256, sha1, md5, addedAt }: KnownSet): KnownSetView {
  return { name, state, format, source, digests: sha256 + sha1 + md5, sha256, sha1, md5, addedAt: addedAt.toISOString() };
}
