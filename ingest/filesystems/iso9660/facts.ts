/** What a disc says of itself in words: names, people, programs, dates; and what does not fit in it. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Stamp } from '../filesystems.ts';
import { decodedName, decodedText } from '../names.ts';
import type { DescriptorSet, VolumeDescriptor } from './descriptors.ts';
import { stampOfDigits } from './stamps.ts';

const TEXTS = [
  'system',
  'volumeSet',
  'publisher',
  'preparer',
  'application',
  'copyrightFile',
  'abstractFile',
  'bibliographicFile',
] as const;
const DATES = ['created', 'modified', 'expires', 'effective'] as const;

type TextField = (typeof TEXTS)[number] | 'label';

/** Joliet's text has letters that the other tree's lacks, or cuts. */
export function textOf({ volumes }: DescriptorSet, field: TextField, codePage: string): string {
  const [plain = '', joliet = ''] = [
    volumes.find(({ kind }) => kind !== 'joliet'),
    volumes.find(({ kind }) => kind === 'joliet'),
  ].map((descriptor) => (descriptor === undefined ? '' : textIn(descriptor, field, codePage)));
  const isFuller =
    joliet.length > plain.length || (joliet !== '' && joliet.toUpperCase() !== joliet && plain.toUpperCase() === plain);
  return isFuller ? joliet : plain;
}

function textIn({ kind, fields }: VolumeDescriptor, field: TextField, codePage: string): string {
  const bytes = fields[field];
  if (kind === 'joliet') return decodedText(bytes.subarray(0, bytes.length - (bytes.length % 2)), 'utf-16be');
  return decodedText(bytes, decodedName(bytes, 'utf-8').encoding === 'utf-8' ? 'utf-8' : codePage);
}

export function factsOf(set: DescriptorSet, codePage: string): Record<string, string | number> {
  const facts: Record<string, string | number> = {};
  const [first] = set.volumes;
  if (first === undefined) return facts;
  for (const field of TEXTS) {
    const text = textOf(set, field, codePage);
    if (text !== '') facts[field] = text;
  }
  for (const field of DATES) {
    const stamp = stampOfDigits(first.fields[field]);
    if (stamp !== undefined) facts[field] = wordsOf(stamp);
  }
  const { volumeSetSize, volumeSequence, applicationUse } = first.fields;
  if (volumeSetSize.value > 1) Object.assign(facts, { volumeSetSize: volumeSetSize.value, volumeSequence: volumeSequence.value });
  const level = set.volumes.find(({ jolietLevel }) => jolietLevel !== undefined)?.jolietLevel;
  if (level !== undefined) facts['jolietLevel'] = level;
  if (set.volumes.some(({ kind }) => kind === 'enhanced')) facts['edition'] = 'ISO 9660:1999';
  if (!first.isHighSierra && applicationUse.toString('latin1', 141, 149) === 'CD-XA001') facts['isXa'] = 'CD-ROM XA';
  return facts;
}

function wordsOf({ text, doubt }: Stamp): string {
  return text ?? `impossible: ${doubt}`;
}

/** What of the descriptors does not fit together, or into the image. */
export function warningsOf({ volumes, startSector }: DescriptorSet, volumeSize: number, baseBlock: number): Fault[] {
  const found: Fault[] = [];
  const [first] = volumes;
  if (first === undefined) return found;
  const { blockCount, blockSize, volumeSetSize, volumeSequence, pathTableSize } = first.fields;
  const pairs = { blockCount, blockSize, volumeSetSize, volumeSequence, pathTableSize };
  const differing = Object.entries(pairs).filter(([, { differs }]) => differs);
  if (differing.length > 0 || first.root.differs) {
    const names = [...differing.map(([name]) => name), ...(first.root.differs ? ['root'] : [])];
    const message = `the volume descriptor writes numbers twice, and ${names.join(', ')} do not agree; the little-endian ones are used`;
    found.push(new Fault(FaultKind.Corrupt, 'iso9660/pair', message, { names }));
  }
  if (!first.hasBlockSize) {
    const message = `the volume descriptor says blocks of ${blockSize.value} bytes; 512, 1024 or 2048 are possible, 2048 is taken`;
    found.push(new Fault(FaultKind.Corrupt, 'iso9660/block-size', message, { got: blockSize.value }));
  }
  if (first.kind !== 'primary') {
    const message = 'the primary volume descriptor is missing or damaged; the files are listed by a supplementary one';
    found.push(new Fault(FaultKind.Corrupt, 'iso9660/no-primary', message));
  }
  if (baseBlock > 0) {
    const message = `the image is a later session of a disc, from its block ${baseBlock} on: files of earlier sessions are listed, and their bytes are not there; deposit the other sessions too`;
    found.push(new Fault(FaultKind.Missing, 'iso9660/earlier-sessions', message, { baseBlock }));
  }
  const size = blockCount.value * first.blockSize;
  const isCut = size > volumeSize && startSector === 0 && baseBlock === 0;
  if (isCut) {
    const message = `the file system has ${size} bytes and the image ${volumeSize}: it is cut, or a track is missing`;
    found.push(new Fault(FaultKind.Truncated, 'iso9660/cut', message, { size, volumeSize }));
  }
  return found;
}
