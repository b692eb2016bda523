/** Surveys after the ingest: queued by themselves, put into the package, and nobody who reads it meanwhile is misled. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { filter, firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { newId } from '#built/src/common/ids';
import { DepositsService } from '#built/src/deposits/deposits.service';
import { FilesService } from '#built/src/files/files.service';
import { FixityService } from '#built/src/fixity/fixity.service';
import { JobsService } from '#built/src/jobs/jobs.service';
import { PackageLocks } from '#built/src/packages/package-locks.service';
import { PackagesService } from '#built/src/packages/packages.service';
import { SurveyJobs } from '#built/src/surveys/survey.jobs.service';
import { SurveyingService } from '#built/src/surveys/surveying.service';
import { type TestArchive, testArchive } from '../../support/archive.ts';
import { fourFloppies } from '../../support/many-volumes.ts';
import { tmpFolder } from '../../support/tmp.ts';

const LIST = 'metadata/dfxml/disk.img.xml';

/** An archive that never surveys while it takes in, with a package of four floppies. */
async function unsurveyed(settings: Record<string, unknown> = {}): Promise<TestArchive & { id: string; bag: string }> {
  const archive = await testArchive({ settings: { surveySecondsAtIngest: 0, surveyBytesPerSecond: 0, ...settings } });
  const path = join(await tmpFolder(), 'disk.img');
  await writeFile(path, await fourFloppies());
  const { id } = await archive.app.get(DepositsService).ingest({ path, again: false });
  return { ...archive, id, bag: join(archive.home, 'locations/main/packages', id) };
}

const staged = (home: string): Promise<string[]> => readdir(join(home, 'locations/main/staging'));

describe('a disk that was not surveyed at its ingest', () => {
  it('is surveyed by a job that the ingest queued; the package has the list then, and an audit finds all as it is to be', async () => {
    const { app, id, bag, home } = await unsurveyed();
    const before = await app.get(PackagesService).get(id);
    expect(await app.get(FilesService).disk(id)).toMatchObject({ state: 'unsurveyed', hasDigests: false, files: 0 });
    expect(existsSync(join(bag, 'metadata/dfxml'))).toBe(false);
    await app.get(JobsService).runUntilEmpty();
    const { items } = await app.get(JobsService).list({ kind: 'survey.package', limit: 10 });
    expect(items).toMatchObject([{ state: 'done', result: { package: id, outcome: 'updated', volumes: 4 } }]);
    const disk = await app.get(FilesService).disk(id);
    expect(disk).toMatchObject({ state: 'indexed', hasDigests: true });
    expect(disk.files).toBeGreaterThan(10);
    const after = await app.get(PackagesService).get(id);
    expect(after.tagManifestSha256).not.toBe(before.tagManifestSha256);
    expect(after).toEqual({ ...before, tagManifestSha256: after.tagManifestSha256 });
    const [copy] = await app.get(FixityService).select({ packages: [id] });
    expect(await app.get(FixityService).audit(copy!, { runId: newId() })).toMatchObject({ outcome: 'ok', findings: [] });
    expect((await app.get(PackagesService).history(id)).at(-2)).toMatchObject({ type: 'metadata modification', sealed: false });
    expect(await staged(home)).toEqual([]);
    expect(await app.get(SurveyingService).select(undefined)).toEqual([]);
  });

  it('is surveyed once, by the job that waits already, when somebody asks for it', async () => {
    const { app, id } = await unsurveyed({ surveyBytesPerSecond: 100_000 });
    const jobs = app.get(JobsService);
    const { items } = await jobs.list({ kind: 'survey.package', limit: 10 });
    const asked = await app.get(SurveyJobs).start({ packages: [id], again: false });
    expect(asked.surveys).toEqual([{ package: id, job: items[0]!.id }]);
  });

  it('is not called altered by an audit that was listed before the update', async () => {
    const { app, id } = await unsurveyed();
    const [copy] = await app.get(FixityService).select({ packages: [id] });
    await app.get(SurveyingService).survey(id, { again: false });
    expect(await app.get(FixityService).audit(copy!, { runId: newId() })).toMatchObject({ outcome: 'ok', findings: [] });
  });

  it('is updated only when nobody reads the package, and what was made waits for it', async () => {
    const { app, id, bag, home } = await unsurveyed();
    const reading = await app.get(PackageLocks).reading(id);
    const tagManifest = readFileSync(join(bag, 'tagmanifest-sha256.txt'), 'utf8');
    const stop = new AbortController();
    const survey = app.get(SurveyingService).survey(id, { again: false, signal: stop.signal });
    const note = join(home, 'locations/main/staging', `survey-${id}`, 'work.json');
    while (!existsSync(note) || !readFileSync(note, 'utf8').includes('"isWhole":true')) await pause(20);
    stop.abort(new Error('stopped'));
    await expect(survey).rejects.toThrow('stopped');
    expect(readFileSync(join(bag, 'tagmanifest-sha256.txt'), 'utf8')).toBe(tagManifest);
    expect(existsSync(join(bag, LIST))).toBe(false);
    reading[Symbol.dispose]();
    let isRead = false;
    await app.get(SurveyingService).survey(id, {
      again: false,
      onProgress: () => {
        isRead = true;
      },
    });
    expect(isRead, 'nothing is read twice').toBe(false);
    expect(existsSync(join(bag, LIST))).toBe(true);
  });

  it('goes on after a restart where it was stopped, and a job that is cancelled leaves nothing', async () => {
    const archive = await unsurveyed({ surveyBytesPerSecond: 200_000 });
    const stop = new AbortController();
    const surveying = archive.app.get(SurveyingService);
    const onProgress = ({ doneBytes }: { doneBytes: number }): void => {
      if (doneBytes > 0) stop.abort(new Error('stopped'));
    };
    await expect(surveying.survey(archive.id, { again: false, signal: stop.signal, onProgress })).rejects.toThrow('stopped');
    const { app } = await archive.restart();
    const jobs = app.get(JobsService);
    const { items } = await jobs.list({ kind: 'survey.package', limit: 10 });
    expect(items).toMatchObject([{ state: 'queued' }]);
    const running = jobs.runUntilEmpty();
    const job = items[0]!.id;
    await firstValueFrom((await jobs.watch(job)).pipe(filter(({ data }) => data.progress !== null)));
    await jobs.cancel(job);
    await running;
    expect(await jobs.get(job)).toMatchObject({ state: 'cancelled' });
    expect(await staged(archive.home)).toEqual([]);
  });
});
