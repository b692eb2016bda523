/** What the hand-made documents are made of. */

export const id = '019a0000-0000-7000-8000-000000000001';
export const sha256 = 'a1'.repeat(32);
export const fault = {
  kind: 'refused',
  code: 'premis/not-valid',
  message: 'the record would break our own schema at line 7',
  facts: { line: 7, validator: 'too short', checked: true, names: ['a', 'b'] },
};
export const summary = {
  id,
  title: 'Disk 3',
  accession: '2026-014',
  bytes: 1,
  sealedAt: '2026-11-22T10:00:00Z',
  status: 'ok',
  mediaSize: 1,
  mediaSha256: sha256,
};

const nothing = { bytes: 0, areas: 0 };
export const acquisition = {
  image: {
    name: 'disk.img',
    format: { id: 'floppy', title: 'Floppy disk image', puid: 'fmt/1087', basis: 'size' },
    files: [{ path: 'data/image/disk.img', size: 1024, sha256 }],
  },
  medium: { size: 1024, sha256, sectorSize: 512 },
  facts: [
    { name: 'medium md5', value: 'c3'.repeat(16), source: { file: 'disk.md5', line: 1 } },
    { name: 'ddrescue version', value: '1.27', source: { file: 'disk.map' } },
    { name: 'imageSize', value: 1024, source: 'computed' },
    { name: 'format', value: 'floppy', source: 'container' },
  ],
  mapfiles: [
    {
      file: 'disk.map',
      sums: {
        rescued: { bytes: 512, areas: 1 },
        nonTried: nothing,
        nonTrimmed: nothing,
        nonScraped: nothing,
        bad: { bytes: 512, areas: 1 },
      },
      ranges: [{ offset: 512, length: 512, status: 'bad' }],
      isTruncated: false,
      writtenAt: '2026-11-22T10:00:00.000Z',
    },
  ],
  imaging: [
    {
      log: 'disk.info',
      kind: 'guymager',
      title: 'Guymager acquisition info file',
      writtenAt: '2026-11-22T10:00:00.000Z',
      tool: 'Guymager',
      toolVersion: '0.8.13',
      examiner: 'N.',
      startedAt: '2026-11-22T09:00:00',
      endedAt: '2026-11-22T10:00:00+02:00',
      status: 'Finished successfully',
      isWhole: false,
      badRanges: [{ offset: 512, length: 512 }],
      isTruncated: false,
      verifications: [{ what: 'image', isVerified: true }],
    },
  ],
  flux: [
    {
      name: 'disk.scp',
      format: { id: 'scp', title: 'SuperCard Pro flux image' },
      files: ['data/submission/disk.scp'],
      comparison: {
        sectorSize: 512,
        fluxSize: 1024,
        imageSize: 1024,
        sectors: { agreeing: 1, differing: 1, onlyInFlux: 0, onlyInImage: 0, inNeither: 0 },
        ranges: [{ offset: 512, length: 512, what: 'differing' }],
        isTruncated: false,
      },
    },
    {
      name: 'moof/disk.moof',
      format: { id: 'moof', title: 'Applesauce Macintosh disk image' },
      files: ['data/submission/moof/disk.moof'],
      notCompared: { code: 'ingest/flux-format', message: 'this version does not decode it' },
    },
  ],
  checksums: [
    { list: 'disk.md5', line: 1, algorithm: 'md5', digest: 'c3'.repeat(16), subject: 'medium', outcome: 'match' },
    { list: 'SHA1SUMS', line: 2, algorithm: 'sha1', digest: 'c3'.repeat(20), subject: 'data/submission/a', outcome: 'match' },
  ],
  notes: ['files of 0 bytes, kept: "log.txt"'],
};
const { medium: _, ...opaque } = acquisition;
export const unopened = opaque;
export const accession = { number: '2026-014', title: 'Estate of N.', donor: null, received: '2026-08-01', restrictions: null };
export const knownSet = {
  name: 'NSRL 2026.03',
  state: 'ready',
  format: 'nsrl-3',
  source: '/srv/RDS_2026.03.1_modern_minimal.db',
  digests: 3,
  sha256: 2,
  sha1: 1,
  md5: 0,
  addedAt: '2026-11-23T10:00:00.000Z',
};
export const recorded = { ...accession, packages: 12, notes: null, createdAt: summary.sealedAt, updatedAt: summary.sealedAt };
export const stored = {
  id,
  outcome: 'stored',
  title: 'Disk 3',
  bytes: 1,
  files: 1,
  mediaSize: 1,
  mediaSha256: sha256,
  tagManifestSha256: sha256,
  notes: [],
};
