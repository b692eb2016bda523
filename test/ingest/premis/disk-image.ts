/** The record of one donated hard disk with its Expert Witness image: what an ingest of ours writes, by hand. */
import {
  local,
  organizationAgent,
  personAgent,
  type PremisContent,
  preservationEvent,
  softwareAgent,
  uuid,
} from '#ingest/premis';

const id = (n: number): string => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const disk = uuid(id(1));
const carrier = uuid(id(2));
const [first, second] = [uuid(id(3)), uuid(id(4))];
const medium = uuid(id(5));
const volume = uuid(id(6));
const program = { ...local('strongroom'), role: 'executing program' } as const;
const imager = { ...local('guymager'), role: 'executing program' } as const;
const archivist = { ...local('a.archivist'), role: 'implementer' } as const;
const rights = local('rights-2026-014');
const part = (object: typeof disk) => ({ type: 'structural', subType: 'is Part Of', objects: [object] }) as const;

const segment = (identifier: typeof disk, name: string, digest: string, size: number) =>
  ({
    kind: 'file',
    identifiers: [identifier],
    characteristics: [
      {
        compositionLevel: 0,
        fixity: [{ algorithm: 'sha256', digest }],
        size,
        formats: [
          {
            name: 'Expert Witness Compression Format',
            version: 'EWF-E01',
            puid: 'fmt/803',
            notes: ['identified by the signature EVF at offset 0'],
          },
        ],
        creatingApplication: { name: 'Guymager', version: '0.8.13', created: '2026-08-20T14:02:11' },
      },
    ],
    originalName: name,
    storage: [{ type: 'bag-relative path', value: `data/image/${name}` }],
    relationships: [{ type: 'structural', subType: 'is Included In', objects: [carrier] }],
    linkedEvents: [uuid(id(11)), uuid(id(12))],
    linkedRights: [rights],
  }) as const;

export const diskImage: PremisContent = {
  objects: [
    {
      kind: 'intellectualEntity',
      identifiers: [disk, local('2026-014/3')],
      originalName: 'Accession 2026-014, disk 3 of 12 – “Büro\rA & B”\u0001 C:\\u{1}\\DOS',
      relationships: [{ type: 'structural', subType: 'is Represented By', objects: [carrier] }],
    },
    {
      kind: 'representation',
      identifiers: [carrier],
      relationships: [
        { type: 'structural', subType: 'represents', objects: [disk] },
        {
          type: 'structural',
          subType: 'includes',
          objects: [
            { ...first, sequence: 1 },
            { ...second, sequence: 2 },
          ],
        },
      ],
    },
    segment(first, 'disk03.E01', 'a1'.repeat(32), 2_147_483_648),
    segment(second, 'disk03.E02', 'b2'.repeat(32), 104_857_600),
    {
      kind: 'bitstream',
      identifiers: [medium],
      significantProperties: [{ type: 'sector size', value: '512' }],
      characteristics: [
        {
          compositionLevel: 0,
          fixity: [
            { algorithm: 'md5', digest: 'c3'.repeat(16), originator: 'Guymager 0.8.13' },
            { algorithm: 'sha256', digest: 'd4'.repeat(32) },
          ],
          size: 4_294_967_296,
          formats: [{ name: 'Raw disk medium' }],
          inhibitors: [{ type: 'encryption: BitLocker', targets: ['volume 2'] }],
        },
      ],
      relationships: [part(first)],
    },
    {
      kind: 'bitstream',
      identifiers: [volume],
      significantProperties: [
        { type: 'byte offset in medium', value: '1048576' },
        { type: 'volume label', value: 'SYSTEM' },
      ],
      characteristics: [{ size: 2_147_483_648, formats: [{ name: 'FAT32 file system' }] }],
      relationships: [part(medium)],
    },
  ],
  events: [
    preservationEvent({
      id: id(11),
      type: 'imaging',
      at: new Date('2026-08-20T12:02:11Z'),
      detail: 'device /dev/sdb; write blocker Tableau T8u',
      outcome: 'warning',
      notes: ['4294967296 bytes read', '16 bad sectors, filled with zeros'],
      agents: [imager, archivist],
      objects: [
        { ...first, role: 'outcome' },
        { ...second, role: 'outcome' },
      ],
    }),
    preservationEvent({
      id: id(12),
      type: 'message digest calculation',
      at: new Date('2026-08-21T09:00:00.120Z'),
      outcome: 'success',
      agents: [program],
      objects: [
        { ...first, role: 'source' },
        { ...second, role: 'source' },
      ],
    }),
    preservationEvent({
      id: id(13),
      type: 'fixity check',
      at: new Date('2026-08-21T09:00:04Z'),
      detail: 'MD5 of the medium, stored in the image, compared',
      outcome: 'fail',
      notes: [`expected ${'c3'.repeat(16)}, got ${'00'.repeat(16)}`],
      agents: [program],
      objects: [{ ...medium, role: 'source' }],
    }),
  ],
  agents: [
    softwareAgent(local('strongroom'), 'Strongroom', '0.1.0'),
    softwareAgent(local('guymager'), 'Guymager', '0.8.13', 'as its log says'),
    personAgent(local('a.archivist'), 'A. Archivist'),
    organizationAgent(local('library'), 'Example Library'),
  ],
  rights: [
    {
      kind: 'rights',
      identifier: rights,
      basis: 'other',
      other: { basis: 'donor agreement', notes: ['Reading room only until reviewed.'] },
      granted: [
        {
          act: 'disseminate',
          restrictions: ['reading room only'],
          grant: { start: '2026-08-21', end: 'OPEN' },
          restriction: { start: '2026-08-21', end: '2036' },
          notes: ['review in 2036'],
        },
      ],
      objects: [carrier],
    },
  ],
};
