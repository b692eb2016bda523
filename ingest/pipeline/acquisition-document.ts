/** metadata/acquisition.json of an ingest. */
import type { Fault } from '../kernel/index.ts';
import { type AcquisitionDocument, type ContainerDamage, FileRole } from '../package/index.ts';
import { containerFacts, imagingOf } from './imaging.ts';
import type { Ingested } from './ingested.ts';
import type { Measured } from './steps/measure.ts';

export function acquisitionDocument(ingested: Ingested): AcquisitionDocument {
  const { received, copied, measured, flux, checksums, notes } = ingested;
  const { deposit, format, medium, known, warnings } = received;
  const damage = [...warnings.map(damageOf), ...(measured?.damage ?? [])];
  const own = containerFacts(medium?.facts ?? {}).map((fact) => ({ ...fact, source: 'container' as const }));
  const imaging = imagingOf(received);
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
    ...mediumOf(measured, medium?.isWhole === true),
    ...(damage.length === 0 ? {} : { damage }),
    facts: [...known.facts, ...own],
    mapfiles: known.mapfiles.map((map) => ({ ...map, writtenAt: writtenAt.get(map.file) ?? '' })),
    ...(imaging.length === 0 ? {} : { imaging }),
    ...(flux.length === 0 ? {} : { flux }),
    checksums,
    notes,
  };
}

function mediumOf(measured: Measured | undefined, isWhole: boolean): Pick<AcquisitionDocument, 'medium'> {
  const { sha256, ...digests } = measured?.digests ?? {};
  if (measured === undefined || sha256 === undefined) return {};
  const { size, sectorSize, format, extents } = measured;
  const given = Object.entries(digests).length === 0 ? {} : { digests };
  const inside = isWhole ? {} : { format };
  return { medium: { size, sha256, sectorSize, ...given, ...inside, ...(extents === undefined ? {} : { extents }) } };
}

function damageOf({ code, message, facts }: Fault): ContainerDamage {
  const { mediumOffset: offset, mediumLength: length } = facts;
  return { code, message, ...(typeof offset === 'number' && typeof length === 'number' ? { offset, length } : {}) };
}
