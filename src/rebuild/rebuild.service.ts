/** Recreates the catalogue from storage alone: the journal first, then packages that no journal entry tells of. */
import { Inject, Injectable } from '@nestjs/common';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { FilesService } from '../files/files.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { ScanningService } from '../scanning/scanning.service.ts';
import { ReplayService } from './replay.service.ts';

export interface RebuildReport {
  /** Entries of the journal that have rows now. */
  readonly entries: number;
  readonly packages: number;
  /** Packages whose lists of files were entered. */
  readonly surveys: number;
  /** Packages in storage that the journal did not know: entered now. */
  readonly adopted: readonly string[];
  /** Packages that are in the catalogue although parts of them could not be read: audit them. */
  readonly problems: readonly { readonly package: string; readonly code: string; readonly message: string }[];
}

@Injectable()
export class RebuildService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly replay: ReplayService,
    private readonly packages: PackagesService,
    private readonly files: FilesService,
    private readonly scanning: ScanningService,
  ) {}

  /** On an empty catalogue. @throws Fault when journal or packages can't be read. */
  async rebuild(onEntry?: (index: number) => void): Promise<RebuildReport> {
    await this.replay.catchUp(onEntry);
    const adopted: string[] = [];
    const names = await this.engine.storage.names('packages');
    for (const id of names) {
      if (await this.packages.isRecorded(id)) continue;
      await this.packages.recordStored(id);
      adopted.push(id);
    }
    const surveys = await this.files.enterPending();
    await this.scanning.restore();
    return { entries: this.engine.journal.size, packages: names.length, surveys, adopted, problems: this.packages.problems() };
  }
}
