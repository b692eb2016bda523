/**
 * The Library of Congress' preservation vocabularies as tables: label → code.
 * Source: http://id.loc.gov/vocabulary/preservation/ (the URIs are http, not https). Third-party lists with `cmp`,
 * `dsv` or `dip` are wrong.
 */

const BASE = 'http://id.loc.gov/vocabulary/preservation/';

const eventType = {
  accession: 'acc',
  appraisal: 'app',
  capture: 'cap',
  compiling: 'cop',
  compression: 'com',
  creation: 'cre',
  deaccession: 'dea',
  decompression: 'dec',
  decryption: 'der',
  deletion: 'del',
  'digital signature generation': 'dsg',
  'digital signature validation': 'dig',
  displaying: 'dsp',
  dissemination: 'dis',
  encryption: 'enc',
  execution: 'exe',
  exporting: 'exp',
  extraction: 'ext',
  'filename change': 'fil',
  'fixity check': 'fix',
  'forensic feature analysis': 'ffa',
  'format identification': 'for',
  imaging: 'ima',
  'information package creation': 'ipc',
  'information package merging': 'ipm',
  'information package splitting': 'ips',
  ingestion: 'ing',
  'ingestion end': 'ine',
  'ingestion start': 'ins',
  interpreting: 'int',
  'message digest calculation': 'mes',
  'metadata extraction': 'mee',
  'metadata modification': 'mem',
  migration: 'mig',
  modification: 'mod',
  normalization: 'nor',
  packing: 'pac',
  'policy assignment': 'poa',
  printing: 'prt',
  quarantine: 'qua',
  recovery: 'rec',
  redaction: 'red',
  refreshment: 'ref',
  rendering: 'ren',
  replication: 'rep',
  transfer: 'tra',
  unpacking: 'unp',
  unquarantine: 'unq',
  validation: 'val',
  'virus check': 'vir',
} as const;

const eventOutcome = { success: 'suc', fail: 'fai', warning: 'war' } as const;

const eventRelatedAgentRole = { authorizer: 'aut', 'executing program': 'exe', implementer: 'imp', validator: 'val' } as const;

const eventRelatedObjectRole = { source: 'sou', outcome: 'out' } as const;

const agentType = { hardware: 'har', organization: 'org', person: 'per', software: 'sof' } as const;

const relationshipType = {
  dependency: 'dep',
  derivation: 'der',
  logical: 'log',
  reference: 'ref',
  replacement: 'rep',
  structural: 'str',
} as const;

const relationshipSubType = {
  'has Part': 'hsp',
  'is Part Of': 'isp',
  includes: 'inc',
  'is Included In': 'isi',
  represents: 'rep',
  'is Represented By': 'isr',
  'has Source': 'hss',
  'is Source Of': 'iso',
  'has Sibling': 'hsi',
  'has Root': 'hsr',
  requires: 'req',
  'is Required By': 'irq',
  supersedes: 'sup',
  'is Superseded By': 'iss',
  documents: 'doc',
  'is Documented In': 'idc',
  generalizes: 'gen',
  specializes: 'spe',
  'compressed from': 'cmf',
  'compressed to': 'cmt',
  'encrypted from': 'enf',
  'encrypted to': 'ent',
  deploys: 'dpe',
  'is Deployed On': 'idp',
  emulates: 'emu',
  'is Emulated By': 'iem',
  'is Compatible With': 'icw',
} as const;

/** The algorithms that we may write. SHA-224, SHA-3 and BLAKE2 are not in the vocabulary. */
const cryptographicHashFunctions = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
} as const;

const rightsBasis = { copyright: 'cop', 'institutional policy': 'ins', license: 'lic', other: 'oth', statute: 'sta' } as const;

const copyrightStatus = { copyrighted: 'cpr', 'public domain': 'pub', unknown: 'unk' } as const;

/** Every vocabulary by the name that `authority` gives it. */
export const vocabularies = {
  eventType,
  eventOutcome,
  eventRelatedAgentRole,
  eventRelatedObjectRole,
  agentType,
  relationshipType,
  relationshipSubType,
  cryptographicHashFunctions,
  rightsBasis,
  copyrightStatus,
} as const;

export type Vocabulary = keyof typeof vocabularies;
export type EventType = keyof typeof eventType;
export type EventOutcome = keyof typeof eventOutcome;
export type AgentRole = keyof typeof eventRelatedAgentRole;
export type ObjectRole = keyof typeof eventRelatedObjectRole;
export type AgentType = keyof typeof agentType;
export type RelationshipType = keyof typeof relationshipType;
export type RelationshipSubType = keyof typeof relationshipSubType;
export type RightsBasis = keyof typeof rightsBasis;
export type CopyrightStatus = keyof typeof copyrightStatus;
/** As BagIt spells them. The codes of the vocabulary happen to be the same words. */
export type DigestAlgorithm = (typeof cryptographicHashFunctions)[keyof typeof cryptographicHashFunctions];

interface Written {
  /** ` authority="…" authorityURI="…" valueURI="…"`, ready to stand in a start tag. */
  readonly attributes: string;
  readonly label: string;
}

const byLabel = new Map<Vocabulary, ReadonlyMap<string, Written>>();
const byCode = new Map<Vocabulary, ReadonlyMap<string, string>>();
for (const [name, table] of Object.entries(vocabularies)) {
  const entries = Object.entries(table as Record<string, string>);
  const attributes = (code: string): string =>
    ` authority="${name}" authorityURI="${BASE}${name}" valueURI="${BASE}${name}/${code}"`;
  byLabel.set(name as Vocabulary, new Map(entries.map(([label, code]) => [label, { attributes: attributes(code), label }])));
  byCode.set(name as Vocabulary, new Map(entries.map(([label, code]) => [code, label])));
}

/**
 * A term, as it is written.
 * @throws TypeError for a word that the vocabulary does not have.
 */
export function writtenTerm(vocabulary: Vocabulary, label: string): Written {
  const term = byLabel.get(vocabulary)?.get(label);
  if (term === undefined) throw new TypeError(`"${label}" is not a term of the vocabulary ${BASE}${vocabulary}`);
  return term;
}

/** The label that a text or, failing that, a valueURI stands for; undefined when the vocabulary has neither. */
export function knownTerm(vocabulary: Vocabulary, text: string, valueUri?: string): string | undefined {
  if (byLabel.get(vocabulary)?.has(text)) return text;
  if (valueUri?.startsWith(`${BASE}${vocabulary}/`) !== true) return undefined;
  return byCode.get(vocabulary)?.get(valueUri.slice(`${BASE}${vocabulary}/`.length));
}

const HEX_LENGTH: Readonly<Record<DigestAlgorithm, number>> = { md5: 32, sha1: 40, sha256: 64, sha384: 96, sha512: 128 };

/**
 * An algorithm in PREMIS' spelling (`SHA-256`), its digest checked for length (the XSD can't tie the two together).
 * @throws TypeError for an algorithm outside the vocabulary, or a digest of another length.
 */
export function writtenAlgorithm(algorithm: DigestAlgorithm, digest: string): Written {
  const label = byCode.get('cryptographicHashFunctions')?.get(algorithm);
  if (label === undefined) throw new TypeError(`"${algorithm}" is not an algorithm that PREMIS has a term for`);
  const length = HEX_LENGTH[algorithm];
  if (digest.length !== length) throw new TypeError(`a ${algorithm} digest has ${length} hex digits, not ${digest.length}`);
  return writtenTerm('cryptographicHashFunctions', label);
}

/** `SHA-256`, `sha256` (Archivematica) and `SHA256` → `sha256`; undefined when it is none of ours. */
export function knownAlgorithm(text: string): DigestAlgorithm | undefined {
  const word = text.toLowerCase().replaceAll('-', '');
  return Object.hasOwn(HEX_LENGTH, word) ? (word as DigestAlgorithm) : undefined;
}
