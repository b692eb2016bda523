/** A home whose ingests are killed again and again, and what must hold of it all the while. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allIsWhole, journalFolder, namesIn, nothingIsHalf, packagesFolder, staged } from './invariants.ts';
import { Killer, randomNumbers, watched } from './moments.ts';
import { EXAMPLE, newDisk } from './sources.ts';
import { answerOf, type Ended, faultOf, Running } from './strongroom.ts';

/** How many kills between looks at everything. */
const CHECK_EVERY = 20;

export class Home {
  /** What ingests were doing when they were killed. */
  readonly struck: string[] = [];
  readonly path: string;
  readonly acknowledged = new Set<string>();
  private readonly random: () => number;
  private readonly disks: string;
  private killer: Killer | undefined;
  private disk: string | undefined;
  private count = 0;

  constructor(root: string, number: number) {
    this.path = join(root, `home-${number}`);
    this.disks = join(root, `disks-${number}`);
    this.random = randomNumbers(number);
  }

  /** Ingests and kills, until `kills` have hit. */
  async endure(kills: number): Promise<void> {
    await this.undisturbed();
    for (let hits = 0; hits < kills; ) {
      if (!(await this.attempt())) continue;
      hits += 1;
      // The next command is an ingest that may be killed as well, or one that only looks.
      if (hits % CHECK_EVERY === 0) await allIsWhole(this.path, this.acknowledged);
      else if (this.random() < 0.3) await nothingIsHalf(this.path, this.acknowledged);
      if (hits % CHECK_EVERY === 0) await this.undisturbed();
      if (hits % CHECK_EVERY === 0) console.log(`${this.path}: ${hits} kills, all is whole`);
    }
    await this.undisturbed();
    await allIsWhole(this.path, this.acknowledged);
  }

  private ingest(): Running {
    if (this.disk === undefined) {
      this.count += 1;
      this.disk = this.count === 1 ? EXAMPLE : newDisk(join(this.disks, String(this.count)), this.random);
    }
    return new Running(this.path, ['ingest', this.disk]);
  }

  private async undisturbed(): Promise<void> {
    const before = new Set(staged(this.path));
    const isStaging = (): boolean => staged(this.path).some((name) => !before.has(name));
    const ended = await watched(this.ingest(), isStaging);
    await this.judge(ended);
    if (this.killer === undefined) this.killer = new Killer(this.random, ended.tookMs, ended.workMs ?? 500, () => this.works());
    else this.killer.learn(ended.tookMs, ended.workMs);
  }

  /** Leftovers of the run before don't count: recovery clears them away first. */
  private before = new Set<string>();
  private works(): boolean {
    return staged(this.path).some((name) => !this.before.has(name));
  }

  /** @returns whether the kill hit. */
  private async attempt(): Promise<boolean> {
    this.before = new Set(staged(this.path));
    const packages = new Set(namesIn(packagesFolder(this.path)));
    let wasHit = false;
    const running = this.ingest();
    const ended = await this.killer!.strike(running, () => {
      wasHit = true;
    });
    if (wasHit && ended.code === null) {
      this.struck.push(this.stage(ended, packages));
      if (ended.stdout.endsWith('\n')) await this.judge(ended);
      return true;
    }
    await this.judge(ended);
    return false;
  }

  /** It ended by itself: with a package, or because an ingest that was killed had brought the disk in already. */
  private async judge(ended: Ended): Promise<void> {
    if (faultOf(ended) === 'ingest/already-held') {
      const held = (JSON.parse(ended.stdout) as { error: { facts: { package: string } } }).error.facts.package;
      await nothingIsHalf(this.path, [held]);
      this.acknowledged.add(held);
      this.disk = undefined;
      return;
    }
    this.acknowledge(ended);
  }

  private acknowledge(ended: Ended): void {
    // A process that was killed after it had answered has no exit code, and has acknowledged all the same.
    const [stored] = answerOf<{ packages: { id: string }[] }>({ ...ended, code: ended.code ?? 0 }).packages;
    this.acknowledged.add(stored!.id);
    this.disk = undefined;
  }

  private stage({ stdout }: Ended, packages: ReadonlySet<string>): string {
    if (stdout.endsWith('\n')) return '9 answered';
    const [id] = staged(this.path).filter((name) => !this.before.has(name));
    if (id === undefined) {
      const isNew = namesIn(packagesFolder(this.path)).some((name) => !packages.has(name));
      return isNew ? '8 recorded, staging dropped' : '0 before it had begun';
    }
    const bag = join(this.path, 'locations/main/staging', id, 'bag');
    if (existsSync(join(packagesFolder(this.path), id))) {
      const folder = journalFolder(this.path);
      const segments = namesIn(folder).filter((name) => name.endsWith('.log'));
      return segments.some((name) => readFileSync(join(folder, name), 'utf8').includes(id))
        ? '7 in place, in the journal'
        : '6 in place, not in the journal';
    }
    if (existsSync(join(bag, 'tagmanifest-sha256.txt'))) return '5 sealed';
    if (existsSync(join(bag, 'manifest-sha256.txt'))) return '4 sealing';
    if (existsSync(join(bag, 'metadata/acquisition.json'))) return '3 describing';
    return existsSync(join(bag, 'data')) ? '2 copying, or reading back' : '1 a place to build it';
  }
}
