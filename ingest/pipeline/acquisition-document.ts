/** metadata/acquisition.json of an ingest. */
import { type AcquisitionDocument, FileRole } from '../package/index.ts';
import type { Ingested } from './ingested.ts';

export function acquisitionDocument({ received, copied, checksums }: Ingested): AcquisitionDocument {
  const { deposit, format, medium, known, notes } = received;
  const { sha256 } = copied.image.digests;
  const own = Object.entries(medium?.facts ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value: string | number) => ({ name, value, source: 'container' as const })),
  );
  const writtenAt = new Map(deposit.mapfiles.map(({ name, mtime }) => [name, mtime.toISOString()]));
  return {
    image: {
      name: deposit.image.name,
      format: {
        id: format.id,
        title: format.title,
        ...(format.puid === undefined ? {} : { puid: format.puid }),
        basis: format.basis,
      },
      files: copied.files
        .filter(({ role }) => role === FileRole.Image)
        .map((file) => ({ path: file.path, size: file.size, sha256: file.sha256 })),
    },
    ...(medium === undefined || sha256 === undefined
      ? {}
      : { medium: { size: copied.image.size, sha256, sectorSize: medium.sectorSize } }),
    facts: [...known.facts, ...own],
    mapfiles: known.mapfiles.map((map) => ({ ...map, writtenAt: writtenAt.get(map.file) ?? '' })),
    checksums,
    notes,
  };
}
