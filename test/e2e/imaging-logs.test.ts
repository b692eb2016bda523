/** A disk with the log of its imaging: what the log says is kept, shown, and compared with the bytes; a digest that disagrees ends the ingest. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tmpdir } from 'node:os';
import { expectPlain, expectUntouched, type Run, strongroom } from '../support/cli.ts';

const image = Buffer.from(Array.from({ length: 64 * 512 }, (_, i) => (i * 7 + (i >> 9)) & 0xff));
const md5 = createHash('md5').update(image).digest('hex');
const wrong = 'f'.repeat(32);

function ftkLog(digest: string, more = ''): string {
  return `Created By AccessData® FTK® Imager 4.2.1.4

Case Information:
Case Number: 2026-014
Evidence Number: 3-7
Examiner: Zoë Marrow

Information for D:\\disk7:
[Drive Geometry]
 Bytes per Sector: 512
 Sector Count: 64
[Physical Drive Information]
 Drive Model: Brackwater Flash
 Drive Serial Number: BW0017342
${more}
[Computed Hashes]
 MD5 checksum:    ${digest}

Image Information:
 Acquisition started:   Tue Aug 25 13:01:45 2015
 Acquisition finished:  Tue Aug 25 13:03:02 2015

Image Verification Results:
 Verification started:  Tue Aug 25 13:03:02 2015
 Verification finished: Tue Aug 25 13:03:41 2015
 MD5 checksum:    ${digest} : verified
`.replaceAll('\n', '\r\n');
}

const BAD =
  'ATTENTION:\nThe following sector(s) on the source drive could not be read:\n\t3\n\t10 through 11\nThe contents of these sectors were replaced with zeros in the image.\n';
const OTHER = `dc3dd 7.2.646 started at 2015-08-26 10:00:00 +0200
command line: dc3dd if=/dev/sdb hof=disk7.001 hash=md5
sector size: 512 bytes (probed)

input results for device \`/dev/sdb':
   65 sectors in
   ${md5} (md5)

dc3dd completed at 2015-08-26 10:00:09 +0200
`;

let work = '';
let home = '';
async function carrier(name: string, papers: Readonly<Record<string, Buffer | string>>): Promise<string> {
  const folder = join(work, name);
  await mkdir(folder);
  await writeFile(join(folder, 'disk7.001'), image);
  for (const [paper, content] of Object.entries(papers)) await writeFile(join(folder, paper), content);
  return folder;
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'strongroom-logs-'));
  home = join(work, 'home');
});

afterAll(() => rm(work, { recursive: true, force: true }));

describe('a disk whose log gives its digest', () => {
  let shown: Run;
  let told: Run;
  beforeAll(async () => {
    const folder = await carrier('right', { 'disk7.001.txt': Buffer.from(ftkLog(md5, BAD), 'latin1'), 'second.log': OTHER });
    const { json } = await strongroom(home, 'ingest', '--json', folder);
    const id = json.packages[0].id as string;
    [shown, told] = [await strongroom(home, 'show', id, '--json'), await strongroom(home, 'show', id)];
  });

  it('is taken in, and the digest is on record as compared', () => {
    const { checksums, medium } = shown.json.acquisition;
    const compared = { algorithm: 'md5', digest: md5, subject: 'medium', outcome: 'match' };
    expect(checksums).toMatchObject([
      { ...compared, list: 'disk7.001.txt', line: 22 },
      { ...compared, list: 'second.log', line: 7 },
    ]);
    expect(medium.digests).toEqual({ md5 });
  });

  it('has the facts of the log, each with its line', () => {
    const source = (line: number): unknown => ({ file: 'disk7.001.txt', line });
    expect(shown.json.acquisition.facts).toEqual(
      expect.arrayContaining([
        { name: 'examiner', value: 'Zoë Marrow', source: source(6) },
        { name: 'deviceSerial', value: 'BW0017342', source: source(14) },
        { name: 'startedAt', value: '2015-08-25T13:01:45', source: source(25) },
      ]),
    );
  });

  it('has an account of each imaging, with what could not be read', () => {
    expect(shown.json.acquisition.imaging).toMatchObject([
      {
        log: 'disk7.001.txt',
        kind: 'ftk-imager',
        tool: 'FTK Imager',
        toolVersion: '4.2.1.4',
        isWhole: false,
        badRanges: [
          { offset: 3 * 512, length: 512 },
          { offset: 10 * 512, length: 1024 },
        ],
        verifications: [{ what: 'image', isVerified: true }],
      },
      { log: 'second.log', kind: 'dc3dd', isWhole: true, endedAt: '2015-08-26T10:00:09+02:00' },
    ]);
  });

  it('has events of that time, by those who did it', () => {
    const events = shown.json.events as { at: string; type: string; outcome: string; notes: string[]; agents: unknown[] }[];
    const [imaging, verified, second] = events;
    expect(imaging).toMatchObject({ at: '2015-08-25T13:03:02.000Z', type: 'imaging', outcome: 'warning' });
    expect(imaging?.notes.join()).toContain('time zone is not known');
    expect(imaging?.agents).toMatchObject([
      { name: 'FTK Imager', type: 'software', version: '4.2.1.4', role: 'executing program' },
      { name: 'Zoë Marrow', type: 'person', role: 'implementer' },
    ]);
    expect(verified).toMatchObject({ at: '2015-08-25T13:03:41.000Z', type: 'fixity check', outcome: 'success' });
    expect(second).toMatchObject({ at: '2015-08-26T08:00:09.000Z', type: 'imaging', outcome: 'success' });
  });

  it('says where the two logs contradict each other', () => {
    const notes = (shown.json.acquisition.notes as string[]).filter((note) => note.startsWith('contradiction'));
    expect(notes).toEqual([
      'contradiction in deviceSize: line 11 of "disk7.001.txt", in sectors, says "32768", line 6 of "second.log", in sectors, says "33280"; both are kept',
    ]);
  });

  it('is shown in a few lines', () => {
    expect(told.stdout).toContain('imaging, by disk7.001.txt (FTK Imager log)\n');
    expect(told.stdout).toMatch(/when +2015-08-25T13:01:45 to 2015-08-25T13:03:02\n/);
    expect(told.stdout).toMatch(/who +Zoë Marrow\n/);
    expect(told.stdout).toMatch(/device +Brackwater Flash, serial BW0017342\n/);
    expect(told.stdout).toMatch(/not read +3 bad sectors, 1536 bytes in 2 places\n/);
    expect(told.stdout).toContain('note: contradiction in deviceSize');
  });

  it('keeps the logs as they came', () => {
    const paths = (shown.json.files as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['data/submission/disk7.001.txt', 'data/submission/second.log']));
  });
});

describe('a disk whose log gives another digest', () => {
  it('is refused with both values, and nothing is taken in', async () => {
    const run = await strongroom(home, 'ingest', await carrier('wrong', { 'disk7.001.txt': ftkLog(wrong) }));
    expect(run.code).not.toBe(0);
    for (const word of ['ingest/digest-mismatch', md5, wrong, 'disk7.001.txt', 'line 17']) expect(run.stderr).toContain(word);
    expectPlain(run);
    await expectUntouched(home);
  });
});
