/**
 * Signatures from the files that PRONOM publishes for DROID: DROID_SignatureFile-Vnnn.xml, and container-signature-yyyymmdd.xml.
 * Source: The National Archives, DROID signature file schema (SignatureFile, ContainerSignatureMapping).
 */
import { Fault, FaultKind } from '../kernel/index.ts';
import {
  ANYWHERE,
  choiceOf,
  type Choice,
  type Distance,
  type Element,
  elementsOf,
  HERE,
  type Sequence,
  sequenceOf,
} from './sequence.ts';
import type { ContainerFile, ContainerSignature, Format, Signature, SignatureSet } from './signature-set.ts';
import { childrenOf, descendants, type XmlElement, xmlTree } from './xml-tree.ts';

/** Tables for DROID's own search: more than half of the file. */
const LEFT_OUT = /<(Shift|DefaultShift)\b[^<>]*>[^<>]*<\/\1>\s*/g;

/** @param signatures text of the signature file; @param containers of the container signature file. @throws Fault 'identification/…'. */
export function pronomSignatures(signatures: string, containers: string | undefined): SignatureSet {
  const root = xmlTree(signatures.replaceAll(LEFT_OUT, '')).children[0];
  if (root?.name !== 'FFSignatureFile')
    throw new Fault(
      FaultKind.Refused,
      'identification/not-readable',
      `the signature file begins with <${root?.name}>, expected <FFSignatureFile>: take the file that PRONOM publishes for DROID`,
    );
  const notUnderstood: string[] = [];
  const rows = [...descendants(root, 'FileFormat')];
  const puidOf = new Map(rows.map(({ attributes }) => [attributes['ID'] ?? '', attributes['PUID'] ?? '']));
  const formats = new Map<string, Format>();
  const tells = new Map<string, string[]>();
  for (const row of rows) {
    const format = formatOf(row, puidOf);
    formats.set(format.puid, format);
    for (const { text } of childrenOf(row, 'InternalSignatureID')) tells.set(text, [...(tells.get(text) ?? []), format.puid]);
  }
  const read: Signature[] = [];
  for (const element of descendants(root, 'InternalSignature')) {
    const puids = tells.get(element.attributes['ID'] ?? '');
    const sequences = puids === undefined ? undefined : sequencesOf(element, notUnderstood);
    if (puids !== undefined && sequences !== undefined) read.push({ puids, sequences });
  }
  const inside =
    containers === undefined
      ? { signatures: [], triggers: new Map<string, 'zip' | 'ole2'>(), version: '' }
      : containersOf(containers, notUnderstood);
  return {
    name: 'PRONOM',
    version: `${root.attributes['Version'] ?? '?'}${inside.version === '' ? '' : `, containers ${inside.version}`}`,
    formats,
    signatures: read,
    containers: inside.signatures.filter(({ puid }) => formats.has(puid)),
    triggers: inside.triggers,
    notUnderstood,
  };
}

function formatOf(row: XmlElement, puidOf: ReadonlyMap<string, string>): Format {
  const { PUID: puid = '', Name: title = '', Version: version, MIMEType: mime } = row.attributes;
  const above = childrenOf(row, 'HasPriorityOverFileFormatID').flatMap(({ text }) => puidOf.get(text) ?? []);
  const [type] = (mime ?? '').split(',');
  return {
    puid,
    title,
    ...(version === undefined || version === '' ? {} : { version }),
    ...(type === undefined || type === '' ? {} : { mime: type.trim() }),
    extensions: childrenOf(row, 'Extension').map(({ text }) => text.toLowerCase()),
    above,
  };
}

/** Undefined, and noted, where something is not understood: half a signature would tell wrong. */
function sequencesOf(signature: XmlElement, notUnderstood: string[]): Sequence[] | undefined {
  try {
    const sequences = childrenOf(signature, 'ByteSequence').map(sequenceFrom);
    if (sequences.length > 0) return sequences;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  notUnderstood.push(signature.attributes['ID'] ?? '?');
  return undefined;
}

function sequenceFrom(element: XmlElement): Sequence {
  const reference = element.attributes['Reference'];
  const parts = childrenOf(element, 'SubSequence').toSorted((a, b) => position(a) - position(b));
  if (reference === 'EOFoffset')
    return sequenceOf(
      'end',
      parts.toReversed().flatMap((part) => partOf(part, false)),
    );
  return sequenceOf(
    'start',
    parts.flatMap((part, index) => partOf(part, reference === undefined || index > 0)),
  );
}

/** Left fragments, the sequence, right fragments: fragments of one position are choices, each at its distance from its neighbour. */
function partOf(part: XmlElement, isAnywhere: boolean): Element[] {
  const { SubSeqMinOffset: min, SubSeqMaxOffset: max } = part.attributes;
  const least = Number(min ?? 0);
  // A greatest offset below the least is found in PRONOM's files; DROID then takes the least.
  const most = isAnywhere || max === undefined ? ANYWHERE.max : Math.max(least, Number(max));
  if (!(least <= most))
    throw new Fault(FaultKind.Refused, 'identification/wrong-signature', `a signature stands at ${min} to ${max}`);
  const offset = { min: least, max: most };
  const left = fragments(part, 'LeftFragment', (choice, distance) => ({ ...choice, after: distance }));
  const right = fragments(part, 'RightFragment', (choice, distance) => ({ ...choice, before: distance }));
  const own = elementsOf(childrenOf(part, 'Sequence')[0]?.text ?? '');
  const all = [...left.toReversed(), ...own, ...right];
  if (all.length === 0) throw new Fault(FaultKind.Refused, 'identification/wrong-signature', 'a signature is empty');
  return all.map((element, index) => (index === 0 ? { ...element, offset } : element));
}

function position({ attributes }: XmlElement): number {
  return Number(attributes['Position'] ?? 1);
}

function fragments(part: XmlElement, name: string, placed: (choice: Choice, distance: Distance) => Choice): Element[] {
  const positions = new Map<number, Choice[]>();
  for (const fragment of childrenOf(part, name)) {
    const { MinOffset: min = '0', MaxOffset: max } = fragment.attributes;
    const elements = elementsOf(fragment.text);
    const [element] = elements;
    if (elements.length !== 1 || element === undefined)
      throw new Fault(FaultKind.Refused, 'identification/wrong-signature', 'a fragment of a signature has parts at a distance');
    const distance = { min: Number(min), max: Number(max ?? min) };
    const list = positions.get(position(fragment)) ?? [];
    positions.set(position(fragment), [...list, ...element.choices.map((choice) => placed(choiceOf(choice.steps), distance))]);
  }
  return [...positions.entries()].toSorted(([a], [b]) => a - b).map(([, choices]) => ({ offset: HERE, choices }));
}

function containersOf(text: string, notUnderstood: string[]) {
  const root = xmlTree(text);
  const puids = new Map<string, string>();
  for (const { attributes } of descendants(root, 'FileFormatMapping'))
    puids.set(attributes['signatureId'] ?? '', attributes['Puid'] ?? '');
  const signatures: ContainerSignature[] = [];
  for (const element of descendants(root, 'ContainerSignature')) {
    const { Id: id = '', ContainerType: type = '' } = element.attributes;
    const puid = puids.get(id);
    const kind = kindOf(type);
    const files = [...descendants(element, 'File')].map((file) => containerFile(file, notUnderstood));
    const isWhole = files.every((file): file is ContainerFile => file !== undefined) && files.length > 0;
    if (puid !== undefined && kind !== undefined && isWhole) signatures.push({ kind, puid, files });
  }
  const triggers = new Map<string, 'zip' | 'ole2'>();
  for (const { attributes } of descendants(root, 'TriggerPuid')) {
    const kind = kindOf(attributes['ContainerType'] ?? '');
    if (kind !== undefined) triggers.set(attributes['Puid'] ?? '', kind);
  }
  return { signatures, triggers, version: root.children[0]?.attributes['signatureVersion'] ?? '?' };
}

function kindOf(type: string): 'zip' | 'ole2' | undefined {
  if (type === 'ZIP') return 'zip';
  return type === 'OLE2' ? 'ole2' : undefined;
}

function containerFile(file: XmlElement, notUnderstood: string[]): ContainerFile | undefined {
  const path = childrenOf(file, 'Path')[0]?.text.trim() ?? '';
  const elements = [...descendants(file, 'InternalSignature')];
  const signatures = elements.flatMap((element) => {
    const sequences = sequencesOf(element, notUnderstood);
    return sequences === undefined ? [] : [sequences];
  });
  return elements.length > 0 && signatures.length === 0 ? undefined : { path, signatures };
}
