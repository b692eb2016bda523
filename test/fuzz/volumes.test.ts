/**
 * Every volume scheme against hostile bytes: whatever comes, the answer is tables, volumes and gaps that lie inside the medium and leave
 * nothing of it out, soon.
 */
import { Fault } from '#ingest/kernel';
import { schemes, volumesOf } from '#ingest/volumes';
import { bufferSource } from '../ingest/media/buffer-source.ts';
import { casesOf } from '../conformance/volume-cases.ts';
import { hunts, Wrong } from './hunt.ts';

hunts(
  'volumes',
  [...schemes.keys()],
  (id) => casesOf(id).map(({ name, medium, truth }) => ({ name, bytes: medium, sectorSize: truth.sectorSize ?? 512 })),
  async (id, { sectorSize }, bytes, codes) => {
    const source = bufferSource(bytes);
    const { tables, volumes, gaps, warnings } = await volumesOf(source, sectorSize);
    for (const { code } of warnings) codes.add(code);
    const taken = [
      ...volumes.filter(({ isContainer }) => !isContainer),
      ...tables.flatMap(({ base, areas }) => areas.map((area) => ({ ...area, offset: base + area.offset }))),
    ];
    const isTold = new Uint8Array(bytes.length);
    for (const { offset, length } of [...volumes, ...gaps])
      if (!(offset >= 0 && length > 0 && offset + length <= bytes.length) && bytes.length > 0)
        throw new Wrong(`a stretch outside the medium: ${offset}, ${length}`);
    for (const { offset, length } of taken) {
      if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(length) || length < 0)
        throw new Wrong(`no stretch: ${offset}, ${length}`);
      isTold.fill(1, Math.min(offset, bytes.length), Math.min(offset + length, bytes.length));
    }
    for (const { offset, length } of gaps) {
      if (isTold.subarray(offset, offset + length).includes(1)) throw new Wrong(`a gap that is taken: ${offset}, ${length}`);
      isTold.fill(2, offset, offset + length);
    }
    if (isTold.includes(0)) throw new Wrong(`left out: byte ${isTold.indexOf(0)}`);
    // Asked directly, it may refuse, but with a Fault.
    const scheme = schemes.get(id);
    for (const size of new Set([sectorSize, 512, 2048, 4096]))
      try {
        await scheme?.probe(source, size);
        await scheme?.read(source, size, { offset: 0, type: '' });
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        codes.add(error.code);
      }
  },
);
