/** Virus scans of packages: every file is told clean, infected or not scanned, because; a scan that was stopped goes on; nothing is guessed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DepositsService } from '#built/src/deposits/deposits.service';
import { FilesService } from '#built/src/files/files.service';
import { PackagesService } from '#built/src/packages/packages.service';
import { ScanningService } from '#built/src/scanning/scanning.service';
import { type TestArchive, testArchive } from '../../support/archive.ts';
import { fakeClamd, type Ways } from '../../support/fake-clamd.ts';
import { fullDisk, infectedDisk } from '../../support/infected-disk.ts';
import { tmpFolder } from '../../support/tmp.ts';

async function archiveWith(clamd: string, more: Record<string, unknown> = {}): Promise<TestArchive> {
  return testArchive({ settings: { clamd, ...more } });
}

async function ingested({ app }: TestArchive, path: string): Promise<string> {
  return (await app.get(DepositsService).ingest({ path, again: false })).id;
}

/** NTFS with files in its own compression: their bytes are the file system's to unpack. */
async function packedDisk(): Promise<string> {
  const path = join(await tmpFolder(), 'packed.img');
  const fixture = new URL('../../fixtures/filesystems/ntfs/compressed.img.gz', import.meta.url);
  await writeFile(path, gunzipSync(await readFile(fixture)));
  return path;
}

/** Sizes of the files inside the disk that are to be scanned, as the index has them. */
async function sizesInside({ app }: TestArchive, id: string): Promise<number[]> {
  const { items } = await app.get(FilesService).listing(id, { limit: 5000, volume: undefined });
  const scanned = items.filter(
    ({ kind, stream, deleted, unread }) => (kind === 'file' || stream !== null) && !deleted && !unread,
  );
  return scanned.map(({ size }) => size).toSorted((a, b) => a - b);
}

const sorted = (sizes: readonly number[]): number[] => sizes.toSorted((a, b) => a - b);

describe('a virus scan of a package', () => {
  it('tells of each file whether it is clean, infected, or not scanned, because; as rows, as an event, and in the search', async () => {
    const clamd = await fakeClamd();
    const archive = await archiveWith(clamd.address);
    const id = await ingested(archive, await infectedDisk(await tmpFolder()));
    const { state, summary } = await archive.app.get(ScanningService).scan(id);
    expect(state).toBe('done');
    expect(summary).toMatchObject({ files: 4, clean: 2, infected: 1, notScanned: 1, gaps: [] });
    expect(summary?.scanners).toEqual([
      { name: 'ClamAV', version: '1.4.6', signatures: '27829', signaturesFrom: 'Mon Nov 23 08:24:00 2026' },
    ]);
    const found = { volume: 0, path: 'TOOLS/EICAR.COM', stream: null, found: 'Eicar-Test-Signature' };
    expect(summary?.infectedFiles).toEqual([found]);
    expect(summary?.reasons).toEqual([{ because: expect.stringContaining('it was deleted'), files: 1 }]);

    const files = archive.app.get(FilesService);
    const infected = await files.find({ scan: 'infected', limit: 10 });
    expect(infected.items).toMatchObject([
      { path: 'TOOLS/EICAR.COM', scan: { outcome: 'infected', found: 'Eicar-Test-Signature' } },
    ]);
    const named = await files.find({ q: 'notes', limit: 10 });
    expect(named.items).toMatchObject([{ scan: { outcome: 'clean', scanner: { version: '1.4.6', signatures: '27829' } } }]);
    expect((await files.find({ scan: 'not-scanned', package: id, limit: 10 })).items).toMatchObject([{ deleted: true }]);
    expect((await files.find({ q: 'notes', scan: 'infected', limit: 10 })).items).toEqual([]);

    const [event] = (await archive.app.get(PackagesService).history(id)).filter(({ type }) => type === 'virus check');
    expect(event).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('2 of 4 files clean, 1 infected, 1 not scanned'),
    });
    expect(event?.notes[0]).toBe('"TOOLS/EICAR.COM" in volume 0 of the disk: Eicar-Test-Signature');
    expect(event?.agents).toContainEqual({ name: 'ClamAV', type: 'software', version: '1.4.6/27829', role: 'executing program' });
  });

  it('sends every file whole, those too that their file system must unpack', async () => {
    const clamd = await fakeClamd();
    const archive = await archiveWith(clamd.address);
    const id = await ingested(archive, await packedDisk());
    const { summary } = await archive.app.get(ScanningService).scan(id);
    expect(sorted(clamd.sizes)).toEqual(await sizesInside(archive, id));
    expect(summary?.infected).toBe(0);
    expect(summary?.clean).toBe(clamd.sizes.length);
  });

  it('goes on where it was when clamd had gone away, and calls nothing clean that was not looked at', async () => {
    const path = join(await tmpFolder(), 'clamd.ctl');
    let answered = 0;
    const dying: Ways = { path, answer: () => ((answered += 1) > 20 ? Promise.resolve('') : 'stream: OK') };
    const first = await fakeClamd({
      ...dying,
      answer: async (size) => {
        const answer = await dying.answer?.(size);
        if (answer === '') void first.close();
        return answer ?? '';
      },
    });
    const archive = await archiveWith(`unix:${path}`);
    const id = await ingested(archive, await fullDisk(await tmpFolder(), 60));
    const scanning = archive.app.get(ScanningService);
    await expect(scanning.scan(id)).rejects.toMatchObject({ code: 'scanning/went-away', kind: 'unreadable' });
    expect(await scanning.view(id)).toMatchObject({ state: 'unfinished', summary: null });
    const files = archive.app.get(FilesService);
    const clean = (await files.find({ scan: 'clean', package: id, limit: 200 })).items;
    expect(clean.length).toBeGreaterThan(0);
    expect(clean.length).toBeLessThanOrEqual(20);
    const again = await archive.restart();
    const second = await fakeClamd({ path });
    const { summary } = await again.app.get(ScanningService).scan(id);
    const all = await sizesInside(again, id);
    expect(second.sizes.length).toBeLessThanOrEqual(all.length - clean.length);
    expect(summary).toMatchObject({ infected: 0 });
    expect((summary?.clean ?? 0) + (summary?.notScanned ?? 0)).toBe(summary?.files);
  });

  it('is refused when no scanner is configured or none answers, and nothing is told of any file then', async () => {
    const off = await archiveWith('');
    const { id } = await off.ingest();
    await expect(off.app.get(ScanningService).scan(id)).rejects.toMatchObject({ code: 'scanning/off' });
    const archive = await archiveWith(`unix:${join(await tmpFolder(), 'none.ctl')}`);
    const other = await archive.ingest();
    await expect(archive.app.get(ScanningService).scan(other.id)).rejects.toMatchObject({ code: 'scanning/unreachable' });
    expect(await archive.app.get(ScanningService).view(other.id)).toMatchObject({ state: 'never', summary: null });
    await expect(archive.app.get(ScanningService).scan('01a205ef-82e9-7165-aa10-4906dc41a4b2')).rejects.toMatchObject({
      code: 'package/unknown',
    });
  });

  it('stops when it is told to, and keeps what was judged by then', async () => {
    const stop = new AbortController();
    let count = 0;
    const clamd = await fakeClamd({
      answer: () => {
        count += 1;
        if (count === 20) stop.abort(new Error('enough'));
        return 'stream: OK';
      },
    });
    const archive = await archiveWith(clamd.address);
    const id = await ingested(archive, await fullDisk(await tmpFolder(), 60));
    const scanning = archive.app.get(ScanningService);
    await expect(scanning.scan(id, { signal: stop.signal })).rejects.toThrow('enough');
    expect(await scanning.view(id)).toMatchObject({ state: 'unfinished' });
    const { summary } = await scanning.scan(id);
    expect(summary?.clean).toBe((await sizesInside(archive, id)).length);
    expect(clamd.mostAtOnce).toBeGreaterThan(1);
    expect(count).toBeLessThan((summary?.clean ?? 0) + 20);
  });

  it('tells of files that are too large for clamd, and of disks that nobody can look into', async () => {
    const clamd = await fakeClamd();
    const archive = await archiveWith(clamd.address, { clamdMaxBytes: 1000 });
    const id = await ingested(archive, await infectedDisk(await tmpFolder()));
    const { summary } = await archive.app.get(ScanningService).scan(id);
    expect(summary).toMatchObject({ clean: 1, infected: 1, notScanned: 2 });
    expect(summary?.reasons.map(({ because }) => because).toSorted()[1]).toContain('larger than 1000 bytes');
    const blank = await archive.ingest();
    const scan = await archive.app.get(ScanningService).scan(blank.id);
    expect(scan.summary).toMatchObject({ files: 0, clean: 0 });
  });

  it('changes no byte of the package', async () => {
    const clamd = await fakeClamd();
    const archive = await archiveWith(clamd.address);
    const image = await infectedDisk(await tmpFolder());
    const id = await ingested(archive, image);
    const kept = join(archive.home, 'locations/main/packages', id);
    const before = await readFile(join(kept, 'tagmanifest-sha256.txt'));
    await archive.app.get(ScanningService).scan(id);
    expect(await readFile(join(kept, 'tagmanifest-sha256.txt'))).toEqual(before);
    expect(await readFile(join(kept, 'data/image/games.img'))).toEqual(await readFile(image));
  });
});
