/** The disk inside a package's image, by range: opened once, kept open while people read in it, every reading an event. */
import { Readable } from 'node:stream';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Fault, FaultKind } from '#ingest/kernel';
import { type Media, windowsOf } from '#ingest/media';
import { type AcquisitionDocument, mediumNotRead, openMedium } from '#ingest/package';
import type { Part, Whole } from '../common/range.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { ContentService } from './content.service.ts';
import { PackagesService } from './packages.service.ts';

/** Opening reads the container's tables; whoever reads on shall not wait for that again. */
const KEPT_OPEN_MS = 60_000;

type Opened = Awaited<ReturnType<typeof openMedium>>;

interface Kept {
  readonly image: Promise<Opened>;
  readers: number;
  timer: NodeJS.Timeout | undefined;
}

@Injectable()
export class MediumService implements OnApplicationShutdown {
  private readonly kept = new Map<string, Kept>();

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly packages: PackagesService,
    private readonly content: ContentService,
  ) {}

  /**
   * @param number of the image in the package, from 1.
   * @throws Fault 'package/unknown', 'package/no-such-image', 'package/medium-not-read'.
   */
  async find(packageId: string, number: number): Promise<Whole> {
    const row = await this.packages.expect(packageId);
    if (number !== 1) {
      const message = `package ${packageId} has one image; there is no image ${number}`;
      throw new Fault(FaultKind.Missing, 'package/no-such-image', message, { id: packageId, number });
    }
    if (row.mediumSize === null || row.mediumSha256 === null) throw mediumNotRead(packageId, row.formatTitle);
    return { size: row.mediumSize, sha256: row.mediumSha256, name: `${row.imageName}.raw` };
  }

  /** The bytes, unverified but for the container's own checks; the reading is recorded before the first byte leaves. */
  async read(packageId: string, part: Part): Promise<Readable> {
    const kept = await this.enter(packageId);
    try {
      await this.content.record(packageId, 'the disk inside the image', part);
      const { media } = await kept.image;
      const windows = windowsOf(media, part);
      return Readable.from(this.bytes(packageId, kept, windows), { objectMode: false });
    } catch (error) {
      this.leave(packageId, kept);
      throw error;
    }
  }

  /** The open disk, for reading the files in it. Whoever borrows it gives it back by disposing; its readings are the borrower's to record. */
  async borrow(packageId: string): Promise<{ readonly media: Media } & AsyncDisposable> {
    const kept = await this.enter(packageId);
    const giveBack = (): Promise<void> => {
      this.leave(packageId, kept);
      return Promise.resolve();
    };
    try {
      const { media } = await kept.image;
      return { media, [Symbol.asyncDispose]: giveBack };
    } catch (error) {
      await giveBack();
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    for (const [id, { image, timer }] of this.kept) {
      clearTimeout(timer);
      this.kept.delete(id);
      await (await image.catch(() => undefined))?.[Symbol.asyncDispose]();
    }
  }

  private async *bytes(packageId: string, kept: Kept, windows: ReturnType<typeof windowsOf>): AsyncGenerator<Buffer> {
    try {
      for await (const { bytes } of windows) yield bytes;
    } finally {
      this.leave(packageId, kept);
    }
  }

  private async enter(packageId: string): Promise<Kept> {
    const known = this.kept.get(packageId);
    if (known !== undefined) {
      clearTimeout(known.timer);
      known.readers += 1;
      return known;
    }
    const row = await this.packages.expect(packageId);
    const image = openMedium(this.engine.storage, packageId, row.acquisition as unknown as AcquisitionDocument);
    const kept: Kept = { image, readers: 1, timer: undefined };
    this.kept.set(packageId, kept);
    image.catch(() => this.kept.delete(packageId));
    return kept;
  }

  private leave(packageId: string, kept: Kept): void {
    kept.readers -= 1;
    if (kept.readers > 0 || this.kept.get(packageId) !== kept) return;
    kept.timer = setTimeout(() => {
      this.kept.delete(packageId);
      void kept.image.then((image) => image[Symbol.asyncDispose]());
    }, KEPT_OPEN_MS).unref();
  }
}
