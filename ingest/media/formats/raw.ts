/** Raw image (dd): the medium byte by byte, nothing around it. Anything can be one, so it comes last. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { Confidence, type MediaFormat } from '../media.ts';
import { wholeMedia } from '../whole-media.ts';

const SECTOR_SIZE = 512;

export const format: MediaFormat = {
  id: 'raw',
  title: 'Raw disk image',
  isWhole: true,
  sources: ['dd(1), IEEE Std 1003.1'],

  probe: () => Promise.resolve(Confidence.Last),

  open(container) {
    const rest = container.size % SECTOR_SIZE;
    const message = `${container.size} bytes are no whole number of ${SECTOR_SIZE}-byte sectors (${rest} bytes remain); the image may be cut: compare with the size of the carrier`;
    const odd = new Fault(FaultKind.Truncated, 'raw/odd-size', message, { size: container.size, rest });
    return Promise.resolve(wholeMedia(container, { format: 'raw', sectorSize: SECTOR_SIZE, warnings: rest === 0 ? [] : [odd] }));
  },
};
