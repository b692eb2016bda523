/** writePremis(): a PREMIS 3 document, streamed. The same entities make the same bytes, every time. */
import type { PremisAgent, PremisEntity, PremisEvent, PremisObject, PremisRights } from './entities.ts';
import { DECLARATION, FOOT, MAX_ELEMENTS, ROOT } from './frame.ts';
import type { PremisGuard } from './guard.ts';
import { entityToXml } from './to-xml.ts';

type Source<T> = Iterable<T> | AsyncIterable<T>;

/** Read once, in this order: objects, events, agents, rights. */
export interface PremisContent {
  /** At least one. */
  readonly objects: Source<PremisObject>;
  readonly events?: Source<PremisEvent>;
  readonly agents?: Source<PremisAgent>;
  readonly rights?: Source<PremisRights>;
}

export interface PremisCounts {
  readonly objects: number;
  readonly events: number;
  readonly agents: number;
  readonly rights: number;
}

/** Takes a piece of the document; the next one is made when its promise is fulfilled. Pieces end at a line, never inside a character. */
export type PremisSink = (chunk: string) => Promise<void> | void;

const PARTS = {
  objects: ['file', 'representation', 'bitstream', 'intellectualEntity'],
  events: ['event'],
  agents: ['agent'],
  rights: ['rights'],
} as const satisfies Record<keyof PremisCounts, readonly PremisEntity['kind'][]>;

const BATCH_ENTITIES = 256;
const BATCH_LENGTH = 1 << 19; // UTF-16 units; larger batches were not faster (measured)

function linesIn(text: Uint8Array): number {
  let lines = 0;
  for (let at = 0; at < text.length; at += 1) if (text[at] === 0x0a) lines += 1;
  return lines;
}

/** @throws RangeError for an entity that the reader would refuse. */
function checkSize(entity: PremisEntity, xml: string): void {
  if (xml.length < MAX_ELEMENTS * '<a/>'.length) return;
  let tags = 0;
  for (let at = xml.indexOf('<'); at !== -1; at = xml.indexOf('<', at + 1)) tags += 1;
  if (tags <= MAX_ELEMENTS * 2) return;
  throw new RangeError(
    `one PREMIS ${entity.kind} of ${tags / 2} elements is too large; link to the representation, not to every file`,
  );
}

/**
 * Writes a whole document. Nothing reaches the sink before the guard has accepted it; at most one batch is in memory.
 * @throws Fault 'premis/not-valid' when the guard refuses; TypeError or RangeError for what can't be written (entityToXml);
 *   TypeError when there is no object. Whatever was given to the sink by then is to be thrown away.
 */
export async function writePremis(sink: PremisSink, content: PremisContent, guard: PremisGuard): Promise<PremisCounts> {
  const counts = { objects: 0, events: 0, agents: 0, rights: 0 };
  let line = 3; // after the declaration and the root's start tag
  /** As bytes: strings put together of pieces outlive the collector's first look, and of many files that adds up. */
  let batch: Buffer[] = [];
  let length = 0;
  let hasObject = false;

  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const bytes = Buffer.concat(batch);
    guard.check(bytes, { line, hasObject });
    await sink(bytes.toString());
    line += linesIn(bytes);
    batch = [];
    length = 0;
    hasObject = false;
  };

  await sink(`${DECLARATION}${ROOT}\n`);
  for (const [part, kinds] of Object.entries(PARTS) as [keyof PremisCounts, readonly string[]][]) {
    for await (const entity of (content[part] ?? []) as Source<PremisEntity>) {
      if (!kinds.includes(entity.kind)) throw new TypeError(`a PREMIS entity of kind "${entity.kind}" stands among the ${part}`);
      const xml = entityToXml(entity);
      checkSize(entity, xml);
      batch.push(Buffer.from(xml));
      length += xml.length;
      hasObject ||= part === 'objects';
      counts[part] += 1;
      if (batch.length >= BATCH_ENTITIES || length >= BATCH_LENGTH) await flush();
    }
    if (counts.objects === 0) throw new TypeError('a PREMIS document needs at least one object');
  }
  await flush();
  await sink(FOOT);
  return counts;
}
