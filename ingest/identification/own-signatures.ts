/** The signatures that are used where the archive has no file of PRONOM's. */
import { OWN_CONTAINERS } from './own-containers.ts';
import { ARCHIVES_AND_PROGRAMS, CONTAINERS, DATA, DOCUMENTS, NAMED, PICTURES, SOUND_AND_FILM } from './own-table.ts';
import { ANYWHERE, type Distance, elementsOf, HERE, type Sequence, sequenceOf } from './sequence.ts';
import type { ContainerSignature, Format, Signature, SignatureSet } from './signature-set.ts';

export const OWN_NAME = 'Strongroom';
/** To be raised when the table changes. */
export const OWN_VERSION = '1';

const TRIGGERS = new Map([['fmt/111', 'ole2'] as const, ['x-fmt/263', 'zip'] as const]);

export function ownSignatures(): SignatureSet {
  const formats = new Map<string, Format>();
  const signatures: Signature[] = [];
  const text = [DOCUMENTS, DATA, PICTURES, SOUND_AND_FILM, ARCHIVES_AND_PROGRAMS, CONTAINERS, NAMED].join('\n');
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [puid = '', title = '', version, mime, extensions, above, ...rest] = line.trim().split(' | ');
    const expression = rest.join(' | ');
    formats.set(puid, {
      puid,
      title,
      ...(version === '-' || version === undefined ? {} : { version }),
      ...(mime === '-' || mime === undefined ? {} : { mime }),
      extensions: words(extensions),
      above: words(above),
    });
    if (expression === '-') continue;
    for (const one of expression.split(' or ')) signatures.push({ puids: [puid], sequences: one.split(' & ').map(sequenceFrom) });
  }
  const containers = OWN_CONTAINERS.map(([kind, puid, ...files]): ContainerSignature => {
    return { kind, puid, files: files.map(([path, one]) => ({ path, signatures: one === '*' ? [] : [[sequenceFrom(one)]] })) };
  });
  return { name: OWN_NAME, version: OWN_VERSION, formats, signatures, containers, triggers: TRIGGERS, notUnderstood: [] };
}

function words(column = '-'): string[] {
  return column === '-' ? [] : column.split(' ');
}

/** `@4-8: …` and `$0-4: …`, and what begins the file without either. */
function sequenceFrom(text: string): Sequence {
  const match = /^([@$])(\d+)(?:-(\d+|\*))?:/.exec(text);
  if (match === null) return sequenceOf('start', elementsOf(text, HERE));
  const [whole, anchor, min, max = min] = match;
  const offset: Distance = { min: Number(min), max: max === '*' ? ANYWHERE.max : Number(max) };
  return sequenceOf(anchor === '@' ? 'start' : 'end', elementsOf(text.slice(whole.length), offset));
}
