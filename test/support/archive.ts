/** The real application over a home of its own, without HTTP, with a clock that tests wind on. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import { AppModule } from '#built/src/app.module';
import { CLOCK } from '#built/src/common/clock.module';
import type { IngestedPackage } from '#built/src/deposits/deposit.dto';
import { DepositsService } from '#built/src/deposits/deposits.service';
import { readSettings } from '#built/src/config/settings';
import type { Roles } from '#built/src/config/roles';
import { openHome } from '#built/src/database/home';
import { HandClock } from './clock.ts';
import { tmpFolder } from './tmp.ts';

export interface TestArchive {
  readonly app: INestApplicationContext;
  readonly home: string;
  readonly clock: HandClock;
  /** Ingests an image of random bytes. */
  ingest(size?: number): Promise<IngestedPackage>;
  /** Closes, and opens the same home again, as after a restart. */
  restart(): Promise<TestArchive>;
}

export async function testArchive(
  options: { home?: string; clock?: HandClock; settings?: Record<string, unknown>; roles?: Roles } = {},
): Promise<TestArchive> {
  const home = options.home ?? join(await tmpFolder(), 'home');
  const clock = options.clock ?? new HandClock();
  await openHome(home);
  const settings = readSettings({}, { home, ...options.settings });
  const app = await Test.createTestingModule({
    imports: [AppModule.of({ settings, access: 'write', person: 'tester', roles: options.roles ?? [] })],
  })
    .overrideProvider(CLOCK)
    .useValue(clock)
    .compile();
  app.useLogger(false);
  await app.init();
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await app.close();
    open = false;
  };
  onTestFinished(close);
  return {
    app,
    home,
    clock,
    async ingest(size = 100_000) {
      const path = join(await tmpFolder(), 'disk.img');
      await writeFile(path, randomBytes(size));
      return app.get(DepositsService).ingest({ path, again: false });
    },
    async restart() {
      await close();
      return testArchive({ ...options, home, clock });
    },
  };
}
