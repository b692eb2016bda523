/** A sector image, the flux that it was decoded from, and the log: one package, whose PREMIS relates them and tells where the two differ. */
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { v7 } from 'uuid';
import { expect, it } from 'vitest';
import { systemClock } from '#ingest/kernel';
import { readDeposit } from '#ingest/acquisition';
import type { AcquisitionDocument, FluxComparison } from '#ingest/package';
import { ingest } from '#ingest/pipeline';
import { openPremisGuard, type PremisEvent, type PremisObject, readPremis } from '#ingest/premis';
import { openStorage } from '#ingest/storage';
import { complaints } from '../../schemas/judge.ts';
import { tmpFolder } from '../../support/tmp.ts';
import { complaint, emittedXsd, hasOfficial, officialXsd } from '../premis/judges.ts';

const fixture = (path: string): Buffer => gunzipSync(readFileSync(new URL(`../../fixtures/media/${path}.gz`, import.meta.url)));
const TRACKS = ['00.0', '00.1', '01.0', '01.1'];
const LOG = `Reading c=0-79:h=0-1 revs=2\nFormat ibm.720\nT0.0: IBM MFM (9/9 sectors) from Raw Flux (100000 flux in 400.00ms)\nFound 1440 sectors of 1440 (100%)\n`;

interface Told {
  readonly id: string;
  readonly document: AcquisitionDocument;
  readonly xml: string;
  readonly objects: readonly PremisObject[];
  readonly events: readonly PremisEvent[];
}

/** Ingests a folder of these files; what the package says. */
async function ingested(files: Readonly<Record<string, Buffer | string>>): Promise<Told> {
  const root = await tmpFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, 'carrier', name)), { recursive: true });
    await writeFile(join(root, 'carrier', name), content);
  }
  const storage = await openStorage(pathToFileURL(join(root, 'place')));
  using guard = await openPremisGuard();
  const { id } = await ingest(
    { path: join(root, 'carrier'), title: undefined, accession: undefined, again: false },
    {
      storage,
      clock: systemClock,
      newId: v7,
      guard,
      agents: [{ name: 'test', type: 'software', version: '0', role: 'executing program' }],
      holds: () => Promise.resolve(undefined),
      stored: () => Promise.resolve(undefined),
      surveyBudgetMs: 0,
      signal: undefined,
      onProgress: undefined,
    },
  );
  const folder = join(root, 'place/packages', id, 'metadata');
  const xml = await readFile(join(folder, 'premis.xml'), 'utf8');
  const [objects, events]: [PremisObject[], PremisEvent[]] = [[], []];
  for await (const entity of readPremis([Buffer.from(xml)])) {
    if (entity.kind === 'event') events.push(entity);
    else if (entity.kind !== 'agent' && entity.kind !== 'rights') objects.push(entity);
  }
  return { id, document: JSON.parse(await readFile(join(folder, 'acquisition.json'), 'utf8')), xml, objects, events };
}

const comparisonOf = ({ document }: Told): FluxComparison | undefined => document.flux?.[0]?.comparison;
/** `type / subType: paths` of one object; the image is called IMAGE. */
function relationsOf({ id, objects }: Told, value: string): string[] {
  const named = (other: string): string => (other === id ? 'IMAGE' : other.slice(id.length + 1));
  return (objects.find(({ identifiers: [own] }) => own.value === value)?.relationships ?? []).map(
    ({ type, subType, objects: related }) => `${type} / ${subType}: ${related.map((object) => named(object.value)).join(' ')}`,
  );
}

it('flux, decoded image, log and photograph are one package, and PREMIS relates them both ways', async () => {
  const told = await ingested({
    'disk.img': fixture('scp/pc-720k.scp.truth'),
    'disk.scp': fixture('scp/pc-720k.scp'),
    'disk.log': LOG,
    'label.jpg': Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0', 'latin1'),
  });
  const { id, document, xml } = told;
  const of = (path: string): string[] => relationsOf(told, `${id}/${path}`);
  expect(document.image.files.map(({ path }) => path)).toEqual(['data/image/disk.img']);
  expect(relationsOf(told, id)).toEqual([
    'structural / includes: data/image/disk.img',
    'reference / is Documented In: data/submission/disk.log data/submission/label.jpg',
    'derivation / has Source: data/submission/disk.scp',
  ]);
  expect(of('data/submission/disk.scp')).toEqual(['derivation / is Source Of: IMAGE']);
  expect(of('data/submission/disk.log')).toEqual(['reference / documents: IMAGE']);
  expect(of('data/submission/label.jpg')).toEqual(['reference / documents: IMAGE']);
  expect(complaint(xml, emittedXsd)).toBeUndefined();
  expect(complaints('acquisition.schema.json', document)).toEqual([]);
});

it.skipIf(!hasOfficial)(
  'such a package is valid by the official PREMIS 3 schema (skipped where ../shared is absent)',
  async () => {
    const { xml } = await ingested({ 'disk.img': fixture('scp/pc-720k.scp.truth'), 'disk.scp': fixture('scp/pc-720k.scp') });
    expect(complaint(xml, officialXsd)).toBeUndefined();
  },
);

it.each([
  ['SCP', 'scp/pc-720k.scp', 'disk.scp'],
  ['SCP of an Amiga disk', 'scp/amiga.scp', 'disk.scp'],
  ['A2R', 'a2r/dos-v3.a2r', 'disk.a2r'],
  ['HFE', 'hfe/pc-720k.hfe', 'disk.hfe'],
  ['WOZ', 'woz/dos.woz', 'disk.woz'],
  ['IPF', 'ipf/amiga.ipf', 'disk.ipf'],
])('%s that decodes to the image agrees with it sector for sector', async (_what, path, name) => {
  const image = fixture(`${path}.truth`);
  const told = await ingested({ 'disk.dsk': image, [name]: fixture(path) });
  const { sectorSize = 1, sectors, ranges } = comparisonOf(told) ?? {};
  expect(sectors).toMatchObject({
    agreeing: image.length / sectorSize,
    differing: 0,
    onlyInFlux: 0,
    onlyInImage: 0,
    inNeither: 0,
  });
  expect(ranges).toEqual([]);
  const event = told.events.find(({ detail = '' }) => detail.startsWith('the flux'));
  expect(event).toMatchObject({ type: 'validation', outcome: 'success' });
  expect(event?.objects.map(({ value }) => value)).toEqual([told.id, `${told.id}/data/submission/${name}`]);
  expect(told.document.notes.filter((note) => note.includes(name))).toEqual([]);
});

it('the streams of a KryoFlux set are the source together', async () => {
  const streams = TRACKS.map((track) => [`flux/track${track}.raw`, fixture(`kryoflux/pc/track${track}.raw`)] as const);
  const told = await ingested({ 'disk.img': fixture('kryoflux/pc.truth'), ...Object.fromEntries(streams) });
  const paths = TRACKS.map((track) => `data/submission/flux/track${track}.raw`);
  expect(told.document.flux).toMatchObject([{ format: { id: 'kryoflux' }, files: paths }]);
  expect(comparisonOf(told)?.sectors).toMatchObject({ differing: 0, onlyInFlux: 0 });
  expect(relationsOf(told, told.id)).toContain(`derivation / has Source: ${paths.join(' ')}`);
});

it('a sector that differs is shown with its place, in an event, a note and acquisition.json, and nothing is resolved', async () => {
  const image = fixture('scp/pc-720k.scp.truth');
  image.writeUInt8(image.readUInt8(4 * 512 + 7) ^ 0xff, 4 * 512 + 7);
  image.fill(0xf6, 30 * 512, 32 * 512);
  const told = await ingested({ 'disk.img': image, 'disk.scp': fixture('scp/pc-720k.scp') });
  expect(comparisonOf(told)).toMatchObject({
    sectors: { agreeing: 33, differing: 3 },
    ranges: [
      { offset: 4 * 512, length: 512, what: 'differing' },
      { offset: 30 * 512, length: 1024, what: 'differing' },
    ],
  });
  const words = 'the flux "disk.scp": 33 of 36 sectors of 512 bytes agree with the image, 3 differ';
  expect(told.events).toContainEqual(expect.objectContaining({ type: 'validation', outcome: 'warning', detail: words }));
  expect(told.events.flatMap(({ notes = [] }) => notes)).toContain('bytes 2048 to 2559: the flux and the image differ');
  expect(told.document.notes).toContain(words);
  expect(complaints('acquisition.schema.json', told.document)).toEqual([]);
});

it('sectors that the flux does not give, and those that the log calls bad, are in one of the two alone', async () => {
  const { document } = await ingested({
    'disk.img': fixture('scp/pc-damaged.scp.truth'),
    'disk.scp': fixture('scp/pc-damaged.scp'),
    'disk.map':
      '# Mapfile. Created by GNU ddrescue version 1.27\n0x00000000     +               1\n0x00000000  0x00000200  -\n0x00000200  0x000B3E00  +\n',
  });
  const { sectors, ranges = [] } = document.flux?.[0]?.comparison ?? {};
  expect(sectors).toMatchObject({ onlyInFlux: 1, differing: 0 });
  expect(sectors?.onlyInImage).toBeGreaterThan(0);
  expect(ranges[0]).toEqual({ offset: 0, length: 512, what: 'onlyInFlux' });
});

it('the same Apple disk in ProDOS order agrees with its flux, which is in DOS order', async () => {
  const [dos, prodos] = [
    [0, 13, 11, 9, 7, 5, 3, 1, 14, 12, 10, 8, 6, 4, 2, 15],
    [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15],
  ];
  const truth = fixture('woz/prodos.woz.truth');
  const turned = Buffer.concat(
    Array.from({ length: truth.length / 256 }, (_, sector) => {
      const own = sector % 16;
      const at = (sector - own + prodos.indexOf(dos[own]!)) * 256;
      return truth.subarray(at, at + 256);
    }),
  );
  const told = await ingested({ 'disk.dsk': turned, 'disk.woz': fixture('woz/prodos.woz') });
  expect(comparisonOf(told)?.sectors).toMatchObject({ agreeing: 48, differing: 0 });
});

it.each([
  ['that gives no sector', 'disk.scp', 'scp/no-sectors', () => fixture('scp/pc-720k.scp').fill(0, 0x2b0)],
  [
    'of a format that is only known by name',
    'disk.moof',
    'ingest/flux-format',
    () => Buffer.from(`MOOF\xff\n\r\n${'\0'.repeat(600)}`, 'latin1'),
  ],
])('flux %s is kept and related; why it was not compared is told', async (_what, name, code, flux) => {
  const told = await ingested({ 'disk.img': fixture('scp/pc-720k.scp.truth'), [name]: flux() });
  expect(told.document.flux).toMatchObject([{ name, notCompared: { code } }]);
  expect(relationsOf(told, told.id)).toContain(`derivation / has Source: data/submission/${name}`);
  expect(told.events).toContainEqual(expect.objectContaining({ type: 'validation', outcome: 'warning' }));
  expect(complaints('acquisition.schema.json', told.document)).toEqual([]);
});

it('packed flux is flux, and flux named like an image given by itself comes with it', async () => {
  const root = await tmpFolder();
  await writeFile(join(root, 'disk.img'), fixture('scp/pc-720k.scp.truth'));
  await writeFile(join(root, 'disk.scp'), fixture('scp/pc-720k.scp'));
  await writeFile(join(root, 'second.scp.gz'), gzipSync(fixture('scp/pc-720k.scp')));
  const named = (flux: readonly { readonly name: string }[]): string[] => flux.map(({ name }) => name).toSorted();
  expect(named((await readDeposit(root)).flux)).toEqual(['disk.scp', 'second.scp.gz']);
  const alone = await readDeposit(join(root, 'disk.img'));
  expect(named(alone.flux)).toEqual(['disk.scp']);
  expect(named(alone.submission)).toEqual(['disk.scp']);
  expect((await readDeposit(join(root, 'disk.scp'))).image.name).toBe('disk.scp');
});
