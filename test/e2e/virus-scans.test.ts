/** Virus scans as users meet them: by command, over HTTP, after an ingest, after a rebuild; and by the real clamd, where one is installed. */
import { spawn, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { EICAR, fakeClamd } from '../support/fake-clamd.ts';
import { infectedDisk } from '../support/infected-disk.ts';
import { type Answer, done, serve, strongroom } from '../support/serve.ts';
import { tmpFolder } from '../support/tmp.ts';

type Json = Answer['json'];

async function json(home: string, ...args: string[]): Promise<Json> {
  return JSON.parse((await strongroom(home, '--json', ...args)).stdout);
}

describe('virus scans by command', () => {
  it('come with an ingest, are shown, found, told to whoever takes an infected file, and come back after a rebuild', async () => {
    const clamd = await fakeClamd();
    vi.stubEnv('STRONGROOM_CLAMD', clamd.address);
    onTestFinished(() => void vi.unstubAllEnvs());
    const folder = await tmpFolder();
    const home = join(folder, 'home');
    const ingested = await json(home, 'ingest', await infectedDisk(folder));
    expect(complaints('cli/ingest.schema.json', ingested)).toEqual([]);
    const [{ id, notes }] = ingested.packages;
    expect(notes).toContain('virus scan: 2 of 4 files clean, 1 infected, 1 not scanned');

    const scanned = await strongroom(home, 'scan', id, '--json');
    expect([scanned.code, complaints('cli/scan.schema.json', JSON.parse(scanned.stdout))]).toEqual([1, []]);
    expect(await json(home, 'scan')).toMatchObject({ scanned: 0, infected: 0 });
    expect((await strongroom(home, 'scan', '--all')).stdout).toMatch(
      /INFECTED Eicar-Test-Signature: TOOLS\/EICAR\.COM in volume 0/,
    );

    const hits = await json(home, 'search', '--infected');
    expect(complaints('cli/search.schema.json', hits)).toEqual([]);
    expect(hits.hits).toMatchObject([{ path: 'TOOLS/EICAR.COM', scan: { found: 'Eicar-Test-Signature' } }]);
    expect(await done(home, 'search', 'eicar')).toContain('TOOLS/EICAR.COM');
    const cat = await strongroom(home, 'cat', id, 'TOOLS/EICAR.COM');
    expect([cat.code, cat.stdout, cat.stderr]).toEqual([0, EICAR, expect.stringMatching(/^warning: a virus scan found Eicar/)]);
    const extract = await strongroom(home, 'extract', id, 'TOOLS', '--to', join(folder, 'out.zip'));
    expect([extract.code, extract.stderr]).toEqual([0, expect.stringContaining('in 1 of the files')]);
    const table = execFileSync('unzip', ['-p', join(folder, 'out.zip'), 'files.csv']).toString();
    expect(table).toContain('a virus scan found Eicar-Test-Signature in it');
    const exported = await strongroom(home, 'export', id, '--to', join(folder, 'bag'));
    expect([exported.code, exported.stderr]).toEqual([0, expect.stringContaining('in 1 of its files')]);
    expect(await done(home, 'files', id, '--csv')).toContain('infected: Eicar-Test-Signature');

    await done(home, 'rebuild');
    const shown = await json(home, 'show', id);
    expect(complaints('cli/show.schema.json', shown).filter((each) => !/^\/(?:acquisition|accession)\b/.test(each))).toEqual([]);
    expect(shown.scan).toMatchObject({ state: 'done', summary: { clean: 2, infected: 1, notScanned: 1 } });
    expect((await json(home, 'search', '--infected')).hits).toMatchObject([{ path: 'TOOLS/EICAR.COM' }]);
    expect((await json(home, 'search', 'notes', '--extension', 'txt')).hits).toMatchObject([{ scan: null }]);
    expect(await done(home, 'show', id)).toContain('INFECTED Eicar-Test-Signature');
    expect((await json(home, 'doctor')).checks).toContainEqual({
      name: 'virus scan',
      ok: true,
      detail: expect.stringContaining('ClamAV 1.4.6 with signatures 27829'),
    });
    await clamd.close();
    const off = await strongroom(home, 'scan', id);
    expect([off.code, off.stderr]).toEqual([3, expect.stringContaining('scanning/unreachable')]);
    expect((await json(home, 'doctor')).checks).toContainEqual(expect.objectContaining({ name: 'virus scan', ok: false }));
    const unscanned = await json(home, 'survey', id, '--again');
    expect(unscanned.surveyed[0].notes.at(-1)).toMatch(/^virus scan: not done: .*strongroom scan/);
    expect((await json(home, 'search', '--infected')).hits).toMatchObject([{ path: 'TOOLS/EICAR.COM' }]);
  }, 600_000);

  it('come again with a survey, which lists files that no scan has seen', async () => {
    const folder = await tmpFolder();
    const home = join(folder, 'home');
    const ingested = await json(home, 'ingest', await infectedDisk(folder));
    const clamd = await fakeClamd();
    vi.stubEnv('STRONGROOM_CLAMD', clamd.address);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { surveyed } = await json(home, 'survey', ingested.packages[0].id, '--again');
    expect(surveyed[0].notes).toContain('virus scan: 2 of 4 files clean, 1 infected, 1 not scanned');
    expect((await json(home, 'search', '--infected')).hits).toMatchObject([{ path: 'TOOLS/EICAR.COM' }]);
  }, 600_000);

  it('are off unless a scanner is configured', async () => {
    const folder = await tmpFolder();
    const home = join(folder, 'home');
    const { packages } = await json(home, 'ingest', await infectedDisk(folder));
    expect(packages[0].notes.join()).not.toContain('virus');
    const { code, stderr } = await strongroom(home, 'scan', packages[0].id);
    expect([code, stderr]).toEqual([1, expect.stringContaining('scanning/off')]);
    const doctor = await json(home, 'doctor');
    expect(doctor).toMatchObject({ ok: true });
    expect(doctor.checks).toContainEqual({ name: 'virus scan', ok: true, detail: 'off: STRONGROOM_CLAMD is not set' });
  }, 600_000);
});

describe('virus scans by a server', () => {
  it('follow an ingest as a job, and are asked for and told over HTTP', async () => {
    const clamd = await fakeClamd({ tcp: true });
    await using server = await serve({ STRONGROOM_CLAMD: clamd.address });
    const folder = await tmpFolder();
    const { packages } = await json(server.home, 'ingest', await infectedDisk(folder));
    const { id } = packages[0];
    const jobs = (await server.get('jobs?kind=scanning.package')).json.items;
    await server.watch(jobs[0].id);
    const scan = (await server.get(`packages/${id}/scan`)).json;
    expect(scan).toMatchObject({ state: 'done', summary: { infected: 1, clean: 2 } });

    const asked = await server.send('POST', `packages/${id}/scan`, {});
    expect(asked.status).toBe(202);
    const events = await server.watch(asked.json.job);
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { result: { state: 'done' } } });
    expect((await server.get('files?scan=infected')).json.items).toMatchObject([{ path: 'TOOLS/EICAR.COM' }]);
    expect((await server.get('files?scan=maybe')).status).toBe(400);
    const content = await server.get(`packages/${id}/disk/0/content?path=TOOLS/EICAR.COM`);
    expect([content.status, content.headers.get('strongroom-infected'), content.text]).toEqual([
      200,
      'Eicar-Test-Signature',
      EICAR,
    ]);
    const harmless = await server.get(`packages/${id}/disk/0/content?path=NOTES.TXT`);
    expect(harmless.headers.get('strongroom-infected')).toBeNull();
    expect(
      (await server.get(`packages/${id}/events`)).json.items.filter(({ type }: Json) => type === 'virus check'),
    ).toHaveLength(2);
    expect((await server.send('POST', 'packages/01a205ef-82e9-7165-aa10-4906dc41a4b2/scan', {})).status).toBe(404);
    const code = (await strongroom(server.home, 'scan', id)).code;
    expect(code).toBe(1);
  }, 600_000);
});

/** Debian keeps daemons beside the path of ordinary users. */
const CLAMD = ['/usr/sbin/clamd', '/usr/local/sbin/clamd', '/usr/bin/clamd'].find((path) => existsSync(path));

describe.skipIf(CLAMD === undefined)('the real clamd (skipped where it is not installed)', () => {
  it('finds the test file and not the others, and is proven not to look into files beyond its MaxFileSize', async () => {
    const folder = await tmpFolder();
    await mkdir(join(folder, 'db'));
    await writeFile(join(folder, 'db/own.hdb'), '44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n');
    const socket = join(folder, 's');
    const lines = [`LocalSocket ${socket}`, `DatabaseDirectory ${join(folder, 'db')}`, 'Foreground yes', 'MaxFileSize 3M'];
    await writeFile(join(folder, 'clamd.conf'), lines.join('\n'));
    const daemon = spawn(CLAMD ?? '', ['-c', join(folder, 'clamd.conf')], { stdio: 'ignore' });
    onTestFinished(() => void daemon.kill('SIGKILL'));
    await expect.poll(() => existsSync(socket), { timeout: 60_000 }).toBe(true);
    vi.stubEnv('STRONGROOM_CLAMD', `unix:${socket}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const home = join(folder, 'home');
    const { packages } = await json(home, 'ingest', await infectedDisk(folder));
    expect(packages[0].notes).toContain('virus scan: 2 of 4 files clean, 1 infected, 1 not scanned');
    const { summary } = (await json(home, 'show', packages[0].id)).scan;
    expect(summary.infectedFiles).toMatchObject([{ path: 'TOOLS/EICAR.COM', found: 'Eicar-Test-Signature.UNOFFICIAL' }]);
    expect(summary.scanners).toMatchObject([{ name: 'ClamAV', signatures: null }]);
    const ill = (await json(home, 'doctor')).checks.find(({ name }: Json) => name === 'virus scan');
    expect(ill).toMatchObject({ ok: false, detail: expect.stringContaining('does not look into files this large') });
    vi.stubEnv('STRONGROOM_CLAMD_MAX_BYTES', '3 MiB');
    const well = (await json(home, 'doctor')).checks.find(({ name }: Json) => name === 'virus scan');
    expect(well).toMatchObject({ ok: true, detail: expect.stringContaining('signatures of your own') });
  }, 600_000);
});
