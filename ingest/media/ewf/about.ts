/** Version 1: what the set says beside the chunks: who imaged what and when, digests, unread sectors, tracks. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { MediaFacts, StoredDigests } from '../media.ts';
import { digestsOf, named, tracksOf, unreadOf } from './notes.ts';
import type { Section } from './sections.ts';
import type { Segment } from './segments.ts';
import type { SetOfSegments } from './set.ts';
import { LONGEST_TEXT, type Text, decodedText, inflatedText, parsedText, parsedXml, printable, textFacts } from './texts.ts';
import type { Volume } from './volume.ts';

/** Texts and lists of one set that are looked at; real ones have less than a dozen. */
const MOST_NOTES = 256;

const MEDIA_TYPES: Readonly<Record<number, string>> = {
  0x00: 'removable',
  0x01: 'fixed',
  0x03: 'optical',
  0x0e: 'logical',
  0x10: 'memory',
};
const COMPRESSION: Readonly<Record<number, string>> = { 0: 'none', 1: 'good', 2: 'best' };

export interface About {
  readonly facts: MediaFacts;
  readonly storedDigests: StoredDigests;
  /** First sector and number of sectors of what the carrier did not give. */
  readonly unread: readonly (readonly [sector: number, sectorCount: number])[];
  /** Damage of these sections; the medium is read all the same. */
  readonly warnings: readonly Fault[];
}

export async function aboutOf({ segments, volume }: SetOfSegments): Promise<About> {
  const texts = new Map<string, Text>();
  const xml = new Map<string, string>();
  const digests: Record<string, StoredDigests> = {};
  const unread: (readonly [number, number])[] = [];
  const tracks: string[] = [];
  const warnings: Fault[] = [];

  const readers: Readonly<Record<string, (section: Section, segment: Segment) => Promise<void>>> = {
    header: async (section, segment) => {
      if (!texts.has('header')) texts.set('header', parsedText(decodedText(await textOf(section, segment))));
    },
    header2: async (section, segment) => {
      if (!texts.has('header2')) texts.set('header2', parsedText(decodedText(await textOf(section, segment))));
    },
    xheader: async (section, segment) => {
      for (const [name, value] of parsedXml(decodedText(await textOf(section, segment)))) xml.set(name, value);
    },
    xhash: async (section, segment) => {
      const found = parsedXml(decodedText(await textOf(section, segment)));
      digests['xhash'] = { ...hexOf('md5', found.get('MD5')), ...hexOf('sha1', found.get('SHA1')) };
    },
    hash: async (section, segment) => void (digests['hash'] = await digestsOf(section, segment)),
    digest: async (section, segment) => void (digests['digest'] = await digestsOf(section, segment)),
    error2: async (section, segment) => {
      for (const pair of await unreadOf(section, segment)) unread.push(pair);
    },
    session: async (section, segment) => void tracks.push(...(await tracksOf(section, segment))),
  };

  let count = 0;
  for (const { segment, sections } of segments) {
    for (const section of sections) {
      const read = Object.hasOwn(readers, section.type) ? readers[section.type] : undefined;
      if (read === undefined || ++count > MOST_NOTES) continue;
      try {
        await read(section, segment);
      } catch (error) {
        if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
        warnings.push(error);
      }
    }
  }
  const storedDigests = { ...digests['xhash'], ...digests['hash'], ...digests['digest'] };
  const md5s = new Set(Object.values(digests).flatMap(({ md5 }) => md5 ?? []));
  if (md5s.size > 1) {
    const found = [...md5s];
    const message = `the image stores ${found.length} different MD5 of the medium (${found.join(', ')}); it was changed after the imaging`;
    warnings.push(new Fault(FaultKind.Corrupt, 'ewf/digests-differ', message, { found }));
  }
  const facts: MediaFacts = {
    subformat: volume.isOld ? (volume.mark === 'SMART' ? 'S01 (SMART)' : 'E01 (ASR Data)') : xml.size > 0 ? 'EWF-X' : 'E01',
    ...volumeFacts(volume),
    ...xmlFacts(xml),
    ...factsOf(texts.get('header')),
    ...factsOf(texts.get('header2')),
    segments: segments.length,
    ...(tracks.length === 0 ? {} : { tracks }),
  };
  return { facts, storedDigests, unread, warnings };
}

async function textOf({ bodyOffset, end }: Section, { source }: Segment): Promise<Buffer> {
  return inflatedText(await source.read(bodyOffset, Math.min(end - bodyOffset, LONGEST_TEXT)));
}

function hexOf(name: 'md5' | 'sha1', text = ''): StoredDigests {
  const hex = text.trim().toLowerCase();
  return (name === 'md5' ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{40}$/).test(hex) ? named(name, hex) : {};
}

function factsOf(text: Text | undefined): Record<string, string> {
  return text === undefined ? {} : textFacts(text);
}

function xmlFacts(xml: ReadonlyMap<string, string>): Record<string, string> {
  const rows = [
    ['case_number', 'caseNumber'],
    ['description', 'description'],
    ['evidence_number', 'evidenceNumber'],
    ['examiner_name', 'examiner'],
    ['notes', 'notes'],
    ['model', 'model'],
    ['serial_number', 'serialNumber'],
    ['acquiry_operating_system', 'operatingSystem'],
    ['acquiry_software_version', 'toolVersion'],
    ['acquiry_date', 'acquiredAt'],
  ] as const;
  return Object.fromEntries(rows.flatMap(([name, fact]) => (xml.has(name) ? [[fact, printable(xml.get(name) ?? '')]] : [])));
}

function volumeFacts(volume: Volume): Record<string, string | number> {
  const { flags, setGuid, cylinders, heads, sectorsPerTrack, errorGranularity } = volume;
  const writeBlocker = [(flags & 4) === 0 ? '' : 'FastBloc', (flags & 8) === 0 ? '' : 'Tableau'].filter((name) => name !== '');
  return {
    ...(volume.isOld
      ? {}
      : {
          mediaType: MEDIA_TYPES[volume.mediaType] ?? `type ${volume.mediaType}`,
          isPhysical: (flags & 2) === 0 ? 'no' : 'yes',
        }),
    ...(writeBlocker.length === 0 ? {} : { writeBlocker: writeBlocker.join(', ') }),
    ...(setGuid === undefined ? {} : { setIdentifier: setGuid }),
    sectorsPerChunk: volume.sectorsPerChunk,
    // Only writers of EnCase 5 and later fill these two.
    ...(errorGranularity === 0
      ? {}
      : {
          errorGranularitySectors: errorGranularity,
          compression: COMPRESSION[volume.compression] ?? `level ${volume.compression}`,
        }),
    ...(cylinders === 0 ? {} : { cylinders, heads, sectorsPerTrack }),
  };
}
