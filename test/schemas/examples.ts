/** Hand-made documents: one good one for each schema, and changes that each make it wrong. */
import { inside, inspected } from './disk-examples.ts';
import { id, sha256, fault, summary, acquisition, accession, recorded, stored, unopened, knownSet } from './example-records.ts';

type Change = (document: never) => unknown;

export interface Example {
  readonly good: readonly object[];
  /** What is wrong, and how it is made so. */
  readonly bad: readonly (readonly [name: string, change: Change])[];
}

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
    good: [acquisition, { ...unopened, facts: [], mapfiles: [], checksums: [], notes: [] }],
    bad: [
      ['a fact without a source', without('facts.0.source')],
      ['a source in other words', set('facts.0.source', 'guessed')],
      ['a line 0', set('facts.0.source.line', 0)],
      ['an object as a value', set('facts.0.value', {})],
      ['an image without files', set('image.files', [])],
      ['an image file outside data/image/', set('image.files.0.path', 'data/submission/x')],
      ['an upper-case digest', set('image.files.0.sha256', sha256.toUpperCase())],
      ['a negative size', set('medium.size', -1)],
      ['a PUID of another shape', set('image.format.puid', 'x/1')],
      ['a rescued block in the list of what is not', set('mapfiles.0.ranges.0.status', 'rescued')],
      ['flux outside data/submission/', set('flux.0.files.0', 'data/image/x')],
      ['flux that was neither compared nor not', without('flux.0.comparison')],
      ['a total left out', without('mapfiles.0.sums.bad')],
      ['a digest that does not match', set('checksums.0.outcome', 'mismatch')],
      ['a checksum of something else', set('checksums.0.subject', 'disk.img')],
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
      {
        container: { format: 'raw', size: 1024, facts: {} },
        media: { size: 1024, sectorSize: 512, extents: { data: 1024, zero: 0, absent: 0 } },
        volumes: [],
      },
      { container: { format: 'ewf', size: 1024 }, media: null, volumes: [] },
      inspected,
    ],
    bad: [
      ['no container', without('container')],
      ['no sector size', without('media.sectorSize')],
      ['a size as text', set('media.size', '1024')],
      ['a size above 2^53-1', set('media.size', 2 ** 53)],
      [
        'a volume without an offset',
        set('volumes', [{ index: 0, scheme: 'mbr', number: '', length: 1, type: '', fileSystem: null, remarks: [] }]),
      ],
      ['a file without a path', set('files', [{ volume: 0, kind: 'file', size: 1, times: {} }])],
    ],
  },
  'cli/ingest.schema.json': {
    good: [{ packages: [stored, { path: 'b.img', id: null, outcome: 'refused', bytes: 0, mediaSha256: null, error: fault }] }],
    bad: [
      ['no list', without('packages')],
      ['an id that is no UUID', set('packages.0.id', 'disk 3')],
      ['no outcome', without('packages.0.outcome')],
      ['a refusal without a reason', without('packages.1.error')],
      ['a refusal with an id', set('packages.1.id', id)],
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
          { kind: 'file', package: id, accession: null, title: 'Disk 3', path: 'data/submission/A.TXT', snippet: '…' },
          { kind: 'accession', package: null, accession: '2026-014', title: 'Estate', path: null, snippet: '' },
          { kind: 'file', package: id, accession: null, title: 'Disk 3', ...inside },
          { kind: 'file', package: id, accession: null, title: 'Disk 3', ...inside, known: { set: 'NSRL', digest: 'sha1' } },
        ],
        hidden: 7,
      },
    ],
    bad: [
      ['a kind that does not exist', set('hits.0.kind', 'disk')],
      ['a hit without a package', without('hits.0.package')],
      ['a hit that shows nothing', without('hits.0.snippet')],
      ['a file inside a disk without its size', without('hits.2.size')],
      ['no word of what was left out', without('hidden')],
      ['known by no digest', without('hits.3.known.digest')],
    ],
  },
  'cli/show.schema.json': {
    good: [
      {
        ...summary,
        image: 'disk.img',
        format: { id: 'floppy', title: 'Floppy disk image', puid: null },
        lastCheckedAt: null,
        tagManifestSha256: sha256,
        accession,
        relations: [{ path: 'data/image/disk.img', type: 'structural', subType: 'is Included In', image: 'disk.img' }],
        files: [
          { path: 'data/image/disk.img', role: 'image', size: 100, sha256, digests: { md5: 'c3' }, format: null, puid: null },
        ],
        acquisition,
        events: [
          {
            id,
            type: 'ingestion',
            at: '2026-11-22T10:00:00.000Z',
            outcome: 'success',
            detail: '',
            notes: [],
            agents: [{ name: 'Strongroom', type: 'software', role: 'executing program' }],
            sealed: true,
          },
        ],
        copies: [{ id, location: 'main', status: 'ok', storedAt: summary.sealedAt, lastCheckedAt: null, lastOkAt: null }],
      },
    ],
    bad: [
      ['no accession', without('accession')],
      ['no events', without('events')],
      ['an acquisition record that is wrong inside', set('acquisition.notes', 'none')],
      ['an outcome in other words', set('events.0.outcome', 'pass')],
      ['a time without a zone', set('events.0.at', '2026-11-22T10:00:00')],
    ],
  },
  'cli/survey.schema.json': {
    good: [
      {
        surveyed: [
          {
            package: id,
            outcome: 'updated',
            volumes: 1,
            files: 3,
            bytes: 1000,
            tagManifestSha256: sha256,
            notes: ['1 file has …'],
          },
          { package: id, outcome: 'present', volumes: 0, files: 0, bytes: 0, tagManifestSha256: sha256, notes: [] },
          { package: id, outcome: 'refused', error: fault },
        ],
      },
    ],
    bad: [
      [
        'an outcome without a reason',
        (d: { surveyed: object[] }) => ({ surveyed: [...d.surveyed, { package: id, outcome: 'refused' }] }),
      ],
      [
        'one that says nothing of its files',
        (d: { surveyed: object[] }) => ({ surveyed: [{ ...d.surveyed[0], files: undefined }] }),
      ],
    ],
  },
  'cli/scan.schema.json': {
    good: [
      { scanned: 0, infected: 0, packages: [] },
      {
        scanned: 1,
        infected: 1,
        packages: [
          {
            package: id,
            state: 'done',
            startedAt: '2026-11-23T10:00:00.000Z',
            endedAt: '2026-11-23T10:01:00.000Z',
            summary: {
              files: 3,
              bytes: 68,
              clean: 1,
              infected: 1,
              notScanned: 1,
              scanners: [{ name: 'ClamAV', version: '1.4.6', signatures: '27829', signaturesFrom: 'Mon Nov 23 08:24:00 2026' }],
              infectedFiles: [{ volume: 0, path: 'TOOLS/EICAR.COM', stream: null, found: 'Eicar-Test-Signature' }],
              reasons: [{ because: 'it was deleted', files: 1 }],
              gaps: [],
            },
          },
        ],
      },
    ],
    bad: [
      ['no list of packages', without('packages')],
      ['a state in other words', set('packages', [{ package: id, state: 'ok', startedAt: null, endedAt: null, summary: null }])],
      ['a count as text', set('infected', '1')],
    ],
  },
  'cli/audit.schema.json': {
    good: [
      { checked: 2, ok: 2, damaged: [], unreadable: [] },
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
            detail: 'the bytes read twice do not have the digest that was sealed',
          },
        ],
        unreadable: [
          {
            package: id,
            location: 'primary',
            path: 'data/submission/a.jpg',
            ranges: [],
            detail: 'the device reports a read error (EIO)',
          },
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
    good: [
      { package: id, target: '/tmp/a.tar', as: 'tar', bytes: 10240, files: 7, sha256 },
      { package: id, target: '/tmp/a.E01', as: 'e01', bytes: 10240, files: 1, sha256, mediumSha256: sha256, notes: ['a note'] },
    ],
    bad: [['no path', without('target')]],
  },
  'cli/extract.schema.json': {
    good: [
      { package: id, target: '/tmp/a', files: 7, folders: 2, bytes: 10240, skipped: 1, unread: 0 },
      { package: id, target: '/tmp/a.zip', files: 0, folders: 0, bytes: 0, skipped: 0, unread: 0, zipBytes: 500, sha256 },
    ],
    bad: [
      ['no path', without('target')],
      ['no count', without('files')],
    ],
  },
  'cli/files.schema.json': {
    good: [
      { package: id, files: [] },
      { package: id, files: [{ package: id, name: 'A.TXT', kind: 'file', known: null, ...inside }] },
    ],
    bad: [
      ['no list', without('files')],
      ['a field beside the list', set('next', 'x')],
      [
        'a file without a path',
        set('files', [{ package: id, name: 'A.TXT', kind: 'file', known: null, ...inside, path: undefined }]),
      ],
    ],
  },
  'cli/accession-list.schema.json': {
    good: [{ accessions: [recorded] }],
    bad: [
      ['no number', without('accessions.0.number')],
      ['a day in words', set('accessions.0.received', 'August')],
    ],
  },
  'cli/accession-add.schema.json': { good: [recorded], bad: [['no count of packages', without('packages')]] },
  'cli/known-add.schema.json': {
    good: [knownSet],
    bad: [
      ['no count', without('digests')],
      ['a form of its own', set('format', 'zip')],
    ],
  },
  'cli/known-list.schema.json': { good: [{ sets: [knownSet] }, { sets: [] }], bad: [['no sets', without('sets')]] },
  'cli/known-remove.schema.json': { good: [knownSet], bad: [['no name', without('name')]] },
  'cli/serve.schema.json': {
    good: [{ url: 'http://127.0.0.1:4000', api: 'http://127.0.0.1:4000/api/docs', home: '/home' }],
    bad: [['no address', without('url')]],
  },
  'cli/rebuild.schema.json': {
    good: [
      {
        entries: 7,
        packages: 3,
        surveys: 3,
        knownSets: 1,
        adopted: [id],
        problems: [{ package: id, code: 'package/gone', message: 'it is gone' }],
      },
    ],
    bad: [
      ['a negative count', set('packages', -1)],
      ['a field of our own invention', set('extra', 1)],
    ],
  },
  'cli/doctor.schema.json': {
    good: [{ ok: false, checks: [{ name: 'storage', ok: false, detail: 'the disk is full', freeBytes: 0 }] }],
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
