/** The application does not start on a catalogue that it must not touch, and says why at once. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { DatabaseModule } from '#built/src/database/database.module';
import { tmpFolder } from '../../support/tmp.ts';

const boot = (home: string) => Test.createTestingModule({ imports: [DatabaseModule.forHome(home)] }).compile();

describe('DatabaseModule', () => {
  it('opens the catalogue and closes it with the application', async () => {
    const app = await boot(await tmpFolder());
    const db = app.get(DataSource);
    expect(await db.query('SELECT count(*) AS count FROM package')).toEqual([{ count: 0 }]);
    await app.close();
    expect(db.isInitialized).toBe(false);
  });

  it('fails with the Fault itself, and without trying again', async () => {
    const home = await tmpFolder();
    await writeFile(join(home, 'catalogue.sqlite'), 'x'.repeat(5000));
    const began = performance.now();
    await expect(boot(home)).rejects.toMatchObject({ name: 'Fault', code: 'database/damaged' });
    expect(performance.now() - began).toBeLessThan(2_900);
  });
});
