/** The beginning of a DFXML that writeDfxml wrote: who made it, and whether the files were read or only listed. */
import { SaxesParser } from 'saxes';
import { Fault, FaultKind, plainText } from '../kernel/index.ts';

export interface DfxmlMaker {
  readonly program: string;
  readonly version: string;
  /** By what the formats of the files were told: there when the files were read. */
  readonly signatures?: { readonly name: string; readonly version: string };
}

/** More than any beginning has. */
const LONGEST = 1 << 16;

/** Reads to the end of `creator`. @throws Fault 'dfxml/not-readable' when it isn't there. */
export async function readDfxmlHead(chunks: AsyncIterable<Uint8Array>): Promise<DfxmlMaker> {
  const parser = new SaxesParser();
  const texts = new Map<string, string>();
  let signatures: DfxmlMaker['signatures'];
  let text = '';
  let isWhole = false;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    text = '';
    if (name !== 'library' || isWhole) return;
    signatures = { name: plainText(attributes['name'] ?? ''), version: plainText(attributes['version'] ?? '') };
  });
  parser.on('text', (more) => {
    text += more;
  });
  parser.on('closetag', ({ name }) => {
    if (!isWhole) texts.set(name, plainText(text));
    isWhole ||= name === 'creator';
  });
  const decoder = new TextDecoder();
  let size = 0;
  try {
    for await (const chunk of chunks) {
      parser.write(decoder.decode(chunk.subarray(0, LONGEST - size), { stream: true }));
      size += chunk.length;
      if (isWhole)
        return {
          program: texts.get('program') ?? '',
          version: texts.get('version') ?? '',
          ...(signatures === undefined ? {} : { signatures }),
        };
      if (size >= LONGEST) break;
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw notReadable(error instanceof Error ? error.message : String(error));
  }
  throw notReadable('it does not say who made it');
}

function notReadable(reason: string): Fault {
  return new Fault(FaultKind.Corrupt, 'dfxml/not-readable', `the list of files (DFXML) can't be read: ${reason}`, { reason });
}
