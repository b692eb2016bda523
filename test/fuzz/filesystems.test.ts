/**
 * Every file system against hostile bytes: whatever comes, the answer is a listing or a Fault, soon; no stream reads from outside, and
 * its size is told once.
 */
import { contentOf, type Entry, fileSystems, LISTING_LIMITS, OPEN_OPTIONS, openFileSystems } from '#ingest/filesystems';
import { Fault } from '#ingest/kernel';
import { casesOf } from '../conformance/filesystem-cases.ts';
import { bufferSource } from '../ingest/media/buffer-source.ts';
import { hunts, Wrong } from './hunt.ts';

/** Entries whose bytes are read, and bytes of each: a forged size says nothing of how much is there. */
const MOST_READ = 100;
const MOST = 1 << 20;
const SAFE = /^[^\p{Cc}\p{Cs}/]+$/u;

hunts(
  'filesystems',
  [...fileSystems.keys()],
  (id) => casesOf(id).map(({ name, volume }) => ({ name, bytes: volume })),
  async (id, _of, bytes, codes) => {
    const source = bufferSource(bytes);
    const format = fileSystems.get(id);
    await (await openFileSystems(source))[Symbol.asyncDispose]();
    await format?.probe(source);
    const system = await format?.open(source, OPEN_OPTIONS);
    if (system === undefined) return;
    for (const { code } of system.warnings) codes.add(code);
    let left = MOST_READ;
    for await (const batch of system.entries({ ...LISTING_LIMITS, entryCount: 100_000 }))
      for (const found of batch)
        if (found.kind === 'damage') codes.add(found.fault.code);
        else {
          if (!SAFE.test(found.name.text)) throw new Wrong(`unsafe to show: ${JSON.stringify(found.name.text)}`);
          for (const { code } of found.faults ?? []) codes.add(code);
          if (left-- > 0) await readSome(found, codes);
        }
    await system[Symbol.asyncDispose]();
  },
);

async function readSome({ path, streams }: Entry, codes: Set<string>): Promise<void> {
  for (const stream of streams)
    try {
      if (!Number.isSafeInteger(stream.size) || stream.size < 0) throw new Wrong(`${path}: a size of ${stream.size}`);
      const content = await contentOf(stream);
      await content.read(0, Math.min(content.size, MOST));
      let end = 0;
      for (const run of await stream.runs()) {
        if (run.offset !== end || run.length <= 0) throw new Wrong(`${path}: a run at ${run.offset} after ${end}`);
        end += run.length;
      }
      if (end !== stream.size) throw new Wrong(`${path}: runs of ${end} bytes for a size of ${stream.size}`);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      codes.add(error.code);
    }
}
