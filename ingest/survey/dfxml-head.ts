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
export const DFXML_HEAD_BYTES = 1 << 16;

/** @param beginning the first DFXML_HEAD_BYTES of the document, or all of it. @throws Fault 'dfxml/not-readable'. */
export function readDfxmlHead(beginning: Uint8Array): DfxmlMaker {
  const parser = new SaxesParser();
  const texts = new Map<string, string>();
  let signatures: DfxmlMaker['signatures'];
  let text = '';
  let isWhole = false;
  parser.on('error', (error) => {
    if (!isWhole) throw notReadable(error.message);
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
  parser.write(new TextDecoder().decode(beginning));
  if (!isWhole) throw notReadable('it does not say who made it');
  const maker = { program: texts.get('program') ?? '', version: texts.get('version') ?? '' };
  return signatures === undefined ? maker : { ...maker, signatures };
}

function notReadable(reason: string): Fault {
  return new Fault(FaultKind.Corrupt, 'dfxml/not-readable', `the list of files (DFXML) can't be read: ${reason}`, { reason });
}
