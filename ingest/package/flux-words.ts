/** What became of a flux capture, in sentences: for the event in PREMIS, and for the archivist where it is worth a look. */
import { escaped } from '../kernel/index.ts';
import type { FluxRecord } from './acquisition-document.ts';

/** `"disk.scp": 1438 of 1440 sectors agree with the image, 2 differ`. */
export function fluxInWords({ name, comparison, notCompared }: FluxRecord): string {
  const called = `"${escaped(name)}"`;
  if (comparison === undefined) return `${called} was not compared: ${notCompared?.message ?? 'no reason is known'}`;
  const { sectors, sectorSize, sectorOrder, fluxSize, imageSize } = comparison;
  const { agreeing, differing, onlyInFlux, onlyInImage, inNeither } = sectors;
  const all = agreeing + differing + onlyInFlux + onlyInImage + inNeither;
  const parts = [
    `${agreeing} of ${all} sectors of ${sectorSize} bytes agree with the image`,
    ...(differing > 0 ? [`${differing} differ`] : []),
    ...(onlyInFlux > 0 ? [`${onlyInFlux} are in the flux alone`] : []),
    ...(onlyInImage > 0 ? [`${onlyInImage} are in the image alone`] : []),
    ...(inNeither > 0 ? [`${inNeither} are in neither`] : []),
    ...(sectorOrder === undefined ? [] : [`the image has them in ${sectorOrder} order`]),
    ...(fluxSize === imageSize ? [] : [`the flux gives a disk of ${fluxSize} bytes, the image one of ${imageSize}`]),
  ];
  return `the flux ${called}: ${parts.join(', ')}`;
}

/** The image is what the flux decodes to, byte for byte. */
export function agrees({ comparison }: FluxRecord): boolean {
  if (comparison === undefined || comparison.fluxSize !== comparison.imageSize) return false;
  const { agreeing: _, ...others } = comparison.sectors;
  return Object.values(others).every((count) => count === 0);
}
