/** What commands tell of files inside disks: examples for their schemas. */

const sha256 = 'a'.repeat(64);

/** What is told of a file inside a disk. */
export const inside = {
  volume: 0,
  path: 'LETTERS/A.TXT',
  entryKind: 'file',
  stream: null,
  size: 5,
  modified: '1993-05-12T10:11:12',
  deleted: false,
  unread: false,
  sha256,
};

/** By inspect, with --files and --hash. */
export const inspected = {
  container: {
    format: 'ewf',
    size: 100,
    facts: { examiner: 'M. Roth', snapshots: ['1 before', '2 after'] },
    storedDigests: { md5: 'd41d8cd98f00b204e9800998ecf8427e' },
    parts: ['disk.E02'],
    warnings: [{ code: 'ewf/table-damaged', message: 'the first table is damaged' }],
  },
  media: { size: 1024, sectorSize: 512, sha256, extents: { data: 512, zero: 0, absent: 512 } },
  volumes: [
    {
      index: 0,
      scheme: 'mbr',
      number: '1',
      offset: 512,
      length: 512,
      type: '0x0b',
      fileSystem: {
        format: 'fat',
        type: 'FAT32',
        label: 'SYSTEM',
        size: 512,
        blockSize: 512,
        isListed: true,
        facts: { reserved: 32 },
      },
      remarks: [],
    },
    { index: 1, scheme: 'mbr', number: '2', offset: 1024, length: 0, type: '', fileSystem: null, remarks: [] },
  ],
  files: [
    { volume: 0, path: 'AUTOEXEC.BAT', kind: 'file', size: 5, sha256, times: { modified: '1993-05-12T10:11:12' } },
    { volume: 0, path: 'EMPTY', kind: 'file', size: 0, deleted: true, times: {} },
  ],
  tables: [{ scheme: 'mbr', offset: 0, sectorSize: 512 }],
  unallocated: [{ offset: 0, length: 512 }],
  remarks: [],
  totals: { volumes: 2, files: 1, directories: 0, deleted: 1, bytes: 5, withUnread: 0, withFaults: 0, damages: 0 },
};
