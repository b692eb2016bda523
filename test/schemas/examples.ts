/** Hand-made documents: one good one for each schema, and changes that each make it wrong. */

type Change = (document: never) => unknown;

export interface Example {
  readonly good: readonly object[];
  /** What is wrong, and how it is made so. */
  readonly bad: readonly (readonly [name: string, change: Change])[];
}

const id = '019a0000-0000-7000-8000-000000000001';
const sha256 = 'a1'.repeat(32);
const fault = {
  kind: 'refused',
  code: 'premis/not-valid',
  message: 'the record would break our own schema at line 7',
  facts: { line: 7, validator: 'too short', checked: true, names: ['a', 'b'] },
};
const summary = {
  id,
  title: 'Disk 3',
  accession: '2026-014',
  bytes: 1,
  sealedAt: '2026-11-22T10:00:00Z',
  status: 'ok',
  mediaSize: 1,
  mediaSha256: sha256,
};

const acquisition = {
  facts: [
    {
      name: 'imager',
      value: 'Guymager 0.8.13',
      source: { file: 'data/submission/disk.info', line: 3, basis: 'Guymager version' },
    },
    { name: 'sectorSize', value: 512, source: { file: 'data/image/disk.E01', basis: 'bytes per sector in the volume section' } },
  ],
  image: {
    name: 'disk.E01',
    format: { id: 'ewf', title: 'Expert Witness', puid: 'fmt/803', basis: 'signature EVF at offset 0' },
    files: [{ path: 'data/image/disk.E01', size: 100, sha256 }],
    medium: { size: 1024, sha256, sectorSize: 512 },
  },
  mapfile: {
    file: 'data/submission/disk.map',
    size: 1024,
    status: 'finished',
    totals: { rescued: 512, nonTried: 0, nonTrimmed: 0, nonScraped: 0, bad: 512 },
    blocks: [{ offset: 512, length: 512, status: 'bad' }],
    truncated: false,
  },
  checksums: [
    {
      file: 'data/submission/disk.md5',
      line: 1,
      algorithm: 'md5',
      digest: 'c3'.repeat(16),
      subject: 'data/image/disk.E01',
      outcome: 'match',
    },
    { file: 'data/image/disk.E01', algorithm: 'sha1', digest: 'c3'.repeat(20), subject: 'medium', outcome: 'not checked' },
  ],
  warnings: ['512 bytes of the disk could not be read'],
};

const set =
  (path: string, value: unknown): Change =>
  (document) => {
    const steps = path.split('.');
    const last = steps.pop() ?? '';
    const place = steps.reduce<Record<string, unknown>>((at, step) => at[step] as Record<string, unknown>, document);
    if (value === undefined) delete place[last];
    else place[last] = value;
    return document;
  };
const without = (path: string): Change => set(path, undefined);

export const examples: Readonly<Record<string, Example>> = {
  'acquisition.schema.json': {
    good: [
      acquisition,
      { ...acquisition, facts: [], checksums: [], warnings: [], mapfile: null, image: { ...acquisition.image, medium: null } },
    ],
    bad: [
      ['a fact without a source', without('facts.0.source')],
      ['a source without a basis', without('facts.0.source.basis')],
      ['a line 0', set('facts.0.source.line', 0)],
      ['an object as a value', set('facts.0.value', {})],
      ['an image without files', set('image.files', [])],
      ['an image file outside data/image/', set('image.files.0.path', 'data/submission/x')],
      ['an upper-case digest', set('image.files.0.sha256', sha256.toUpperCase())],
      ['a negative size', set('image.medium.size', -1)],
      ['a PUID of another shape', set('image.format.puid', 'x/1')],
      ['a rescued block in the list of what is not', set('mapfile.blocks.0.status', 'rescued')],
      ['a total left out', without('mapfile.totals.bad')],
      ['a checksum outcome in other words', set('checksums.0.outcome', 'ok')],
      ['a field of our own invention', set('extra', 1)],
    ],
  },
  'cli/common.schema.json': { good: [{}], bad: [] },
  'cli/validate.schema.json': {
    good: [
      { bag: '/bags/a', version: '1.0', complete: true, valid: true, errors: [], warnings: [] },
      { bag: '/bags/a', version: '1.0', complete: true, valid: null, errors: [], warnings: [] },
      {
        bag: '/bags/b.tar',
        version: null,
        complete: false,
        valid: false,
        errors: [{ code: 'missing-bagit-txt', path: '', message: 'there is no bagit.txt' }],
        warnings: [{ code: 'duplicate-line', path: 'data/a', message: 'listed twice', manifest: 'manifest-md5.txt' }],
        profile: { conforms: false, errors: [] },
      },
    ],
    bad: [
      ['no verdict', without('valid')],
      ['a verdict in words', set('valid', 'yes')],
      ['an error without a code', set('errors', [{ path: '', message: 'x' }])],
      ['an error without a path', set('errors', [{ code: 'x', message: 'x' }])],
      ['a code in words', set('errors', [{ code: 'Missing file', path: '', message: 'x' }])],
      ['a field of our own invention', set('extra', 1)],
    ],
  },
  'cli/inspect.schema.json': {
    good: [
      { container: { format: 'raw', size: 1024 }, media: { size: 1024, sectorSize: 512 }, volumes: [] },
      {
        container: { format: 'ewf', size: 100 },
        media: { size: 1024, sectorSize: 512, sha256 },
        volumes: [
          { scheme: 'mbr', offset: 512, length: 512, type: '0x0b', fileSystem: { type: 'fat32', label: 'SYSTEM' } },
          { scheme: 'mbr', offset: 1024, length: 0, type: null, fileSystem: null },
        ],
        files: [
          { volume: 0, path: 'AUTOEXEC.BAT', size: 5, sha256 },
          { volume: 0, path: 'EMPTY', size: 0 },
        ],
      },
    ],
    bad: [
      ['no container', without('container')],
      ['no sector size', without('media.sectorSize')],
      ['a size as text', set('media.size', '1024')],
      ['a size above 2^53-1', set('media.size', 2 ** 53)],
      ['a volume without an offset', set('volumes', [{ scheme: 'mbr', length: 1, type: null, fileSystem: null }])],
      ['a file without a path', set('files', [{ volume: 0, size: 1 }])],
    ],
  },
  'cli/ingest.schema.json': {
    good: [
      { packages: [{ id, outcome: 'stored', bytes: 1, mediaSha256: sha256, title: 'Disk 3' }] },
      { packages: [{ id: null, outcome: 'refused', bytes: 0, mediaSha256: null, error: fault }] },
    ],
    bad: [
      ['no list', without('packages')],
      ['an id that is no UUID', set('packages.0.id', 'disk 3')],
      ['no outcome', without('packages.0.outcome')],
      ['a field beside the list', set('extra', 1)],
    ],
  },
  'cli/list.schema.json': {
    good: [
      { packages: [] },
      { packages: [summary, { ...summary, accession: null, mediaSize: null, mediaSha256: null, files: 3 }] },
    ],
    bad: [
      ['a date without a time', (document) => set('packages', [{ ...summary, sealedAt: '2026-11-22' }])(document)],
      ['a package without an id', (document) => set('packages', [{ ...summary, id: undefined }])(document)],
      ['a field beside the list', set('next', 'x')],
    ],
  },
  'cli/search.schema.json': {
    good: [
      {
        hits: [
          { kind: 'file', package: id, path: 'DOS/A.TXT', snippet: '…' },
          { kind: 'accession', package: null, accession: '2026-014' },
        ],
      },
    ],
    bad: [
      ['a kind that does not exist', set('hits.0.kind', 'disk')],
      ['a hit without a package', without('hits.0.package')],
    ],
  },
  'cli/show.schema.json': {
    good: [
      {
        ...summary,
        files: [{ path: 'data/image/disk.E01', size: 100, sha256, role: 'image' }],
        acquisition,
        events: [{ id, type: 'ingestion', at: '2026-11-22T10:00:00.000Z', outcome: 'success', notes: [] }],
        copies: [{ location: 'primary', status: 'ok' }],
      },
    ],
    bad: [
      ['no accession', without('accession')],
      ['no events', without('events')],
      ['an acquisition record that is wrong inside', set('acquisition.warnings', 'none')],
      ['an outcome in other words', set('events.0.outcome', 'pass')],
      ['a time without a zone', set('events.0.at', '2026-11-22T10:00:00')],
    ],
  },
  'cli/audit.schema.json': {
    good: [
      { checked: 2, ok: 2, damaged: [] },
      {
        checked: 2,
        ok: 0,
        damaged: [
          {
            package: id,
            location: 'primary',
            path: 'data/image/disk.img',
            ranges: [{ offset: 1048576, length: 1048576 }],
            files: [{ volume: 0, path: 'DOS/A.TXT' }],
            outcome: 'altered',
          },
        ],
        unreadable: [
          { package: id, location: 'primary', path: 'data/submission/a.jpg', detail: 'the device reports a read error (EIO)' },
        ],
      },
    ],
    bad: [
      ['a count as text', set('checked', '2')],
      ['no list of damage', without('damaged')],
      [
        'a range without a length',
        set('damaged', [{ package: id, location: 'p', path: 'x', ranges: [{ offset: 1 }], files: [] }]),
      ],
      [
        '"unreadable" called damage',
        set('damaged', [{ package: id, location: 'p', path: 'x', ranges: [], files: [], outcome: 'unreadable' }]),
      ],
    ],
  },
  'cli/export.schema.json': {
    good: [{ package: id, to: '/tmp/a.tar', as: 'tar', bytes: 10240, withHistory: false }],
    bad: [['no path', without('to')]],
  },
  'cli/accession-list.schema.json': {
    good: [
      {
        accessions: [
          {
            number: '2026-014',
            title: 'Estate of N.',
            packages: 12,
            donor: null,
            received: '2026-08-01',
            restrictions: null,
            notes: null,
          },
        ],
      },
    ],
    bad: [
      ['no number', without('accessions.0.number')],
      ['a day in words', set('accessions.0.received', 'August')],
    ],
  },
  'cli/rebuild.schema.json': {
    good: [{ entries: 7, packages: 3, adopted: [id] }],
    bad: [
      ['a negative count', set('packages', -1)],
      ['a field of our own invention', set('extra', 1)],
    ],
  },
  'cli/doctor.schema.json': {
    good: [{ ok: false, checks: [{ name: 'storage', ok: false, message: 'the disk is full', freeBytes: 0 }] }],
    bad: [
      ['nothing checked', set('checks', [])],
      ['a check without a verdict', without('checks.0.ok')],
    ],
  },
  'cli/error.schema.json': {
    good: [{ error: fault }, { error: { ...fault, facts: {} } }],
    bad: [
      ['a kind that does not exist', set('error.kind', 'internal')],
      ['a code without its area', set('error.code', 'not-valid')],
      ['no facts', without('error.facts')],
      ['an object among the facts', set('error.facts', { at: { line: 1 } })],
      ['a stack trace', set('error.stack', 'Error: …')],
    ],
  },
};
